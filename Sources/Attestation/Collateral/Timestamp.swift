import Crypto
import SwiftASN1

/// A signed timestamp: somebody whose root the caller named says that bytes existed at a moment.
///
/// SEV-SNP, TDX and TPM evidence carries no time. A timestamp that was fetched when the evidence was (`openssl ts -query
/// -data FILE -sha256 -cert`, sent to a time-stamping authority) and kept beside it says, years later, at which moment the
/// certificates have to be valid. Sources: RFC 3161 §2.4.2, RFC 5652 §5.
public struct Timestamp: Sendable {
    /// Unix seconds: when the authority says that it saw the bytes' digest.
    public let time: Int64
    private let imprint: (algorithm: ASN1ObjectIdentifier, digest: [UInt8])
    /// What was signed, in its encoding, and the digest of it that the signed attributes name.
    private let content: [UInt8]
    private let contentDigest: [UInt8]
    private let digestAlgorithm: ASN1ObjectIdentifier
    /// The signed attributes as a SET: what the signature covers.
    private let signedBytes: [UInt8]
    private let signatureAlgorithm: [UInt8]
    private let signature: [UInt8]
    private let certificates: [[UInt8]]

    static let byteLimit = 64 * 1024
    private static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 2]
    private static let timestampInformation: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 16, 1, 4]
    private static let contentType: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 3]
    private static let messageDigest: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 4]
    /// id-kp-timeStamping.
    private static let purpose: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 8]

    /// Reads the answer of an authority, or the token in it.
    /// - Throws: `EvidenceError.timestampEncoding`.
    public init(der: [UInt8]) throws(EvidenceError) {
        guard der.count <= Timestamp.byteLimit, let token = try? Timestamp(parsing: CertificateFile.element(der)) else {
            throw .timestampEncoding
        }
        self = token
    }

    private init(parsing der: [UInt8]) throws {
        typealias Malformed = ChainCertificate.Malformed
        let outer = try DER.parse(der)
        guard case .constructed(let children) = outer.content, let first = children.first(where: { _ in true }) else {
            throw Malformed()
        }
        // An answer begins with a status, a token with the kind of its content.
        let token: ASN1Node
        if first.identifier == .sequence {
            token = try DER.sequence(outer, identifier: .sequence) { nodes in
                _ = nodes.next()
                guard let token = nodes.next() else { throw Malformed() }
                return token
            }
        } else {
            token = outer
        }
        let data = try DER.sequence(token, identifier: .sequence) { nodes in
            guard try ASN1ObjectIdentifier(derEncoded: &nodes) == Timestamp.signedData else { throw Malformed() }
            return try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { $0 }
        }
        let tag = { (number: UInt) in ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific) }
        let parts = try DER.sequence(data, identifier: .sequence) { nodes in
            _ = try Int(derEncoded: &nodes)
            _ = nodes.next()
            guard let wrapped = nodes.next() else { throw Malformed() }
            let content = try DER.sequence(wrapped, identifier: .sequence) { nodes in
                guard try ASN1ObjectIdentifier(derEncoded: &nodes) == Timestamp.timestampInformation else {
                    throw Malformed()
                }
                return try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
                    Array(try ASN1OctetString(derEncoded: $0).bytes)
                }
            }
            var certificates: [[UInt8]] = []
            var signers: ASN1Node?
            while let node = nodes.next() {
                if node.identifier == tag(0), case .constructed(let found) = node.content {
                    certificates = found.map { Array($0.encodedBytes) }
                } else if node.identifier == .set {
                    signers = node
                }
            }
            guard let signers else { throw Malformed() }
            return (content: content, certificates: certificates, signers: signers)
        }
        content = parts.content
        certificates = parts.certificates
        let signer = try DER.set(parts.signers, identifier: .set) { nodes in
            guard let signer = nodes.next() else { throw Malformed() }
            return signer
        }
        (digestAlgorithm, signedBytes, contentDigest, signatureAlgorithm, signature) = try DER.sequence(
            signer, identifier: .sequence
        ) { nodes in
            _ = try Int(derEncoded: &nodes)
            _ = nodes.next()  // who signed: found by the signature itself
            guard let digest = nodes.next(), let attributes = nodes.next(), attributes.identifier == tag(0),
                let algorithm = nodes.next()
            else { throw Malformed() }
            let signature = Array(try ASN1OctetString(derEncoded: &nodes).bytes)
            while nodes.next() != nil {}  // attributes that nobody signed
            // The signature is over the attributes with the tag of a SET in place of their own.
            let set = [0x31] + Array(attributes.encodedBytes.dropFirst())
            let named = try Timestamp.named(in: set)
            return (try Timestamp.algorithm(digest), set, named, Array(algorithm.encodedBytes), signature)
        }
        (imprint, time) = try DER.sequence(DER.parse(parts.content), identifier: .sequence) { nodes in
            guard try Int(derEncoded: &nodes) == 1 else { throw Malformed() }
            _ = try ASN1ObjectIdentifier(derEncoded: &nodes)
            guard let imprint = nodes.next() else { throw Malformed() }
            let found = try DER.sequence(imprint, identifier: .sequence) { nodes in
                guard let algorithm = nodes.next() else { throw Malformed() }
                return (try Timestamp.algorithm(algorithm), Array(try ASN1OctetString(derEncoded: &nodes).bytes))
            }
            _ = nodes.next()  // number
            let time = try X509Time.wholeSeconds(nodes.next())
            // Accuracy, order, nonce, name and extensions say nothing that is relied upon; the signature covers them.
            while nodes.next() != nil {}
            return ((algorithm: found.0, digest: found.1), time)
        }
    }

    private static func algorithm(_ node: ASN1Node) throws -> ASN1ObjectIdentifier {
        try DER.sequence(node, identifier: .sequence) { nodes in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
            _ = nodes.next()
            return identifier
        }
    }

    /// The digest that the signed attributes name; their content type must be a timestamp's.
    private static func named(in set: [UInt8]) throws -> [UInt8] {
        var digest: [UInt8]?
        var isTimestamp = false
        try DER.set(DER.parse(set), identifier: .set) { nodes in
            while let attribute = nodes.next() {
                try DER.sequence(attribute, identifier: .sequence) { nodes in
                    let type = try ASN1ObjectIdentifier(derEncoded: &nodes)
                    guard let values = nodes.next() else { throw ChainCertificate.Malformed() }
                    try DER.set(values, identifier: .set) { values in
                        guard let value = values.next() else { throw ChainCertificate.Malformed() }
                        if type == messageDigest {
                            digest = Array(try ASN1OctetString(derEncoded: value).bytes)
                        } else if type == contentType {
                            isTimestamp = try ASN1ObjectIdentifier(derEncoded: value) == timestampInformation
                        }
                        while values.next() != nil {}
                    }
                }
            }
        }
        guard let digest, isTimestamp else { throw ChainCertificate.Malformed() }
        return digest
    }

    private static func hash(_ algorithm: ASN1ObjectIdentifier) -> (any HashFunction)? {
        switch algorithm {
        case [2, 16, 840, 1, 101, 3, 4, 2, 1]: SHA256()
        case [2, 16, 840, 1, 101, 3, 4, 2, 2]: SHA384()
        case [2, 16, 840, 1, 101, 3, 4, 2, 3]: SHA512()
        default: nil
        }
    }

    /// Checks that the timestamp is over these bytes and that its signer's certificate leads to a root.
    /// - Parameters:
    ///   - document: the bytes as they are kept.
    ///   - roots: DER of the roots that the caller named.
    /// - Returns: the moment, in unix seconds.
    public func verify(of document: [UInt8], roots: [[UInt8]]) throws(EvidenceError) -> Int64 {
        var pieces = [document][...]
        return try verify(roots: roots) { pieces.popFirst() }
    }

    /// The same of a file that is read piece by piece.
    /// - Parameter next: the next piece; nil at the end.
    public func verify(roots: [[UInt8]], pieces next: () -> [UInt8]?) throws(EvidenceError) -> Int64 {
        guard var hash = Timestamp.hash(imprint.algorithm) else { throw .timestampDigest }
        while let piece = next() { hash.update(data: piece) }
        guard Array(hash.finalize()) == imprint.digest else { throw .timestampMismatch }
        guard var signed = Timestamp.hash(digestAlgorithm) else { throw .timestampDigest }
        signed.update(data: content)
        guard Array(signed.finalize()) == contentDigest else { throw .timestampSignature }
        guard !certificates.isEmpty else { throw .timestampCertificate }
        let parsed = try CertificatePath.parse(certificates)
        let leaf = parsed.first { $0.verifies(signature, of: signedBytes, algorithm: algorithm(of: $0)) }
        guard let leaf else { throw .timestampSignature }
        let trusted = try CertificatePath.parse(roots)
        let chain: [ChainCertificate]
        do {
            chain = try CertificatePath.chain(from: leaf, among: parsed, to: trusted, now: time)
        } catch {
            throw .timestampRoot
        }
        let path = try CertificatePath(certificates: chain, profile: .tpm, now: time)
        guard path.leaf.purposes.contains(Timestamp.purpose) else { throw .timestampSignature }
        return time
    }

    /// The algorithm of the signature: some name the key's kind alone, and the digest's beside.
    private func algorithm(of certificate: ChainCertificate) -> ChainCertificate.Algorithm? {
        if let algorithm = ChainCertificate.Algorithm(der: signatureAlgorithm) { return algorithm }
        guard case .rsa = certificate.publicKey else { return nil }
        switch digestAlgorithm {
        case [2, 16, 840, 1, 101, 3, 4, 2, 1]: return .rsaSHA256
        case [2, 16, 840, 1, 101, 3, 4, 2, 2]: return .rsaSHA384
        case [2, 16, 840, 1, 101, 3, 4, 2, 3]: return .rsaSHA512
        default: return nil
        }
    }
}
