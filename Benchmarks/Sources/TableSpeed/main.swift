import Domains
import Foundation
import PrivacyKernel
import Tables
import VectorMath

// What reading, joining and writing tables costs. `join A.csv B.csv` reads two files on a thread each and joins them on
// their first column; `read FILE.csv` reads one on one thread, and tells what the parser took of it, without the file's way
// from the kernel; `write ROWS` writes 15 columns on one thread. Every other column is taken to hold whole numbers from 0 to 99.

func peakMegabytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
}

func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try work()
    return (ContinuousClock.now - start) / .seconds(1)
}

func readTable(_ path: String, _ hash: KeyedHash) throws -> (table: KeyedTable, parsing: Double) {
    var parsing = 0.0
    guard let file = FileHandle(forReadingAtPath: path) else { fatalError("cannot read \(path)") }
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    var reader: CSVTableReader?
    while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
        if reader == nil {
            let names = String(decoding: data.prefix { $0 != 0x0A }, as: UTF8.self).split(separator: ",")
            let fields = names.dropFirst().map {
                Field(name: String($0), type: .integer, constraints: Constraints(minimum: 0, maximum: 99))
            }
            let schema = TableSchema(fields: Array(fields))
            let key = KeyRule(columns: [String(names[0])])
            reader = CSVTableReader(
                domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key, hash: hash,
                limits: TableLimits(bytes: .max, rows: .max), expectedBytes: size)
        }
        parsing += try seconds { try data.withUnsafeBytes { try reader?.consume($0) } }
    }
    var table: KeyedTable?
    parsing += try seconds { table = try reader?.finish() }
    guard let table else { fatalError("\(path) is empty") }
    return (table, parsing)
}

final class Slot: @unchecked Sendable { var table: KeyedTable? }

/// How many rows were joined. Nobody can ask a private table; at ε = 8,000 the noise of the answer is zero.
func rowCount(of table: consuming PrivateTable?) throws -> Int64 {
    guard let table else { return 0 }
    let budget = try Budget(PrivacyParameters(epsilon: 8_000, delta: 0), accounting: .pure)
    return try Kernel(table: table).measure([[]], spending: budget).first?.counts.first ?? 0
}

func join(_ paths: [String]) throws {
    let hash = KeyedHash(key: (1, 2))
    var joined: PrivateTable?
    let time = try seconds {
        let slots = paths.map { _ in Slot() }
        let group = DispatchGroup()
        for (path, slot) in zip(paths, slots) {
            DispatchQueue.global().async(group: group) {
                do { slot.table = try readTable(path, hash).table } catch { fatalError("\(error)") }
            }
        }
        group.wait()
        let tables = zip(["a", "b"], slots).compactMap { name, slot in slot.table.map { (name: name, table: $0) } }
        for slot in slots { slot.table = nil }
        joined = try PrivateTable(joining: tables, rowsPerKey: 1)
    }
    let rows = try rowCount(of: joined)
    print(#"{"seconds": \#(time), "rows": \#(rows), "peak_mb": \#(peakMegabytes())}"#)
}

func read(_ path: String) throws {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    var (rows, parsing) = (0, 0.0)
    let time = try seconds {
        let read = try readTable(path, KeyedHash(key: (1, 2)))
        (rows, parsing) = (read.table.rowCount, read.parsing)
    }
    let rates = [time, parsing].map { Double(size) / $0 / 1e6 }
    print(
        #"{"rows": \#(rows), "seconds": \#(time), "mb_per_s": \#(rates[0]), "parsing_seconds": \#(parsing), "#
            + #""parsing_mb_per_s": \#(rates[1]), "peak_mb": \#(peakMegabytes())}"#)
}

func write(_ rows: UInt64) throws {
    let fields = (0..<15).map {
        Field(name: "column\($0)", type: .string, categories: (0..<(4 + $0)).map { "value\($0)" })
    }
    let domain = try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
    var generator = SystemRandomNumberGenerator()
    let block = SampleBlock(
        rowCount: 16_384,
        codes: domain.sizes.map { size in
            (0..<16_384).map { _ in UInt32.random(in: 0..<UInt32(size), using: &generator) }
        }, fractions: domain.sizes.map { _ in [] })
    for format in SampleFormat.allCases {
        var bytes = 0
        let encoder = SampleEncoder(domain: domain, columns: nil, format: format)
        let time = seconds {
            encoder.encode(rowCount: rows / 16_384 * 16_384, block: { _ in block }) { bytes += $0.count }
        }
        print(
            #"{"format": "\#(format.rawValue)", "seconds": \#(time), "mb_per_s": \#(Double(bytes) / time / 1e6), "peak_mb": \#(peakMegabytes())}"#
        )
    }
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "join": try join(Array(arguments.dropFirst()))
case "read": try read(arguments.dropFirst().first ?? "")
case "write": try write(UInt64(arguments.dropFirst().first ?? "") ?? 1_000_000)
default: print("TableSpeed join A.csv B.csv | read FILE.csv | write ROWS")
}
