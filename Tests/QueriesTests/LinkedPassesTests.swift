import Domains
import PrivacyKernel
import Queries
import Tables
import Tasks
import Testing
import VectorMath

/// Two lists whose units some pass misses: three blocks, each of them miswritten now and then, more often by careless units.
@Suite struct LinkedPassesTests {
    private static func terms(passes: Int) -> LinkageTerms {
        LinkageTerms(
            blocking: ["first", "second", "third"].prefix(passes).map {
                [LinkageTerms.Text(columns: [$0], normalise: [.trim])]
            },
            compare: ["one", "two", "three", "four"].map {
                LinkageTerms.Comparison(
                    text: LinkageTerms.Text(columns: [$0], normalise: []), by: .exact, at: [], weights: [4, -3])
            }, partners: 10, threshold: 8)
    }

    private static let schema = TableSchema(
        fields: [Field(name: "half", type: .string, categories: ["a", "b"], constraints: Constraints(required: true))])

    /// The linked lists, and how many units are on both.
    private func table(
        units: Int, passes: Int
    ) throws -> (kernel: Kernel, domain: TableDomain, common: Int) {
        var random = SplitMix64(state: 9)
        let terms = Self.terms(passes: passes)
        func written(_ value: Int, _ share: Int) -> Int {
            Int.random(in: 0..<100, using: &random) < share
                ? 1_000_000 + Int.random(in: 0..<1_000_000_000, using: &random) : value
        }
        var lists = ["A", "B"].map { _ in "first,second,third,one,two,three,four,half\n" }
        var common = 0
        for unit in 0..<units {
            let blocks = [unit / 6, unit * 7_919 % units / 6, unit * 104_729 % units / 6]
            let values = (0..<4).map { _ in Int.random(in: 0..<50, using: &random) }
            let errors = unit % 10 < 4 ? 30 : 10
            let isOn = lists.indices.map { _ in Int.random(in: 0..<10, using: &random) < 8 }
            common += isOn.allSatisfy { $0 } ? 1 : 0
            for list in lists.indices where isOn[list] {
                let cells = blocks.map { written($0, errors) } + values.map { written($0, 4) }
                lists[list] += cells.map(String.init).joined(separator: ",") + (unit % 3 == 0 ? ",a\n" : ",b\n")
            }
        }
        let key = KeyRule(columns: ["first", "second", "third", "one", "two", "three", "four"], normalise: [.trim])
        let tables = try zip(["A", "B"], lists).map { name, text in
            let reader = CSVTableReader(
                domain: try TableDomain(schema: Self.schema, keyColumns: key.columns), schema: Self.schema, key: key,
                hash: KeyedHash(key: (1, 2)), limits: TableLimits(bytes: 1 << 24, rows: 1 << 16),
                dialect: TableDialect(), linkage: terms)
            try reader.consume(Array(text.utf8))
            return (name: name, table: try reader.finish())
        }
        let table = try PrivateTable(linking: tables, terms: terms, withEvidence: true)
        let domain = table.domain
        return (Kernel(table: table), domain, common)
    }

    private func workload(_ passes: Int, _ domain: TableDomain, epsilon: Double) throws -> QueryWorkload {
        let terms = Self.terms(passes: passes)
        return try QueryWorkload(
            [TaskSpecification.PermittedQuery(name: "both", kind: .linked, by: ["A_half"], epsilon: epsilon)],
            domain: domain, privacy: PrivacyParameters(epsilon: epsilon, delta: 1e-9), rowsPerKey: terms.rowsPerRecord,
            remainder: .nothing, linkage: (terms: terms, sides: [["A_half"], ["B_half"]]))
    }

    private func asked(
        _ passes: Int, epsilon: Double
    ) throws -> (answer: QueryAnswer, kernel: Kernel, workload: QueryWorkload, common: Double) {
        let (kernel, domain, common) = try table(units: 12_000, passes: passes)
        let workload = try self.workload(passes, domain, epsilon: epsilon)
        var budget = try Budget(PrivacyParameters(epsilon: epsilon, delta: 1e-9), accounting: .gaussian)
        let answer = try #require(try workload.ask(kernel, taking: &budget).first)
        #expect(try workload.answers(from: kernel.transcript, domain: domain) == [answer])
        return (answer, kernel, workload, Double(common))
    }

    @Test(
        "units that no pass brings together are in the total of three passes, of all and of a group, and again from the record"
    )
    func totals() throws {
        let (answer, _, _, common) = try asked(3, epsilon: 200)
        func figure(_ quantity: String, _ group: [String]? = nil) throws -> Double {
            try #require(answer.figures.first { $0.quantity == quantity && $0.group == group }).estimate
        }
        // Of careful units 7 in 1,000 are met in no pass, (1 − .9²)³, of careless ones 13 in 100, (1 − .7²)³: 5.7 of 100 in all.
        #expect(try (-0.075 ... -0.04).contains(figure("common units") / common - 1))
        #expect(try abs(figure("all common units") / common - 1) < 0.015)
        #expect(try abs(figure("all common units", ["a"]) / (common / 3) - 1) < 0.04)
        #expect(answer.notes.contains { $0.contains("two by two") })
    }

    @Test("two passes have no such figure and say why; where the noise hides who is missed, three passes say so")
    func absent() throws {
        let two = try asked(2, epsilon: 200).answer
        #expect(!two.figures.contains { $0.quantity == "all common units" })
        #expect(two.figures.contains { $0.quantity == "common units" })
        #expect(two.notes.contains { $0.contains("fewer than three passes") })
        let drowned = try asked(3, epsilon: 1.5).answer
        #expect(!drowned.figures.contains { $0.quantity == "all common units" })
        #expect(drowned.figures.contains { $0.quantity == "common units" })
        #expect(drowned.notes.contains { $0.contains("cannot be told") })
    }

    @Test("the plan names the noise that is drawn, table by table; at ε = 1 that of a set of three passes is 142")
    func priced() throws {
        for (passes, tables) in [(2, 3), (3, 4)] {
            let (_, kernel, workload, _) = try asked(passes, epsilon: 1)
            let parts = try #require(workload.forecasts(.gaussian).first).parts
            guard case .linkage(let tallies)? = kernel.transcript.releases.last?.answer else {
                Issue.record("no answer")
                return
            }
            #expect(tallies.count == tables && parts.count == tables)
            for (place, (part, tally)) in zip(parts, tallies).enumerated() {
                let unit = place == 1 ? 1 / Double(LinkageQuestion.parts) : 1
                #expect(abs(part.standardError / (tally.variance.squareRoot() * unit) - 1) < 1e-9)
            }
            if passes == 3 { #expect(abs(parts[3].standardError - 142) < 1, "\(parts[3].standardError)") }
        }
    }
}
