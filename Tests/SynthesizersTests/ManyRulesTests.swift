import Testing

@testable import Domains
@testable import FittedModels
@testable import Tables

@Suite("Rules by the hundred, and values that are written twice")
struct ManyRulesTests {
    /// Two columns of 100 values, and rules of one pair each: values of `a` below 50 with the first of `b`.
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

    @Test("rows obey 500 rules of one pair each, and stay different from each other")
    func hundreds() throws {
        let domain = try pairs(500)
        let rows = written(try RowSampler(try uniformModel(domain), seed: 3, draws: .independent), domain, 0..<200)
        #expect(!rows.contains { (Int($0["a"] ?? "") ?? 0) < 50 && (Int($0["b"] ?? "") ?? 0) < 10 })
        #expect(Set(rows).count > 150)
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
