/// One party's table after reading: codes, and a keyed hash of each row's key. The key itself is gone.
public struct KeyedTable: Sendable {
    public let domain: TableDomain
    let table: CodedTable

    /// Number of rows that were kept. For the owner only.
    public var rowCount: Int { table.rowCount }
}
