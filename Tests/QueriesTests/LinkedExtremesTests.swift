import Domains
import Linkage
import PrivacyKernel
import Tables
import Tasks
import Testing

@testable import Queries

/// What noise and small lists can make of the released figures of a linkage.
@Suite struct LinkedExtremesTests {
    private static let terms = LinkageTerms(
        blocking: ["block", "one", "two"].map { [LinkageTerms.Text(columns: [$0], normalise: [])] },
        compare: ["one", "two", "three", "four"].map {
            LinkageTerms.Comparison(
                text: LinkageTerms.Text(columns: [$0], normalise: []), by: .exact, at: [], weights: [4, -3])
        }, partners: 10, threshold: 8)
    private static let records = 10_000.0
    private static let deviations: [Double] = [30, 1_024 * 40, 20, 20]

    /// Patterns, tallies, links of two groups and histories of two lists that share 8,000 units.
    private static let plain: [[Int64]] = {
        let model = MatchModel(
            one: MatchModel.Kind(pairs: 8_000, levels: (0..<4).map { _ in [0.1, 0.88, 0.02] }),
            two: [MatchModel.Kind(pairs: 30_000, levels: (0..<4).map { _ in [0.95, 0.03, 0.02] })])
        let (one, two) = model.patternProbabilities
        let patterns = zip(one, two).map { Int64((8_000 * $0 + 30_000 * $1).rounded()) }
        let tally = [9_800, 9_700, records, 9_900].map { Int64($0) * 1_024 }
        return [patterns, tally + tally + tally, [2_500, 5_100], [300, 300, 900, 300, 900, 900, 4_000]]
    }()

    private func figures(
        _ tables: [[Int64]], deviations: [Double] = Self.deviations
    ) throws -> (figures: [NoisyFigure], notes: [String]) {
        let domain = try TableDomain(
            schema: TableSchema(
                fields: ["A_half", "B_half"].map {
                    Field(
                        name: $0, type: .string, categories: ["a", "b"], constraints: Constraints(required: true))
                }), keyColumns: [])
        let workload = try QueryWorkload(
            [TaskSpecification.PermittedQuery(name: "both", kind: .linked, by: ["A_half"], epsilon: 1)],
            domain: domain, privacy: PrivacyParameters(epsilon: 1, delta: 1e-9), rowsPerKey: Self.terms.rowsPerRecord,
            remainder: .nothing, linkage: (terms: Self.terms, sides: [["A_half"], ["B_half"]]))
        guard case .linkage(_, let lists)? = workload.questions.first?.question else {
            Issue.record("no linkage")
            return ([], [])
        }
        return workload.questions[0].linkedFigures(tables, variances: deviations.map { $0 * $0 }, lists: lists)
    }

    @Test("as they should be, the figures find the units that both lists have")
    func asTheyShouldBe() throws {
        let (figures, _) = try figures(Self.plain)
        let units = try #require(figures.first { $0.quantity == "common units" && $0.group == nil })
        #expect(abs(units.estimate - 8_080) < 200, "\(units)")
        #expect(figures.contains { $0.quantity == "all common units" })
    }

    @Test(
        "whatever the noise makes of them, no figure is infinite or without sense, and no list has more common units than records",
        arguments: 0..<4, [0, -1, -40_000, 1, 100, 1 << 40])
    func anything(table: Int, value: Int64) throws {
        for places in [Self.plain[table].indices, 0..<1, Self.plain[table].indices.suffix(1)] {
            var tables = Self.plain
            for place in places { tables[table][place] = value * (table == 1 ? 1_024 : 1) }
            try check(tables, "table \(table), places \(places), \(value)")
        }
    }

    @Test("where the noise hides how many records the bound of a block leaves in, nothing is divided by it")
    func keepRate() throws {
        for kept: Int64 in [-200, 0, 1, 60] {
            var tables = Self.plain
            for place in [3, 7, 11] { tables[1][place] = kept * 1_024 }
            try check(tables, "\(kept) kept")
            let notes = try figures(tables).notes
            #expect(notes.contains { $0.contains("not corrected") }, "\(kept): \(notes)")
        }
        // 85 of 100 are kept, give or take 20: units are as uncertain as that.
        var tables = Self.plain
        for place in [3, 7, 11] { tables[1][place] = Int64(Self.records) * 85 / 100 * 1_024 }
        let wide = try figures(tables, deviations: [30, 1_024 * 2_000 / 1.5, 20, 20]).figures
        let narrow = try figures(tables).figures
        func reach(_ figures: [NoisyFigure]) throws -> Double {
            let units = try #require(figures.first { $0.quantity == "common units" && $0.group == nil })
            #expect(abs((units.standardError ?? 0) * 1.96 / (try #require(units.upper) - units.estimate) - 1) < 0.01)
            return (try #require(units.upper) - units.estimate) / units.estimate
        }
        #expect(try reach(wide) > 0.45 && reach(narrow) < 0.1)
    }

    private func check(_ tables: [[Int64]], _ what: String) throws {
        for deviations in [Self.deviations, [0, 0, 0, 0], Self.deviations.map { $0 * 1e6 }] {
            let figures = try figures(tables, deviations: deviations).figures
            #expect(!figures.isEmpty)
            for figure in figures {
                let numbers = [figure.estimate, figure.standardError ?? 0, figure.lower ?? 0, figure.upper ?? 0]
                #expect(numbers.allSatisfy { $0.isFinite }, "\(what): \(figure)")
                #expect((figure.lower ?? 0) <= (figure.upper ?? 0), "\(what): \(figure)")
                guard figure.quantity == "common units", figure.group == nil else { continue }
                #expect(figure.estimate <= 1.3 * max(Double(tables[1][2]) / 1_024, 1), "\(what): \(figure)")
            }
        }
    }
}
