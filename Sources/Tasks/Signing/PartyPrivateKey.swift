internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The private half of a party's key: it signs, and is never described, compared or encoded by accident.
public struct PartyPrivateKey: Sendable {
    /// The kinds of key that `entrepot keygen` makes.
    public enum Kind: String, Sendable, CaseIterable {
        case p256
        case rsa2048 = "rsa-2048"
        case rsa3072 = "rsa-3072"
    }

    private enum Backing: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    private let backing: Backing
    /// The other half.
    public let publicKey: PartyKey

    private init(_ backing: Backing) throws(TaskError) {
        self.backing = backing
        switch backing {
        case .rsa(let key):
            publicKey = try PartyKey(derRepresentation: Array(key.publicKey.pkcs1DERRepresentation))
        case .p256(let key): publicKey = try PartyKey(derRepresentation: Array(key.publicKey.derRepresentation))
        }
    }

    /// A new key from the system's random numbers.
    public static func generate(_ kind: Kind) throws -> PartyPrivateKey {
        switch kind {
        case .p256: try PartyPrivateKey(.p256(P256.Signing.PrivateKey()))
        case .rsa2048: try PartyPrivateKey(.rsa(_RSA.Signing.PrivateKey(keySize: .bits2048)))
        case .rsa3072: try PartyPrivateKey(.rsa(_RSA.Signing.PrivateKey(keySize: .bits3072)))
        }
    }

    /// Reads a key file: PEM or DER; PKCS#8 of either kind, PKCS#1 of RSA (the workshop's files), SEC 1 of P-256.
    public init(file bytes: [UInt8]) throws(TaskError) {
        guard bytes.count <= 65_536 else { throw .unreadablePrivateKey }
        if let text = String(validating: bytes, as: UTF8.self), text.contains("-----BEGIN") {
            if let key = try? P256.Signing.PrivateKey(pemRepresentation: text) {
                try self.init(.p256(key))
            } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: text) {
                try self.init(.rsa(key))
            } else {
                throw .unreadablePrivateKey
            }
        } else if let key = try? P256.Signing.PrivateKey(derRepresentation: bytes) {
            try self.init(.p256(key))
        } else if let key = try? _RSA.Signing.PrivateKey(derRepresentation: bytes) {
            try self.init(.rsa(key))
        } else {
            throw .unreadablePrivateKey
        }
    }

    /// PEM of PKCS#8: what a key file holds and what TLS takes.
    public var pemRepresentation: String {
        switch backing {
        case .rsa(let key): key.pkcs8PEMRepresentation
        case .p256(let key): key.pemRepresentation
        }
    }

    /// RSA-PSS with SHA-256 and a salt of 32 bytes, or ECDSA with SHA-256 in DER.
    func signature(of message: [UInt8]) throws -> [UInt8] {
        switch backing {
        case .rsa(let key): Array(try key.signature(for: SHA256.hash(data: message), padding: .PSS).rawRepresentation)
        case .p256(let key): Array(try key.signature(for: SHA256.hash(data: message)).derRepresentation)
        }
    }
}

extension PartyPrivateKey {
    /// Signs a statement that is no task.
    ///
    /// - Parameter statement: begins with a label of its own kind, so that it can be taken for no other.
    package func signature(ofStatement statement: [UInt8]) throws -> [UInt8] { try signature(of: statement) }
}

extension PartyKey {
    /// Whether `signature` is `PartyPrivateKey.signature(ofStatement:)` of this key's other half.
    package func isValid(_ signature: [UInt8], ofStatement statement: [UInt8]) -> Bool {
        isValid(signature, of: statement)
    }

    /// Whether `signature` is `PartyPrivateKey.signature(of: message)` of this key's other half.
    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let digest = SHA256.hash(data: message)
        switch algorithm {
        case .rsa:
            guard let key = try? _RSA.Signing.PublicKey(derRepresentation: derRepresentation) else { return false }
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: .PSS)
        case .p256:
            guard let key = try? P256.Signing.PublicKey(derRepresentation: derRepresentation),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: digest)
        }
    }
}
