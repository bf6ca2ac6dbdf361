import Crypto

/// Registers of a TPM's SHA-256 bank: 32 bytes, and the one rule that changes them.
public enum TPMRegister {
    /// Length in bytes.
    public static let byteCount = 32
    /// How many registers a TPM has for a PC (TCG PC Client Platform TPM Profile §4.6).
    static let count = 24
    static let zero = [UInt8](repeating: 0, count: byteCount)

    /// SHA-256(old || digest): what TPM2_PCR_Extend does.
    public static func extended(_ old: [UInt8], with digest: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: old + digest))
    }

    /// What a zero register holds after these digests went into it, in this order.
    public static func replaying(_ digests: [[UInt8]]) -> [UInt8] {
        digests.reduce(zero) { extended($0, with: $1) }
    }

    /// What a zero register holds after the digest of `content` went into it.
    public static func measuring(_ content: [UInt8]) -> [UInt8] {
        extended(zero, with: Array(SHA256.hash(data: content)))
    }

    /// PCR16 of a service that runs the task with these bytes.
    public static func task(_ specification: [UInt8]) -> [UInt8] { measuring(specification) }
}
