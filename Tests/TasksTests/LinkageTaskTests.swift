import Domains
import Foundation
import Tables
import Testing

@testable import Tasks

@Suite struct LinkageTaskTests {
    private func text(_ join: String, key: String = "{columns: [name, born]}", unit: String = "record") -> String {
        let parties = ["Alice", "Bob"].map { name in
            """
              - name: \(name)
                role: provider
                public_key: ""
                table:
                  key: \(key)
                  rows: 100
                  fields: [{name: x, type: string, categories: [a, b], constraints: {required: true}}]
            """
        }
        return """
            entrepot: 1
            task: lists
            purpose: A test.
            parties:
            \(parties.joined(separator: "\n"))
            join: \(join)
            privacy: {epsilon: 1, unit: \(unit)}
            """
    }

    private let good =
        "{kind: linkage, blocking: [born], compare: [{columns: [name], by: jaro_winkler}], partners: 2, threshold: 4}"

    private func problems(_ yaml: String) -> [TaskProblem] {
        TaskFile(yaml: yaml, context: TaskFile.Context(allowsMissingKeys: true)).errors
    }

    @Test("a linkage is read with its defaults, and its canonical form is read as the same task")
    func reads() throws {
        let context = TaskFile.Context(allowsMissingKeys: true)
        let task = try TaskSpecification(yaml: text(good), context: context)
        let terms = try #require(task.join.linkage)
        #expect(terms.blocking == [[LinkageTerms.Text(columns: ["born"])]])
        #expect(terms.compare[0].at == [0.92, 0.85] && terms.compare[0].weights == [5, 1, -4])
        #expect(task.rowsPerUnit == 4)
        let passes = "[[born], [{columns: [name], normalise: [soundex]}, {columns: [born], prefix: 4}]]"
        let two = try TaskSpecification(yaml: text(good.replacing("[born]", with: passes)), context: context)
        #expect(two.join.linkage?.blocking.count == 2 && two.rowsPerUnit == 8)
        for one in [task, two] {
            let again = try TaskSpecification(canonicalBytes: one.canonicalBytes, context: context)
            #expect(again.join == one.join && again.digest == one.digest)
        }
    }

    @Test(
        "what a linkage cannot do is refused at its place",
        arguments: [
            ("blocking: [born]", "blocking: [town]", "town"), ("blocking: [born]", "blocking: []", "needs `blocking`"),
            ("by: jaro_winkler", "by: soundslike", "not known"), ("partners: 2", "partners: 0", "out of range"),
            ("by: jaro_winkler}", "by: within, at: [3, 1]}", "levels"),
            ("by: jaro_winkler}", "by: exact, at: [1]}", "levels"),
            ("by: jaro_winkler}", "by: dice, weights: [1]}", "weight"),
            ("threshold: 4", "threshold: 40", "below the threshold"),
            ("threshold: 4", "threshold: 0", "nothing is known"),
            ("blocking: [born]", "blocking: [[born], [name], [born]]", "one of those before"),
            ("by: jaro_winkler}", "by: exact, weights: [6]}", "weight"),
            ("partners: 2", "partners: 2, rows_per_key: 3", "rows_per_key"),
            ("partners: 2", "partners: 2, reveal: own", "inner join"),
        ])
    func refuses(from: String, to: String, word: String) {
        let found = problems(text(good.replacing(from, with: to)))
        #expect(!found.isEmpty && found.contains { $0.what.contains(word) }, "\(to): \(found.map(\.what))")
    }

    @Test("exact comparisons have a weight for agreement and one for disagreement, written or usual")
    func exact() throws {
        let context = TaskFile.Context(allowsMissingKeys: true)
        for (text_, weights) in [("by: exact", [5.0, -4.0]), ("by: exact, weights: [6, -9]", [6, -9])] {
            let task = try TaskSpecification(
                yaml: text(good.replacing("by: jaro_winkler", with: text_)), context: context)
            let comparison = try #require(task.join.linkage?.compare.first)
            #expect(comparison.at.isEmpty && comparison.weights == weights)
            #expect(try TaskSpecification(canonicalBytes: task.canonicalBytes, context: context).join == task.join)
        }
    }

    @Test("keys with a pattern, and units that several records share, are refused")
    func keysAndUnits() {
        #expect(problems(text(good)).isEmpty)
        #expect(!problems(text(good, key: "{columns: [name, born], pattern: '^[a-z]+$'}")).isEmpty)
        #expect(!problems(text(good, unit: "key")).isEmpty)
        #expect(!problems(text("{kind: inner, blocking: [born]}")).isEmpty)
    }

    @Test("revealing members is read for two providers of an inner join, with a warning")
    func reveal() throws {
        let context = TaskFile.Context(allowsMissingKeys: true)
        let file = TaskFile(yaml: text("{kind: inner, reveal: own}"), context: context)
        #expect(file.specification?.join.reveal == .own)
        #expect(file.warnings.contains { $0.what.contains("not differentially private") })
        let plain = try TaskSpecification(yaml: text("{kind: inner}"), context: context)
        #expect(!String(decoding: plain.canonicalBytes, as: UTF8.self).contains("reveal"))
    }

    @Test("American Soundex is jellyfish's")
    func soundex() {
        for (name, code) in [
            ("Robert", "R163"), ("Rupert", "R163"), ("Rubin", "R150"), ("Ashcraft", "A261"), ("Tymczak", "T522"),
            ("Pfister", "P236"), ("Honeyman", "H555"), ("Müller", "M460"), ("", ""), ("O'Hara", "O600"),
        ] {
            #expect(TextNormalisation.apply([.soundex], to: name) == code, "\(name)")
        }
    }
}
