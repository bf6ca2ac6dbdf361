import Foundation
import Testing
import VectorMath

@testable import Domains
@_spi(PrivateRows) @testable import Tables
@testable import Tasks

/// Files that pyarrow wrote, changed by a seed: each is a table of values of the domain or is refused, soon and in little memory.
@Suite("HostileTests: Parquet files of other programs, changed")
struct ParquetMutationTests {
    /// `ENTREPOT_FUZZ` says how many of each file.
    private static let inputs = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 150

    private static let schemaText = #"""
        {"fields":[{"name":"level","type":"string","categories":["high","low","é"],"other":"rest"},
          {"name":"n","type":"integer","constraints":{"minimum":-100,"maximum":100}},
          {"name":"v","type":"number","constraints":{"minimum":-1e6,"maximum":1e6},"bins":{"count":50,"scale":"asinh"}},
          {"name":"ok","type":"boolean"},
          {"name":"day","type":"date","constraints":{"minimum":"1960-01-01","maximum":"2030-12-31"}},
          {"name":"price","type":"number","constraints":{"minimum":-1000,"maximum":1000},"bins":{"count":50}}]}
        """#

    /// 29 small files in every way that is read, and two of which a page of a few bytes unpacks to 240 MB.
    private static let writer = """
        import sys, numpy, random, datetime, decimal, pyarrow as pa, pyarrow.parquet as pq
        folder = sys.argv[1]
        random.seed(9)
        def column(value, type): return pa.array([None if random.random() < 0.1 else value() for _ in range(150)], type)
        whole = pa.table({
          "level": column(lambda: random.choice(["high", "low", "é", "else"]), pa.string()),
          "n": column(lambda: random.randrange(-100, 101), pa.int32()),
          "v": column(lambda: random.uniform(-1e6, 1e6), pa.float64()),
          "ok": column(lambda: random.random() < 0.3, pa.bool_()),
          "day": column(lambda: datetime.date(1970, 1, 1) + datetime.timedelta(days=random.randrange(9000)), pa.date32()),
          "price": column(lambda: decimal.Decimal(random.randrange(-99999, 99999)) / 100, pa.decimal128(9, 2))})
        for codec in ["none", "snappy", "gzip", "zstd"]:
            for version in ["1.0", "2.0"]:
                for dictionary in [True, False]:
                    for group in [150, 70]:
                        if codec in ["gzip", "zstd"] and group == 70 and not dictionary: continue
                        pq.write_table(whole, f"{folder}/{codec}-{version}-{dictionary}-{group}.parquet", compression=codec,
                            data_page_version=version, use_dictionary=dictionary, data_page_size=256, row_group_size=group)
        pq.write_table(whole, folder + "/int96.parquet", use_deprecated_int96_timestamps=True, store_decimal_as_integer=True)
        zeros = pa.table({"v": numpy.zeros(30_000_000)})
        for codec in ["gzip", "zstd"]:
            pq.write_table(zeros, f"{folder}/{codec}.bomb", compression=codec, use_dictionary=False, data_page_size=1 << 30,
                row_group_size=30_000_000, write_batch_size=30_000_000)
        """

    private static func changed(_ file: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = file
        for _ in 0...(generator.next() % 3) {
            guard bytes.count > 16 else { break }
            // Half of the changes are of the footer, which says where all else is.
            let isFooter = generator.next() % 2 == 0
            let first = isFooter ? max(0, bytes.count - 1_200) : 0
            func place(_ room: Int) -> Int { first + Int(generator.next() % UInt64(bytes.count - first - room)) }
            let number = generator.next()
            switch generator.next() % 9 {
            case 0: bytes[place(0)] = UInt8(truncatingIfNeeded: number)
            case 1: bytes[place(0)] ^= 1 << UInt8(number % 8)
            case 2: bytes.insert(UInt8(truncatingIfNeeded: number), at: place(0))
            case 3: bytes.remove(at: place(0))
            // A varint, and a length of four bytes, as large as can be or any.
            case 4: bytes.replaceSubrange(place(0)..<bytes.count, with: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
            case 5:
                let at = place(5)
                bytes.replaceSubrange(at..<(at + 5), with: [0xFF, 0xFF, 0xFF, 0xFF, number % 2 == 0 ? 0x0F : 0x7F])
            case 6:
                let at = place(4)
                for byte in 0..<4 { bytes[at + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte)) }
            case 7:
                // A part of the file once more, in another place.
                let (from, to) = (place(16), place(16))
                bytes.replaceSubrange(to..<(to + 16), with: Array(bytes[from..<(from + 16)]))
            default:
                // Nested as deeply as it goes on.
                let at = place(12)
                bytes.replaceSubrange(at..<at, with: [UInt8](repeating: 0x1C, count: Int(number % 4_000)))
            }
        }
        return bytes
    }

    @Test(
        "thousands of changed files end in a table or a refusal, none of them late",
        .enabled(if: ParquetFileTests.python != nil, "python3 has no pyarrow and DuckDB"))
    func mutants() throws {
        let folder = try ParquetFileTests.folder(Self.writer)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = try JSONDecoder().decode(TableSchema.self, from: Data(Self.schemaText.utf8))
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let limits = TableLimits(bytes: 1 << 24, rows: 10_000)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".parquet") }
        #expect(files.count >= 24)
        var generator = SplitMix64(state: 11)
        var (taken, refused) = (0, 0)
        var longest = Duration.zero
        for name in files.sorted() {
            let file = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            for input in 0...Self.inputs {
                let bytes = input == 0 ? file : Self.changed(file, &generator)
                let start = ContinuousClock.now
                do {
                    let reader = CSVTableReader(
                        domain: domain, schema: schema, key: nil, hash: KeyedHash(key: (1, 2)), limits: limits)
                    let whole = TableFileReader(reader)
                    try bytes.withUnsafeBytes { try whole.consume($0) }
                    let table = try whole.finish().table.take()
                    taken += 1
                    for (column, size) in zip(table?.table.columns ?? [], domain.sizes) {
                        #expect((0..<column.codes.count).allSatisfy { column.codes[$0] < size })
                    }
                } catch {
                    refused += 1
                    #expect(input > 0 && error is TableProblems, "\(name): \(error)")
                }
                longest = max(longest, ContinuousClock.now - start)
            }
        }
        #expect(refused > taken && taken > files.count)
        #expect(longest < .seconds(10), "\(longest)")
        print("Parquet mutants: \(taken) tables, \(refused) refused, the longest took \(longest)")
    }

    @Test(
        "a page that unpacks to more than a table may have is refused before it is unpacked",
        .enabled(if: ParquetFileTests.python != nil, "python3 has no pyarrow and DuckDB"), arguments: ["gzip", "zstd"])
    func bombs(codec: String) throws {
        let folder = try ParquetFileTests.folder(Self.writer)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = try JSONDecoder().decode(
            TableSchema.self,
            from: Data(
                #"{"fields":[{"name":"v","type":"number","constraints":{"minimum":0,"maximum":1},"bins":{"count":5}}]}"#
                    .utf8))
        do {
            _ = try ParquetFileTests.read(folder.appending(path: "\(codec).bomb"), schema, key: nil)
            Issue.record("taken")
        } catch let problems as TableProblems {
            #expect(
                "\(problems)".contains("pages of at most") || problems.counts["too_many_rows"] != nil, "\(problems)")
        }
    }
}
