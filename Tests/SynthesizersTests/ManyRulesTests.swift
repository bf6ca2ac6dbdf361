import Testing

@testable import Domains
@testable import FittedModels
@testable import Tables

@Suite("Rules by the thousand, and values that are written twice")
struct ManyRulesTests {
    /// Two columns of which half the pairs never meet, each pair a rule of its own: no value below 50 has a partner.
    private func pairs(_ count: Int) throws -> TableDomain {
        let fields = ["a", "b"].map { name in
            Field(
                name: name, type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 99),
                bins: Bins(count: 20))
        }
        let rules = (0..<count).map { pair in
            Rule.never([
                Rule.Condition(column: "a", values: ["\(pair % 50)"]),
                Rule.Condition(column: "b", values: ["\(pair / 50)"]),
            ])
        }
        return try schemaDomain(fields).obeying(rules)
    }

    @Test("rows obey 5,000 rules of one pair each, and stay different from each other")
    func thousands() throws {
        let domain = try pairs(5_000)
        let rows = written(try RowSampler(try uniformModel(domain), seed: 3, draws: .independent), domain, 0..<300)
        #expect(rows.allSatisfy { (Int($0["a"] ?? "") ?? 0) >= 50 })
        #expect(Set(rows).count > 250)
    }

    @Test(
        "a value that a list has twice, or in two forms, counts once", arguments: [["4"], ["4", "4"], ["4", "4.0"]])
    func twice(values: [String]) throws {
        let domain = try schemaDomain([
            Field(
                name: "a", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 9),
                bins: Bins(count: 10, scale: .linear)),
            Field(name: "k", type: .string, categories: ["x", "y"], constraints: Constraints(required: true)),
        ]).obeying([
            .never([Rule.Condition(column: "a", values: values), Rule.Condition(column: "k", values: ["x"])])
        ])
        let impossible = try #require(try RowRules(domain).impossiblePairs.first)
        #expect((0..<domain.columns[0].size).filter { impossible.holds($0, 0) } == [4])
        let rows = written(try RowSampler(try uniformModel(domain), seed: 3), domain, 0..<2_000)
        #expect(!rows.contains { $0["a"] == "4" && $0["k"] == "x" })
    }
}
