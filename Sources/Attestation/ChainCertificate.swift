import Bytes
import Crypto
import CryptoExtras
import Foundation
import SwiftASN1

/// An X.509 certificate as far as the chains of attestation need it.
///
/// swift-certificates cannot read AMD's certificates, which are signed with RSASSA-PSS, and its RFC 5280 policy leaves out
/// the checks that `CertificatePath` makes. So one small parser over swift-asn1's strict DER serves all vendors.
struct ChainCertificate {
    /// The signature algorithms that any vendor's chain uses.
    enum Algorithm: Equatable {
        case ecdsaSHA256
        case ecdsaSHA384
        /// RSASSA-PSS with SHA-384, MGF1 over SHA-384 and a salt of 48 bytes.
        case rsaPSSSHA384
        /// RSASSA-PKCS1-v1_5, as makers of TPMs use it.
        case rsaSHA256, rsaSHA384, rsaSHA512
    }

    enum PublicKey {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    struct Extension {
        let identifier: ASN1ObjectIdentifier
        let isCritical: Bool
        let value: [UInt8]
    }

    struct BasicConstraints {
        let isAuthority: Bool
        let pathLength: Int?
    }

    struct KeyUsage: OptionSet {
        let rawValue: UInt8
        static let digitalSignature = KeyUsage(rawValue: 0x80)
        static let keyCertificateSign = KeyUsage(rawValue: 0x04)
    }

    static let basicConstraintsIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 19]
    static let keyUsageIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 15]

    let der: [UInt8]
    /// The bytes that the issuer signed.
    let signedBytes: [UInt8]
    let signatureAlgorithm: Algorithm?
    let signature: [UInt8]
    /// The content bytes of the INTEGER.
    let serialNumber: [UInt8]
    /// DER of the names: compared byte by byte.
    let issuer: [UInt8]
    let subject: [UInt8]
    let commonName: String?
    let notBefore: Int64
    let notAfter: Int64
    let publicKey: PublicKey?
    let extensions: [Extension]
    let basicConstraints: BasicConstraints?
    let keyUsage: KeyUsage?

    /// SHA-256 of the DER.
    var fingerprint: [UInt8] { Array(SHA256.hash(data: der)) }
    var isSelfIssued: Bool { issuer == subject }

    /// What the key may be used for (extended key usage); empty if the certificate does not say.
    var purposes: [ASN1ObjectIdentifier] {
        guard let der = extensions.value([2, 5, 29, 37]), let node = try? DER.parse(der) else { return [] }
        return (try? DER.sequence(of: ASN1ObjectIdentifier.self, identifier: .sequence, rootNode: node)) ?? []
    }

    /// Parses one certificate that takes all the bytes.
    init(der: [UInt8]) throws {
        let outer = try Outer(derEncoded: DER.parse(der))
        self.der = der
        signedBytes = Array(outer.body.encodedBytes)
        signature = Array(outer.signature.bytes)
        let body = try Body(derEncoded: outer.body)
        // RFC 5280 §4.1.1.2: both fields name the same algorithm.
        guard body.algorithm.encodedBytes.elementsEqual(outer.algorithm.encodedBytes), outer.signature.paddingBits == 0
        else { throw Malformed() }
        signatureAlgorithm = Algorithm(der: Array(outer.algorithm.encodedBytes))
        serialNumber = body.serialNumber
        issuer = Array(body.issuer.encodedBytes)
        subject = Array(body.subject.encodedBytes)
        commonName = try ChainCertificate.commonName(body.subject)
        (notBefore, notAfter) = (body.notBefore, body.notAfter)
        publicKey = PublicKey(spki: Array(body.publicKey.encodedBytes))
        extensions = body.extensions
        basicConstraints = try body.extensions.value(Self.basicConstraintsIdentifier).map(BasicConstraints.init(der:))
        keyUsage = try body.extensions.value(Self.keyUsageIdentifier).map(KeyUsage.init(der:))
    }

    /// Whether this certificate's key made the signature of `certificate`.
    func signed(_ certificate: ChainCertificate) -> Bool {
        verifies(certificate.signature, of: certificate.signedBytes, algorithm: certificate.signatureAlgorithm)
    }

    /// Whether this certificate's key made a signature, encoded as X.509 has it.
    func verifies(_ signature: [UInt8], of bytes: [UInt8], algorithm: Algorithm?) -> Bool {
        switch (publicKey, algorithm) {
        case (.p384(let key), .ecdsaSHA384):
            guard let signature = try? P384.Signing.ECDSASignature(derRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(signature, for: SHA384.hash(data: bytes))
        case (.p256(let key), .ecdsaSHA256):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(signature, for: SHA256.hash(data: bytes))
        case (.rsa(let key), .rsaPSSSHA384):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA384.hash(data: bytes), padding: .PSS)
        case (.rsa(let key), .rsaSHA256):
            return key.isValidSignature(
                .init(rawRepresentation: signature), for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
        case (.rsa(let key), .rsaSHA384):
            return key.isValidSignature(
                .init(rawRepresentation: signature), for: SHA384.hash(data: bytes), padding: .insecurePKCS1v1_5)
        case (.rsa(let key), .rsaSHA512):
            return key.isValidSignature(
                .init(rawRepresentation: signature), for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5)
        default:
            return false
        }
    }

    struct Malformed: Error {}
}

// MARK: - Parsing

extension ChainCertificate {
    private struct Outer {
        let body: ASN1Node
        let algorithm: ASN1Node
        let signature: ASN1BitString

        init(derEncoded node: ASN1Node) throws {
            self = try DER.sequence(node, identifier: .sequence) { nodes in
                guard let body = nodes.next(), let algorithm = nodes.next() else { throw Malformed() }
                return Outer(body: body, algorithm: algorithm, signature: try ASN1BitString(derEncoded: &nodes))
            }
        }

        private init(body: ASN1Node, algorithm: ASN1Node, signature: ASN1BitString) {
            (self.body, self.algorithm, self.signature) = (body, algorithm, signature)
        }
    }

    /// TBSCertificate of RFC 5280 §4.1, version 3 only, without the unique identifiers that nobody uses.
    private struct Body {
        var serialNumber: [UInt8]
        var algorithm: ASN1Node
        var issuer: ASN1Node
        var subject: ASN1Node
        var notBefore: Int64
        var notAfter: Int64
        var publicKey: ASN1Node
        var extensions: [Extension]

        init(derEncoded node: ASN1Node) throws {
            self = try DER.sequence(node, identifier: .sequence) { nodes in
                let version = try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
                    try Int(derEncoded: $0)
                }
                guard version == 2 else { throw Malformed() }
                let serialNumber = Array(try ArraySlice<UInt8>(derEncoded: &nodes))
                guard let algorithm = nodes.next(), let issuer = nodes.next(), let validity = nodes.next(),
                    let subject = nodes.next(), let publicKey = nodes.next()
                else { throw Malformed() }
                let (notBefore, notAfter) = try DER.sequence(validity, identifier: .sequence) { times in
                    (try X509Time.seconds(times.next()), try X509Time.seconds(times.next()))
                }
                let extensions =
                    try DER.optionalExplicitlyTagged(&nodes, tagNumber: 3, tagClass: .contextSpecific) { node in
                        try DER.sequence(of: Extension.self, identifier: .sequence, rootNode: node)
                    } ?? []
                guard Set(extensions.map(\.identifier)).count == extensions.count else { throw Malformed() }
                return Body(
                    serialNumber: serialNumber, algorithm: algorithm, issuer: issuer, subject: subject,
                    notBefore: notBefore, notAfter: notAfter,
                    publicKey: publicKey, extensions: extensions)
            }
        }

        private init(
            serialNumber: [UInt8], algorithm: ASN1Node, issuer: ASN1Node, subject: ASN1Node, notBefore: Int64,
            notAfter: Int64, publicKey: ASN1Node, extensions: [Extension]
        ) {
            self.serialNumber = serialNumber
            (self.algorithm, self.issuer, self.subject) = (algorithm, issuer, subject)
            (self.notBefore, self.notAfter) = (notBefore, notAfter)
            (self.publicKey, self.extensions) = (publicKey, extensions)
        }
    }

    /// The last CommonName of a distinguished name.
    private static func commonName(_ name: ASN1Node) throws -> String? {
        var found: String?
        try DER.sequence(name, identifier: .sequence) { sets in
            while let set = sets.next() {
                try DER.set(set, identifier: .set) { attributes in
                    while let attribute = attributes.next() {
                        try DER.sequence(attribute, identifier: .sequence) { nodes in
                            let type = try ASN1ObjectIdentifier(derEncoded: &nodes)
                            guard let value = nodes.next() else { throw Malformed() }
                            if type == .NameAttributes.commonName, case .primitive(let bytes) = value.content {
                                found = String(validating: bytes, as: UTF8.self)
                            }
                        }
                    }
                }
            }
        }
        return found
    }
}

/// Dates of certificates and revocation lists.
enum X509Time {
    /// Unix seconds of a UTCTime or GeneralizedTime.
    static func seconds(_ node: ASN1Node?) throws -> Int64 {
        guard let node else { throw ChainCertificate.Malformed() }
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            return UnixTime.seconds(
                year: time.year, month: time.month, day: time.day, hour: time.hours, minute: time.minutes,
                second: time.seconds)
        }
        let time = try GeneralizedTime(derEncoded: node)
        guard time.fractionalSeconds == 0 else { throw ChainCertificate.Malformed() }
        return seconds(of: time)
    }

    /// The same of a timestamp, whose authority may tell parts of a second (RFC 3161 §2.4.2): they are left out.
    static func wholeSeconds(_ node: ASN1Node?) throws -> Int64 {
        guard let node else { throw ChainCertificate.Malformed() }
        return seconds(of: try GeneralizedTime(derEncoded: node))
    }

    private static func seconds(of time: GeneralizedTime) -> Int64 {
        UnixTime.seconds(
            year: time.year, month: time.month, day: time.day, hour: time.hours, minute: time.minutes,
            second: time.seconds)
    }
}

extension ChainCertificate.Extension: DERParseable {
    init(derEncoded node: ASN1Node) throws {
        self = try DER.sequence(node, identifier: .sequence) { nodes in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
            let critical = try DER.decodeDefault(&nodes, defaultValue: false)
            let value = try ASN1OctetString(derEncoded: &nodes)
            return Self(identifier: identifier, isCritical: critical, value: Array(value.bytes))
        }
    }
}

extension [ChainCertificate.Extension] {
    func value(_ identifier: ASN1ObjectIdentifier) -> [UInt8]? {
        first { $0.identifier == identifier }?.value
    }
}

extension ChainCertificate.BasicConstraints {
    init(der: [UInt8]) throws {
        self = try DER.sequence(DER.parse(der), identifier: .sequence) { nodes in
            let isAuthority = try DER.decodeDefault(&nodes, defaultValue: false)
            let length = try nodes.next().map { try Int(derEncoded: $0) }
            guard length.map({ $0 >= 0 && isAuthority }) ?? true else { throw ChainCertificate.Malformed() }
            return Self(isAuthority: isAuthority, pathLength: length)
        }
    }
}

extension ChainCertificate.KeyUsage {
    init(der: [UInt8]) throws {
        let bits = try ASN1BitString(derEncoded: DER.parse(der))
        self.init(rawValue: bits.bytes.first ?? 0)
    }
}

extension ChainCertificate.Algorithm {
    /// Compares the whole AlgorithmIdentifier, parameters included: each algorithm has one encoding here.
    init?(der: [UInt8]) {
        switch Hex.encode(der) {
        case "300a06082a8648ce3d040302": self = .ecdsaSHA256
        case "300a06082a8648ce3d040303": self = .ecdsaSHA384
        case "300d06092a864886f70d01010b0500": self = .rsaSHA256
        case "300d06092a864886f70d01010c0500": self = .rsaSHA384
        case "300d06092a864886f70d01010d0500": self = .rsaSHA512
        // The trailer field's default is written out in AMD's certificates, and left out in some.
        case ChainCertificate.Algorithm.pssWithTrailer, ChainCertificate.Algorithm.pss: self = .rsaPSSSHA384
        default: return nil
        }
    }

    private static let pssBody =
        "a00f300d06096086480165030402020500"  // hash SHA-384
        + "a11c301a06092a864886f70d010108300d06096086480165030402020500"  // MGF1 with SHA-384
        + "a203020130"  // salt of 48 bytes
    private static let pss = "304106092a864886f70d01010a3034" + pssBody
    private static let pssWithTrailer = "304606092a864886f70d01010a3039" + pssBody + "a303020101"
}

extension ChainCertificate.PublicKey {
    /// nil for a key that no vendor's chain uses.
    init?(spki: [UInt8]) {
        if let key = try? P384.Signing.PublicKey(derRepresentation: spki) {
            self = .p384(key)
        } else if let key = try? P256.Signing.PublicKey(derRepresentation: spki) {
            self = .p256(key)
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: spki), key.keySizeInBits >= 2048 {
            self = .rsa(key)
        } else {
            return nil
        }
    }
}
