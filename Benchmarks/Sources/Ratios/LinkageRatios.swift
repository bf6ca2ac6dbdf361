import Domains
import PrivacyKernel
import Tables
import VectorMath

/// A linkage whose tables share no block, beside one whose tables share all: time is the plan's, and tells nothing of the rows.
func linkingWithoutPairs() throws -> Ratio {
    let rounds = 5
    var (none, all) = (try linkedTables("omega", count: rounds + 1), try linkedTables("alpha", count: rounds + 1))
    func link(_ tables: inout [[KeyedTable]]) throws -> Int {
        // Of a table that was joined the rows are gone.
        guard let pair = tables.popLast() else { return 0 }
        let table = try PrivateTable(linking: zip(["A", "B"], pair).map { (name: $0, table: $1) }, terms: linkageTerms)
        return withExtendedLifetime(table) { pair.count }
    }
    return try compare(rounds: rounds, ours: { try link(&none) }, beside: { try link(&all) })
}

private let linkageTerms: LinkageTerms = {
    let name = LinkageTerms.Text(columns: ["name"])
    return LinkageTerms(
        blocking: [[name]],
        compare: (0..<6).map { _ in
            LinkageTerms.Comparison(text: name, by: .levenshtein, at: [0.9, 0.75], weights: [5, 1, -4])
        }, partners: 10, threshold: 1)
}()

/// Two tables of 3,000 records in blocks of eight, so many times: the first of `alpha…`, the second of `prefix…`.
private func linkedTables(_ prefix: String, count: Int) throws -> [[KeyedTable]] {
    let schema = TableSchema(fields: [
        Field(name: "x", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 9))
    ])
    let key = KeyRule(columns: ["name"])
    let domain = try TableDomain(schema: schema, keyColumns: key.columns)
    let hash = KeyedHash(key: (1, 2))
    func read(_ prefix: String) throws -> KeyedTable {
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: key, hash: hash, limits: TableLimits(bytes: 1 << 20, rows: 4_000),
            dialect: TableDialect(), linkage: linkageTerms)
        let lines = (0..<3_000).map { "\(prefix)\($0 / 8),\($0 % 10)\n" }.joined()
        try Array(("name,x\n" + lines).utf8).withUnsafeBytes { try reader.consume($0) }
        return try reader.finish()
    }
    return try (0..<count).map { _ in [try read("alpha"), try read(prefix)] }
}
