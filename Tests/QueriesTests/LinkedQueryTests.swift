import Domains
import PrivacyKernel
import Queries
import Tables
import Tasks
import Testing
import VectorMath

/// Two lists in blocks of six, with errors that are independent of each other, and the query that says how many units are in both.
@Suite struct LinkedQueryTests {
    private static let terms = LinkageTerms(
        blocking: [[LinkageTerms.Text(columns: ["block"], normalise: [])]],
        compare: ["one", "two", "three", "four"].map {
            LinkageTerms.Comparison(
                text: LinkageTerms.Text(columns: [$0], normalise: []), by: .exact, at: [], weights: [4, -3])
        }, partners: 10, threshold: 8)

    private static let schema = TableSchema(
        fields: [Field(name: "half", type: .string, categories: ["a", "b"], constraints: Constraints(required: true))])

    private func tables(units: Int, _ hash: KeyedHash) throws -> [(name: String, table: KeyedTable)] {
        var random = SplitMix64(state: 5)
        let people = (0..<units).map { unit in
            (unit / 6, (0..<4).map { _ in Int.random(in: 0..<20, using: &random) }, unit % 3 == 0 ? "a" : "b")
        }
        return try ["A", "B"].map { name in
            var text = "block,one,two,three,four,half\n"
            for (block, values, half) in people where Int.random(in: 0..<10, using: &random) < 8 {
                let written = values.map { Int.random(in: 0..<100, using: &random) < 15 ? 20 + $0 : $0 }
                text += "\(block),\(written.map(String.init).joined(separator: ",")),\(half)\n"
            }
            let key = KeyRule(columns: ["block", "one", "two", "three", "four"], normalise: [.trim])
            let reader = CSVTableReader(
                domain: try TableDomain(schema: Self.schema, keyColumns: key.columns), schema: Self.schema, key: key,
                hash: hash, limits: TableLimits(bytes: 1 << 24, rows: 1 << 16), dialect: TableDialect(),
                linkage: Self.terms)
            try reader.consume(Array(text.utf8))
            return (name: name, table: try reader.finish())
        }
    }

    private func workload(_ by: [String], _ domain: TableDomain, epsilon: Double) throws -> QueryWorkload {
        try QueryWorkload(
            [TaskSpecification.PermittedQuery(name: "both", kind: .linked, by: by, epsilon: epsilon)], domain: domain,
            privacy: PrivacyParameters(epsilon: epsilon, delta: 1e-9), rowsPerKey: Self.terms.rowsPerRecord,
            remainder: .nothing, linkage: (terms: Self.terms, sides: [["A_half"], ["B_half"]]))
    }

    @Test(
        "common units come out right where links alone miss a tenth of them, by groups too, and again from the record")
    func totals() throws {
        let units = 12_000
        let table = try PrivateTable(
            linking: tables(units: units, KeyedHash(key: (1, 2))), terms: Self.terms, withEvidence: true)
        let domain = table.domain
        let kernel = Kernel(table: table)
        let epsilon = 200.0
        let workload = try self.workload(["A_half"], domain, epsilon: epsilon)
        var budget = try Budget(PrivacyParameters(epsilon: epsilon, delta: 1e-9), accounting: .gaussian)
        let answer = try #require(try workload.ask(kernel, taking: &budget).first)
        func figure(_ quantity: String, _ group: [String]? = nil) throws -> NoisyFigure {
            try #require(answer.figures.first { $0.quantity == quantity && $0.group == group })
        }
        // Four in five are on each list. Of four values at least three must agree. In each list 15 of 100 are written as another
        // value, the same in both: .85² + .15² = .745 agree, and .745⁴ + 4 · .745³ · .255 = .730 of the pairs are linked.
        let truth = 0.64 * Double(units)
        #expect(abs(try figure("recall").estimate - 0.730) < 0.03)
        #expect(abs(try figure("common units").estimate / truth - 1) < 0.04)
        #expect(abs(try figure("common units", ["a"]).estimate / (truth / 3) - 1) < 0.06)
        #expect(abs(try figure("coverage of the first list").estimate - 0.8) < 0.04)
        #expect(try figure("keep rate").estimate > 0.99 && answer.notes.contains { $0.contains("not cover") })
        #expect(try workload.answers(from: kernel.transcript, domain: domain) == [answer])
    }

    @Test("columns of both lists, and a join that is no linkage, are refused before anything is asked")
    func refusals() throws {
        let table = try PrivateTable(linking: tables(units: 60, KeyedHash(key: (1, 2))), terms: Self.terms)
        #expect(throws: QueryRefusal.self) { try self.workload(["A_half", "B_half"], table.domain, epsilon: 1) }
        #expect(throws: QueryRefusal.self) {
            try QueryWorkload(
                [TaskSpecification.PermittedQuery(name: "both", kind: .linked, epsilon: 1)], domain: table.domain,
                privacy: PrivacyParameters(epsilon: 1, delta: 1e-9), remainder: .nothing)
        }
        let workload = try self.workload([], table.domain, epsilon: 1)
        let kernel = Kernel(table: table)
        var budget = try Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian)
        #expect(throws: PrivacyError.noLinkageEvidence) { try workload.ask(kernel, taking: &budget) }
    }
}
