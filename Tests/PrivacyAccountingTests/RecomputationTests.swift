import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import Testing
import VectorMath

@testable import PrivacyAccounting

@Suite("What a transcript costs, recomputed")
struct RecomputationTests {
    /// A transcript with every kind of release.
    private func transcript(
        _ accounting: Accounting, epsilon: Double = 2, rowsPerKey: Int = 1
    ) throws -> Transcript {
        let table = try chainTable([3, 4, 2], count: 300, rowsPerKey: rowsPerKey)
        let kernel = Kernel(table: table)
        let privacy = try PrivacyParameters(epsilon: epsilon, delta: accounting == .pure ? 0 : 1e-9)
        var budget = try Budget(privacy, accounting: accounting)
        _ = try kernel.measure([[0], [1], [2]], weights: [1, 2, 3], spending: budget.take(.fraction(1, 5)))
        let candidates = [[0, 1], [1, 2], [0, 2]].map { pair in
            Candidate(attributes: pair, estimate: [Int64](repeating: 20, count: pair.reduce(1) { $0 * [3, 4, 2][$1] }))
        }
        _ = try kernel.measureErrors(of: candidates, spending: budget.take(.fraction(1, 4)))
        _ = try kernel.select(from: candidates, spending: budget.take(.fraction(1, 3)))
        _ = try kernel.gram(
            of: [0, 1], scores: [[-20, 0, 20], [-30, -10, 10, 30]], bound: 36, spending: budget.take(.fraction(1, 2)))
        _ = try kernel.sums(
            [
                SumQuestion(attribute: 1, values: [0, 10, 100, 1000], clamp: 0...500, groups: [0]),
                SumQuestion(attribute: 2, values: [1, -1], clamp: -1...1),
            ], spending: budget)
        return kernel.transcript
    }

    private func changed(_ transcript: Transcript, _ place: Int, _ change: (Release) -> Release) -> Transcript {
        var releases = transcript.releases
        releases[place] = change(releases[place])
        return Transcript(releases: releases)
    }

    @Test("both readings are within what is recorded, and not far below", arguments: Accounting.allCases, [1, 3])
    func agreement(accounting: Accounting, rowsPerKey: Int) throws {
        for epsilon in [0.5, 2, 9] {
            let found = try PrivacyRecomputation(
                try transcript(accounting, epsilon: epsilon, rowsPerKey: rowsPerKey))
            #expect(found.isKept, "\(found)")
            #expect(found.addingOne.recomputed > 0.8 * epsilon, "\(found.addingOne)")
            #expect(found.changingOne.recomputed > 0.7 * found.changingOne.recorded, "\(found.changingOne)")
            #expect(found.changingOne.recomputed > 1.2 * found.addingOne.recomputed)
        }
    }

    /// The release of what two lists of a few records say about their linkage.
    private func linkage(_ passes: Int, _ accounting: Accounting) throws -> Transcript {
        let names = Array(["one", "two", "three"].prefix(passes))
        let terms = LinkageTerms(
            blocking: names.map { [LinkageTerms.Text(columns: [$0])] },
            compare: [
                LinkageTerms.Comparison(
                    text: LinkageTerms.Text(columns: ["one"]), by: .exact, at: [], weights: [5, -4])
            ], partners: 3, threshold: 1)
        let schema = TableSchema(fields: [
            Field(name: "x", type: .string, categories: ["1"], constraints: Constraints(required: true))
        ])
        let key = KeyRule(columns: names)
        let tables = try ["A", "B"].map { name in
            let reader = CSVTableReader(
                domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key,
                hash: KeyedHash(key: (1, 2)), limits: TableLimits(bytes: 1 << 20, rows: 100), dialect: TableDialect(),
                linkage: terms)
            let rows = ["a", "b", "c"].map { letter in names.map { _ in letter }.joined(separator: ",") + ",1\n" }
            try reader.consume(Array((names.joined(separator: ",") + ",x\n" + rows.joined()).utf8))
            return (name: name, table: try reader.finish())
        }
        let kernel = Kernel(table: try PrivateTable(linking: tables, terms: terms, withEvidence: true))
        _ = try kernel.linkage(
            [], terms, weights: passes < 3 ? [1, 1, 1] : [1, 1, 1, 1],
            spending: Budget(
                PrivacyParameters(epsilon: 2, delta: accounting == .pure ? 0 : 1e-9), accounting: accounting))
        return kernel.transcript
    }

    @Test(
        "what a linkage tells of itself costs what was paid; a table that would move less than it does is refused",
        arguments: Accounting.allCases, [2, 3])
    func linkage(accounting: Accounting, passes: Int) throws {
        let original = try linkage(passes, accounting)
        let found = try PrivacyRecomputation(original)
        #expect(found.isKept && found.addingOne.recomputed > 1.5, "\(found)")
        guard case .linkage(let tallies) = original.releases[0].answer else { return }
        #expect(tallies.count == (passes < 3 ? 3 : 4))
        for place in tallies.indices {
            let by = tallies[place].movement.by
            let text = String(decoding: try JSONEncoder().encode(tallies[place]), as: UTF8.self)
            var less = tallies
            less[place] = try JSONDecoder().decode(
                NoisyTally.self, from: Data(text.replacing("\"by\":\(by)", with: "\"by\":\(by - 1)").utf8))
            #expect(less[place].movement.by == by - 1)
            let altered = changed(original, 0) {
                Release(
                    promise: $0.promise, spent: $0.spent, spentChangingOne: $0.spentChangingOne, answer: .linkage(less),
                    terms: $0.terms)
            }
            #expect(throws: PrivacyRecomputation.Failure.malformed(release: 0)) { try PrivacyRecomputation(altered) }
        }
    }

    @Test("a file's round trip changes nothing, and names the rows of a key")
    func roundTrip() throws {
        let original = try transcript(.gaussian, rowsPerKey: 3)
        let read = try JSONDecoder().decode(Transcript.self, from: JSONEncoder().encode(original))
        #expect(read == original)
        #expect(try PrivacyRecomputation(read) == PrivacyRecomputation(original))
        #expect(try PrivacyRecomputation(read).rowsPerKey == 3)
    }

    @Test("the same releases cost the same to the last bit, whenever added up", arguments: Accounting.allCases)
    func repeated(accounting: Accounting) throws {
        let original = try transcript(accounting, rowsPerKey: 3)
        let first = try PrivacyRecomputation(original)
        for _ in 0..<20 { #expect(try PrivacyRecomputation(original) == first) }
    }

    @Test("noise below what the units paid is noticed, release by release", arguments: Accounting.allCases)
    func smallerScale(accounting: Accounting) throws {
        let original = try transcript(accounting)
        let text = String(decoding: try JSONEncoder().encode(original), as: UTF8.self)
        // Every other transcript pays a twentieth more and so has less noise; its first release says what it did not pay.
        let better = try transcript(accounting, epsilon: 2.1)
        let altered = changed(original, 0) { release in
            Release(
                promise: release.promise, spent: release.spent, spentChangingOne: release.spentChangingOne,
                answer: better.releases[0].answer, terms: release.terms)
        }
        let found = try PrivacyRecomputation(altered)
        #expect(!found.isKept)
        #expect(found.findings.count == 2, "\(found.findings) \(text.count)")
    }

    @Test("a release that paid nothing, or less, is noticed")
    func uncharged() throws {
        let original = try transcript(.zeroConcentrated)
        for place in original.releases.indices {
            let altered = changed(original, place) { release in
                Release(
                    promise: release.promise, spent: release.spent - release.spent / 100,
                    spentChangingOne: release.spentChangingOne, answer: release.answer, terms: release.terms)
            }
            #expect(try PrivacyRecomputation(altered).findings.count == 1, "release \(place)")
        }
    }

    @Test("a promise below the truth is noticed, the plan's and the releases'")
    func lowerPromise() throws {
        let original = try transcript(.gaussian, epsilon: 2)
        let lower = try PrivacyParameters(epsilon: 1.8, delta: 1e-9)
        #expect(try !PrivacyRecomputation(original, promised: lower).isKept)
        let text = String(decoding: try JSONEncoder().encode(original), as: UTF8.self).replacing(
            "\"epsilon\":2", with: "\"epsilon\":1.5")
        let altered = try JSONDecoder().decode(Transcript.self, from: Data(text.utf8))
        let found = try PrivacyRecomputation(altered)
        #expect(!found.addingOne.isKept, "\(found)")
        // A smaller δ under the same ε costs more than it says.
        let delta = text.replacing("\"epsilon\":1.5", with: "\"epsilon\":2").replacing("1e-09", with: "1e-15")
        let strict = try PrivacyRecomputation(try JSONDecoder().decode(Transcript.self, from: Data(delta.utf8)))
        #expect(!strict.addingOne.isKept, "\(strict)")
    }

    @Test("more rows a key than the noise is for are noticed")
    func rowsPerKey() throws {
        let original = try transcript(.gaussian)
        #expect(try !PrivacyRecomputation(original, rowsPerKey: 2).isKept)
    }

    @Test("what an old file does not say is named, and can be given")
    func oldFiles() throws {
        let table = try chainTable([3, 4], count: 100)
        let kernel = Kernel(table: table)
        _ = try kernel.measure(
            [[0], [1]], spending: Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian))
        let old = changed(kernel.transcript, 0) {
            Release(
                promise: $0.promise, spent: $0.spent, spentChangingOne: $0.spentChangingOne, answer: $0.answer)
        }
        #expect(throws: PrivacyRecomputation.Failure.unknown(what: "how many rows a key may have", release: 0)) {
            try PrivacyRecomputation(old)
        }
        #expect(try PrivacyRecomputation(old, rowsPerKey: 1).isKept)
        #expect(throws: PrivacyRecomputation.Failure.noReleases) { try PrivacyRecomputation(Transcript()) }
    }

    /// Sizes of few and of many columns.
    static let tables: [[Int]] = [[4, 6, 3], [4, 6, 3, 8, 5, 2, 7, 3, 6, 4, 2, 5, 9, 3, 4, 6, 2, 3, 5, 4]]
    static let methods = ["independent", "mwem", "mst", "clique-tree", "auto", "aim", "gaussian-copula"]

    @Test("at ε = 10 every method's plan is worth at least 9.5, at ε = 1 at least 0.95, and never more than it says")
    func plans() throws {
        var rows: [String] = []
        for method in Self.methods {
            for sizes in Self.tables where method != "mwem" || sizes.count < 4 {
                for rowsPerKey in [1, 4] {
                    for epsilon in [1.0, 10] {
                        let synthesizer = try synthesizer(named: method)
                        let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
                        let table = try chainTable(sizes, count: 2_000, rowsPerKey: rowsPerKey)
                        let kernel = Kernel(table: table)
                        let plan = try synthesizer.plan(kernel.domain, privacy, rowsPerKey: rowsPerKey)
                        _ = try synthesizer.fit(kernel, privacy)
                        let found = try PrivacyRecomputation(kernel.transcript)
                        let what = "\(method), \(sizes.count) columns, \(rowsPerKey) a key, ε \(epsilon)"
                        #expect(found.isKept, "\(what): \(found)")
                        #expect(found.addingOne.recomputed >= 0.95 * epsilon, "\(what): \(found.addingOne)")
                        rows.append(
                            "| \(method) | \(sizes.count) | \(rowsPerKey) | \(plan.accounting.rawValue) | \(epsilon) | "
                                + [
                                    found.addingOne.recomputed, found.changingOne.recorded,
                                    found.changingOne.recomputed,
                                ].map { String(format: "%.4f", $0) }.joined(separator: " | ") + " |")
                    }
                }
            }
        }
        try AuditReport.write(
            "8-recomputed",
            """
            ## What plans are worth

            Every method's releases, recomputed from their scales by the second accountant at δ = 1e-9: what of the promised ε
            is used. The accounting is chosen from the plan.

            | method | columns | rows a key | accounting | ε | recomputed | changing one, recorded | recomputed |
            |---|---|---|---|---|---|---|---|
            \(rows.joined(separator: "\n"))
            """)
    }

    @Test("several tasks on one table cost what their releases cost together")
    func lineage() throws {
        let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
        let promise = TaskCost(
            task: "a", tables: ["Alice": "1"], source: .promise(privacy, .gaussian, changingFactor: 2))
        let one = try LineageTotal([promise])
        #expect(one.addingOne >= 1 && one.addingOne < 1.0001)
        #expect(abs(one.changingOne - 1.43884) < 1e-4)
        let three = try LineageTotal([promise, promise, promise])
        #expect(abs(three.delta - 3e-9) < 1e-20)
        // √3 · μ, and not 3 ε.
        #expect(three.addingOne > 1.6 && three.addingOne < 1.8, "\(three)")
        let concentrated = TaskCost(
            task: "b", tables: [:], source: .promise(privacy, .zeroConcentrated, changingFactor: 2.2))
        let mixed = try LineageTotal([promise, concentrated])
        #expect(mixed.addingOne > 1.3 && mixed.addingOne < 1.6, "\(mixed)")
        let pure = TaskCost(
            task: "c", tables: [:],
            source: .promise(try PrivacyParameters(epsilon: 0.5, delta: 0), .pure, changingFactor: 2))
        #expect(try LineageTotal([pure, pure]).addingOne == 1)
        let drawn = try LineageTotal([
            TaskCost(
                task: "d", tables: [:], source: .transcript(try transcript(.gaussian, epsilon: 1), rowsPerKey: nil))
        ])
        #expect(drawn.addingOne <= 1.001 && drawn.addingOne > 0.8)
    }
}
