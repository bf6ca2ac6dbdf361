import VectorMath

/// One party's table after reading: codes, and a keyed hash of each row's key. The key itself is gone.
public struct KeyedTable: Sendable {
    public let domain: TableDomain
    private(set) var table: CodedTable
    /// The rows that take part in a join, in the order of their keys' hashes; nil for a table without a key.
    private(set) var keys: [HashedRow]?
    let hash: KeyedHash
    /// No key has more rows than this.
    let rowsPerKey: Int

    init(domain: TableDomain, table: CodedTable, keys: [HashedRow]?, hash: KeyedHash, rowsPerKey: Int) {
        self.rowsPerKey = rowsPerKey
        self.domain = domain
        self.table = table
        self.keys = keys
        self.hash = hash
    }

    /// Number of rows of the file. For the owner only.
    public var rowCount: Int { table.rowCount }

    /// Overwrites every code and hash with zero.
    public mutating func wipe() {
        table.wipe()
        guard var rows = keys else { return }
        keys = nil
        for index in rows.indices { rows[index] = HashedRow(hash: (0, 0), row: 0) }
        keys = rows
    }
}
