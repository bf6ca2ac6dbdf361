import Domains
import Foundation
import Tables
import Testing
import VectorMath

@testable import PrivacyKernel
@testable import Shards

/// Exact answers beside the kernel's own rows, over random tables with every kind of column.
@Suite("shards and memory, to the last integer")
struct ShardEqualityTests {
    private static let columns = """
        {"name": "town", "type": "string", "constraints": {"enum": ["a", "b", "c"]}},
        {"name": "wage", "type": "number", "constraints": {"minimum": -5, "maximum": 20.5}, "bins": {"count": 9, "scale": "linear"}},
        {"name": "born", "type": "date", "constraints": {"minimum": "1960-01-01", "maximum": "2030-12-31"},
         "bins": {"count": 7, "scale": "linear"}},
        {"name": "works", "type": "boolean"},
        {"name": "age", "type": "integer", "constraints": {"minimum": 0, "maximum": 300}}
        """

    private struct Party {
        let schema: TableSchema
        let domain: TableDomain
        let text: String

        init(rows: Int, isKeyed: Bool, seed: UInt64, key: (Int) -> Int) throws {
            let fields = (isKeyed ? "{\"name\": \"id\", \"type\": \"string\"}," : "") + columns
            let primary = isKeyed ? ", \"primaryKey\": [\"id\"]" : ""
            let json = "{\"missingValues\": [\"\", \"NA\"], \"fields\": [\(fields)]\(primary)}"
            schema = try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
            domain = try TableDomain(schema: schema, keyColumns: isKeyed ? ["id"] : [])
            var random = SplitMix64(state: seed)
            func some(_ value: String) -> String {
                random.next() % 6 == 0 ? ["", "NA"][Int(random.next() % 2)] : value
            }
            var lines = [(isKeyed ? "id," : "") + "town,wage,born,works,age"]
            for row in 0..<rows {
                let (month, day) = (1 + random.next() % 12, 1 + random.next() % 28)
                let cells = [
                    some(["a", "b", "c"][Int(random.next() % 3)]), some("\(Double(random.next() % 2_550) / 100 - 5)"),
                    some("\(1960 + random.next() % 71)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"),
                    some(random.next() % 2 == 0 ? "true" : "false"), some("\(random.next() % 301)"),
                ]
                lines.append(((isKeyed ? ["k\(key(row))"] : []) + cells).joined(separator: ","))
            }
            text = lines.joined(separator: "\n") + "\n"
        }

        func reader(_ rowsPerKey: Int) -> CSVTableReader {
            CSVTableReader(
                domain: domain, schema: schema, key: schema.primaryKey == nil ? nil : ShardScene.key,
                hash: KeyedHash(key: ShardScene.hashKey), limits: TableLimits(bytes: .max, rows: 1 << 30),
                rowsPerKey: rowsPerKey)
        }
    }

    @Test(
        "one-ways, pairs, sums within groups, products and differences are those of memory",
        arguments: [(1, false, 1), (1, true, 1), (1, true, 3), (2, true, 1), (2, true, 3)], [1, 4])
    func equal(of: (parties: Int, isKeyed: Bool, rowsPerKey: Int), shards: Int) throws {
        for seed in UInt64(1)...2 {
            let parties = try (0..<of.parties).map { party in
                try Party(rows: 700, isKeyed: of.isKeyed, seed: seed * 10 + UInt64(party)) { row in
                    of.rowsPerKey == 1 ? row * (party + 1) : row % (90 + party) * (row % 4)
                }
            }
            let tables = try parties.enumerated().map { place, party in
                let reader = party.reader(of.rowsPerKey)
                try reader.consume(Array(party.text.utf8))
                return (name: "p\(place)", table: try reader.finish())
            }
            let memory =
                tables.count > 1
                ? try PrivateTable(joining: tables, rowsPerKey: of.rowsPerKey)
                : try PrivateTable(single: tables[0].table, rowsPerKey: of.rowsPerKey)
            let rows = memory.rows
            let counter = try ShardCounter(
                parties.enumerated().map { place, party in
                    ShardCounter.Source(
                        name: "p\(place)", domain: party.domain, key: of.isKeyed ? ShardScene.key : nil
                    ) { prepare in
                        let reader = party.reader(of.rowsPerKey)
                        prepare(reader)
                        try reader.consume(Array(party.text.utf8))
                        _ = try reader.finish()
                        return []
                    }
                }, domain: rows.domain, rowsPerKey: of.rowsPerKey,
                shards: (0..<shards).map { place in .init(name: "\(place)") { LocalShard() } },
                hashKey: ShardScene.hashKey)
            let sizes = rows.domain.sizes
            let all = sizes.indices
            let pairs = all.flatMap { first in all.filter { $0 > first }.map { [first, $0] } }
            let further: [FurtherAttribute] = [
                .grouping(of: 4, map: (0..<sizes[4]).map { UInt32($0 % 5) }),
                .difference(
                    DifferenceQuestion(
                        first: 1, second: 2, firstNumbers: (0..<Int32(sizes[1] * 4)).map { $0 % 37 },
                        secondNumbers: (0..<Int32(sizes[2])).map { $0 == 3 ? DifferenceQuestion.none : $0 * 5 },
                        edges: [-20, -3, 0, 8, 30], others: (0..<sizes[2]).map { UInt32($0 % 2) })),
            ]
            let cliques = [[]] + all.map { [$0] } + pairs + [[0, sizes.count], [3, sizes.count + 1]]
            #expect(try counter.counts(cliques, further: further) == rows.counts(cliques, further: further))
            for (attribute, steps, groups) in [(1, 256, []), (1, 8, [0]), (2, 1, [0, 3]), (4, 1, [3])] {
                let values = (0..<sizes[attribute] * steps).map { Int64($0 * 7 % 1_001 - 500) }
                #expect(
                    try counter.sums(values, of: attribute, by: groups) == rows.sums(values, of: attribute, by: groups),
                    "\(attribute) by \(groups)")
            }
            let scores = all.map { place in (0..<sizes[place]).map { Int16($0 * 131 % 900 - 450) } }
            for bound in [1 << 14, 300] {
                #expect(
                    try counter.gram(Array(all), scores, bound: bound) == rows.gram(Array(all), scores, bound: bound))
            }
        }
    }
}
