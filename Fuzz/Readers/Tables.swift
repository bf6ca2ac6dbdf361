import Foundation
import Gzip
import Tasks
import VectorMath

@testable import Domains
@_spi(PrivateRows) @testable import Tables

private let schema = TableSchema(fields: [
    Field(name: "a", type: .string, categories: ["x", "y,z", "a longer text", "q\"q"], other: "o"),
    Field(name: "n", type: .number, constraints: Constraints(minimum: -5, maximum: 1e9), bins: Bins(scale: .log)),
    Field(name: "i", type: .integer, constraints: Constraints(minimum: 0, maximum: 99)),
    Field(name: "d", type: .date, constraints: Constraints(minimum: "1990-01-01", maximum: "2020-12-31")),
    Field(name: "p", type: .string, derivedFrom: DerivedFrom(field: "a", prefix: 1)),
])
private let key = KeyRule(columns: ["id"], pattern: "^[0-9a-z]{1,20}$", normalise: [.trim, .lower])
private let domain = try? TableDomain(schema: schema, keyColumns: key.columns)

/// What a reader says of a file, so far as it can be compared.
private enum Outcome: Equatable {
    case table(codes: [[Int]], keys: [HashedRow]?)
    case refused(String)
}

private func read(_ bytes: ArraySlice<UInt8>, chunk: Int, rowsPerKey: Int) -> Outcome {
    guard let domain else { return .refused("no domain") }
    do throws(TableProblems) {
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: key, hash: KeyedHash(key: (1, 2)),
            limits: TableLimits(bytes: 1 << 20, rows: 1 << 16), rowsPerKey: rowsPerKey)
        reader.unpack = unpackPage
        var rest = bytes
        while !rest.isEmpty {
            try reader.consume(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        guard let table = try reader.finish().take() else { return .refused("the rows were taken") }
        for (column, size) in zip(table.table.columns, domain.sizes) {
            promise(column.count == table.table.rowCount && column.domainSize == size, "a column breaks its bounds")
        }
        let codes = table.table.columns.map { column in (0..<column.count).map { column[$0] } }
        return .table(codes: codes, keys: table.keys)
    } catch {
        return .refused("\(error)")
    }
}

/// A file reads as the same table however it is cut. The first byte says how, the others are the file.
func feedTable(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let rowsPerKey = first % 2 == 0 ? 1 : 3
    let whole = read(bytes.dropFirst(), chunk: bytes.count, rowsPerKey: rowsPerKey)
    promise(
        whole == read(bytes.dropFirst(), chunk: Int(first) + 1, rowsPerKey: rowsPerKey), "a table depends on its cut")
}

/// What is fed between the marks of a Parquet file, so that what is tried lies behind them.
func parquetFile(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 9 else { return bytes }
    let mark = Array("PAR1".utf8)
    return [bytes[0]] + mark + bytes[5..<(bytes.count - 4)] + mark
}

/// Small Parquet files that the reader takes, packed and not.
func parquetSeeds() throws -> [[UInt8]] {
    let id = Field(
        name: "id", type: .string, categories: (0..<40).map { "k\($0)" }, constraints: Constraints(required: true))
    let domain = try TableDomain(schema: TableSchema(fields: [id] + schema.fields), keyColumns: [])
    return [(0, 40, nil), (1, 3, nil), (8, 40, PageCompressor.snappy)].map { cut, rows, compressor in
        var bytes: [UInt8] = [UInt8(cut)]
        SampleEncoder(domain: domain, columns: nil, format: .parquet, compressor: compressor).encode(
            rowCount: UInt64(rows)
        ) { range in
            SampleBlock(
                rowCount: range.count,
                codes: domain.sizes.map { size in range.map { UInt32(Int($0) % size) } },
                fractions: domain.columns.map { $0.isBinned ? range.map { Float($0) / 64 } : [] })
        } write: {
            bytes += $0
        }
        return bytes
    }
}

private struct TooMuch: Error {}

private func unpacked(_ bytes: ArraySlice<UInt8>, chunk: Int) -> [UInt8]? {
    var content: [UInt8] = []
    do {
        let reader = try GzipReader(pieceSize: 1 << 12)
        var rest = bytes
        while !rest.isEmpty {
            try Array(rest.prefix(chunk)).withUnsafeBytes { piece in
                try reader.consume(piece) {
                    content += $0
                    if content.count > 1 << 21 { throw TooMuch() }
                }
            }
            rest = rest.dropFirst(chunk)
        }
        try reader.finish()
    } catch {
        return nil
    }
    return content
}

/// A gzip file unpacks to the same bytes however it is cut.
func feedGzip(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let whole = unpacked(bytes.dropFirst(), chunk: bytes.count)
    promise(whole == unpacked(bytes.dropFirst(), chunk: Int(first) + 1), "an unpacked file depends on its cut")
}

/// A small file that the reader takes.
private func exampleFile(rows: Int, quotes: Bool) -> [UInt8] {
    var text = "id,a,n,i,d,p\r\n"
    for row in 0..<rows {
        let (category, prefix) = [("x", "x"), ("\"y,z\"", "y"), ("a longer text", "a"), ("", "")][row % 4]
        text += quotes ? "\"K\(row)\"" : "k\(row)key"
        text += ",\(category),\(Double(row) * 7.25),\(row % 100),2001-0\(row % 9 + 1)-11,\(prefix)\n"
    }
    return Array(text.utf8)
}

/// Files of several lengths, with and without quotes.
func csvSeeds() -> [[UInt8]] {
    [(0, 3, false), (1, 40, false), (7, 3, true), (200, 200, false)].map { cut, rows, quotes in
        [cut] + exampleFile(rows: rows, quotes: quotes)
    }
}

/// The same packed by `gzip`.
func gzipSeeds() throws -> [[UInt8]] {
    try [1, 60].map { rows in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-c"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(exampleFile(rows: rows, quotes: false)))
        try input.fileHandleForWriting.close()
        let packed = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return [9] + packed
    }
}
