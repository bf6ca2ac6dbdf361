import Domains
import Foundation
import Tables
import Testing

@testable import Tasks

@Suite("The rules of a task")
struct RuleLintTests {
    private static let fields = """
        [{name: gross, type: number, constraints: {minimum: 0, maximum: 1000, required: true}, step: 0.01},
         {name: tax, type: number, constraints: {minimum: 0, maximum: 400, required: true}, step: 0.01},
         {name: bonus, type: number, constraints: {minimum: 0, maximum: 400}, step: 0.005},
         {name: net, type: number, constraints: {minimum: 0, maximum: 1000, required: true}, step: 0.01},
         {name: age, type: integer, constraints: {minimum: 0, maximum: 99, required: true}},
         {name: old, type: integer, constraints: {minimum: 100, maximum: 150, required: true}},
         {name: grade, type: integer, categories: ['1', '2', '3'], constraints: {required: true}},
         {name: work, type: string, categories: [child, job, none]},
         {name: code, type: string, categories: ['0101', '0202'], constraints: {required: true}},
         {name: chapter, type: string, derivedFrom: {field: code, prefix: 2}},
         {name: born, type: date, constraints: {minimum: '2000-01-01', maximum: '2001-12-31'}},
         {name: died, type: date, constraints: {minimum: '2000-01-01', maximum: '2024-12-31'}}]
        """

    private static func task(_ rules: String) -> String {
        """
        entrepot: 1
        task: rules
        purpose: p
        parties:
          - name: A
            role: provider
            public_key: \(Fixture.alice.publicKey.base64)
            table: {key: {column: id}, fields: \(fields.split(separator: "\n").joined(separator: " "))}
          - name: B
            role: provider
            public_key: \(Fixture.bob.publicKey.base64)
            table: {key: {column: id}, fields: [{name: pay, type: integer, constraints: {minimum: 1, maximum: 900, required: true}}]}
        privacy: {epsilon: 1.0}
        rules:
        \(rules)
        """
    }

    @Test("rules of every kind are read, and read back from the canonical form")
    func read() throws {
        let text = Self.task(
            """
              - {ratio: rate, of: [A_tax, B_pay], bins: {count: 64, scale: log, minimum: 0.01, maximum: 10}}
              - {sum: A_net, of: [A_gross, -A_bonus2]}
              - {order: [A_born, A_died]}
              - {never: {A_work: [job, none], A_age: {below: 16}}}
              - never: {A_chapter: ['01'], A_work: [child, ~]}
            """.replacing("-A_bonus2", with: "-A_age"))
        // `A_age` is a whole number, so that every step of `A_net` can be met.
        let task = try TaskSpecification(yaml: text)
        #expect(task.rules.count == 5)
        #expect(
            task.rules[0]
                == .ratio(
                    name: "rate", numerator: "A_tax", denominator: "B_pay",
                    bins: Rule.RatioBins(count: 64, scale: .log, minimum: 0.01, maximum: 10)))
        #expect(
            task.rules[1]
                == .sum(
                    column: "A_net", of: [Rule.Term(column: "A_gross"), Rule.Term(column: "A_age", isSubtracted: true)])
        )
        #expect(task.rules[2] == .order(["A_born", "A_died"]))
        #expect(
            task.rules[3]
                == .never([
                    Rule.Condition(column: "A_age", below: "16"),
                    Rule.Condition(column: "A_work", values: ["job", "none"]),
                ]))
        let back = try TaskSpecification(canonicalBytes: task.canonicalBytes)
        #expect(back == task)
        let domain = try task.domain()
        #expect(domain.columns.last?.name == "rate")
        #expect(Set(domain.computedColumns.map { domain.columns[$0].name }) == ["A_tax", "A_net"])
    }

    @Test("a task without rules has the digest that it always had")
    func absent() throws {
        let task = try Fixture.task()
        #expect(!String(decoding: task.canonicalBytes, as: UTF8.self).contains("rules"))
    }

    fileprivate static let mistakes: [(rule: String, says: String)] = [
        ("{order: [A_age]}", "two different columns"),
        ("{order: [A_age, A_agee]}", "no column \"A_agee\""),
        ("{order: [A_age, A_born]}", "dates are compared with numbers"),
        ("{order: [A_age, A_work]}", "neither a number nor a date"),
        ("{order: [A_old, A_age]}", "every value of A_old is above"),
        ("{order: [A_gross, A_tax]}\n  - {order: [A_tax, A_gross]}", "circle"),
        ("{sum: A_net, of: []}", "no columns"),
        ("{sum: A_net, of: [A_net, A_tax]}", "stands twice"),
        ("{sum: A_net, of: [A_gross, -A_bonus]}", "can be missing"),
        ("{sum: A_net, of: [A_gross, -A_bonus]}", "in steps of 0.01"),
        ("{sum: A_grade, of: [A_age, A_old]}", "listed values"),
        ("{sum: A_chapter, of: [A_age, A_old]}", "derived from"),
        ("{sum: A_age, of: [A_old, B_pay]}", "outside the bounds"),
        ("{sum: A_age, of: [A_gross]}", "in steps of 1"),
        ("{sum: A_net, of: [A_gross]}\n  - {sum: A_net, of: [A_tax]}", "computed by rules[0] too"),
        ("{sum: A_net, of: [A_gross]}\n  - {sum: A_gross, of: [A_net]}", "of each other"),
        ("{ratio: r, of: [A_gross, A_gross]}", "divided by itself"),
        ("{ratio: A_age, of: [A_gross, A_tax]}", "is a column \"A_age\" already"),
        ("{ratio: r, of: [A_work, A_tax]}", "not a column of numbers"),
        ("{ratio: r, of: [A_gross, A_nothing]}", "no column \"A_nothing\""),
        ("{ratio: r, of: [A_age, A_old], bins: {minimum: 2, maximum: 9}}", "have a ratio within the bins"),
        ("{ratio: r, of: [A_age, A_old], bins: {minimum: 2, maximum: 1}}", "bounds"),
        ("{ratio: r, of: [A_age, A_old], bins: {count: 0, minimum: 0, maximum: 1}}", "0 bins"),
        ("{ratio: r, of: [A_age]}", "two columns"),
        ("{never: {A_work: [jobb]}}", "no value \"jobb\""),
        ("{never: {A_work: {below: 3}}}", "cannot be compared"),
        ("{never: {A_age: {below: 0}}}", "no value of A_age meets"),
        ("{never: {A_age: {below: 5, to: 4}}}", "two limits on one side"),
        ("{never: {A_age: {below: 200}, A_old: {above: 3}}}", "every row meets"),
        ("{never: {A_age: [~]}}", "never missing"),
        ("{never: {}}", "no conditions"),
        ("{never: {A_age: {below: 50}}}\n  - {never: {A_age: {from: 50}}}", "no row was found"),
        ("{sometimes: [A_age]}", "unknown key"),
        ("{order: [A_age, A_old], sum: A_net}", "two kinds"),
        ("{order: [A_age, A_old], bins: {count: 2}}", "takes no `bins`"),
        ("3", "a mapping"),
    ]

    @Test("each mistake is told at its line, with what to do", arguments: mistakes)
    func mistake(_ mistake: (rule: String, says: String)) throws {
        let file = TaskFile(yaml: Self.task("  - \(mistake.rule)"))
        #expect(file.specification == nil)
        let problem = try #require(
            file.problems.first { $0.what.contains(mistake.says) }, "\(file.problems.map(\.description))")
        #expect(problem.path.hasPrefix("rules"))
        #expect((problem.line ?? 0) >= 14)
        #expect(!problem.fix.isEmpty)
    }

    @Test("an owner is told which of his rows break a rule, and which is the first")
    func check() throws {
        let task = try TaskSpecification(
            yaml: Self.task(
                """
                  - {sum: A_net, of: [A_gross, -A_tax]}
                  - {order: [A_born, A_died]}
                  - {never: {A_work: [job, none], A_age: {below: 16}}}
                  - {order: [A_age, B_pay]}
                """))
        let party = try #require(task.party(named: "A"))
        let table = try #require(party.table)
        let rules = task.ownRules(of: party)
        #expect(rules.count == 3)
        let reader = try TableFileReader(table, of: task)
        let text = """
            id,gross,tax,bonus,net,age,old,grade,work,code,born,died
            1,100,10,,90,20,100,1,job,0101,2000-01-02,2000-01-03
            2,100,10.5,,90,12,100,1,child,0101,2000-01-02,2000-01-02
            3,100.10,0.1,,100,12,100,1,none,0101,2001-01-02,2000-01-02
            4,100,0,,50,16,100,1,none,0101,,2000-01-02

            """
        try Array(text.utf8).withUnsafeBytes { try reader.consume($0) }
        let read = try reader.finish()
        // The rows are taken all the same.
        #expect(reader.warnings.filter { $0.code == "rule_broken" }.count == 3)
        #expect(read.table.rowCount == 4)
        #expect(
            reader.ruleFindings == [
                RuleFinding(rule: "net = gross − tax", rows: 2, firstRow: 3),
                RuleFinding(rule: "born ≤ died", rows: 1, firstRow: 4),
                RuleFinding(rule: "never age below 16 with work in [job, none]", rows: 1, firstRow: 4),
            ])
    }

    @Test("rules in a file of their own are read as in a task")
    func ownFile() {
        #expect(RuleFile(yaml: "- {order: [a, b]}").rules == [.order(["a", "b"])])
        #expect(RuleFile(yaml: "rules: [{order: [a, b]}]").rules == [.order(["a", "b"])])
        #expect(RuleFile(yaml: "order: [a, b]").rules == nil)
        #expect(RuleFile(yaml: "[: ").rules == nil)
    }
}
