import Foundation
import Testing

/// A task and files of its providers in several worlds, each as long and with as many rows as in the first world.
struct NeighbourGame: Sendable, CustomTestStringConvertible {
    struct World: Sendable {
        let name: String
        /// For each provider in the order of the task.
        let files: [String]
    }

    let name: String
    let task: TestTask
    let worlds: [World]
    /// Whether the number of releases follows from the figures that were drawn before.
    var isAdaptive = false

    var testDescription: String { name }

    /// The workshop's tables: all of Bob's forty keys are Alice's too, all but one, or none of them.
    ///
    /// - Parameter count: how many of the worlds. Where the noisy total is 0 or less, mst measures no pairs, and the ledger has
    ///   fewer releases: that was paid for.
    static func workshop(_ task: TestTask, _ name: String = "", count: Int = 3) -> NeighbourGame {
        let alice = Cars.alice(10..<50)
        let bob = Cars.bob(10..<50)
        let others = bob.split(separator: "\n").map { line in
            guard let comma = line.firstIndex(of: ","), let id = Int(line[..<comma]) else { return "\(line)" }
            return "\(id + 40)\(line[comma...])"
        }.joined(separator: "\n")
        let worlds = [
            World(name: "all of forty keys match", files: [alice, bob]),
            World(name: "all but one", files: [alice, bob.replacingOccurrences(of: "\n49,", with: "\n99,")]),
            World(name: "none of them", files: [alice, others + "\n"]),
        ]
        return NeighbourGame(name: name, task: task, worlds: Array(worlds.prefix(count)))
    }

    /// What every test run plays.
    static let short: [NeighbourGame] = made {
        try [("independent", 1), ("mst", 1), ("independent", 40)].map { method, rowsPerKey in
            workshop(
                try TestTask.workshop(method: method, rowsPerKey: rowsPerKey),
                "\(method), up to \(rowsPerKey) rows a key", count: method == "mst" ? 2 : 3)
        }
    }

    /// What the audit plays beside it.
    static let long: [NeighbourGame] = made {
        var auto = workshop(
            try TestTask.workshop(method: "auto", rowsPerKey: 4096), "auto, up to 4096 rows a key", count: 2)
        auto.isAdaptive = true
        return [
            auto,
            try mirror(), try union(unit: "record"), try union(unit: "key"), try threeParties(rowsPerKey: 1),
            try threeParties(rowsPerKey: 3), try copula(),
        ]
    }

    private static func made(_ games: () throws -> [NeighbourGame]) -> [NeighbourGame] {
        do {
            return try games()
        } catch {
            Issue.record(error)
            return []
        }
    }

    private static func task(
        parties: [String], fields: String, join: String, unit: String = "record", synthesizer: String,
        queries: String = ""
    ) throws -> TestTask {
        let tables = parties.map { party in
            """
              - name: \(party)
                role: provider
                public_key: KEY(\(party))
                table:
                  key: {column: id, pattern: '^[0-9]{1,8}$'}
                  rows: 400
                  fields: \(fields)
            """
        }
        return try TestTask(
            yaml: """
                entrepot: 1
                task: neighbours
                purpose: A test.
                parties:
                \(tables.joined(separator: "\n"))
                  - {name: Carol, role: consumer, public_key: KEY(Carol)}
                  - {name: Olaf, role: auditor, public_key: KEY(Olaf)}
                join: \(join)
                privacy: {epsilon: 4.0, delta: 1.0e-9, unit: \(unit), unit_words: one unit}
                synthesizer: \(synthesizer)
                \(queries)
                """, parties: parties + ["Carol", "Olaf"])
    }

    private static let numbers = """
        [{name: v, type: integer, constraints: {minimum: 0, maximum: 999, required: true}},
         {name: c, type: string, categories: [a, b, c], constraints: {required: true}}]
        """

    /// 200 rows of these keys.
    private static func table(key: (Int) -> Int, value: (Int) -> Int = { 100 + $0 * 37 % 900 }) -> String {
        "id,v,c\n"
            + (0..<200).map { "\(10_000 + key($0)),\(value($0)),\(["a", "b", "c"][$0 % 3])\n" }.joined()
    }

    /// Two offices with the ends of 150 flows; then one of them that only one end reports, then all.
    private static func mirror() throws -> NeighbourGame {
        let fields = """
            [{name: exporter, type: string, categories: [AAA, BBB], constraints: {required: true}},
             {name: importer, type: string, categories: [AAA, BBB], constraints: {required: true}},
             {name: flow, type: string, categories: [X, M], constraints: {required: true}},
             {name: v, type: integer, constraints: {minimum: 0, maximum: 1000, required: true}}]
            """
        func file(_ office: String, key: (Int) -> Int) -> String {
            "id,exporter,importer,flow,v\n"
                + (0..<150).map { number in
                    let (from, to) = number % 2 == 0 ? ("AAA", "BBB") : ("BBB", "AAA")
                    return "\(10_000 + key(number)),\(from),\(to),\(from == office ? "X" : "M"),\(400 + number)\n"
                }.joined()
        }
        let ann = file("AAA") { $0 }
        return NeighbourGame(
            name: "mirror with queries",
            task: try task(
                parties: ["Ann", "Ben"], fields: fields,
                join: "{kind: mirror, value: v, offices: {Ann: AAA, Ben: BBB}}", synthesizer: "{method: independent}",
                queries: """
                    queries:
                      - {name: flows, kind: cardinality, epsilon: 1.0}
                      - name: ends
                        kind: reconcile
                        columns: [export_v, import_v]
                        by: [exporter, importer]
                        allowance: [1.0, 1.1]
                        epsilon: 1.0
                    """),
            worlds: [
                World(name: "all flows have two ends", files: [ann, file("BBB") { $0 }]),
                World(name: "one has one end", files: [ann, file("BBB") { $0 == 149 ? 999 : $0 }]),
                World(name: "none has two", files: [ann, file("BBB") { $0 + 500 }]),
            ])
    }

    /// Three offices whose task releases sums alone; keys that all share, or none.
    private static func union(unit: String) throws -> NeighbourGame {
        let files = (0..<2).map { _ in table(key: { $0 }) }
        return NeighbourGame(
            name: "union of three, sums alone, unit \(unit)",
            task: try task(
                parties: ["Ann", "Ben", "Cem"], fields: numbers, join: "{kind: union, rows_per_key: 2}", unit: unit,
                synthesizer: "{method: none}",
                queries: """
                    queries:
                      - {name: total, kind: sum, columns: [v], by: [c], epsilon: 3.0}
                      - {name: rows, kind: count, by: [c], epsilon: 1.0}
                    """),
            worlds: [
                World(name: "all share their keys", files: files + [table(key: { $0 })]),
                World(
                    name: "one row has another value",
                    files: files + [table(key: { $0 }, value: { $0 == 9 ? 999 : 100 + $0 * 37 % 900 })]),
                World(name: "none shares a key", files: files + [table(key: { 5_000 + $0 })]),
            ])
    }

    /// Three parties: all keys meet, one is missing at the third, none meets there.
    private static func threeParties(rowsPerKey: Int) throws -> NeighbourGame {
        let files = (0..<2).map { _ in table(key: { $0 / rowsPerKey }) }
        return NeighbourGame(
            name: "inner join of three, up to \(rowsPerKey) rows a key",
            task: try task(
                parties: ["Ann", "Ben", "Cem"], fields: numbers,
                join: "{kind: inner, rows_per_key: \(rowsPerKey)}", synthesizer: "{method: independent}"),
            worlds: [
                World(name: "all keys meet", files: files + [table(key: { $0 / rowsPerKey })]),
                World(
                    name: "one is missing",
                    files: files + [table(key: { $0 / rowsPerKey == 3 ? 900 : $0 / rowsPerKey })]),
                World(name: "none meets", files: files + [table(key: { 500 + $0 / rowsPerKey })]),
            ])
    }

    private static func copula() throws -> NeighbourGame {
        NeighbourGame(
            name: "gaussian-copula",
            task: try task(
                parties: ["Ann", "Ben"], fields: numbers, join: "{kind: inner}",
                synthesizer: "{method: gaussian-copula}"),
            worlds: [
                World(name: "all keys meet", files: [table(key: { $0 }), table(key: { $0 })]),
                World(name: "one is missing", files: [table(key: { $0 }), table(key: { $0 == 7 ? 900 : $0 })]),
                World(name: "none meets", files: [table(key: { $0 }), table(key: { 500 + $0 })]),
            ])
    }
}
