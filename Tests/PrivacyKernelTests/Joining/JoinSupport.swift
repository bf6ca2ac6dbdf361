import Foundation
import Synchronization
import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

let testHash = KeyedHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))

extension KeyedTable {
    /// The rows, which the table keeps: tests join one table many times.
    var rows: KeyedRows {
        held.withLock { $0 }
            ?? KeyedRows(
                domain: domain, table: CodedTable(proven: [], rowCount: 0), rowCount: 0, keys: nil, hash: testHash)
    }
}

/// Parties as the joins take them.
func parties(_ tables: [(name: String, table: KeyedTable)]) -> [(name: String, rows: KeyedRows)] {
    tables.map { (name: $0.name, rows: $0.table.rows) }
}

/// Reads a file by the production reader.
func read(
    _ csv: some Collection<UInt8>, _ schema: TableSchema, key: KeyRule? = nil, rowsPerKey: Int = 1,
    chunk: Int = 1 << 20, hash: KeyedHash = testHash
) throws -> KeyedTable {
    let reader = CSVTableReader(
        domain: try TableDomain(schema: schema, keyColumns: key?.columns ?? []), schema: schema, key: key, hash: hash,
        limits: TableLimits(bytes: 1 << 32, rows: 1 << 30), rowsPerKey: rowsPerKey)
    var rest = Array(csv)[...]
    while !rest.isEmpty {
        try reader.consume(rest.prefix(chunk))
        rest = rest.dropFirst(chunk)
    }
    return try reader.finish()
}

/// The texts of a table, column by column.
func texts(_ rows: PrivateRows) -> [[String]] {
    zip(rows.table.columns, rows.domain.columns).map { column, domain in
        (0..<rows.rowCount).map { domain.text(of: column[$0], fraction: 0) }
    }
}
