import Testing
import VectorMath

@testable import Domains
@testable import Tables

/// Seeded fuzzing: no bytes crash the reader, and chunking never changes what it says.
@Suite struct FuzzTests {
    static let schema = TableSchema(fields: [
        Field(name: "a", type: .string, categories: ["x", "y,z", "a longer text", "q\"q"], other: "o"),
        Field(name: "n", type: .number, constraints: Constraints(minimum: -5, maximum: 1e9), bins: Bins(scale: .log)),
        Field(name: "d", type: .date, constraints: Constraints(minimum: "1990-01-01", maximum: "2020-12-31")),
        Field(name: "p", type: .string, derivedFrom: DerivedFrom(field: "a", prefix: 1)),
    ])
    static let key = KeyRule(columns: ["id", "k"], pattern: "^[0-9a-z]{1,8}$", normalise: [.trim, .lower])

    static func outcome(_ bytes: [UInt8], chunk: Int, rowsPerKey: Int) -> String {
        do {
            let table = try read(bytes, schema, key: key, rowsPerKey: rowsPerKey, chunk: chunk)
            return "\(texts(table.table, table.domain)) \(table.keys ?? [])"
        } catch {
            return "\(error)"
        }
    }

    @Test("random bytes never crash the reader", arguments: 0..<300)
    func randomBytes(seed: Int) {
        var random = SplitMix64(state: UInt64(seed))
        let alphabet = Array("id,k,a,n,d,p\n\r\"\"\n,,;xyz019.-e \u{FEFF}é".utf8) + [0xFF, 0xC0, 0x80, 0x00]
        var bytes = seed % 3 == 0 ? [] : Array("id,k,a,n,d\n".utf8)
        for _ in 0..<Int.random(in: 0...600, using: &random) {
            bytes.append(
                seed % 2 == 0 ? alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random))
        }
        let whole = Self.outcome(bytes, chunk: 1 << 20, rowsPerKey: 1)
        #expect(Self.outcome(bytes, chunk: Int.random(in: 1...9, using: &random), rowsPerKey: 1) == whole)
    }

    @Test("mutations of a valid file never crash the reader", arguments: 0..<300)
    func mutations(seed: Int) {
        var random = SplitMix64(state: UInt64(seed) + 9_999)
        var text = "id,k,a,n,d,p\r\n"
        for row in 0..<Int.random(in: 1...60, using: &random) {
            let (category, prefix) =
                [("x", "x"), ("\"y,z\"", "y"), ("a longer text", "a"), ("\"q\"\"q\"", "q"), ("new", "o"), ("", "")]
                .randomElement(using: &random) ?? ("x", "x")
            let number = Double.random(in: -5...1e9, using: &random)
            text += "\(row),K\(row),\(category),\(number),2001-0\(row % 9 + 1)-11,\(prefix)\n"
        }
        var bytes = Array(text.utf8)
        let valid = Self.outcome(bytes, chunk: 1 << 20, rowsPerKey: 1)
        #expect(valid.hasPrefix("[["), "\(valid)")
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert("\",\n\r;".utf8.randomElement(using: &random) ?? 0, at: place)
            default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...20, using: &random)))
            }
        }
        let whole = Self.outcome(bytes, chunk: 1 << 20, rowsPerKey: 2)
        #expect(Self.outcome(bytes, chunk: Int.random(in: 1...50, using: &random), rowsPerKey: 2) == whole)
    }

    @Test("the careful way and the fast way read the same", arguments: 0..<50)
    func twins(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed) + 31)
        let schema = TableSchema(fields: Array(Self.schema.fields.prefix(3)))
        func file(_ quotes: String) -> [UInt8] {
            var random = SplitMix64(state: UInt64(seed))
            var text = "a,n,d\n"
            for _ in 0..<200 {
                let words = [
                    ["x", "a longer text", "new", "", "o"].randomElement(using: &random) ?? "",
                    ["1", "0", "-3.25", "12345678.9", "1e3", " 7", "", "0.000"].randomElement(using: &random) ?? "",
                    ["1999-12-31", "", "2020-02-29 "].randomElement(using: &random) ?? "",
                ]
                text += words.map { quotes + $0 + quotes }.joined(separator: ",") + "\n"
            }
            return Array(text.utf8)
        }
        let fast = try read(file(""), schema)
        let careful = try read(file("\""), schema, chunk: Int.random(in: 1...100, using: &random))
        #expect(texts(fast.table, fast.domain) == texts(careful.table, careful.domain))
    }
}
