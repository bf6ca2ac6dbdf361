import Foundation
import Testing
import VectorMath

@testable import Domains
@testable import Tables

@Suite struct EncoderTests {
    static func domain() throws -> TableDomain {
        try TableDomain(
            schema: schema(
                #"""
                {"fields":[{"name":"level","type":"string","categories":["high","a, \"b\"","a longer one\n"]},
                  {"name":"n","type":"integer","constraints":{"minimum":7,"maximum":9}},
                  {"name":"v","type":"number","constraints":{"minimum":0,"maximum":100},"bins":{"count":10}},
                  {"name":"ok","type":"boolean"},
                  {"name":"day","type":"date","constraints":{"minimum":"1990-01-01","maximum":"2020-12-31"}}]}
                """#), keyColumns: [])
    }

    static let block = SampleBlock(
        rowCount: 3, codes: [[0, 1, 2], [0, 2, 3], [0, 5, 11], [1, 0, 2], [0, 31, 32]],
        fractions: [[], [], [0, 0.25, 0], [], [0, 0, 0]])

    static func encoded(_ format: SampleFormat, columns: [Int]? = nil) throws -> String {
        var encoder = SampleEncoder(domain: try domain(), columns: columns, format: format)
        var bytes: [UInt8] = []
        encoder.header(into: &bytes)
        encoder.append(block, into: &bytes)
        encoder.footer(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a file is written as what its name ends with, and as CSV where it says nothing")
    func names() {
        for format in SampleFormat.allCases {
            #expect(SampleFormat(ofFile: "rows.\(format.rawValue)") == format)
            #expect(SampleFormat(ofFile: "a.csv/ROWS.\(format.rawValue.uppercased())") == format)
        }
        for name in ["rows.txt", "rows", "json", "rows.json.txt", nil] { #expect(SampleFormat(ofFile: name) == .csv) }
    }

    @Test("CSV quotes where RFC 4180 asks for it")
    func csv() throws {
        #expect(
            try Self.encoded(.csv) == #"""
                level,n,v,ok,day
                high,7,0,true,1990-01-01
                "a, ""b""",9,42.5,false,2020-01-12
                "a longer one
                ",,,,

                """#)
    }

    @Test("JSON is column-oriented as pandas writes it")
    func json() throws {
        #expect(
            try Self.encoded(.json, columns: [0, 2, 3, 4]) == #"""
                {"level":{"0":"high","1":"a, \"b\"","2":"a longer one\n"},"v":{"0":0,"1":42.5,"2":null},"ok":{"0":true,"1":false,"2":null},"day":{"0":"1990-01-01","1":"2020-01-12","2":null}}
                """#)
    }

    @Test("NDJSON is one object a line")
    func ndjson() throws {
        #expect(
            try Self.encoded(.ndjson, columns: [1, 0]) == #"""
                {"n":7,"level":"high"}
                {"n":9,"level":"a, \"b\""}
                {"n":null,"level":"a longer one\n"}

                """#)
    }

    @Test("no rows give an empty table in every format")
    func empty() throws {
        func encoded(_ format: SampleFormat) throws -> String {
            var bytes: [UInt8] = []
            SampleEncoder(domain: try Self.domain(), columns: [0, 1], format: format).encode(
                rowCount: 0, block: { _ in Self.block }, write: { bytes += $0 })
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try encoded(.csv) == "level,n\n")
        #expect(try encoded(.json) == #"{"level":{},"n":{}}"#)
        #expect(try encoded(.ndjson) == "")
    }

    @Test("blocks of any size give the same text", arguments: [SampleFormat.csv, .json, .ndjson])
    func blocks(format: SampleFormat) throws {
        let domain = try Self.domain()
        var random = SplitMix64(state: 3)
        let codes = domain.columns.map { column in
            (0..<1_000).map { _ in UInt32.random(in: 0..<UInt32(column.size), using: &random) }
        }
        let fractions = domain.columns.map { column in
            column.isBinned ? (0..<1_000).map { _ in Float.random(in: 0..<1, using: &random) } : []
        }
        func encoded(_ size: UInt64) -> [UInt8] {
            var bytes: [UInt8] = []
            SampleEncoder(domain: domain, columns: nil, format: format).encode(
                rowCount: 1_000, blockRows: size,
                block: { range in
                    let rows = Int(range.lowerBound)..<Int(range.upperBound)
                    return SampleBlock(
                        rowCount: rows.count, codes: codes.map { Array($0[rows]) },
                        fractions: fractions.map { $0.isEmpty ? [] : Array($0[rows]) })
                }, write: { bytes += $0 })
            return bytes
        }
        let whole = encoded(1_000)
        #expect([1, 7, 999].allSatisfy { encoded($0) == whole })
        guard format == .json else { return }
        let object = try JSONSerialization.jsonObject(with: Data(whole)) as? [String: [String: Any]]
        #expect(object?["v"]?.count == 1_000)
    }

    @Test("what is written as CSV reads back to the same codes", arguments: 0..<60)
    func roundTrip(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed) + 77)
        let fields = (0..<Int.random(in: 1...6, using: &random)).map { index in
            var field = CellPropertyTests.randomField(&random)
            if Int.random(in: 0..<3, using: &random) == 0 {
                let texts = ["plain", "a,b", "q\"q", "line\nbreak", " blank ", "naïve", "longer than eight bytes"]
                field = Field(
                    name: "", type: .string, categories: Array(texts.prefix(Int.random(in: 1...7, using: &random))))
            }
            field.name = "c\(index)"
            return field
        }
        let schema = TableSchema(fields: fields)
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let rows = Int.random(in: 0...300, using: &random)
        let codes = domain.columns.map { column in
            (0..<rows).map { _ in UInt32.random(in: 0..<UInt32(column.size), using: &random) }
        }
        let fractions = domain.columns.map { column in
            column.isBinned ? (0..<rows).map { _ in Float.random(in: 0..<1, using: &random) } : []
        }
        var encoder = SampleEncoder(domain: domain, columns: nil, format: .csv)
        var bytes: [UInt8] = []
        encoder.header(into: &bytes)
        encoder.append(SampleBlock(rowCount: rows, codes: codes, fractions: fractions), into: &bytes)
        let table = try read(bytes, schema, chunk: Int.random(in: 1...500, using: &random))
        for (column, codes) in zip(table.table.columns, codes) {
            #expect((0..<column.count).map { UInt32(column[$0]) } == codes)
        }
        // The fast writer and the plain one agree.
        for (index, column) in domain.columns.enumerated() where column.isBinned && rows > 0 {
            let line = String(decoding: bytes, as: UTF8.self)
            let text = column.text(of: Int(codes[index][0]), fraction: Double(fractions[index][0]))
            #expect(text.isEmpty || line.contains(text))
        }
    }
}
