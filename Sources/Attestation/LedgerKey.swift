import Crypto

/// Evidence that a key signs the ledger of one boot of one task.
///
/// Receipts outlive every connection, so that their key cannot be tied to one. Its evidence names the key where a
/// connection's evidence names the TLS key, answers the boot id as challenge, and holds in the place of the channel
/// binding a value that no connection has: neither can pass for the other.
public struct LedgerKey: Sendable, Equatable {
    /// Ed25519, 32 bytes.
    public let publicKey: [UInt8]

    /// - Parameter publicKey: the 32 bytes of an Ed25519 public key.
    public init(publicKey: [UInt8]) { self.publicKey = publicKey }

    /// DER of the SubjectPublicKeyInfo (RFC 8410).
    public var publicKeyInfo: [UInt8] { LedgerKey.prefix + publicKey }

    /// SHA-256("ENTREPOT-LK1" || SPKI): takes the place of a connection's channel binding.
    public var binding: [UInt8] { Array(SHA256.hash(data: Array("ENTREPOT-LK1".utf8) + publicKeyInfo)) }

    private static let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

    /// Whether verified evidence vouches for this key. Whether to trust the evidence is for `Policy` to say.
    public func isVouchedFor(by evidence: VerifiedEvidence) -> Bool {
        publicKey.count == 32 && evidence.vouches(for: publicKeyInfo, binding: binding)
    }
}
