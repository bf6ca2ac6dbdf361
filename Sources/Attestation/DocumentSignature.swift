import Crypto
import SwiftASN1
public import X509

/// A detached signature of a document as PAdES baseline B wants it: CMS with three signed attributes.
///
/// They are the content type, the digest of the document, and the digest of the signer's certificate (ESS
/// signing-certificate-v2), so that the certificate cannot be swapped. The time of signing is no attribute: in a PDF it is
/// the signature dictionary's `/M`. ECDSA on P-256 with SHA-256 and one certificate, no other choice, so that there is one
/// way alone to write the same signature, and a verifier can demand it byte by byte.
/// Sources: ETSI EN 319 142-1 §5.3 and 6.3, EN 319 122-1 §5.2.2.3; RFC 5652 §5.3; RFC 5035 §4.
public struct DocumentSignature: Sendable {
    private let certificate: Certificate
    /// What the key signs: the DER of the attributes as a SET.
    public let signedBytes: [UInt8]
    private let attributes: [Attribute]

    /// - Parameter digest: SHA-256 of what the document's `/ByteRange` covers.
    public init(digest: [UInt8], certificate: Certificate) throws {
        self.certificate = certificate
        var encoded = DER.Serializer()
        try encoded.serialize(certificate)
        let certificateDigest = Array(SHA256.hash(data: encoded.serializedBytes))
        attributes = try [
            Attribute([1, 2, 840, 113_549, 1, 9, 3]) { try $0.serialize(DocumentSignature.data) },
            Attribute([1, 2, 840, 113_549, 1, 9, 4]) { try $0.serialize(ASN1OctetString(contentBytes: digest[...])) },
            // SigningCertificateV2: one ESSCertIDv2, whose digest is SHA-256 by default.
            Attribute([1, 2, 840, 113_549, 1, 9, 16, 2, 47]) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.appendConstructedNode(identifier: .sequence) { coder in
                        try coder.appendConstructedNode(identifier: .sequence) { coder in
                            try coder.serialize(ASN1OctetString(contentBytes: certificateDigest[...]))
                        }
                    }
                }
            },
        ]
        var coder = DER.Serializer()
        try coder.serializeSetOf(attributes)
        signedBytes = coder.serializedBytes
    }

    /// The whole: DER of a ContentInfo that holds a SignedData without content.
    ///
    /// - Parameter signature: of `signedBytes`, ECDSA with SHA-256, DER.
    public func encoded(signature: [UInt8]) throws -> [UInt8] {
        var coder = DER.Serializer()
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(DocumentSignature.signedData)
            try coder.appendConstructedNode(identifier: .context(0)) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try signedData(signature, into: &coder)
                }
            }
        }
        return coder.serializedBytes
    }

    private func signedData(_ signature: [UInt8], into coder: inout DER.Serializer) throws {
        try coder.serialize(1)
        try coder.appendConstructedNode(identifier: .set) {
            try DocumentSignature.append(DocumentSignature.sha256, to: &$0)
        }
        try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(DocumentSignature.data) }
        try coder.appendConstructedNode(identifier: .context(0)) { try $0.serialize(certificate) }
        try coder.appendConstructedNode(identifier: .set) { coder in
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.serialize(1)
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize(certificate.issuer)
                    coder.appendPrimitiveNode(identifier: .integer) { bytes in
                        bytes.append(contentsOf: certificate.serialNumber.bytes)
                    }
                }
                try DocumentSignature.append(DocumentSignature.sha256, to: &coder)
                try coder.serializeSetOf(attributes, identifier: .context(0))
                try DocumentSignature.append(DocumentSignature.ecdsaWithSHA256, to: &coder)
                try coder.serialize(ASN1OctetString(contentBytes: signature[...]))
            }
        }
    }

    private static let data: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 1]
    private static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 2]
    private static let sha256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]
    private static let ecdsaWithSHA256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]

    /// An AlgorithmIdentifier without parameters (RFC 5754 §2 and §3.3).
    private static func append(_ algorithm: ASN1ObjectIdentifier, to coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(algorithm) }
    }

    /// One signed attribute with one value.
    private struct Attribute: DERSerializable {
        let type: ASN1ObjectIdentifier
        /// DER.
        let value: ASN1Any

        init(_ type: ASN1ObjectIdentifier, value: (inout DER.Serializer) throws -> Void) throws {
            self.type = type
            var coder = DER.Serializer()
            try value(&coder)
            self.value = try ASN1Any(derEncoded: coder.serializedBytes)
        }

        func serialize(into coder: inout DER.Serializer) throws {
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.serialize(type)
                try coder.appendConstructedNode(identifier: .set) { try $0.serialize(value) }
            }
        }
    }
}

extension ASN1Identifier {
    fileprivate static func context(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension DocumentSignature {
    /// The certificate and the signature's value in an encoded signature; what else it says is for `encoded` to compare.
    ///
    /// - Parameter bytes: DER, without anything behind it.
    public static func parts(of bytes: [UInt8]) throws -> (certificate: Certificate, signature: [UInt8]) {
        try DER.sequence(DER.parse(bytes), identifier: .sequence) { nodes in
            _ = try ASN1ObjectIdentifier(derEncoded: &nodes)
            return try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { node in
                try DER.sequence(node, identifier: .sequence) { nodes in
                    _ = (nodes.next(), nodes.next(), nodes.next())
                    let certificate = try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
                        try Certificate(derEncoded: $0)
                    }
                    guard let signers = nodes.next() else { throw ASN1Error.truncated }
                    let signature = try DER.set(signers, identifier: .set) { nodes in
                        guard let signer = nodes.next() else { throw ASN1Error.truncated }
                        return try DER.sequence(signer, identifier: .sequence) { nodes in
                            for _ in 0..<5 { _ = nodes.next() }
                            return Array(try ASN1OctetString(derEncoded: &nodes).bytes)
                        }
                    }
                    return (certificate, signature)
                }
            }
        }
    }
}

extension ASN1Error {
    fileprivate static var truncated: ASN1Error { .invalidASN1Object(reason: "a part of the signature is missing") }
}
