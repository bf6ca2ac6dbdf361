import Domains
// One fit of one synthesizer to a coded table, its rows as CSV, and what that cost, as one line of JSON.
//
//   RowsBenchmark FOLDER SYNTHESIZER EPSILON OUTPUT.csv    FOLDER holds coded.csv, domain.json, meta.json
//   RowsBenchmark pairs ROWS COLUMNS                        seconds to count all pairs
//   RowsBenchmark wide SYNTHESIZER COLUMNS ROWS             seconds to fit a wide table
//   RowsBenchmark trees FIRST END FITS                      `auto` beside `mst` on random tables, by seed
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables

func usage() -> rusage {
    var figures = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &figures)
    return figures
}

func processorSeconds() -> Double {
    let used = usage()
    return Double(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        + Double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6
}

func timed<Result>(_ work: () throws -> Result) rethrows -> (wall: Double, processor: Double, result: Result) {
    let (start, before) = (ContinuousClock().now, processorSeconds())
    let result = try work()
    return ((ContinuousClock().now - start) / .seconds(1), processorSeconds() - before, result)
}

func report(_ figures: [(String, Double)]) {
    print("{" + figures.map { "\"\($0.0)\": \(String(format: "%.4f", $0.1))" }.joined(separator: ", ") + "}")
}

/// Public rows, of which a private table is made anew for each fit.
struct BenchmarkRows {
    let domain: TableDomain
    let table: CodedTable

    func privateTable() throws -> PrivateTable { try PrivateTable(public: table, domain: domain) }
}

func codedTable(_ folder: URL) throws -> BenchmarkRows {
    func json(_ name: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent(name)))
    }
    let sizes = try json("domain.json") as? [String: Int] ?? [:]
    let ordered = Set((try? json("meta.json") as? [String: Any])?["ordered"] as? [String] ?? [])
    let text = try String(contentsOf: folder.appendingPathComponent("coded.csv"), encoding: .utf8)
    var lines = text.split(whereSeparator: \.isNewline)
    let header = lines.removeFirst().split(separator: ",").map(String.init)
    let fields = header.map { name in
        let size = sizes[name] ?? 1
        return ordered.contains(name)
            ? Field(
                name: name, type: .integer,
                constraints: Constraints(required: true, minimum: 0, maximum: .number(Double(size - 1))))
            : Field(
                name: name, type: .string, categories: (0..<size).map(String.init),
                constraints: Constraints(required: true))
    }
    let domain = try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
    var codes = header.map { _ in [UInt32]() }
    for line in lines {
        for (column, code) in line.split(separator: ",").enumerated() { codes[column].append(UInt32(code) ?? 0) }
    }
    return try BenchmarkRows(
        domain: domain,
        table: CodedTable(columns: zip(codes, domain.sizes).map { try CodedColumn(.words($0), domainSize: $1) }))
}

/// Columns of which each follows the one before it seven times in ten.
func chain(rows: Int, columns: Int, size: Int) throws -> BenchmarkRows {
    var state: UInt64 = 1
    func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33).multipliedReportingOverflow(by: UInt64(bound)).partialValue >> 31)
    }
    let domain = TableDomain(
        columns: (0..<columns).map { .categories("c\($0)", (0..<size).map { "v\($0)" }) })
    var coded: [CodedColumn] = []
    var before: [UInt8] = []
    for _ in 0..<columns {
        var codes = [UInt8](repeating: 0, count: rows)
        for row in codes.indices {
            codes[row] = before.isEmpty || next(10) >= 7 ? UInt8(next(size)) : before[row]
        }
        coded.append(try CodedColumn(.bytes(codes), domainSize: size))
        before = codes
    }
    return try BenchmarkRows(domain: domain, table: CodedTable(columns: coded))
}

func fit(_ name: String, _ table: BenchmarkRows, epsilon: Double) throws -> FittedModel {
    let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
    let synthesizer = try synthesizer(named: name)
    let kernel = Kernel(table: try table.privateTable())
    return try synthesizer.fit(kernel, privacy)
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "pairs" where arguments.count == 3:
    let columns = Int(arguments[2]) ?? 15
    let table = try chain(rows: Int(arguments[1]) ?? 10_000_000, columns: columns, size: 16)
    let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
    let kernel = Kernel(table: try table.privateTable())
    let sets = (0..<columns).flatMap { a in (a + 1..<columns).map { [a, $0] } }
    let count = try timed {
        try kernel.measure(sets, spending: Budget(privacy, accounting: .gaussian)).count
    }
    report([("pairs", Double(count.result)), ("wall", count.wall), ("cpu", count.processor)])
case "wide" where arguments.count == 4:
    let table = try chain(rows: Int(arguments[3]) ?? 1_000_000, columns: Int(arguments[2]) ?? 100, size: 16)
    let fitted = try timed { try fit(arguments[1], table, epsilon: 1) }
    report([
        ("wall", fitted.wall), ("cpu", fitted.processor), ("mb", Double(usage().ru_maxrss) / 1024),
        ("rows", Double(fitted.result.rowCount)),
    ])
case "trees" where arguments.count == 4:
    guard let first = UInt64(arguments[1]), let end = UInt64(arguments[2]), first <= end else { exit(64) }
    try compareOnRandomTrees(first..<end, fits: Int(arguments[3]) ?? 4)
case let folder? where arguments.count == 4:
    let table = try codedTable(URL(fileURLWithPath: folder))
    let fitted = try timed { try fit(arguments[1], table, epsilon: Double(arguments[2]) ?? 1) }
    let fitMemory = Double(usage().ru_maxrss) / 1024
    let sampler = try RowSampler(fitted.result, seed: .random(in: .min ... .max))
    let block = sampler.rows(0..<UInt64(table.table.rowCount))
    var text = table.domain.columns.map(\.name).joined(separator: ",") + "\n"
    for row in 0..<block.rowCount { text += block.codes.map { String($0[row]) }.joined(separator: ",") + "\n" }
    try text.write(toFile: arguments[3], atomically: true, encoding: .utf8)
    let million = timed { sampler.rows(0..<1_000_000).rowCount }
    report([
        ("wall", fitted.wall), ("cpu", fitted.processor), ("mb", fitMemory), ("million_wall", million.wall),
        ("million_cpu", million.processor),
    ])
default:
    print(
        "usage: RowsBenchmark FOLDER SYNTHESIZER EPSILON OUTPUT.csv | pairs ROWS COLUMNS | wide NAME COLUMNS ROWS",
        "| trees FIRST END FITS")
    exit(64)
}
