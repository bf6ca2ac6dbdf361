import Domains
import Engine
import Foundation
import PrivacyKernel
import Tables
import Tasks

@testable import FittedModels

/// Whole tasks, from the bytes of the parties' files to everything that is released: by the plan, the join and the fit that the
/// service uses.
struct AuditedTask: Sendable {
    let name: String
    let yaml: String
    /// For each party the file without the unit that only the second world has, and the lines of that unit.
    let files: [(file: String, unit: String)]
    var fits = 2_000
    var tightness = 0.95

    func mechanism() throws -> AuditedMechanism {
        let task = try TaskSpecification(yaml: yaml, context: TaskFile.Context(allowsMissingKeys: true))
        let plan = try TaskPlan(task)
        let worlds = try NeighbouringWorlds(
            plan, of: task, without: files.map(\.file), with: files.map { $0.file + $0.unit })
        return AuditedMechanism(
            name: "\(name), from files to releases", accounting: plan.plan.accounting, parameters: plan.privacy,
            worlds: worlds, fits: fits, tightness: tightness
        ) { kernel, budget in
            var whole: Budget? = consume budget
            // The rows of a model are made of the releases; a few of them keep the game short.
            try FewRows.$block.withValue(16) {
                guard let budget = whole.take() else { return }
                _ = try plan.fit(kernel, budget: budget) { _ in }
            }
            return kernel.transcript
        }
    }

    /// A task of parties with equal columns.
    private static func yaml(
        parties: [String], fields: String, join: String, epsilon: Double = 8, unit: String = "record",
        synthesizer: String = "{method: independent}", queries: [String] = []
    ) -> String {
        let tables = parties.map { party in
            """
              - name: \(party)
                role: provider
                public_key: ""
                table:
                  key: {column: id, pattern: '^[0-9a-z]{1,9}$'}
                  rows: 300
                  fields: [\(fields)]
            """
        }
        let asked = queries.isEmpty ? "" : "queries:\n" + queries.map { "  - \($0)\n" }.joined()
        return """
            entrepot: 1
            task: audit
            purpose: A test.
            parties:
            \(tables.joined(separator: "\n"))
            join: \(join)
            privacy: {epsilon: \(epsilon), delta: 1.0e-5, unit: \(unit), unit_words: one unit}
            synthesizer: \(synthesizer)
            \(asked)
            """
    }

    private static func category(_ name: String, _ codes: String = "'0', '1'") -> String {
        "{name: \(name), type: string, categories: [\(codes)], constraints: {required: true}}"
    }

    private static func whole(_ name: String, _ most: Int) -> String {
        "{name: \(name), type: integer, constraints: {minimum: 0, maximum: \(most), required: true}}"
    }

    /// A file of keys whose rows have 0 in every column for the even ones and 1 for the odd ones, and the rows of the unit.
    private static func file(_ columns: [String], keys: Int, prefix: String = "k", unitRows: Int) -> (String, String) {
        func line(_ key: String, _ code: Int) -> String {
            key + columns.map { _ in ",\(code)" }.joined() + "\n"
        }
        return (
            "id," + columns.joined(separator: ",") + "\n" + (0..<keys).map { line("\(prefix)\($0)", $0 % 2) }.joined(),
            (0..<unitRows).map { _ in line("unit", 1) }.joined()
        )
    }

    /// Three parties, two files that are united by either unit, and queries beside the model.
    static let all: [AuditedTask] = {
        let two = category("a") + ", " + category("b")
        let rows = file(["a", "b"], keys: 100, unitRows: 12)
        let lone = (file: rows.0, unit: "")
        let both = (file: rows.0, unit: rows.1)
        return [
            AuditedTask(
                name: "inner, three parties, 10 rows a key",
                yaml: yaml(parties: ["A", "B", "C"], fields: two, join: "{kind: inner, rows_per_key: 10}"),
                files: [both, both, both]),
            AuditedTask(
                name: "union, a record, 10 rows a key",
                yaml: yaml(parties: ["A", "B"], fields: two, join: "{kind: union, rows_per_key: 10}"),
                files: [both, lone]),
            keyOfUnion,
            AuditedTask(
                name: "inner, model and queries",
                yaml: yaml(
                    parties: ["A", "B"], fields: category("a") + ", " + whole("v", 3), join: "{kind: inner}",
                    queries: [
                        "{name: n, kind: cardinality, epsilon: 2.0}",
                        "{name: s, kind: sum, columns: [A_v], by: [B_a], epsilon: 2.0}",
                    ]), files: sums, tightness: 0.9), mirror, copula,
        ]
    }()

    /// The unit of a union is a key of both tables: 20 rows.
    static let keyOfUnion: AuditedTask = {
        let (start, unit) = file(["a", "b"], keys: 100, unitRows: 12)
        let fields = category("a") + ", " + category("b")
        return AuditedTask(
            name: "union, a key of both, 10 rows a key",
            yaml: yaml(
                parties: ["A", "B"], fields: fields, join: "{kind: union, rows_per_key: 10}", unit: "key"),
            files: [(start, unit), (start, unit)])
    }()

    private static let sums: [(file: String, unit: String)] = (0..<2).map { _ in
        ("id,a,v\n" + (0..<100).map { "k\($0),\($0 % 2),\($0 % 4)\n" }.joined(), "unit,1,3\n")
    }

    /// Two offices and the two ends of a flow; the unit is one flow.
    private static let mirror: AuditedTask = {
        let fields = [
            category("exporter", "AAA, BBB"), category("importer", "AAA, BBB"), category("flow", "X, M"),
            whole("value", 3),
        ].joined(separator: ", ")
        func lines(_ office: String, _ numbers: Range<Int>, _ value: (Int) -> Int) -> String {
            numbers.map { number in
                let (from, to) = number % 2 == 0 ? ("AAA", "BBB") : ("BBB", "AAA")
                return "f\(number),\(from),\(to),\(from == office ? "X" : "M"),\(value(number))\n"
            }.joined()
        }
        return AuditedTask(
            name: "mirror, model and queries",
            yaml: yaml(
                parties: ["A", "B"], fields: fields,
                join: "{kind: mirror, value: value, offices: {A: AAA, B: BBB}}",
                queries: [
                    "{name: n, kind: cardinality, epsilon: 1.0}",
                    "{name: ends, kind: reconcile, columns: [export_value, import_value], by: [exporter], allowance: [0.9, 1.1], epsilon: 4.0}",
                ]),
            files: ["AAA", "BBB"].map { office in
                (
                    "id,exporter,importer,flow,value\n" + lines(office, 0..<60) { 1 + $0 % 3 },
                    lines(office, 60..<61) { _ in 3 }
                )
            }, tightness: 0.85)
    }()

    /// Whole numbers in two files: marginals, then the Gram matrix of their normal scores.
    private static let copula = AuditedTask(
        name: "gaussian-copula",
        yaml: yaml(
            parties: ["A", "B"], fields: whole("v", 3) + ", " + whole("w", 1), join: "{kind: inner}",
            synthesizer: "{method: gaussian-copula, params: {correlations: 0.5}}"),
        files: (0..<2).map { _ in
            ("id,v,w\n" + (0..<200).map { "k\($0),\($0 % 4),\($0 / 2 % 2)\n" }.joined(), "unit,3,1\n")
        }, tightness: 0.8)
}
