import Domains
import Foundation
@_spi(PrivateRows) import Tables
import VectorMath

@testable import PrivacyKernel

/// Two parties' tables of two keys and one binary column each, read from CSV and joined by the production path.
struct JoinedUniverse {
    enum Join: Equatable {
        case inner
        case union(UnionUnit)
    }

    let rowsPerKey: Int
    let join: Join
    /// For each party all ways to give two keys up to `rowsPerKey + 1` rows.
    private(set) var tables: [[KeyedTable]] = [[], []]
    private(set) var rowsByKey: [[Int]] = []

    init(rowsPerKey: Int, join: Join = .inner) throws {
        self.rowsPerKey = rowsPerKey
        self.join = join
        let most = rowsPerKey == 1 ? 1 : rowsPerKey + 1
        for count in 0...most {
            for ones in 0...count { rowsByKey.append((0..<count).map { $0 < ones ? 1 : 0 }) }
        }
        for party in 0..<2 {
            for first in rowsByKey {
                for second in rowsByKey {
                    let rows = first.map { ("a", $0) } + second.map { ("b", $0) }
                    tables[party].append(try readTable(rows, rowsPerKey: rowsPerKey))
                }
            }
        }
    }

    func joined(_ alice: Int, _ bob: Int) -> PrivateRows {
        let both = [(name: "alice", table: tables[0][alice]), (name: "bob", table: tables[1][bob])]
        return switch join {
        case .inner: PrivateRows(joining: parties(both), rowsPerKey: rowsPerKey)
        case .union(let unit):
            PrivateRows(uniting: both.map(\.table.rows), rowsPerKey: rowsPerKey, unit: unit)
        }
    }

    /// The columns of marginals and candidates: two where two tables are joined, one of a union.
    var cliques: [[Int]] { join == .inner ? [[], [0], [1], [0, 1]] : [[], [0], [0], [0]] }

    var candidates: [Candidate] {
        join == .inner
            ? [
                Candidate(attributes: [0], estimate: [1, 0]), Candidate(attributes: [0, 1], estimate: [1, 0, 2, 1]),
                Candidate(attributes: [1], estimate: [0, 5]),
            ]
            : [
                Candidate(attributes: [0], estimate: [1, 0]), Candidate(attributes: [0], estimate: [2, 1]),
                Candidate(attributes: [0], estimate: [0, 5]),
            ]
    }

    /// Every pair of tables, and key a removed from both, from Alice's or from Bob's. Where a record of a union is what
    /// is protected, it is removed from one of them.
    var removals: Neighbours {
        let n = choices
        var pairs: Neighbours = []
        for alice in 0..<(n * n) {
            for bob in 0..<(n * n) {
                if join != .union(.record) { pairs.append(((alice, bob), (alice % n, bob % n))) }
                pairs.append(((alice, bob), (alice % n, bob)))
                pairs.append(((alice, bob), (alice, bob % n)))
            }
        }
        return pairs
    }

    /// Every change of key a at both parties, beside some rows of key b.
    var changes: Neighbours {
        let n = choices
        var random = SplitMix64(state: 3)
        var pairs: Neighbours = []
        for alice in 0..<n {
            for bob in 0..<n {
                for newAlice in 0..<n {
                    for newBob in 0..<n {
                        if join == .union(.record), newAlice != alice, newBob != bob { continue }
                        let rest = (Int.random(in: 0..<n, using: &random), Int.random(in: 0..<n, using: &random))
                        pairs.append(
                            ((alice * n + rest.0, bob * n + rest.1), (newAlice * n + rest.0, newBob * n + rest.1)))
                    }
                }
            }
        }
        return pairs
    }

    /// Key a: what each party holds of it is `choice / count`; of key b `choice % count`.
    var choices: Int { rowsByKey.count }
}

/// Rows of a key and a binary column, by the production reader.
func readTable(_ rows: [(key: String, value: Int)], rowsPerKey: Int, sizes: [Int] = []) throws -> KeyedTable {
    let schema = TableSchema(fields: [
        Field(name: "id", type: .string),
        Field(name: "x", type: .string, categories: ["0", "1"], constraints: Constraints(required: true)),
    ])
    let reader = CSVTableReader(
        domain: try TableDomain(schema: schema, keyColumns: ["id"]), schema: schema, key: KeyRule(columns: ["id"]),
        hash: KeyedHash(key: (11, 12)), limits: TableLimits(bytes: 1 << 20, rows: 1 << 10, sizes: sizes),
        rowsPerKey: rowsPerKey)
    try reader.consume(Array(("id,x\n" + rows.map { "\($0.key),\($0.value)\n" }.joined()).utf8))
    return try reader.finish()
}
