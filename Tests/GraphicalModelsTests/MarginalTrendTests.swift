import Foundation
import Testing

@testable import GraphicalModels

@Suite struct MarginalTrendTests {
    private let scores = [-1.5, -0.5, 0.5, 1.5]

    private var products: [Double] { scores.flatMap { first in scores.map { first * $0 } } }

    /// A table in which both columns rise together, and its sum of products.
    private var counts: [Double] {
        let weights = products.map { 1 + 0.4 * $0 }
        return weights.map { 1_000 * $0 / weights.reduce(0, +) }
    }

    private func sum(_ table: [Double]) -> Double { zip(products, table).reduce(0) { $0 + $1.0 * $1.1 } }

    private func fit(_ trends: [MarginalTrend]) throws -> GraphicalModel {
        let target = MarginalTarget(attributes: [0, 1], values: counts, slack: counts.map { _ in 30 })
        return try proportionalFit(
            [target], trends: trends, sizes: [4, 4], total: 1_000, prior: [nil, nil],
            options: ProportionalFitOptions(sweeps: 200, tolerance: 1e-9))
    }

    @Test("slack weakens an association, and a trend keeps it")
    func keepsAssociation() throws {
        let whole = sum(counts)
        let weak = try fit([])
        #expect(sum(weak.marginal([0, 1]).values) < 0.8 * whole)
        let trend = MarginalTrend(attributes: [0, 1], weights: products, direction: products, value: whole, width: 4)
        let kept = try fit([trend])
        #expect(abs(sum(kept.marginal([0, 1]).values) - whole) < 1e-3 * whole)
        #expect(abs(kept.marginal([0]).values.reduce(0, +) - 1_000) < 1e-6)
    }

    @Test("a trend leaves each scale's own counts as they were")
    func keepsMargins() {
        // Sloping scales, on which an association alone would move both.
        let counts = (0..<16).map { (cell: Int) -> Double in
            let fall = 0.6 * Double(cell / 4) + 0.9 * Double(cell % 4)
            return 40 * exp(-fall) + 1
        }
        let total = counts.reduce(0, +)
        let trend = MarginalTrend(
            attributes: [0, 1], weights: products, direction: products, value: sum(counts) + 0.3 * total, width: 4)
        let moved: [Double] = zip(counts, trend.factors(counts, of: total)).map { $0 * $1 }
        #expect(abs(sum(moved) - sum(counts) - 0.3 * total) < 0.01 * total)
        for place in 0..<4 {
            func row(_ table: [Double]) -> Double { table[4 * place..<4 * place + 4].reduce(0, +) }
            func column(_ table: [Double]) -> Double {
                stride(from: place, to: 16, by: 4).reduce(0.0) { (sum: Double, cell: Int) in sum + table[cell] }
            }
            #expect(abs(row(moved) / row(counts) - 1) < 0.01)
            #expect(abs(column(moved) / column(counts) - 1) < 0.01)
        }
    }

    @Test("a trend of two scales that nearly are one leaves both as they were, too")
    func keepsMarginsOfStrongTrends() throws {
        // A normal pair with a correlation of 0.98 on 13 groups: the trend says all that is to be known.
        let scores: [Double] = (0..<13).map { 0.55 * Double($0 - 6) }
        var (table, weights) = ([Double](), [Double]())
        for x in scores {
            for y in scores {
                let square: Double = x * x - 1.96 * x * y + y * y
                table.append(exp(-square / 0.0792))
                weights.append(x * y)
            }
        }
        let whole = table.reduce(0, +)
        table = table.map { 5_000 * $0 / whole }
        var sums = [Double](repeating: 0, count: 13)
        for (cell, count) in table.enumerated() { sums[cell / 13] += count }
        let value = zip(weights, table).reduce(0) { $0 + $1.0 * $1.1 }
        let trend = MarginalTrend(attributes: [0, 1], weights: weights, direction: weights, value: value, width: 13)
        var counts: [Double] = []
        for row in sums { for column in sums { counts.append(row * column / 5_000) } }
        for _ in 0..<40 { counts = zip(counts, trend.factors(counts, of: 5_000)).map { $0 * $1 } }
        var found = [Double](repeating: 0, count: 13)
        for (cell, count) in counts.enumerated() { found[cell / 13] += count }
        for (own, known) in zip(found, sums) { #expect(abs(own - known) < max(0.02 * known, 1), "\(own) of \(known)") }
        #expect(abs(zip(weights, counts).reduce(0) { $0 + $1.0 * $1.1 } - value) < 0.05 * value)
    }

    @Test("one step of a trend brings the counts to its sum, and never far at once")
    func factors() {
        let even = [Double](repeating: 62.5, count: 16)
        let trend = MarginalTrend(attributes: [0, 1], weights: products, direction: products, value: 300, width: 4)
        let moved = zip(even, trend.factors(even, of: 1_000)).map { $0 * $1 }
        #expect(abs(sum(moved) - 300) < 1)
        let beyond = MarginalTrend(attributes: [0, 1], weights: products, direction: products, value: 1e12, width: 4)
        #expect(beyond.factors(even, of: 1_000).allSatisfy { $0.isFinite && $0 > 0 })
        let flat = MarginalTrend(
            attributes: [0, 1], weights: even.map { _ in 0 }, direction: even.map { _ in 0 }, value: 5, width: 4)
        #expect(flat.factors(even, of: 1_000) == even.map { _ in 1 })
    }

    @Test("a trend of another shape, or beyond all counts, is refused")
    func refused() {
        #expect(throws: GraphicalModelError.self) {
            try fit([MarginalTrend(attributes: [0, 1], weights: [1], direction: [1], value: 0, width: 4)])
        }
        #expect(throws: GraphicalModelError.self) {
            try fit([MarginalTrend(attributes: [0, 1], weights: products, direction: products, value: .nan, width: 4)])
        }
    }
}
