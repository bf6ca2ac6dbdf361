import Testing

@testable import Domains
@testable import Tables

/// Where records end, beside the careful cutter that takes one record after the other.
@Suite("The ends of records")
struct RecordEndsTests {
    private static func careful(_ text: [UInt8]) -> [Int] {
        var places: [Int] = []
        var place = 0
        while place < text.count {
            var cutter = RecordCutter(columns: 1, dialect: TableDialect())
            guard cutter.cutOne(text, place..<text.count, row: 1) != nil else { break }
            place = cutter.consumed
            places.append(place)
        }
        return places
    }

    @Test("are those of the careful way, wherever the bytes are cut, in one byte a sign or two")
    func property() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["\"", "\"\"", ",", "\n", "a", "bcdefghij", "=", "=\"", "\"x,\",\"y\nz\"\n", "é", "5\" pipe"]
        var found = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &random)
            let text = (0..<length).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let isWide = Bool.random(using: &random)
            let bytes = isWide ? Array(text.utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } : Array(text.utf8)
            var ends = RecordEnds(terminator: 0x0A, width: isWide ? .littleEndian : .byte)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...40, using: &random)
                ends.look(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            // Every character of the pieces is one sign of UTF-16.
            let careful = Self.careful(Array(text.utf8)).map { place in
                isWide ? 2 * String(decoding: text.utf8.prefix(place), as: UTF8.self).utf16.count : place
            }
            #expect(ends.places == careful, "\(text.debugDescription)")
            #expect(ends.count == careful.count)
            found += careful.count
        }
        #expect(found > 10_000)
    }

    @Test("a mark at the front opens no cell and hides none")
    func mark() {
        for (bytes, width) in [
            (Array("\u{FEFF}\"a\nb\"\nc\n".utf8), RecordEnds.Width.byte),
            (Array("\u{FEFF}\"a\nb\"\nc\n".utf16).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, .bigEndian),
        ] {
            var ends = RecordEnds(terminator: 0x0A, width: width)
            ends.look(bytes)
            #expect(ends.count == 2)
        }
    }
}
