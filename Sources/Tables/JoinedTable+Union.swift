import VectorMath

extension JoinedTable {
    /// The union: every party's rows one below the other, under the columns' own names. Nothing is matched, and no column
    /// says whose a row is.
    ///
    /// The same key in two files is two records: what one party brings changes nothing about another's rows, so one record
    /// is the rows of one key of one party.
    ///
    /// - Parameter parties: one or more of the same domain.
    public init(uniting parties: [KeyedTable]) {
        let domain = parties.first?.domain ?? TableDomain(columns: [])
        let rows = parties.map { party in
            (party.keys?.map(\.row) ?? Array(0..<party.table.rowCount)).map { UInt32(truncatingIfNeeded: $0) }
        }
        let columns = domain.columns.indices.map { column in
            CodedColumn(
                proven: zip(parties, rows).flatMap { party, rows in
                    rows.map { UInt32(party.table.columns[column][Int($0)]) }
                }, domainSize: domain.columns[column].size)
        }
        self.init(
            proven: domain, table: CodedTable(proven: columns, rowCount: rows.reduce(0) { $0 + $1.count }),
            rowsPerKey: parties.map(\.rowsPerKey).max() ?? 1)
    }
}
