import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// The TLS key of one boot, in memory only, and a self-signed certificate that carries it.
///
/// The certificate proves nothing by itself: clients compare its key with the attestation evidence.
struct ServerIdentity: Sendable {
    let certificate: NIOSSLCertificate
    let privateKey: NIOSSLPrivateKey
    /// The public key as SubjectPublicKeyInfo, 91 bytes: what the evidence binds.
    let publicKeyInfo: [UInt8]

    /// - Parameters:
    ///   - name: common name of the certificate.
    ///   - now: beginning of its 90 days.
    init(name: String, now: Date) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(90 * 86400),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                SubjectAlternativeNames([
                    .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                ])
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        self.certificate = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
        self.privateKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
        self.publicKeyInfo = Array(key.publicKey.derRepresentation)
    }
}
