import Foundation
import Testing
import VectorMath

@testable import Domains
@testable import FittedModels

/// Rules that name the column of a ratio itself: what they compare is the quotient that is written.
@Suite("Rules on the column of a ratio hold in every row") struct RatioRulesTests {
    private func bare() throws -> TableDomain {
        try schemaDomain([
            Field(
                name: "cif", type: .number, constraints: Constraints(minimum: 0, maximum: 1_500_000),
                bins: Bins(count: 32, scale: .log)),
            Field(
                name: "fob", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 1_234_567),
                bins: Bins(count: 32, scale: .log)),
            Field(
                name: "share", type: .number, constraints: Constraints(required: true, minimum: 0, maximum: 1),
                bins: Bins(count: 7)),
            Field(name: "work", type: .string, categories: ["job", "none", "school"]),
            Field(name: "points", type: .integer, constraints: Constraints(minimum: -69, maximum: 69)),
        ])
    }

    private static let ratio = Rule.ratio(
        name: "cf", numerator: "cif", denominator: "fob",
        bins: Rule.RatioBins(count: 96, scale: .log, minimum: 0.5, maximum: 2))
    private static let points = Rule.logPoints(name: "points", numerator: "cif", denominator: "fob")

    private static let cases: [[Rule]] = [
        [ratio, .order(["cf", "share"])], [ratio, .order(["share", "cf"])],
        [ratio, .never([Rule.Condition(column: "cf", above: "1.1")])],
        [ratio, .never([Rule.Condition(column: "cf", below: "1.037")])],
        [
            ratio,
            .never([Rule.Condition(column: "cf", above: "1.1"), Rule.Condition(column: "work", values: ["job"])]),
        ],
        [ratio, .never([Rule.Condition(column: "cf", from: "0.9", to: "1.2")])],
        [ratio, .never([Rule.Condition(column: "cf", includesMissing: true)])],
        [points, .never([Rule.Condition(column: "points", above: "10")])],
        [points, .order(["points", "share"])],
        [ratio, points, .never([Rule.Condition(column: "points", below: "0")])],
        [ratio, points, .order(["points", "share"]), .order(["cf", "share"])],
    ]

    @Test("orders and impossible combinations", arguments: cases.indices)
    func obeyed(place: Int) throws {
        let domain = try bare().obeying(Self.cases[place])
        for draws in [Draws.balanced, .independent] {
            let sampler = try RowSampler(try uniformModel(domain), seed: UInt64(place + 1), draws: draws)
            for row in written(sampler, domain, 0..<500) {
                #expect(fault(row, domain.rules) == nil, "\(row)")
            }
        }
    }

    @Test("a column that is computed of a ratio's own column is refused in a sentence")
    func refused() throws {
        let problems = #expect(throws: RuleProblems.self) {
            try bare().obeying([Self.ratio, .sum(column: "share", of: [Rule.Term(column: "cf")])])
        }
        #expect(problems?.problems.contains { $0.what.contains("cf is the ratio of rules[0]") } == true)
    }
}
