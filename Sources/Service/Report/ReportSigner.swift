import Attestation
import Crypto
import Foundation
import SwiftASN1
import X509

/// Signs the reports of one boot, with a key that lives in memory and that evidence vouches for.
struct ReportSigner: Sendable {
    private let key: P256.Signing.PrivateKey
    private let certificate: Certificate

    /// - Parameter now: beginning of the certificate's ten years; reports are read long after the service is gone.
    init(now: Date) throws {
        key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("Entrepot report") }
        certificate = try Certificate(
            version: .v3, serialNumber: Self.serialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(3650 * 86400),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, nonRepudiation: true, keyCertSign: true))
            }, issuerPrivateKey: Certificate.PrivateKey(key))
    }

    /// 127 random bits: NSS, which `pdfsig` uses, ignores certificates whose number takes more than 20 bytes.
    private static func serialNumber() -> Certificate.SerialNumber {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[0] = bytes[0] & 0x7F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }

    var publicKey: ReportKey { ReportKey(publicKeyInfo: Array(key.publicKey.derRepresentation)) }

    /// ECDSA with SHA-256, DER.
    func signature(of bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes).derRepresentation) }

    /// A detached signature of a document (PAdES baseline B).
    func cms(of bytes: [UInt8]) throws -> [UInt8] {
        let document = try DocumentSignature(digest: Array(SHA256.hash(data: bytes)), certificate: certificate)
        return try document.encoded(signature: signature(of: document.signedBytes))
    }
}
