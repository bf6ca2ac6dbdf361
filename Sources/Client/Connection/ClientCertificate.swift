import Foundation
import NIOSSL
import SwiftASN1
import Tasks
import X509

/// A party's key as TLS presents it: with a self-signed certificate that carries nothing but the key.
struct ClientCertificate: Sendable {
    let certificate: NIOSSLCertificate
    let privateKey: NIOSSLPrivateKey

    init(_ key: PartyPrivateKey, now: Date = Date()) throws {
        let pem = key.pemRepresentation
        let signer = try Certificate.PrivateKey(pemEncoded: pem)
        let subject = try DistinguishedName { CommonName("entrepot client") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(86_400),
            issuer: subject, subject: subject,
            signatureAlgorithm: key.publicKey.algorithm == .rsa ? .sha256WithRSAEncryption : .ecdsaWithSHA256,
            extensions: Certificate.Extensions(), issuerPrivateKey: signer)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        self.certificate = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
        self.privateKey = try NIOSSLPrivateKey(bytes: Array(pem.utf8), format: .pem)
    }
}
