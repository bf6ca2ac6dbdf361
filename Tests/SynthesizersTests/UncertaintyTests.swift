import Domains
import Foundation
import GraphicalModels
import PrivacyKernel
import Testing

@testable import FittedModels

@Suite struct UncertaintyTests {
    static let sizes = [4, 5, 3]

    @Test("the total is the inverse-variance mean of the tables' sums, and at least 1")
    func total() {
        // Sums 60 and 80 with variances 2 and 8.
        let tables: [NoisyCounts] = [([30, 30], 1), ([20, 20, 20, 20], 2)]
        #expect(abs(estimatedTotal(tables) - (60 * 4 + 80) / 5.0) < 1e-12)
        #expect(estimatedTotal([([-9, 2], 1)]) == 1)
        #expect(estimatedTotal([]) == 1)
    }

    @Test("imputations differ by the noise, come back with their seed, and are refused for a copula")
    func imputations() throws {
        let rows = chainRows(Self.sizes, count: 3_000)
        for name in ["independent", "mwem", "mst", "aim", "clique-tree", "auto"] {
            let model = try fit(name, table(categoryDomain(Self.sizes), rows), usual)
            let first = try model.imputation(1, seed: 5)
            #expect(first.tree == (try model.imputation(1, seed: 5)).tree)
            #expect(first.tree != (try model.imputation(2, seed: 5)).tree)
            #expect(abs(first.model.total / model.model.total - 1) < 0.2)
        }
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 9), bins: Bins(count: 8)),
            Field(name: "b", type: .number, constraints: Constraints(minimum: 0, maximum: 9), bins: Bins(count: 8)),
        ])
        let copula = try fit("gaussian-copula", table(domain, chainRows(domain.sizes, count: 500)), usual)
        #expect(throws: SynthesisError.notImputable("gaussian-copula")) { try copula.imputation(1, seed: 5) }
    }

    @Test("a table of coarse groups stays in the tree, though several cliques hold its column")
    func coarseTablesStay() throws {
        let domain = try schemaDomain(
            ["a", "b", "c"].map { name in
                Field(
                    name: name, type: .number,
                    constraints: Constraints(required: true, minimum: .number(0), maximum: .number(8)),
                    bins: Bins(count: 8))
            })
        let whole = (0..<3).map { ModelAttribute(column: $0, size: domain.columns[$0].size) }
        let coarse = ModelAttribute(column: 0, groups: (0..<whole[0].size).map { $0 < 4 ? 0 : 1 }, size: 2)
        let attributes = [ModelAttribute].inUse([[coarse], whole])
        func table(_ members: ModelAttribute...) -> MeasuredMarginal {
            let cells = members.reduce(1) { $0 * $1.size }
            return MeasuredMarginal(
                [Int64](repeating: Int64(6_400 / cells), count: cells), variance: 25, of: members, in: attributes)
        }
        // Trends hold fine a with b, and with c; of the cliques that come back one alone has coarse a.
        let measured = [table(coarse, whole[1]), table(coarse, whole[2])]
        let fine = [table(whole[0], whole[1]), table(whole[0], whole[2])]
        let model = try FittedModel(
            domain: domain,
            plan: MechanismPlan(
                synthesizer: .auto, parameters: [:], accounting: .gaussian, epsilon: 1, delta: 1e-9, steps: []),
            attributes: attributes,
            model: proportionalFit(
                (measured + fine).map(\.target), sizes: attributes.map(\.size), total: 6_400,
                prior: attributes.map { _ in nil },
                dependencies: attributes.dependencies(columnSizes: domain.sizes)),
            shares: whole.map { [Double](repeating: 1 / Double($0.size), count: $0.size) },
            measurements: measured, transcript: Transcript())
        #expect(measured.allSatisfy { model.isInTree($0) })
        #expect(!model.isInTree(table(whole[1], whole[2])))
    }

    @Test("imputations combine by Rubin's rules for synthetic rows")
    func rubin() {
        let one = ImputedEstimate(
            estimates: [0.30, 0.32, 0.28, 0.31], variances: [1e-5, 1e-5, 1e-5, 1e-5], syntheticRows: 20_000,
            tableRows: 20_000)
        #expect(abs(one.estimate - 0.3025) < 1e-12)
        // b = 0.000291667, T = 1.25 b − 1e-5.
        #expect(abs(one.variance - (1.25 * 0.000291666667 - 1e-5)) < 1e-10)
        let flat = ImputedEstimate(
            estimates: [0.3, 0.3], variances: [1e-5, 1e-5], syntheticRows: 1_000, tableRows: 4_000)
        #expect(abs(flat.variance - 2.5e-6) < 1e-12)
    }

    @Test("figures of rows have the variances of textbooks")
    func figures() throws {
        #expect(RowFigure.share(25, of: 100) == RowFigure(estimate: 0.25, variance: 0.001875, rows: 100))
        #expect(
            RowFigure.share(0, of: 0) == nil && RowFigure.mean([1]) == nil && RowFigure.ratio([1, 2], [1, -1]) == nil)
        let mean = try #require(RowFigure.mean([1, 2, 3, 4]))
        #expect(mean.estimate == 2.5 && abs(mean.variance - 5.0 / 12) < 1e-12)
        let ratio = try #require(RowFigure.ratio([2, 4, 9], [1, 2, 3]))
        // Residuals −0.5, −1, 1.5; their squares 3.5 over 2, over 3 rows, over the mean 2 squared.
        #expect(abs(ratio.estimate - 2.5) < 1e-12 && abs(ratio.variance - 3.5 / 2 / 3 / 4) < 1e-12)
        // A line through large numbers, with residuals ±1 around 3 + 2 x.
        let x = (0..<8).map { 1e6 + Double($0) }
        let y = x.enumerated().map { 3 + 2 * $1 + ($0 % 4 < 2 ? 1.0 : -1.0) * ($0 < 4 ? 1 : -1) }
        let line = try #require(RowFigure.regression(y, on: [x]))
        #expect(line.count == 2 && abs(line[1].estimate - 2) < 0.3 && line[1].variance > 0 && line[1].variance < 0.1)
        #expect(abs(line[0].estimate + line[1].estimate * 1_000_003.5 - y.reduce(0, +) / 8) < 1e-3)
        #expect(RowFigure.regression(y, on: [x, x]) == nil && RowFigure.regression([1, 2], on: [[1, 2]]) == nil)
        let combined = try #require(ImputedEstimate([mean, mean, ratio], fileRows: 4, tableRows: 4))
        #expect(combined.estimate == 2.5)
    }
}
