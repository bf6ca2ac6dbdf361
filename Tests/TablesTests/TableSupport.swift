import Foundation
import Synchronization
import Testing
import VectorMath

@testable import Domains
@testable @_spi(PrivateRows) import Tables

let testHash = KeyedHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
let roomy = TableLimits(bytes: 1 << 32, rows: 1 << 30)

func schema(_ json: String) throws -> TableSchema {
    try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
}

/// A schema with one field `x`.
func field(_ json: String) throws -> ColumnDomain {
    let schema = try schema(#"{"fields":[{"name":"x",\#(json)}]}"#)
    return try TableDomain(schema: schema, keyColumns: []).columns[0]
}

func read(
    _ csv: some Collection<UInt8>, _ schema: TableSchema, key: KeyRule? = nil, limits: TableLimits = roomy,
    rowsPerKey: Int = 1, delimiter: Character = ",", chunk: Int = 1 << 20, hash: KeyedHash = testHash
) throws -> KeyedTable {
    let domain = try TableDomain(schema: schema, keyColumns: key?.columns ?? [])
    let reader = CSVTableReader(
        domain: domain, schema: schema, key: key, hash: hash, limits: limits, rowsPerKey: rowsPerKey,
        delimiter: delimiter.asciiValue ?? 0x2C)
    var rest = Array(csv)[...]
    while !rest.isEmpty {
        try reader.consume(rest.prefix(chunk))
        rest = rest.dropFirst(chunk)
    }
    return try reader.finish()
}

func problems(
    _ csv: some Collection<UInt8>, _ schema: TableSchema, key: KeyRule? = nil, limits: TableLimits = roomy,
    delimiter: Character = ","
) -> TableProblems {
    do {
        _ = try read(csv, schema, key: key, limits: limits, delimiter: delimiter)
    } catch let problems as TableProblems {
        return problems
    } catch {
        Issue.record(error)
    }
    return TableProblems(problems: [], counts: [:])
}

/// The texts of a table, column by column.
func texts(_ table: CodedTable, _ domain: TableDomain) -> [[String]] {
    zip(table.columns, domain.columns).map { column, domain in
        (0..<column.count).map { domain.text(of: column[$0], fraction: 0) }
    }
}

extension KeyedTable {
    /// The codes, which the table keeps.
    var table: CodedTable { held.withLock { $0?.table } ?? CodedTable(proven: [], rowCount: 0) }
    /// The rows by key, which the table keeps.
    var keys: [HashedRow]? { held.withLock { $0?.keys } }
}
