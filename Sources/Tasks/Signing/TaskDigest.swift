import Bytes
internal import Crypto

/// SHA-256 of a task's canonical bytes: what the parties sign, what the evidence names, what the ledger keys by.
public struct TaskDigest: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// The digest of the bytes that `GET /spec` returned.
    public init(hashing canonicalBytes: [UInt8]) {
        bytes = Array(SHA256.hash(data: canonicalBytes))
    }

    /// Reads 64 hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex.utf8), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits in lower case.
    public var hex: String { Hex.encode(bytes) }
    /// As `hex`.
    public var description: String { hex }
}
