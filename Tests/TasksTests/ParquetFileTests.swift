import Foundation
import Testing
import VectorMath

@testable import Domains
@_spi(PrivateRows) @testable import Tables
@testable import Tasks

/// Parquet files of other programs, against the CSV files that the same programs write of the same table.
@Suite("Parquet files of other programs")
struct ParquetFileTests {
    static let python: String? = {
        let candidates = [ProcessInfo.processInfo.environment["ENTREPOT_PYTHON"], "python3"].compactMap { $0 }
        return candidates.first { (try? run($0, "import pyarrow, duckdb")) != nil }
    }()

    struct Failed: Error {}

    private static func run(_ python: String, _ script: String, _ arguments: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", script] + arguments
        if arguments.isEmpty { process.standardError = FileHandle.nullDevice }
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }

    private static let schemaText = #"""
        {"fields":[{"name":"level","type":"string","categories":["high","low","é","a longer text"],"other":"rest"},
          {"name":"small","type":"integer","constraints":{"minimum":-100,"maximum":100}},
          {"name":"large","type":"integer","constraints":{"minimum":0,"maximum":1e12},"bins":{"count":20,"scale":"log"}},
          {"name":"unsigned","type":"number","constraints":{"minimum":0,"maximum":2e19},"bins":{"count":20,"scale":"log"}},
          {"name":"single","type":"number","constraints":{"minimum":-1,"maximum":1},"bins":{"count":20}},
          {"name":"double","type":"number","constraints":{"minimum":-1e6,"maximum":1e6},"bins":{"count":50,"scale":"asinh"}},
          {"name":"price","type":"number","constraints":{"minimum":-1000,"maximum":1000},"bins":{"count":50}},
          {"name":"exact","type":"number","constraints":{"minimum":-1000,"maximum":1000},"bins":{"count":50}},
          {"name":"wide","type":"number","constraints":{"minimum":-1000,"maximum":1000},"bins":{"count":50}},
          {"name":"ok","type":"boolean"},
          {"name":"day","type":"date","constraints":{"minimum":"1960-01-01","maximum":"2030-12-31"}},
          {"name":"milli","type":"date","constraints":{"minimum":"1960-01-01","maximum":"2030-12-31"},"bins":{"count":60}},
          {"name":"micro","type":"date","constraints":{"minimum":"1960-01-01","maximum":"2030-12-31"},"bins":{"count":60}},
          {"name":"nano","type":"date","constraints":{"minimum":"1960-01-01","maximum":"2030-12-31"},"bins":{"count":60}},
          {"name":"fixed","type":"string","categories":["aaa","bbb","ccc"]}]}
        """#

    /// A table of every type that is read, with missing values in each column, as Parquet in every way that is read.
    private static let writer = """
        import sys, random, datetime, decimal, csv, pyarrow as pa, pyarrow.parquet as pq, duckdb
        folder = sys.argv[1]
        random.seed(3)
        rows = 7000
        def maybe(value): return None if random.random() < 0.1 else value()
        def column(value): return [maybe(value) for _ in range(rows)]
        day = lambda: datetime.date(1960, 1, 1) + datetime.timedelta(days=random.randrange(25000))
        stamp = lambda: datetime.datetime.combine(day(), datetime.time())
        cents = lambda: decimal.Decimal(random.randrange(-100000, 100001)) / 100
        types = {
          "id": (pa.int64(), [10_000_000_000 + 7 * i for i in range(rows)]),
          "level": (pa.string(), column(lambda: random.choice(["high", "low", "é", "a longer text", "else"]))),
          "small": (pa.int8(), column(lambda: random.randrange(-100, 101))),
          "large": (pa.int64(), column(lambda: random.randrange(10 ** 12))),
          "unsigned": (pa.uint64(), column(lambda: random.randrange(2 ** 64 - 1))),
          "single": (pa.float32(), column(lambda: random.randrange(-1000, 1001) / 1000)),
          "double": (pa.float64(), column(lambda: random.uniform(-1e6, 1e6))),
          "price": (pa.decimal128(9, 2), column(cents)),
          "exact": (pa.decimal128(18, 4), column(cents)),
          "wide": (pa.decimal128(38, 6), column(cents)),
          "ok": (pa.bool_(), column(lambda: random.random() < 0.3)),
          "day": (pa.date32(), column(day)),
          "milli": (pa.timestamp("ms"), column(stamp)),
          "micro": (pa.timestamp("us"), column(stamp)),
          "nano": (pa.timestamp("ns"), column(stamp)),
          "fixed": (pa.binary(3), column(lambda: random.choice([b"aaa", b"bbb", b"ccc"]))),
        }
        whole = pa.table({name: pa.array(values, type) for name, (type, values) in types.items()})
        def text(value):
            if value is None: return ""
            if isinstance(value, bool): return "true" if value else "false"
            if isinstance(value, bytes): return value.decode()
            if isinstance(value, datetime.datetime): return value.date().isoformat()
            return str(value)
        with open(folder + "/table.csv", "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(types)
            out.writerows(zip(*[[text(value) for value in values] for _, values in types.values()]))
        for codec in ["none", "snappy", "gzip", "zstd"]:
            for version in ["1.0", "2.0"]:
                for dictionary in [True, False]:
                    pq.write_table(whole, f"{folder}/arrow-{codec}-{version}-{dictionary}.parquet", compression=codec,
                        data_page_version=version, use_dictionary=dictionary, data_page_size=4096, row_group_size=3001)
        pq.write_table(whole, folder + "/arrow-fallback.parquet", dictionary_pagesize_limit=2000)
        pq.write_table(whole, folder + "/arrow-decimals.parquet", store_decimal_as_integer=True)
        pq.write_table(whole, folder + "/arrow-int96.parquet", use_deprecated_int96_timestamps=True)
        for codec in ["uncompressed", "snappy", "zstd", "gzip"]:
            duckdb.sql(f"copy (select * from whole) to '{folder}/duckdb-{codec}.parquet' (format parquet, codec '{codec}', row_group_size 2048)")
        """

    static func folder(_ script: String) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parquet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(try #require(python), script, [folder.path])
        return folder
    }

    static func read(_ file: URL, _ schema: TableSchema, key: String?) throws -> KeyedRows {
        let reader = CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: key.map { [$0] } ?? []), schema: schema,
            key: key.map { KeyRule(columns: [$0], pattern: "^[0-9]{11}$") }, hash: KeyedHash(key: (1, 2)),
            limits: TableLimits(bytes: 1 << 26, rows: 1 << 20))
        let whole = TableFileReader(reader)
        let bytes = try Data(contentsOf: file)
        let table: KeyedTable
        if file.lastPathComponent.contains("2.0"), let source = try ParquetSource(path: file.path) {
            bytes.withUnsafeBytes { whole.digest($0) }
            table = try whole.finish(reading: source).table
        } else {
            try bytes.withUnsafeBytes { try whole.consume($0) }
            table = try whole.finish().table
        }
        return try #require(table.take())
    }

    @Test(
        "every file reads as the codes, places and keys of the CSV file, whoever packed it and how",
        .enabled(if: Self.python != nil, "python3 has no pyarrow and DuckDB"))
    func files() throws {
        let folder = try Self.folder(Self.writer)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = try JSONDecoder().decode(TableSchema.self, from: Data(Self.schemaText.utf8))
        let expected = try Self.read(folder.appending(path: "table.csv"), schema, key: "id")
        func numbers(_ codes: CodeArray) -> [Int] { (0..<codes.count).map { codes[$0] } }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".parquet") }
        #expect(files.count == 23)
        for name in files.sorted() {
            let found = try Self.read(folder.appending(path: name), schema, key: "id")
            #expect(found.keys == expected.keys, "\(name)")
            for (column, (one, other)) in zip(schema.fields, zip(found.table.columns, expected.table.columns)) {
                #expect(numbers(one.codes) == numbers(other.codes), "\(name), \(column.name)")
                #expect(one.places.map(numbers) == other.places.map(numbers), "\(name), \(column.name)")
            }
        }
    }

    @Test(
        "what is not read is refused by the name of its column, and says what to write",
        .enabled(if: Self.python != nil, "python3 has no pyarrow and DuckDB"))
    func refusals() throws {
        let folder = try Self.folder(
            """
            import sys, datetime, pyarrow as pa, pyarrow.parquet as pq
            def write(name, column, **options): pq.write_table(pa.table({"a": ["x", "y"], "b": column}), f"{sys.argv[1]}/{name}", **options)
            write("list", pa.array([[1], [2, 3]]))
            write("struct", pa.array([{"c": 1}, {"c": 2}]))
            write("time", pa.array([datetime.time(1), datetime.time(2)]))
            write("delta", pa.array([1, 2]), use_dictionary=False, column_encoding={"a": "PLAIN", "b": "DELTA_BINARY_PACKED"})
            write("split", pa.array([1.5, 2.5]), use_dictionary=False, column_encoding={"a": "PLAIN", "b": "BYTE_STREAM_SPLIT"})
            write("brotli", pa.array([1, 2]), compression={"a": "none", "b": "brotli"})
            write("half", pa.array([1.5, 2.5], pa.float16()))
            write("bytes", pa.array([b"\\xff\\xfe", b"b"]))
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text =
            #"{"fields":[{"name":"a","type":"string","categories":["x","y"]},{"name":"b","type":"string","categories":["1","2"],"other":"z"}]}"#
        let schema = try JSONDecoder().decode(TableSchema.self, from: Data(text.utf8))
        for (name, word) in [
            ("list", "nested or repeated"), ("struct", "nested or repeated"), ("time", "times of day"),
            ("delta", "encoding 5"), ("split", "encoding 9"), ("brotli", "Brotli"), ("half", "16 bits"),
            ("bytes", "no text"),
        ] {
            do {
                _ = try Self.read(folder.appending(path: name), schema, key: nil)
                Issue.record("\(name) was taken")
            } catch let problems as TableProblems {
                #expect(problems.problems.count == 1)
                #expect(problems.problems.first?.column == "b", "\(name)")
                #expect("\(problems)".contains(word), "\(name): \(problems)")
            }
        }
    }
}
