import Foundation
import Testing
import VectorMath

@testable import Domains
@_spi(PrivateRows) @testable import Tables

/// Parquet files that come in, against the CSV file of the same table. `ParquetFileTests` reads those of other programs.
@Suite("Parquet in")
struct ParquetReadingTests {
    /// What a reader says of a file, so far as it can be compared.
    enum Outcome: Equatable {
        case table(codes: [[Int]], places: [[Int]?], keys: [HashedRow]?)
        case refused(TableProblems)
    }

    static func read(
        _ bytes: [UInt8], _ domain: TableDomain, _ schema: TableSchema, key: KeyRule? = nil, chunk: Int = .max,
        limits: TableLimits = TableLimits(bytes: 1 << 26, rows: 1 << 20)
    ) -> Outcome {
        do throws(TableProblems) {
            let reader = CSVTableReader(
                domain: domain, schema: schema, key: key, hash: KeyedHash(key: (1, 2)), limits: limits)
            var rest = bytes[...]
            while !rest.isEmpty {
                try reader.consume(rest.prefix(chunk))
                rest = rest.dropFirst(chunk)
            }
            guard let table = try reader.finish().take() else { return .table(codes: [], places: [], keys: nil) }
            func numbers(_ codes: CodeArray) -> [Int] { (0..<codes.count).map { codes[$0] } }
            return .table(
                codes: table.table.columns.map { numbers($0.codes) },
                places: table.table.columns.map { $0.places.map(numbers) }, keys: table.keys)
        } catch {
            return .refused(error)
        }
    }

    private static func files(_ domain: TableDomain, rows: Int) throws -> (csv: [UInt8], parquet: [UInt8]) {
        var files: [[UInt8]] = []
        for format in [SampleFormat.csv, .parquet] {
            var bytes: [UInt8] = []
            SampleEncoder(domain: domain, columns: nil, format: format).encode(
                rowCount: UInt64(rows), block: { ParquetWritingTests.block(domain, $0) }, write: { bytes += $0 })
            files.append(bytes)
        }
        return (files[0], files[1])
    }

    @Test("our own files read as the same codes, places and keys as their CSV", arguments: [1, 50, 20_000, 140_000])
    func ours(rows: Int) throws {
        let domain = try ParquetWritingTests.domain()
        let schema = try ParquetWritingTests.tableSchema()
        let (csv, parquet) = try Self.files(domain, rows: rows)
        #expect(Self.read(parquet, domain, schema) == Self.read(csv, domain, schema))
        guard rows == 50 else { return }
        for chunk in [1, 3, 5, 1000] {
            #expect(Self.read(parquet, domain, schema, chunk: chunk) == Self.read(csv, domain, schema))
        }
        // A key of numbers, whole and with a missing one.
        let keyed = try TableDomain(
            schema: TableSchema(fields: schema.fields.filter { $0.name != "n" }), keyColumns: ["n"])
        let rest = TableSchema(fields: schema.fields.filter { $0.name != "n" })
        let key = KeyRule(columns: ["n"], pattern: "^[0-9]+$")
        let found = Self.read(parquet, keyed, rest, key: key)
        #expect(found == Self.read(csv, keyed, rest, key: key))
        if case .table = found { Issue.record("negative keys were taken") }
        let pair = KeyRule(columns: ["day", "v"])
        let both = TableSchema(fields: schema.fields.filter { !["day", "v"].contains($0.name) })
        let domainOfBoth = try TableDomain(schema: both, keyColumns: pair.columns)
        #expect(
            Self.read(parquet, domainOfBoth, both, key: pair) == Self.read(csv, domainOfBoth, both, key: pair))
    }

    @Test("what a table refuses has the same row, column, value and words as in its CSV file")
    func refusals() throws {
        let wide = try ParquetWritingTests.domain()
        let (csv, parquet) = try Self.files(wide, rows: 300)
        // Narrower domains than the file has values for, a column that is missing, one that is too many, wrong types.
        for fields in [
            #"{"name":"level","type":"string","categories":["high"]},{"name":"n","type":"integer","constraints":{"required":true,"minimum":0,"maximum":700}}"#,
            #"{"name":"v","type":"number","constraints":{"minimum":0,"maximum":1e3},"bins":{"count":20,"scale":"log"}},{"name":"day","type":"date","constraints":{"minimum":"2000-01-01","maximum":"2001-12-31","required":true}}"#,
            #"{"name":"level","type":"integer","constraints":{"minimum":0,"maximum":9}},{"name":"born","type":"string","categories":["2020-01-01"],"other":"x"},{"name":"absent","type":"boolean"}"#,
            #"{"name":"whole","type":"date","constraints":{"minimum":"2000-01-01","maximum":"2001-12-31"}},{"name":"ok","type":"integer","constraints":{"minimum":0,"maximum":9}},{"name":"day","type":"boolean"}"#,
        ] {
            let schema = try schema(#"{"fields":["# + fields + "]}")
            let domain = try TableDomain(schema: schema, keyColumns: [])
            let found = Self.read(parquet, domain, schema)
            #expect(found == Self.read(csv, domain, schema))
            guard case .refused(let problems) = found else {
                Issue.record("\(fields) was taken")
                continue
            }
            #expect(problems.problems.count > 3)
        }
    }

    @Test("as many rows and bytes as the task permits, and no more")
    func limits() throws {
        let domain = try ParquetWritingTests.domain()
        let schema = try ParquetWritingTests.tableSchema()
        let (_, parquet) = try Self.files(domain, rows: 100)
        for (limits, code) in [
            (TableLimits(bytes: 1 << 20, rows: 99), "too_many_rows"),
            (TableLimits(bytes: parquet.count - 1, rows: 100), "too_large"),
        ] {
            guard case .refused(let problems) = Self.read(parquet, domain, schema, limits: limits) else {
                Issue.record("\(code) was taken")
                continue
            }
            #expect(problems.counts[code] == 1)
        }
        let exact = TableLimits(bytes: parquet.count, rows: 100)
        if case .refused(let problems) = Self.read(parquet, domain, schema, limits: exact) {
            Issue.record("\(problems)")
        }
    }

    /// One column of 7, 7, 8 and 9, as pyarrow 26 writes it with pages of either version, plain and with checksums.
    static let checked = [
        """
        UEFSMRUAFSAVIBXfxcfMBhwVCBUAFQYVBhwAAAAHAAAABwAAAAgAAAAJAAAAFQQZLDUAGAZzY2hlbWEVAgAVAiUAGAFuABYIGRwZHCYAHBUC
        GSUGABkYAW4VABYIFlIWUiYISRwVABUAFQIAAAAWUhYIJggWUgAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGRwcAAAAcgAA
        AFBBUjE=
        """,
        """
        UEFSMRUGFSAVIBXfxcfMBkwVCBUAFQgVABUAFQASHAAAAAcAAAAHAAAACAAAAAkAAAAVBBksNQAYBnNjaGVtYRUCABUCJQAYAW4AFggZHBkc
        JgAcFQIZJQYAGRgBbhUAFggWXBZcJghJHBUAFQAVAgAAABZcFggmCBZcACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwA
        AAByAAAAUEFSMQ==
        """,
    ]

    @Test("a page that is not what its checksum says is refused: no other number is read from it", arguments: checked)
    func checksums(_ text: String) throws {
        let file = Array(try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters)))
        let schema = try schema(
            #"{"fields":[{"name":"n","type":"integer","constraints":{"minimum":0,"maximum":255,"required":true}}]}"#)
        let domain = try TableDomain(schema: schema, keyColumns: [])
        #expect(
            Self.read(file, domain, schema) == .table(codes: [[7, 7, 8, 9]], places: [nil], keys: nil))
        let values = try #require(file.indices.first { file[$0...].starts(with: [7, 0, 0, 0, 7, 0, 0, 0, 8]) })
        for bit in 0..<16 * 8 {
            var changed = file
            changed[values + bit / 8] ^= 1 << UInt8(bit % 8)
            guard case .refused(let problems) = Self.read(changed, domain, schema) else {
                Issue.record("bit \(bit)")
                continue
            }
            #expect("\(problems)".contains("checksum"), "\(problems)")
        }
    }

    /// `ENTREPOT_FUZZ` says how many.
    private static let inputs = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 3_000

    @Test("HostileTests: cut, changed and lengthened files are tables or are refused, and never end the program")
    func hostile() throws {
        let domain = try ParquetWritingTests.domain()
        let schema = try ParquetWritingTests.tableSchema()
        let (_, parquet) = try Self.files(domain, rows: 60)
        for length in 0..<parquet.count { _ = Self.read(Array(parquet.prefix(length)), domain, schema) }
        var generator = SplitMix64(state: 1)
        var taken = 0
        for _ in 0..<Self.inputs {
            var bytes = parquet
            for _ in 0...(generator.next() % 4) {
                let place = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 4 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes[place] ^= 1 << UInt8(generator.next() % 8)
                case 2: bytes[place] = 0xFF
                default: bytes.replaceSubrange(place..<place, with: [UInt8(truncatingIfNeeded: generator.next())])
                }
            }
            if case .table(let codes, _, _) = Self.read(bytes, domain, schema) {
                taken += 1
                for (column, size) in zip(codes, domain.sizes) { #expect(column.allSatisfy { $0 < size }) }
            }
        }
        #expect(taken < Self.inputs)
    }

    @Test("runs of packed and of equal numbers read in stretches of any length, and never beyond their bytes")
    func runs() {
        var generator = SplitMix64(state: 9)
        for width in 0...32 {
            let mask: UInt64 = (1 << UInt64(width)) - 1
            var numbers: [UInt32] = []
            var bytes: [UInt8] = []
            for run in 0..<6 {
                if run % 2 == 0 {
                    let packed = (0..<8 * (1 + run)).map { _ in UInt32(truncatingIfNeeded: generator.next() & mask) }
                    bytes.append(UInt8((1 + run) << 1 | 1))
                    if width > 0 { PackedBits.append(packed, count: packed.count, width: width, to: &bytes) }
                    numbers += packed
                } else {
                    let value = UInt32(truncatingIfNeeded: generator.next() & mask)
                    bytes +=
                        [UInt8(20 << 1)]
                        + (0..<(width + 7) / 8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
                    numbers += [UInt32](repeating: value, count: 20)
                }
            }
            let padded = bytes + [UInt8](repeating: 0, count: HybridRuns.padding)
            for stretch in [1, 3, 8, 13, numbers.count] {
                var runs = HybridRuns(in: 0..<bytes.count, width: width)
                var found: [UInt32] = []
                while found.count < numbers.count {
                    let count = min(stretch, numbers.count - found.count)
                    var output = [UInt32](repeating: 7, count: count)
                    let isRead = runs.take(count, from: padded, into: &output)
                    #expect(isRead)
                    guard isRead else { break }
                    found += output
                }
                #expect(found == numbers)
                var output: [UInt32] = [0]
                #expect(!runs.take(1, from: padded, into: &output))
            }
        }
    }
}
