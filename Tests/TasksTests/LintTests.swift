import Domains
import Foundation
import Tables
import Testing

@testable import Tasks

/// One mistake: the piece of the good task that is replaced, what by, and where it is found.
struct Mistake: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let path: String
    let line: Int
    var severity = TaskProblem.Severity.error
    /// Words of what is said.
    let says: String
    var testDescription: String { "\(path): \(says)" }
}

@Suite("Every mistake of a task, at its line")
struct LintTests {
    fileprivate static let mistakes: [Mistake] = [
        Mistake(old: "entrepot: 1", new: "entrepot: 2", path: "entrepot", line: 1, says: "version 2"),
        Mistake(old: "entrepot: 1\n", new: "", path: "entrepot", line: 1, says: "missing"),
        Mistake(
            old: "task: trade-mirror-2022", new: "task: ../etc/passwd", path: "task", line: 2, says: "name of a file"),
        Mistake(old: "purpose: Syn", new: "puprose: Syn", path: "puprose", line: 3, says: "unknown key"),
        Mistake(old: "- name: Bob", new: "- name: alice", path: "parties[1].name", line: 14, says: "taken"),
        Mistake(old: "- name: Bob", new: "- name: B_ob", path: "parties[1].name", line: 14, says: "column"),
        Mistake(old: "- name: Bob", new: "- name: 'Bob/..'", path: "parties[1].name", line: 14, says: "file"),
        Mistake(old: "- name: Bob", new: "- name: con", path: "parties[1].name", line: 14, says: "file"),
        Mistake(
            old: Fixture.bob.publicKey.base64, new: Fixture.alice.publicKey.base64, path: "parties[1].public_key",
            line: 16, says: "key of Alice"),
        Mistake(
            old: Fixture.bob.publicKey.base64, new: "AAAA", path: "parties[1].public_key", line: 16,
            says: "neither RSA nor P-256"),
        Mistake(
            old: Fixture.bob.publicKey.base64, new: "'%'", path: "parties[1].public_key", line: 16, says: "base64"),
        Mistake(
            old: Fixture.bob.publicKey.base64, new: Fixture.workshopBob, path: "parties[1].public_key", line: 16,
            says: "published"),
        Mistake(
            old: Fixture.bob.publicKey.base64 + "\n", new: Fixture.bob.publicKey.base64 + "\n    colour: red\n",
            path: "parties[1].colour", line: 17, says: "unknown key"),
        Mistake(
            old: "name: Bob\n    role: provider", new: "name: Bob\n    role: observer", path: "parties[1].role",
            line: 15, says: "not known"),
        Mistake(
            old: "normalise: [trim]}", new: "normalise: [trimm]}", path: "parties[0].table.key.normalise", line: 9,
            says: "unknown normalisation"),
        Mistake(
            old: "{column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}", new: "{column: id, columns: [id]}",
            path: "parties[0].table.key", line: 9, says: "either"),
        Mistake(
            old: "{column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}", new: "{column: id}",
            path: "parties[0].table.key.pattern", line: 9, severity: .warning, says: "no `pattern`"),
        Mistake(
            old: "name: buying", new: "name: value_usd", path: "parties[0].table.fields[1].name", line: 12,
            says: "declared on line 11"),
        Mistake(old: "name: buying", new: "name: id", path: "parties[0].table.fields[0].name", line: 11, says: "key"),
        Mistake(
            old: "type: number", new: "type: nmuber", path: "parties[0].table.fields[1].type", line: 12,
            says: "not known"),
        Mistake(
            old: "minimum: 0,", new: "minimum: 2.0e12,", path: "parties[0].table.fields[1]", line: 12,
            says: "above maximum"),
        Mistake(
            old: "minimum: 0,", new: "minimun: 0,", path: "parties[0].table.fields[1].constraints.minimun", line: 12,
            says: "unknown key"),
        Mistake(
            old: "minimum: 0,", new: "minimum: .nan,", path: "parties[0].table.fields[1].constraints.minimum",
            line: 12, says: "not finite"),
        Mistake(
            old: "scale: log", new: "scale: cubic", path: "parties[0].table.fields[1].bins.scale", line: 12,
            says: "not known"),
        Mistake(
            old: "field: hs6,", new: "field: hs8,", path: "parties[1].table.fields[1]", line: 22, says: "unknown field"),
    ]

    @Test("one mistake is found where it stands", arguments: mistakes)
    func found(mistake: Mistake) throws {
        let file = TaskFile(yaml: try Fixture.yaml(replacing: mistake.old, with: mistake.new))
        let problem = try #require(file.problems.first { $0.path == mistake.path }, "\(file.problems)")
        #expect(problem.line == mistake.line)
        #expect(problem.severity == mistake.severity)
        #expect(problem.what.contains(mistake.says))
        #expect(!problem.fix.isEmpty)
        #expect((file.specification == nil) == (mistake.severity == .error))
    }

    /// The terms: what stands in place of the privacy line, and what is said of it.
    fileprivate static let doubtfulTerms:
        [(terms: String, path: String, severity: TaskProblem.Severity, says: String)] = [
            ("privacy: {delta: 0}", "privacy.epsilon", .error, "no default"),
            ("privacy: {epsilon: 0}", "privacy.epsilon", .error, "above 0"),
            ("privacy: {epsilon: -1}", "privacy.epsilon", .error, "above 0"),
            ("privacy: {epsilon: .inf}", "privacy.epsilon", .error, "not finite"),
            ("privacy: {epsilon: .nan}", "privacy.epsilon", .error, "not finite"),
            ("privacy: {epsilon: 1e999}", "privacy.epsilon", .error, "not finite"),
            ("privacy: {epsilon: '1.0'}", "privacy.epsilon", .error, "a number"),
            ("privacy: {epsilon: one}", "privacy.epsilon", .error, "a number"),
            ("privacy: {epsilon: 0x1p3}", "privacy.epsilon", .error, "a number"),
            ("privacy: {epsilon: 10.5}", "privacy.epsilon", .error, "above 10"),
            ("privacy: {epsilon: 10.5, accept_high_epsilon: ''}", "privacy.epsilon", .error, "above 10"),
            ("privacy: {epsilon: 1, delta: 1}", "privacy.delta", .error, "below 1"),
            ("privacy: {epsilon: 1, delta: -1.0e-9}", "privacy.delta", .error, "0 or more"),
            ("privacy: {epsilon: 1, delta: 0.001}", "privacy.delta", .error, "one record in 1000"),
            ("privacy: {epsilon: 1, delta: 1.1e-5}", "privacy.delta", .error, "one record in"),
            ("privacy: {epsilon: 1, delta: 0.999}", "privacy.delta", .error, "one record in 1 "),
            ("privacy: {epsilon: 1, delta: 0.5}", "privacy.delta", .error, "one record in 2"),
            ("privacy: {epsilon: 1, delta: 0.01}", "privacy.delta", .error, "one record in 100"),
            ("privacy: {epsilon: 1, detla: 0}", "privacy.detla", .error, "unknown key"),
            ("privacy: [1]", "privacy", .error, "a mapping"),
            ("privacy: {epsilon: 1, unit: one person}", "privacy.unit", .error, "stand in `unit_words`"),
            ("privacy: {epsilon: 1, unit: Key}", "privacy.unit", .error, "`record` or `key`"),
            ("privacy: {epsilon: 1, least_rows: 0}", "privacy.least_rows", .error, "out of range"),
            ("privacy: {epsilon: 1, least_rows: 3001}", "privacy.least_rows", .error, "Bob brings at most 3000"),
            (Fixture.privacyLine + "\nlimits: {rows: 4000}", "parties[0].table.rows", .error, "allows 4000"),
            (Fixture.privacyLine + "\njoin: {kind: outer}", "join.kind", .error, "not known"),
            (Fixture.privacyLine + "\njoin: {rows_per_key: 0}", "join.rows_per_key", .error, "out of range"),
            (Fixture.privacyLine + "\njoin: {rows_per_key: 4097}", "join.rows_per_key", .error, "out of range"),
            (Fixture.privacyLine + "\njoin: {rows_per_key: 1.5}", "join.rows_per_key", .error, "whole number"),
            (Fixture.privacyLine + "\njoin: {kind: union}", "join.kind", .error, "fields differ"),
            (Fixture.privacyLine + "\nsynthesizer: {method: none}", "queries", .error, "nothing is released"),
            (
                Fixture.privacyLine
                    + "\nsynthesizer: {method: none, params: {a: 1}}\nqueries: [{name: n, kind: count, epsilon: 1.0}]",
                "synthesizer.params", .error, "nothing to set"
            ),
            (
                Fixture.privacyLine
                    + "\nsynthesizer: {method: none}\nqueries: [{name: n, kind: count, epsilon: 0.9}]",
                "queries", .error, "they cost all of it"
            ),
            (Fixture.privacyLine + "\nsynthesizer: {method: aimm}", "synthesizer.method", .error, "not known"),
            (
                Fixture.privacyLine + "\nsynthesizer: {method: aim, preset: clique-tree-wide}", "synthesizer.preset",
                .error, "method"
            ),
            (Fixture.privacyLine + "\nsynthesizer: {preset: ../../x}", "synthesizer.preset", .error, "not the name"),
            (Fixture.privacyLine + "\nsynthesizer: {preset: absent}", "synthesizer.preset", .error, "no preset"),
            (Fixture.privacyLine + "\nsynthesizer: {params: {a: .inf}}", "synthesizer.params.a", .error, "not finite"),
            (Fixture.privacyLine + "\nlimits: {rows: 0}", "limits.rows", .error, "out of range"),
            (Fixture.privacyLine + "\nlimits: {upload_bytes: -1}", "limits.upload_bytes", .error, "out of range"),
            (Fixture.privacyLine + "\nlimits: {rows: 99999999999999999999}", "limits.rows", .error, "whole number"),
            (
                Fixture.privacyLine
                    + "\ndeadlines: {upload_by: 2027-01-02T00:00:00Z, compute_by: 2027-01-01T00:00:00Z}",
                "deadlines.compute_by", .error, "before `upload_by`"
            ),
            (
                Fixture.privacyLine
                    + "\ndeadlines: {upload_by: 2027-01-02T00:00:00Z, retrieve_by: 2027-01-01T00:00:00Z}",
                "deadlines.retrieve_by", .error, "before `upload_by`"
            ),
            (Fixture.privacyLine + "\ndeadlines: {upload_by: tomorrow}", "deadlines.upload_by", .error, "not a time"),
            (
                Fixture.privacyLine + "\ndeadlines: {upload_by: 2027-02-29T00:00:00Z}", "deadlines.upload_by", .error,
                "not a time"
            ),
            (
                Fixture.privacyLine + "\ndeadlines: {upload_by: 2026-01-01T00:00:00Z}", "deadlines.upload_by", .error,
                "has passed"
            ),
            (Fixture.privacyLine + "\nretention: {tables: keep}", "retention.tables", .error, "not known"),
            (Fixture.privacyLine + "\nqueries: [{name: n, kind: count}]", "queries[0].epsilon", .error, "price"),
            (
                Fixture.privacyLine + "\nqueries: [{name: n, kind: sql, epsilon: 1}]", "queries[0].kind", .error,
                "not known"
            ),
            (
                Fixture.privacyLine + "\nqueries: [{name: n, kind: sum, columns: [Alice_valu_usd], epsilon: 0.1}]",
                "queries[0]",
                .error, "no joined column"
            ),
            (
                Fixture.privacyLine
                    + "\nqueries:\n- {name: a, kind: count, epsilon: 0.5}\n- {name: b, kind: count, epsilon: 0.5}",
                "queries", .error, "nothing is left"
            ),
            (
                Fixture.privacyLine
                    + "\nqueries: [{name: n, kind: count, epsilon: 0.1}, {name: n, kind: count, epsilon: 0.1}]",
                "queries[1].name", .error, "another query"
            ),
            (Fixture.privacyLine + "\nquery: []", "query", .error, "unknown key"),
        ]

    @Test("terms that cannot stand are refused, doubtful ones are warned of", arguments: doubtfulTerms.indices)
    func refusedTerms(index: Int) throws {
        let (terms, path, severity, says) = Self.doubtfulTerms[index]
        let context = TaskFile.Context(now: UTCInstant("2026-11-21T00:00:00Z"))
        let file = TaskFile(yaml: try Fixture.yaml(replacing: Fixture.privacyLine, with: terms), context: context)
        let problem = try #require(file.problems.first { $0.path == path }, "\(terms): \(file.problems)")
        #expect(problem.severity == severity)
        #expect(problem.what.contains(says), "\(problem)")
        #expect((problem.line ?? 0) >= 21)
    }

    @Test("δ is compared with the rows that a table may have, its own or those of the limits")
    func deltaAndRows() throws {
        let bare = Fixture.yaml.replacing(#/[ ]+rows: \d+\n/#, with: "")
        func problem(_ terms: String, in yaml: String) throws -> TaskProblem? {
            try #require(yaml.contains(Fixture.privacyLine))
            return TaskFile(yaml: yaml.replacing(Fixture.privacyLine, with: terms)).problems.first {
                $0.path == "privacy.delta"
            }
        }
        let published = try problem("privacy: {epsilon: 1, delta: 1.0e-6}\nlimits: {rows: 1000000}", in: bare)
        #expect(published?.severity == .error && published?.what.contains("publishing one") == true)
        let doubtful = try problem("privacy: {epsilon: 1, delta: 1.0e-8}", in: bare)
        #expect(doubtful?.severity == .warning && doubtful?.what.contains("may fail for one of them") == true)
        #expect(try problem("privacy: {epsilon: 1, delta: 1.0e-8}", in: Fixture.yaml) == nil)
        let large = Fixture.yaml.replacing("rows: 5000", with: "rows: 2000000")
        #expect(try problem("privacy: {epsilon: 1, delta: 1.0e-6}", in: large)?.severity == .error)
    }

    @Test("the good task has no problem at all")
    func good() throws {
        #expect(TaskFile(yaml: Fixture.yaml).problems == [])
        #expect(try Fixture.task().lint() == [])
    }

    @Test("many mistakes are told at once, in the order of lines")
    func allAtOnce() throws {
        let yaml = try Fixture.yaml(replacing: "epsilon: 1.0", with: "epsilon: 0")
            .replacing("purpose:", with: "porpoise:").replacing("type: number", with: "type: real")
            .replacing(Fixture.bob.publicKey.base64, with: Fixture.alice.publicKey.base64)
            .replacing("kind: inner", with: "kind: outer")
        let file = TaskFile(yaml: yaml)
        #expect(
            file.errors.map(\.path)
                == [
                    "purpose", "porpoise", "parties[0].table.fields[1].type", "parties[1].public_key",
                    "privacy.epsilon",
                ])
        #expect(file.problems.compactMap(\.line) == file.problems.compactMap(\.line).sorted())
        #expect(throws: TaskProblems(file.problems)) { try TaskSpecification(yaml: yaml) }
    }

    @Test("ε has no default")
    func noPrivacy() throws {
        let yaml = try Fixture.yaml(replacing: Fixture.privacyLine, with: "")
        #expect(TaskFile(yaml: yaml).errors.map(\.path) == ["privacy"])
    }

    @Test("a field that cannot be read hides no mistake of the others")
    func besideUnreadable() throws {
        let yaml = try Fixture.yaml(replacing: "type: number", with: "type: real")
            .replacing("[low, med, high, vhigh]", with: "[low, low]")
        #expect(
            TaskFile(yaml: yaml).errors.map(\.path)
                == ["parties[0].table.fields[0]", "parties[0].table.fields[1].type"])
    }

    @Test("a byte order mark and Windows line ends are no mistakes")
    func windows() throws {
        let yaml = "\u{FEFF}" + Fixture.yaml.replacing("\n", with: "\r\n")
        #expect(try TaskSpecification(yaml: yaml) == (try Fixture.task()))
    }

    @Test("a single provider is no task")
    func oneProvider() throws {
        let start = try #require(Fixture.yaml.range(of: "  - name: Bob"))
        let end = try #require(Fixture.yaml.range(of: "privacy:"))
        let yaml = Fixture.yaml.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "")
        #expect(TaskFile(yaml: yaml).errors.first?.what.contains("two providers") == true)
    }

    @Test("a provider without a table and a consumer with one are mistakes")
    func tablesByRole() throws {
        let consumer = try Fixture.yaml(
            replacing: "name: Bob\n    role: provider", with: "name: Bob\n    role: consumer")
        #expect(TaskFile(yaml: consumer).errors.map(\.path).contains("parties[1].table"))
        let third = Fixture.yaml.replacing(
            Fixture.privacyLine,
            with: "  - {name: Carol, role: provider, public_key: \(Fixture.carol.publicKey.base64)}\n"
                + Fixture.privacyLine)
        #expect(TaskFile(yaml: third).errors.map(\.path) == ["parties[2].table"])
        for role in ["auditor", "operator"] {
            let other = third.replacing("Carol, role: provider", with: "Carol, role: \(role)")
            #expect(TaskFile(yaml: other).problems == [])
        }
    }

    @Test("in a demonstration the workshop's keys are a warning")
    func demonstration() throws {
        let yaml = try Fixture.yaml(replacing: Fixture.bob.publicKey.base64, with: Fixture.workshopBob)
        let file = TaskFile(yaml: yaml, context: .init(isDemonstration: true))
        #expect(file.problems.map(\.severity) == [.warning])
        #expect(file.specification != nil)
    }

    @Test("ε above 10 stands with a reason")
    func highEpsilon() throws {
        let yaml = try Fixture.yaml(
            replacing: "{epsilon: 1.0,", with: "{epsilon: 20, accept_high_epsilon: public data,")
        #expect(try TaskSpecification(yaml: yaml).privacy.acceptHighEpsilon == "public data")
    }

    @Test("what the schema's own checks find stands at its field")
    func schemaProblems() throws {
        let yaml = try Fixture.yaml(replacing: "[low, med, high, vhigh]", with: "[low, low]")
        let problem = try #require(TaskFile(yaml: yaml).errors.first)
        #expect(problem.line == 11)
        #expect(problem.path == "parties[0].table.fields[0]")
    }

    @Test("a task built in code is linted with the same words and no lines")
    func lintedValue() throws {
        var task = try Fixture.task()
        task.privacy.epsilon = 50
        task.parties[1].publicKey = task.parties[0].publicKey
        #expect(task.lint().map(\.path) == ["parties[1].public_key", "privacy.epsilon"])
        #expect(task.lint().allSatisfy { $0.line == nil })
    }
}
