import Bytes

/// 32 random bytes of a file's owner, behind which a commitment hides the file.
public struct Blinding: Sendable, Equatable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Draws fresh ones from the system's generator.
    public static func random() -> Blinding {
        var generator = SystemRandomNumberGenerator()
        while true {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if let blinding = Blinding(bytes: bytes) { return blinding }
        }
    }

    /// - Returns: nil for another number of bytes, and for one byte repeated: nobody who draws them gets that.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32, Set(bytes).count > 1 else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits.
    public init?(hex: String) {
        guard let hash = LedgerHash(hex: hex.lowercased()) else { return nil }
        self.init(bytes: hash.bytes)
    }

    /// 64 hexadecimal digits in lower case.
    public var hex: String { Hex.encode(bytes) }
}

/// What the owner of a file keeps, to show to whom he chooses which file a ledger entry is about.
///
/// The ledger holds the commitment alone. Whoever does not know the random bytes cannot test a guess of the file (the
/// commitment hides it), and nobody finds a second file that opens the same commitment (it binds). Both rest on SHA-256.
public struct UploadOpening: Sendable, Equatable {
    private static let label = Array("ENTREPOT-UPLOAD1\0".utf8)

    public let blinding: Blinding
    /// SHA-256 of the file's bytes.
    public let file: LedgerHash

    public init(blinding: Blinding, file: LedgerHash) {
        self.blinding = blinding
        self.file = file
    }

    /// SHA-256("ENTREPOT-UPLOAD1\0" ‖ 32 random bytes ‖ SHA-256 of the file).
    public var commitment: LedgerHash { LedgerHash(of: Self.label + blinding.bytes + file.bytes) }
}
