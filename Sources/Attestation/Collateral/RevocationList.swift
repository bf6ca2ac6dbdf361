import SwiftASN1

/// A list of certificates that their issuer has revoked (RFC 5280 §5).
public struct RevocationList: Sendable, Equatable {
    /// DER of the issuer's name.
    let issuer: [UInt8]
    /// Unix seconds.
    let issuedAt: Int64
    /// Unix seconds; nil if the list does not say when the next one comes.
    let nextAt: Int64?
    /// Each serial number, without a leading zero byte.
    let serialNumbers: Set<[UInt8]>
    private let signedBytes: [UInt8]
    private let signatureAlgorithm: ChainCertificate.Algorithm?
    private let signature: [UInt8]

    /// Reads the DER of one list that takes all the bytes.
    /// - Throws: `EvidenceError.revocationListEncoding`.
    public init(der: [UInt8]) throws(EvidenceError) {
        guard let list = try? RevocationList(parsing: der) else { throw .revocationListEncoding }
        self = list
    }

    private init(parsing der: [UInt8]) throws {
        typealias Malformed = ChainCertificate.Malformed
        let (body, algorithm, signature) = try DER.sequence(DER.parse(der), identifier: .sequence) { nodes in
            guard let body = nodes.next(), let algorithm = nodes.next() else { throw Malformed() }
            return (body, algorithm, try ASN1BitString(derEncoded: &nodes))
        }
        guard signature.paddingBits == 0 else { throw Malformed() }
        signedBytes = Array(body.encodedBytes)
        signatureAlgorithm = ChainCertificate.Algorithm(der: Array(algorithm.encodedBytes))
        self.signature = Array(signature.bytes)
        (issuer, issuedAt, nextAt, serialNumbers) = try DER.sequence(body, identifier: .sequence) { nodes in
            let version = try Int(derEncoded: &nodes)
            guard version == 1, let inner = nodes.next(), inner.encodedBytes.elementsEqual(algorithm.encodedBytes),
                let issuer = nodes.next()
            else { throw Malformed() }
            let issuedAt = try X509Time.seconds(nodes.next())
            var nextAt: Int64?
            var serialNumbers: Set<[UInt8]> = []
            while let node = nodes.next() {
                if node.identifier == .utcTime || node.identifier == .generalizedTime {
                    guard nextAt == nil else { throw Malformed() }
                    nextAt = try X509Time.seconds(node)
                } else if node.identifier == .sequence {
                    try RevocationList.addSerialNumbers(of: node, to: &serialNumbers)
                } else {
                    try RevocationList.checkExtensions(node)
                }
            }
            return (Array(issuer.encodedBytes), issuedAt, nextAt, serialNumbers)
        }
    }

    private static func addSerialNumbers(of node: ASN1Node, to numbers: inout Set<[UInt8]>) throws {
        try DER.sequence(node, identifier: .sequence) { entries in
            while let entry = entries.next() {
                try DER.sequence(entry, identifier: .sequence) { parts in
                    numbers.insert(Array(try ArraySlice<UInt8>(derEncoded: &parts)))
                    _ = try X509Time.seconds(parts.next())
                    _ = parts.next()
                }
            }
        }
    }

    /// A list of a part of the certificates, or of changes to another list, says so in a critical extension: refused.
    private static func checkExtensions(_ node: ASN1Node) throws {
        guard node.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific),
            case .constructed(let children) = node.content
        else { throw ChainCertificate.Malformed() }
        for child in children {
            let extensions = try DER.sequence(
                of: ChainCertificate.Extension.self, identifier: .sequence, rootNode: child)
            guard !extensions.contains(where: \.isCritical) else { throw ChainCertificate.Malformed() }
        }
    }

    /// Whether the list is of this authority, current and signed by it.
    func check(issuer authority: ChainCertificate, now: Int64) throws(EvidenceError) {
        guard authority.verifies(signature, of: signedBytes, algorithm: signatureAlgorithm) else {
            throw .revocationListSignature
        }
        guard now >= issuedAt else { throw .revocationListNotYetValid }
        guard nextAt.map({ now <= $0 }) ?? true else { throw .revocationListExpired }
    }
}

extension EvidenceVerifier {
    /// Looks every certificate below the root up in the lists that the verifier was given.
    /// - Returns: whether a list of each authority was there.
    func checkRevocation(of chain: [ChainCertificate]) throws(EvidenceError) -> Bool {
        var isComplete = true
        for position in chain.indices.dropFirst() {
            let authority = chain[position - 1]
            let lists = collateral.revocationLists.filter { $0.issuer == authority.subject }
            isComplete = isComplete && !lists.isEmpty
            for list in lists {
                try list.check(issuer: authority, now: now)
                if list.serialNumbers.contains(chain[position].serialNumber) { throw .certificateRevoked(position) }
            }
        }
        return isComplete
    }
}
