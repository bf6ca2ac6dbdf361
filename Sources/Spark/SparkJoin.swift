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

    /// The known rows: each of its own key, which every table has.
    var known: [[KnownValue]] {
        let parts = tables.map(\.known)
        return (0..<SparkTable.knownRows).map { row in parts.flatMap { $0[row] } }
    }

    /// `side`, and the columns `c0`, `c1`… of the joined domain.
    ///
    /// - Parameter steps: of columns of intervals into how many steps a cell is cut; `t0`, `t1`… say which a value lies in.
    func sql(steps: [Int: Int] = [:]) -> String {
        var parts: [String] = []
        var columns: [String] = []
        var first = 0
        for (party, table) in tables.enumerated() {
            let places = table.domain.columns.indices
            let own = steps.filter { places.contains($0.key - first) }.map { ($0.key - first, $0.value) }
            parts.append(part(party, steps: Dictionary(uniqueKeysWithValues: own)))
            columns += places.map { "p\(party).k\($0) AS c\(first + $0)" }
            columns += own.sorted { $0.0 < $1.0 }.map { "p\(party).t\($0.0) AS t\(first + $0.0)" }
            first += places.count
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
        let named = parts.indices.map { "p\($0).number AS number\($0)" }.joined(separator: ", ")
        let chosen =
            "row_number() OVER (PARTITION BY p0.side, p0.key ORDER BY \(hash("p0.key, \(named)")), \(numbers)) AS chosen"
        let names = ["side"] + domain.columns.indices.map { "c\($0)" } + steps.keys.sorted().map { "t\($0)" }
        return
            "SELECT \(names.joined(separator: ", ")) FROM (SELECT p0.side, \(columns.joined(separator: ", ")), \(chosen) \(from)) "
            + "WHERE chosen <= \(rowsPerKey)"
    }

    /// One table's rows, of a key at most so many.
    private func part(_ party: Int, steps: [Int: Int]) -> String {
        let table = tables[party]
        let codes = table.domain.columns.indices.map { "k\($0)" }
        let taken = codes + steps.keys.sorted().map { "t\($0)" }
        let rows = table.coded(steps: steps)
        guard table.key != nil else { return "SELECT side, \(taken.joined(separator: ", ")) FROM (\(rows))" }
        let names = (["side", "key"] + taken).joined(separator: ", ")
        guard rowsPerKey > 1 else { return "SELECT \(names) FROM (\(rows))" }
        // Rows of the same content may stand for each other. Content is the values, so that every statement chooses the same.
        let content = (["key"] + table.columns.keys.sorted().map { "v\($0)" }).joined(separator: ", ")
        let number =
            "row_number() OVER (PARTITION BY side, key ORDER BY \(hash("\(party) AS party, \(content)"))) AS number"
        return "SELECT \(names), number FROM (SELECT *, \(number) FROM (\(rows))) WHERE number <= \(rowsPerKey)"
    }

    private func hash(_ parts: String) -> String {
        "sha2(to_json(struct(\(SQLText.text(secret)) AS secret, \(parts))), 256)"
    }
}
