@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// The union: every party's rows one below the other.
    ///
    /// The same key in two files is two records: what one party brings changes nothing about another's rows, so one record
    /// is the rows of one key of one party.
    ///
    /// - Parameter parties: of the same domain.
    convenience init(uniting parties: [KeyedRows], rowsPerKey: Int) {
        let domain = parties.first?.domain ?? TableDomain(columns: [])
        let bounded = parties.map { $0.bounded(max(1, rowsPerKey)) }
        let rows = zip(parties, bounded).map { party, keys in
            keys?.map(\.row) ?? Array(0..<party.table.rowCount)
        }
        let chosen = rows.enumerated().flatMap { party, rows in rows.map { (column: party, row: $0) } }
        let columns = domain.columns.indices.map { column in
            CodedColumn(
                of: parties.map { $0.table.columns[column] }, rows: chosen, domainSize: domain.columns[column].size)
        }
        self.init(
            domain: domain, table: CodedTable(proven: columns, rowCount: chosen.count),
            rowsPerKey: bounded.contains { $0 != nil } ? rowsPerKey : 1)
    }
}
