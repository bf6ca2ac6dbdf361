import Domains
import Foundation
import GraphicalModels
import PrivacyKernel
import Tables
import Testing
import VectorMath

@testable import FittedModels

/// The five shapes of a model that a sampler can get wrong in its own way each.
enum Shape: String, CaseIterable, Sendable {
    case singleClique, independent, chain, star, loopy

    var sets: [[Int]] {
        switch self {
        case .singleClique: [[0, 1, 2, 3]]
        case .independent: [[0], [1], [2], [3]]
        case .chain: [[0, 1], [1, 2], [2, 3]]
        case .star: [[0, 1], [0, 2], [0, 3]]
        case .loopy: [[0, 1], [1, 2], [2, 3], [0, 3], [0, 1, 2]]
        }
    }
}

@Suite struct SamplerTests {
    static let sizes = [3, 4, 2, 5]
    static let rows: UInt64 = 200_000

    private var allPairs: [[Int]] { (0..<4).flatMap { a in (a + 1..<4).map { [a, $0] } } }

    /// χ² against the model, as a z-score by Wilson and Hilferty's cube root. Below 5 each test passes wrongly computed
    /// draws of 1 % relative error hardly ever and right ones but for one case in a million.
    private func score(_ sample: [Double], _ expected: [Double], rows: Double) -> Double {
        let square = zip(sample, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 } * rows
        let freedom = Double(expected.count - 1)
        let spread = 2 / (9 * freedom)
        return (pow(square / freedom, 1.0 / 3) - (1 - spread)) / spread.squareRoot()
    }

    @Test("independent draws follow the model, in all pairs", arguments: Shape.allCases)
    func independentDraws(shape: Shape) throws {
        let graphical = try randomModel(Self.sizes, shape.sets)
        let sample = try RowSampler(model(graphical), seed: 11, draws: .independent).rows(0..<Self.rows).columns
        for pair in allPairs {
            let expected = graphical.marginal(pair).values.map { $0 / graphical.total }
            let found = score(shares(sample, Self.sizes, pair), expected, rows: Double(Self.rows))
            #expect(found < 5, "pair \(pair)")
            #expect(found > -5, "pair \(pair): too good to be independent")
        }
    }

    @Test("balanced draws lie closer to the model than independent ones, in every stretch", arguments: Shape.allCases)
    func balancedDraws(shape: Shape) throws {
        let graphical = try randomModel(Self.sizes, shape.sets)
        let fitted = try model(graphical)
        for range in [0..<UInt64(1_000), 3_000..<8_000, 0..<10_000, 5_000..<25_000, 0..<40_000] {
            let balanced = try RowSampler(fitted, seed: 11).rows(range).columns
            let chance = try RowSampler(fitted, seed: 11, draws: .independent).rows(range).columns
            var (near, far) = (0.0, 0.0)
            for pair in allPairs {
                let expected = graphical.marginal(pair).values.map { $0 / graphical.total }
                near += totalVariation(shares(balanced, Self.sizes, pair), expected)
                far += totalVariation(shares(chance, Self.sizes, pair), expected)
            }
            #expect(near < 0.6 * far, "rows \(range): \(near) against \(far)")
        }
    }

    @Test("row i of a seed is the same in any block", arguments: Draws.allCases)
    func seek(draws: Draws) throws {
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 100), bins: Bins(count: 8)),
            Field(name: "b", type: .string, categories: ["x", "y"]),
        ])
        let source = chainRows([9, 3], count: 3_000)
        let fitted = try fit("mst", table(domain, source), usual)
        let sampler = try RowSampler(fitted, seed: 99, draws: draws)
        let whole = sampler.rows(0..<140_000)
        for range in [0..<UInt64(1), 7..<8, 100..<1_117, 65_530..<65_541, 131_000..<139_999] {
            let block = sampler.rows(range)
            let places = Int(range.lowerBound)..<Int(range.upperBound)
            #expect(block.codes == whole.codes.map { Array($0[places]) })
            #expect(block.fractions == whole.fractions.map { $0.isEmpty ? [] : Array($0[places]) })
        }
        let far: UInt64 = 5_000_000_000_000
        #expect(
            sampler.rows(far..<far + 50).codes == sampler.rows(far - 30..<far + 60).codes.map { Array($0[30..<80]) })
        #expect(sampler.rows(5..<5).rowCount == 0)
        #expect(try RowSampler(fitted, seed: 100, draws: draws).rows(0..<1_000).codes != sampler.rows(0..<1_000).codes)
    }

    @Test("conditions are met, and the rest follows the model given them", arguments: Shape.allCases, Draws.allCases)
    func conditions(shape: Shape, draws: Draws) throws {
        let graphical = try randomModel(Self.sizes, shape.sets)
        let conditions = [(column: 1, code: 2), (column: 3, code: 4)]
        let sampler = try RowSampler(model(graphical), seed: 2, draws: draws, conditions: conditions)
        let sample = sampler.rows(0..<50_000).columns
        #expect(sample[1].allSatisfy { $0 == 2 } && sample[3].allSatisfy { $0 == 4 })
        let given = try graphical.conditioned(on: [(attribute: 1, code: 2), (attribute: 3, code: 4)])
        let expected = given.marginal([0, 2]).values.map { $0 / given.total }
        let distance = totalVariation(shares(sample, Self.sizes, [0, 2]), expected)
        #expect(distance < (draws == .balanced ? 0.002 : 0.012))
    }

    @Test("conditions outside the domain or without probability are refused")
    func impossible() throws {
        let sizes = [2, 2]
        let never = try GraphicalModel(
            potentials: [Factor(attributes: [0, 1], shape: sizes, values: [0, 0, 0, -.infinity])], sizes: sizes,
            total: 100)
        let fitted = try model(never)
        #expect(throws: SynthesisError.impossibleConditions) {
            try RowSampler(fitted, seed: 1, conditions: [(column: 0, code: 1), (column: 1, code: 1)])
        }
        #expect(throws: SynthesisError.impossibleConditions) {
            try RowSampler(fitted, seed: 1, conditions: [(column: 0, code: 1), (column: 0, code: 0)])
        }
        #expect(throws: SynthesisError.conditionOutsideDomain(column: 2, code: 0)) {
            try RowSampler(fitted, seed: 1, conditions: [(column: 2, code: 0)])
        }
    }

    @Test("corrections weigh rows, in both kinds of draws and under conditions")
    func corrections() throws {
        let graphical = try randomModel(Self.sizes, Shape.independent.sets)
        let logs = [1.0, 0, 0, 0, -1, 0, 0.5, 0, 0, 0, -0.5, 0, 0, 1, 0]
        let correction = Factor(attributes: [0, 3], shape: [3, 5], values: logs)
        let fitted = try model(graphical, corrections: [correction])
        let exact = try GraphicalModel(
            potentials: (0..<4).map { column in
                Factor(
                    attributes: [column], shape: [Self.sizes[column]],
                    values: graphical.marginal([column]).values.map { log($0) })
            } + [correction], sizes: Self.sizes, total: 1)
        for draws in Draws.allCases {
            let sample = try RowSampler(fitted, seed: 4, draws: draws).rows(0..<40_000).columns
            #expect(totalVariation(shares(sample, Self.sizes, [0, 3]), exact.marginal([0, 3]).values) < 0.015)
            let given = try RowSampler(fitted, seed: 4, draws: draws, conditions: [(column: 0, code: 0)])
            let rest = try exact.conditioned(on: [(attribute: 0, code: 0)])
            let found = shares(given.rows(0..<16_000).columns, Self.sizes, [3])
            #expect(totalVariation(found, rest.marginal([3]).values.map { $0 / rest.total }) < 0.02)
        }
    }

    @Test("values in a bin keep its mass and join their neighbours without a step")
    func withinBins() throws {
        let domain = try schemaDomain([
            Field(
                name: "a", type: .number, constraints: Constraints(required: true, minimum: 0, maximum: 8),
                bins: Bins(count: 8, spikes: []))
        ])
        let heights = [1.0, 2, 4, 6, 6, 4, 2, 1].map { $0 / 26 }
        let density = BinDensity(domain.columns[0], shares: heights)
        let count = 400_000
        var generator = SplitMix64(state: 5)
        let words = (0..<count).map { _ in generator.next() }
        func share(_ code: UInt32, _ range: Range<Float>) -> Double {
            let fractions = density.fractions(of: [UInt32](repeating: code, count: count), words: words)
            #expect(fractions.allSatisfy { $0 >= 0 && $0 < 1 })
            return Double(fractions.filter(range.contains).count) / Double(count)
        }
        for edge in 0..<7 {
            let left = share(UInt32(edge), 0.95..<1) * heights[edge]
            let right = share(UInt32(edge + 1), 0..<0.05) * heights[edge + 1]
            #expect(abs(left / right - 1) < 0.12, "edge \(edge)")
        }
    }
}
