import Foundation
import Testing
import VectorMath

@testable import Domains
@testable import Tables

/// Parquet files that leave, read back by other people's readers.
@Suite("Parquet out")
struct ParquetWritingTests {
    /// Columns of every kind: listed text with `other`, few and many whole numbers, grids on a log scale, listed numbers, truth,
    /// dates one by one and in bins, one value alone, one that is never missing, and grids of few points.
    static func domain() throws -> TableDomain { try TableDomain(schema: tableSchema(), keyColumns: []) }

    static func tableSchema() throws -> TableSchema {
        try schema(
            #"""
            {"fields":[{"name":"level","type":"string","categories":["high","a, \"b\"","a longer one\n","é"],"other":"rest"},
              {"name":"n","type":"integer","constraints":{"minimum":-7,"maximum":900}},
              {"name":"v","type":"number","constraints":{"minimum":0,"maximum":1e9},"bins":{"count":20,"scale":"log"}},
              {"name":"whole","type":"integer","constraints":{"minimum":0,"maximum":1000000},"bins":{"count":16}},
              {"name":"ok","type":"boolean"},
              {"name":"day","type":"date","constraints":{"minimum":"1990-01-01","maximum":"2020-12-31"}},
              {"name":"born","type":"date","constraints":{"minimum":"2020-01-01","maximum":"2020-03-31"},"bins":{"count":91}},
              {"name":"size","type":"number","constraints":{"required":true,"enum":["0.5","2"]}},
              {"name":"only","type":"string","constraints":{"required":true},"categories":["x"]},
              {"name":"cost","type":"number","constraints":{"minimum":0,"maximum":4000},"bins":{"count":8}},
              {"name":"gain","type":"number","constraints":{"minimum":-90,"maximum":900},"bins":{"count":9,"scale":"asinh"}}]}
            """#)
    }

    static func block(_ domain: TableDomain, _ rows: Range<UInt64>) -> SampleBlock {
        var generator = SplitMix64(state: rows.lowerBound &+ 5)
        let count = rows.count
        return SampleBlock(
            rowCount: count,
            codes: domain.sizes.map { size in (0..<count).map { _ in UInt32(generator.next() % UInt64(size)) } },
            fractions: domain.columns.map { column in
                column.isBinned ? (0..<count).map { _ in Float(generator.next() >> 40) / Float(1 << 24) } : []
            })
    }

    private static let script = """
        import csv, sys, datetime, pyarrow.parquet as pq, duckdb
        folder, rows = sys.argv[1], int(sys.argv[2])
        with open(folder + "/rows.csv", newline="") as file: expected = list(zip(*csv.reader(file)))
        def text(value):
            if value is None: return ""
            if isinstance(value, bool): return "true" if value else "false"
            return value.isoformat() if isinstance(value, datetime.date) else value
        for name in sys.argv[3:]:
            path = folder + "/" + name
            table = pq.read_table(path)
            table.validate(full=True)
            assert table.num_rows == rows, table.num_rows
            if rows: assert duckdb.sql(f"select count(*), count(level), sum(n) from '{path}'").fetchall()[0] == (
                rows, rows - table["level"].null_count, sum(x for x in table["n"].to_pylist() if x is not None))
            for column, (head, *cells) in zip(table.column_names, expected):
                assert column == head
                for row, (value, cell) in enumerate(zip(table[column].to_pylist(), cells)):
                    value = text(value)
                    same = value == cell if isinstance(value, str) else cell != "" and value == float(cell)
                    assert same, (name, column, row, value, cell)
        print(",".join(str(field.type) + ("" if field.nullable else "!") for field in table.schema))
        """

    @Test(
        "pyarrow and DuckDB read the rows that the CSV file has, however many there are",
        .enabled(if: ArrowTests.python != nil, "python3 has no pyarrow"), arguments: [0, 1, 9, 20_001, 140_000])
    func readers(rows: Int) throws {
        let domain = try Self.domain()
        let folder = FileManager.default.temporaryDirectory.appending(path: "parquet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (format, name) in [(SampleFormat.csv, "rows.csv"), (.parquet, "rows.parquet")] {
            var bytes: [UInt8] = []
            SampleEncoder(domain: domain, columns: nil, format: format).encode(
                rowCount: UInt64(rows), block: { Self.block(domain, $0) }, write: { bytes += $0 })
            try Data(bytes).write(to: folder.appending(path: name))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            try #require(ArrowTests.python), "-c", Self.script, folder.path, "\(rows)", "rows.parquet",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(
            answer == "string,int64,double,int64,bool,date32[day],date32[day],double!,string!,double,double\n")
    }

    @Test("the pieces are the same bytes whether rows are encoded in one call or block by block")
    func pieces() throws {
        let domain = try Self.domain()
        var pieces: [[UInt8]] = []
        SampleEncoder(domain: domain, columns: [2, 0], format: .parquet).encode(
            rowCount: 300_000, block: { Self.block(domain, $0) }, write: { pieces.append($0) })
        #expect(pieces.allSatisfy { !$0.isEmpty })
        // The opening, two full groups and the rest: what is held is one group.
        #expect(pieces.count == 5 || pieces.count == 4)
        var encoder = SampleEncoder(domain: domain, columns: [2, 0], format: .parquet)
        var bytes: [UInt8] = []
        encoder.header(into: &bytes)
        for start in stride(from: UInt64(0), to: 300_000, by: 16_384) {
            encoder.append(Self.block(domain, start..<min(start + 16_384, 300_000)), into: &bytes)
        }
        encoder.footer(into: &bytes)
        #expect(bytes == Array(pieces.joined()))
    }

    @Test("numbers in bins stand in a dictionary of each row group, and behind a long one as they are")
    func points() throws {
        for (bins, encodings) in [(2, [ParquetFormat.Encoding.rleDictionary]), (8, [.rleDictionary, .plain])] {
            let domain = try TableDomain(
                schema: schema(
                    #"{"fields":[{"name":"v","type":"number","constraints":{"minimum":0,"maximum":40,"required":true},"#
                        + #""bins":{"count":\#(bins)}}]}"#), keyColumns: [])
            let column = ParquetColumn(domain.columns[0])
            var points = PointDictionary.ofColumns([column])[0]
            var found: [ParquetFormat.Encoding] = []
            for start in stride(from: UInt64(0), to: 131_072, by: 16_384) {
                let block = Self.block(domain, start..<(start + 16_384))
                let page = column.page(
                    codes: block.codes[0], fractions: block.fractions[0], exact: nil, rows: block.rowCount,
                    points: &points)
                if !found.contains(page.encoding) { found.append(page.encoding) }
            }
            #expect(found == encodings, "\(bins) bins: \(points?.count ?? 0) numbers")
            let length = try #require(points?.page.bytes.count)
            #expect(length == 8 * (points?.count ?? 0))
            points?.forget()
            #expect(points?.count == 0 && points?.page.bytes.isEmpty == true)
        }
    }

    @Test("numbers that rules gave are written as they are, and what is missing stays missing")
    func exact() throws {
        let domain = try TableDomain(
            schema: schema(
                #"{"fields":[{"name":"v","type":"number","constraints":{"minimum":0,"maximum":100},"bins":{"count":10}}]}"#
            ),
            keyColumns: [])
        let missing = UInt32(try #require(domain.columns[0].missingCode))
        let block = SampleBlock(
            rowCount: 3, codes: [[0, missing, 1]], fractions: [[0, 0, 0]], exact: [0: .doubles([1.5, 7, 12.25])])
        let column = ParquetColumn(domain.columns[0])
        var points = PointDictionary.ofColumns([column])[0]
        #expect(points != nil)
        let page = column.page(
            codes: block.codes[0], fractions: block.fractions[0], exact: block.exact[0], rows: 3, points: &points)
        let values = [1.5, 12.25].flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        }
        #expect(page.encoding == .plain)
        #expect(page.bytes == [2, 0, 0, 0, 3, 0b101] + values)
    }

    @Test("packed numbers lie where the format says, at every width")
    func packed() {
        for width in 1...32 {
            let mask: UInt64 = (1 << UInt64(width)) - 1
            var generator = SplitMix64(state: UInt64(width))
            let numbers = (0..<77).map { _ in UInt32(truncatingIfNeeded: generator.next() & mask) }
            var bytes: [UInt8] = [9]
            PackedBits.append(numbers, count: 77, width: width, to: &bytes)
            #expect(bytes.count == 1 + 10 * width)
            let found = numbers.indices.map { index in
                (0..<width).reduce(UInt32(0)) { number, bit in
                    let place = index * width + bit
                    return number | UInt32(bytes[1 + place / 8] >> UInt8(place % 8) & 1) << UInt32(bit)
                }
            }
            #expect(found == numbers)
        }
    }
}
