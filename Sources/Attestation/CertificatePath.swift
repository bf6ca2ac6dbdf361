import SwiftASN1

/// The checks on a chain of certificates in a fixed order: root, intermediates, leaf.
///
/// Beyond RFC 5280's basic path validation this holds every certificate to the vendor's algorithm and key, every authority
/// to `keyCertSign`, and the leaf to not being an authority. Nothing is searched: the order is given.
struct CertificatePath {
    /// What a vendor's certificates look like.
    struct Profile {
        /// The algorithms that the root and the authorities may sign with.
        let algorithm: ChainCertificate.Algorithm
        /// Whether the leaf must say that its key is for signatures.
        let leafNeedsKeyUsage: Bool

        static let nitro = Profile(algorithm: .ecdsaSHA384, leafNeedsKeyUsage: true)
        static let intel = Profile(algorithm: .ecdsaSHA256, leafNeedsKeyUsage: true)
        /// AMD's leaf certificates carry no key usage.
        static let amd = Profile(algorithm: .rsaPSSSHA384, leafNeedsKeyUsage: false)
    }

    let leaf: ChainCertificate
    /// The time in which all certificates are valid.
    let validity: VerifiedEvidence.Validity

    /// Checks a chain whose first certificate the caller has already found to be a pinned root.
    /// - Parameters:
    ///   - certificates: root first, at least two.
    ///   - now: unix seconds.
    init(certificates: [ChainCertificate], profile: Profile, now: Int64) throws(EvidenceError) {
        guard certificates.count >= 2, let leaf = certificates.last else { throw .certificateMissing }
        for (position, certificate) in certificates.enumerated() {
            guard now >= certificate.notBefore else { throw .certificateNotYetValid(position) }
            guard now <= certificate.notAfter else { throw .certificateExpired(position) }
            guard certificate.signatureAlgorithm == profile.algorithm else { throw .certificateAlgorithm(position) }
            try CertificatePath.checkExtensions(certificate, at: position)
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
    private static func checkExtensions(_ certificate: ChainCertificate, at position: Int) throws(EvidenceError) {
        let understood: [ASN1ObjectIdentifier] = [
            ChainCertificate.basicConstraintsIdentifier, ChainCertificate.keyUsageIdentifier,
        ]
        for item in certificate.extensions where item.isCritical && !understood.contains(item.identifier) {
            throw .certificateCriticalExtension(position)
        }
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
