public import Domains

/// Tables of a cluster on their way to a kernel: checked, and joined where there are several.
public struct SparkRows: Sendable {
    public let counter: SparkCounter
    /// Of each table, in order: how many rows it has and what follows from their content, for the entry of the ledger.
    public let contents: [String]

    /// One party's table as it is to be read.
    public struct Source: Sendable {
        let party: String
        let name: String
        let domain: TableDomain
        let schema: TableSchema
        let key: KeyRule?

        /// - Parameters:
        ///   - party: its columns become `<party>_<column>` where several tables are joined.
        ///   - name: of the table on the cluster, or a path that the cluster reads.
        ///   - key: nil for rows that are records of their own.
        public init(party: String, name: String, domain: TableDomain, schema: TableSchema, key: KeyRule?) {
            self.party = party
            self.name = name
            self.domain = domain
            self.schema = schema
            self.key = key
        }
    }

    /// - Parameters:
    ///   - domain: of the joined tables, with the rules of its rows.
    ///   - rowsPerKey: of more rows of a key some are left out; where it is 1, a second one is refused.
    /// - Throws: `rows` for the owner of a table alone, or why the cluster does not count.
    public init(
        _ sources: [Source], domain: TableDomain, rowsPerKey: Int, on server: SparkConnection
    ) throws(SparkError) {
        var tables: [(party: String, table: SparkTable)] = []
        var contents: [String] = []
        var rows: [Int64] = []
        for source in sources {
            let table = try SparkTable(
                source.name, domain: source.domain, schema: source.schema, key: source.key, on: server)
            let checked = try table.check(on: server, rowsPerKey: rowsPerKey)
            contents.append("\(source.name) \(checked.rows) \(checked.content)")
            rows.append(checked.rows)
            tables.append((source.party, table))
        }
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in String(generator.next(), radix: 16) }.joined()
        let join = SparkJoin(tables, rowsPerKey: rowsPerKey, secret: secret)
        guard join.domain.columns == domain.columns else { throw .notCounted("A column that a rule computes") }
        // Of one table each row counts that was checked: one that comes later is noticed.
        counter = SparkCounter(
            join, domain: domain, total: rows.count == 1 && rowsPerKey == 1 ? rows[0] : nil, on: server)
        self.contents = contents
    }
}
