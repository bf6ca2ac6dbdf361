import Bytes
internal import Crypto

/// A SHA-256 digest as the ledger writes it.
public struct LedgerHash: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// What the first entry names as its predecessor.
    public static let zero = LedgerHash(unchecked: [UInt8](repeating: 0, count: 32))

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The digest of these bytes.
    public init(of bytes: [UInt8]) { self.bytes = Array(SHA256.hash(data: bytes)) }

    /// Reads 64 hexadecimal digits in lower case.
    public init?(hex: String) {
        guard hex.utf8.count == 64, let bytes = Hex.decode(hex.utf8, letters: .lowercase) else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits in lower case.
    public var hex: String { Hex.encode(bytes) }

    /// 44 characters, as checkpoints and proofs write hashes.
    public var base64: String { Base64.text(of: bytes) }

    /// Reads base64 with padding, strictly.
    public init?(base64: String) {
        guard let bytes = Base64.bytes(of: base64) else { return nil }
        self.init(bytes: bytes)
    }

    /// As `hex`.
    public var description: String { hex }
}
