import Crypto
import Foundation
import SwiftASN1
import X509

/// The root that a host makes for itself, kept in a folder that only its owner can read.
struct SimulatedRoot: Sendable {
    /// The name that every certificate of a simulated chain begins with.
    static let name = "SIMULATED - NOT A TEE"

    let key: P384.Signing.PrivateKey
    let certificate: Certificate
    let der: [UInt8]

    /// Loads the root of a folder, or makes one there on the first run: one, however many processes begin there at once.
    ///
    /// - Parameters:
    ///   - directory: made with mode 0700; the files get 0600.
    ///   - now: unix seconds.
    init(directory: String, now: Int64) throws(AttesterError) {
        let files = FileManager.default
        let keyFile = directory + "/root.key"
        let certificateFile = directory + "/root.pem"
        // Whoever comes second waits for the root of whoever came first. The lock ends with the descriptor.
        try? files.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0, flock(folder, LOCK_EX) == 0 else { throw .stateDirectoryUnusable }
        defer { close(folder) }
        if !files.fileExists(atPath: keyFile) {
            try SimulatedRoot.create(keyFile: keyFile, certificateFile: certificateFile, in: directory, now: now)
        }
        let mode = (try? files.attributesOfItem(atPath: keyFile))?[.posixPermissions] as? NSNumber
        guard let mode, mode.intValue & 0o077 == 0 else { throw .rootPermissions }
        do {
            key = try P384.Signing.PrivateKey(pemRepresentation: String(contentsOfFile: keyFile, encoding: .utf8))
            let pem = try String(contentsOfFile: certificateFile, encoding: .utf8)
            certificate = try Certificate(pemEncoded: pem)
            der = try certificate.derBytes
        } catch {
            throw .rootUnreadable
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else { throw .rootUnreadable }
    }

    /// A chain below this root: intermediate (one day) and leaf (three hours), each with a key of its own.
    func issueChain(now: Int64) throws(AttesterError) -> (
        intermediate: [UInt8], leaf: [UInt8], key: P384.Signing.PrivateKey
    ) {
        do {
            let intermediateKey = P384.Signing.PrivateKey()
            let intermediate = try SimulatedRoot.certificate(
                SimulatedRoot.subject("intermediate"), key: intermediateKey.publicKey, role: .authority(pathLength: 0),
                from: now - 60, seconds: 86_400, issuer: certificate.subject, issuerKey: key)
            let leafKey = P384.Signing.PrivateKey()
            let leaf = try SimulatedRoot.certificate(
                SimulatedRoot.subject("leaf"), key: leafKey.publicKey, role: .signer, from: now - 60, seconds: 10_800,
                issuer: intermediate.subject, issuerKey: intermediateKey)
            return (try intermediate.derBytes, try leaf.derBytes, leafKey)
        } catch {
            throw .certificateIssuance
        }
    }

    private enum Role {
        case authority(pathLength: Int)
        case signer
    }

    private static func create(
        keyFile: String, certificateFile: String, in directory: String, now: Int64
    ) throws(AttesterError) {
        do {
            let key = P384.Signing.PrivateKey()
            let subject = try subject(nil)
            // Thirty years, as AWS's root.
            let root = try certificate(
                subject, key: key.publicKey, role: .authority(pathLength: 1), from: now - 60, seconds: 946_684_800,
                issuer: subject, issuerKey: key)
            // The folder may have been there: its mode is set before anything secret goes in.
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory)
            try OwnerFile.write(Array(root.serializeAsPEM().pemString.utf8) + [0x0A], to: certificateFile)
            try OwnerFile.write(Array(key.pemRepresentation.utf8) + [0x0A], to: keyFile)
        } catch let error as AttesterError {
            throw error
        } catch {
            throw .stateDirectoryUnusable
        }
    }

    private static func subject(_ role: String?) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName("Entrepot")
            CommonName(role.map { "\(name) (\($0))" } ?? name)
        }
    }

    private static func certificate(
        _ subject: DistinguishedName, key: P384.Signing.PublicKey, role: Role, from notBefore: Int64, seconds: Int64,
        issuer: DistinguishedName, issuerKey: P384.Signing.PrivateKey
    ) throws -> Certificate {
        let extensions: Certificate.Extensions
        switch role {
        case .authority(let pathLength):
            extensions = try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength))
                Critical(KeyUsage(keyCertSign: true))
            }
        case .signer:
            extensions = try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            }
        }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key),
            notValidBefore: Date(timeIntervalSince1970: TimeInterval(notBefore)),
            notValidAfter: Date(timeIntervalSince1970: TimeInterval(notBefore + seconds)), issuer: issuer,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA384, extensions: extensions,
            issuerPrivateKey: .init(issuerKey))
    }
}

extension Certificate {
    fileprivate var derBytes: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serialize(into: &serializer)
            return serializer.serializedBytes
        }
    }
}

/// Files that only their owner may read.
enum OwnerFile {
    static func write(_ bytes: [UInt8], to path: String) throws(AttesterError) {
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw .stateDirectoryUnusable }
    }
}
