import Domains

/// The rows that are counted, as SQL: one table, or the inner join of several on their keys.
///
/// Every sensitivity rests on `rowsPerKey`: of more rows of a key those with the least keyed hash stay, and of more combinations
/// of them those with the least keyed hash of their numbers, by a window over the key.
struct SparkJoin: Sendable {
    let tables: [SparkTable]
    let domain: TableDomain
    let rowsPerKey: Int
    /// Drawn anew for each fit, and the same in all of its statements.
    private let secret: String

    /// - Parameter secret: what rows are chosen by.
    init(_ tables: [(party: String, table: SparkTable)], rowsPerKey: Int, secret: String) {
        self.tables = tables.map(\.table)
        domain =
            tables.count == 1
            ? tables[0].table.domain : .joined(tables.map { (name: $0.party, domain: $0.table.domain) })
        self.rowsPerKey = max(1, rowsPerKey)
        self.secret = secret
    }

    /// Codes of the known rows: each of its own key, which every table has.
    var known: [[Int]] {
        let parts = tables.map(\.known)
        return (0..<SparkTable.knownRows).map { row in parts.flatMap { $0[row] } }
    }

    /// `side`, and the columns `c0`, `c1`… of the joined domain.
    var sql: String {
        let parts = tables.indices.map(part)
        var columns: [String] = []
        for (party, table) in tables.enumerated() {
            columns += table.domain.columns.indices.map { "p\(party).k\($0) AS c\(columns.count + $0)" }
        }
        guard tables.count > 1 else {
            return "SELECT p0.side, \(columns.joined(separator: ", ")) FROM (\(parts[0])) p0"
        }
        let joins = parts.indices.dropFirst().map { party in
            " JOIN (\(parts[party])) p\(party) ON p\(party).side = p0.side AND p\(party).key = p0.key"
        }
        let from = "FROM (\(parts[0])) p0" + joins.joined()
        guard rowsPerKey > 1 else { return "SELECT p0.side, \(columns.joined(separator: ", ")) \(from)" }
        let numbers = parts.indices.map { "p\($0).number" }.joined(separator: ", ")
        let chosen =
            "row_number() OVER (PARTITION BY p0.side, p0.key ORDER BY \(hash("p0.key, \(numbers)")), \(numbers)) AS chosen"
        let names = ["side"] + domain.columns.indices.map { "c\($0)" }
        return
            "SELECT \(names.joined(separator: ", ")) FROM (SELECT p0.side, \(columns.joined(separator: ", ")), \(chosen) \(from)) "
            + "WHERE chosen <= \(rowsPerKey)"
    }

    /// One table's rows, of a key at most so many.
    private func part(_ party: Int) -> String {
        let table = tables[party]
        let codes = table.domain.columns.indices.map { "k\($0)" }
        guard table.key != nil else { return "SELECT side, \(codes.joined(separator: ", ")) FROM (\(table.coded()))" }
        let names = (["side", "key"] + codes).joined(separator: ", ")
        let coded = "SELECT \(names) FROM (\(table.coded()))"
        guard rowsPerKey > 1 else { return coded }
        // Rows of the same content may stand for each other.
        let content = (["key"] + codes).joined(separator: ", ")
        let number = "row_number() OVER (PARTITION BY side, key ORDER BY \(hash("\(party), \(content)"))) AS number"
        return "SELECT * FROM (SELECT *, \(number) FROM (\(coded))) WHERE number <= \(rowsPerKey)"
    }

    private func hash(_ parts: String) -> String { "sha2(concat_ws('|', \(SQLText.text(secret)), \(parts)), 256)" }
}
