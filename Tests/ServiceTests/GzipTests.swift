import Gzip
import Testing

@Suite struct GzipTests {
    /// `id,a\n1,low\n`, made by Python's gzip.
    static let first: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 76, 209, 73, 228, 50, 212, 201, 201, 47, 231, 2, 0, 3, 231,
        33, 61, 11, 0, 0, 0,
    ]
    /// `2,med\n`.
    static let second: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 51, 210, 201, 77, 77, 225, 2, 0, 168, 164, 85, 154, 6, 0, 0, 0,
    ]

    private func unpacked(_ bytes: [UInt8], by size: Int) throws -> String {
        let reader = try GzipReader(pieceSize: 1024)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                try reader.consume(piece) { out += $0 }
            }
        }
        try reader.finish()
        return String(decoding: out, as: UTF8.self)
    }

    @Test("a file unpacks however it is cut, and so do two one behind the other", arguments: [1, 2, 7, 1000])
    func cuts(size: Int) throws {
        #expect(try unpacked(Self.first, by: size) == "id,a\n1,low\n")
        #expect(try unpacked(Self.first + Self.second, by: size) == "id,a\n1,low\n2,med\n")
    }

    @Test("a file that is cut short or damaged is refused")
    func refusals() {
        #expect(throws: GzipError.truncated) { try unpacked(Array(Self.first.dropLast(3)), by: 5) }
        #expect(throws: GzipError.truncated) { try unpacked([], by: 5) }
        var damaged = Self.first
        damaged[damaged.count - 6] ^= 0x40
        #expect(throws: GzipError.damaged) { try unpacked(damaged, by: 100) }
        #expect(throws: GzipError.damaged) { try unpacked(Array("id,a\n".utf8), by: 100) }
        #expect(throws: GzipError.damaged) { try unpacked(Self.first + Array("more".utf8), by: 100) }
    }

    @Test("what unpacks to very much comes out in small pieces, and stops where its taker throws")
    func bomb() throws {
        struct Enough: Error {}
        let reader = try GzipReader(pieceSize: 4096)
        var largest = 0
        var total = 0
        #expect(throws: Enough.self) {
            try Self.zeros.withUnsafeBytes { bytes in
                try reader.consume(bytes) { piece in
                    largest = max(largest, piece.count)
                    total += piece.count
                    if total > 20_000 { throw Enough() }
                }
            }
        }
        #expect(largest <= 4096 && total < 30_000)
    }

    /// 100,000 zeros.
    static let zeros: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 245, 79, 109, 13, 15, 160, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 87, 3,
        125, 149, 17, 212, 160, 134, 1, 0,
    ]
}
