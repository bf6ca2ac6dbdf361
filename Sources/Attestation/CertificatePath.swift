import SwiftASN1

/// The checks on a chain of certificates in a fixed order: root, intermediates, leaf.
///
/// Beyond RFC 5280's basic path validation this holds every certificate to the vendor's algorithm and key, every authority
/// to `keyCertSign`, and the leaf to not being an authority. Nothing is searched: the order is given.
struct CertificatePath {
    /// What a vendor's certificates look like.
    struct Profile {
        /// The algorithms that the root and the authorities may sign with.
        let algorithms: [ChainCertificate.Algorithm]
        /// Whether the leaf must say that its key is for signatures.
        let leafNeedsKeyUsage: Bool
        /// Extensions that may be critical, because somebody else looks at them.
        var understood: [ASN1ObjectIdentifier] = []

        static let nitro = Profile(algorithms: [.ecdsaSHA384], leafNeedsKeyUsage: true)
        static let intel = Profile(algorithms: [.ecdsaSHA256], leafNeedsKeyUsage: true)
        /// AMD's leaf certificates carry no key usage.
        static let amd = Profile(algorithms: [.rsaPSSSHA384], leafNeedsKeyUsage: false)
        /// Whoever certifies a TPM's key: no vendor prescribes the algorithm.
        static let tpm = Profile(
            algorithms: [.ecdsaSHA256, .ecdsaSHA384, .rsaPSSSHA384, .rsaSHA256, .rsaSHA384, .rsaSHA512],
            leafNeedsKeyUsage: true,
            // The purpose is checked beside; names identify nobody here.
            understood: [[2, 5, 29, 37], [2, 5, 29, 17]])
    }

    /// Root first.
    let certificates: [ChainCertificate]
    let leaf: ChainCertificate
    /// The time in which all certificates are valid.
    let validity: VerifiedEvidence.Validity

    /// Checks a chain whose first certificate the caller has already found to be a pinned root.
    /// - Parameters:
    ///   - certificates: root first, at least two.
    ///   - now: unix seconds.
    init(certificates: [ChainCertificate], profile: Profile, now: Int64) throws(EvidenceError) {
        guard certificates.count >= 2, let leaf = certificates.last else { throw .certificateMissing }
        guard Set(certificates.map(\.der)).count == certificates.count else { throw .certificateLoop }
        for (position, certificate) in certificates.enumerated() {
            guard now >= certificate.notBefore else { throw .certificateNotYetValid(position) }
            guard now <= certificate.notAfter else { throw .certificateExpired(position) }
            guard let algorithm = certificate.signatureAlgorithm, profile.algorithms.contains(algorithm) else {
                throw .certificateAlgorithm(position)
            }
            try CertificatePath.checkExtensions(certificate, at: position, profile.understood)
        }
        for position in 0..<certificates.count - 1 {
            let authoritiesBelow = certificates.count - 2 - position
            try CertificatePath.checkAuthority(
                certificates[position], at: position, authoritiesBelow: authoritiesBelow)
            let subject = certificates[position + 1]
            guard subject.issuer == certificates[position].subject else { throw .certificateIssuer(position + 1) }
            guard certificates[position].signed(subject) else { throw .certificateSignature(position + 1) }
        }
        guard leaf.basicConstraints?.isAuthority != true, leaf.keyUsage?.contains(.keyCertificateSign) != true else {
            throw .leafIsAuthority
        }
        if let usage = leaf.keyUsage {
            guard usage.contains(.digitalSignature) else { throw .certificateKeyUsage(certificates.count - 1) }
        } else if profile.leafNeedsKeyUsage {
            throw .certificateKeyUsage(certificates.count - 1)
        }
        self.certificates = certificates
        self.leaf = leaf
        validity = VerifiedEvidence.Validity(
            notBefore: certificates.map(\.notBefore).max() ?? 0, notAfter: certificates.map(\.notAfter).min() ?? 0)
    }

    private static func checkAuthority(
        _ certificate: ChainCertificate, at position: Int, authoritiesBelow: Int
    ) throws(EvidenceError) {
        guard let constraints = certificate.basicConstraints, constraints.isAuthority else {
            throw .certificateNotAuthority(position)
        }
        guard certificate.keyUsage?.contains(.keyCertificateSign) == true else { throw .certificateKeyUsage(position) }
        guard constraints.pathLength.map({ authoritiesBelow <= $0 }) ?? true else {
            throw .certificatePathLength(position)
        }
    }

    /// An unknown critical extension must not be ignored (RFC 5280 §4.2).
    private static func checkExtensions(
        _ certificate: ChainCertificate, at position: Int, _ others: [ASN1ObjectIdentifier]
    ) throws(EvidenceError) {
        let understood: [ASN1ObjectIdentifier] =
            others + [
                ChainCertificate.basicConstraintsIdentifier, ChainCertificate.keyUsageIdentifier,
            ]
        for item in certificate.extensions where item.isCritical && !understood.contains(item.identifier) {
            throw .certificateCriticalExtension(position)
        }
    }

    /// Most certificates that a caller may give for one document.
    static let heapLimit = 16
    /// The longest chain above a key that is looked at.
    private static let chainLimit = 6

    /// From a heap of certificates: those above one of them, up to a root that somebody named.
    ///
    /// A root's own copy in the heap counts for nothing: the named one is taken. The signatures are checked on the way. Of
    /// several certificates of one authority, one that is valid at `now` goes before those that are not.
    static func chain(
        from leaf: ChainCertificate, among heap: [ChainCertificate], to roots: [ChainCertificate], now: Int64
    ) throws(EvidenceError) -> [ChainCertificate] {
        let first = { (found: [ChainCertificate]) in
            found.first { $0.notBefore <= now && now <= $0.notAfter } ?? found.first
        }
        var chain = [leaf]
        while let top = chain.first {
            if let root = first(roots.filter { $0.subject == top.issuer && $0.signed(top) }) { return [root] + chain }
            let above = heap.filter { $0.subject == top.issuer && $0.signed(top) }
            // A root that came along ends the search, and one that another authority vouches for may go on.
            guard let authority = first(above.filter { !$0.isSelfIssued }) ?? above.first else { break }
            if authority.isSelfIssued { throw .rootNotPinned }
            guard !chain.contains(where: { $0.der == authority.der }), chain.count < chainLimit else {
                throw .certificateLoop
            }
            chain.insert(authority, at: 0)
        }
        throw .certificateMissing
    }

    /// Parses DER, telling which certificate of a chain it was that failed.
    static func parse(_ certificates: [[UInt8]]) throws(EvidenceError) -> [ChainCertificate] {
        var parsed: [ChainCertificate] = []
        for (position, der) in certificates.enumerated() {
            guard let certificate = try? ChainCertificate(der: der) else { throw .certificateEncoding(position) }
            parsed.append(certificate)
        }
        return parsed
    }
}
