import Crypto

/// Platform configuration registers of 48 bytes, and the one rule that changes them.
public enum Register {
    /// The register into which the task is measured.
    public static let taskIndex = 16
    static let zero = [UInt8](repeating: 0, count: 48)

    /// SHA-384(old || data).
    public static func extended(_ old: [UInt8], with data: [UInt8]) -> [UInt8] {
        Array(SHA384.hash(data: old + data))
    }

    /// What a zero register holds after the digest of `content` went into it: the rule of PCR0–2, 8 and 16.
    public static func measuring(_ content: [UInt8]) -> [UInt8] {
        extended(zero, with: Array(SHA384.hash(data: content)))
    }

    /// PCR16 of a service that runs the task with these bytes.
    public static func task(_ specification: [UInt8]) -> [UInt8] { measuring(specification) }
}
