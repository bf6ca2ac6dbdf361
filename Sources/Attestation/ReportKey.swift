import Crypto

/// Evidence that a key signs the reports of one boot of one task.
///
/// A report outlives every connection, so that its key cannot be tied to one. Its evidence names the key where a
/// connection's evidence names the TLS key, answers the boot id as challenge, and holds in the place of the channel
/// binding a value that no connection has: neither can pass for the other.
public struct ReportKey: Sendable, Equatable {
    /// DER of the SubjectPublicKeyInfo (P-256).
    public let publicKeyInfo: [UInt8]

    /// - Parameter publicKeyInfo: DER of a P-256 SubjectPublicKeyInfo.
    public init(publicKeyInfo: [UInt8]) { self.publicKeyInfo = publicKeyInfo }

    /// SHA-256("ENTREPOT-RK1" || SPKI): takes the place of a connection's channel binding.
    public var binding: [UInt8] { Array(SHA256.hash(data: Array("ENTREPOT-RK1".utf8) + publicKeyInfo)) }

    /// Whether verified evidence vouches for this key. Whether to trust the evidence is for `Policy` to say.
    public func isVouchedFor(by evidence: VerifiedEvidence) -> Bool {
        evidence.vouches(for: publicKeyInfo, binding: binding)
    }

    /// Whether this key signed the bytes (ECDSA with SHA-256, DER).
    public func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard let key = try? P256.Signing.PublicKey(derRepresentation: publicKeyInfo),
            let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
        else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}
