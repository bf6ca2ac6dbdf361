import Domains
import GraphicalModels
import Testing
import VectorMath

@testable import FittedModels
@testable import PrivacyKernel

@Suite("What is known of single columns")
struct OneWayMarginalsTests {
    /// Counts of a column of six codes beside one of four, and tables of both at two levels of the first.
    private struct Scene {
        let fine = ModelAttribute(column: 0, groups: [0, 0, 1, 2, 2, 3], size: 4)
        let coarse = ModelAttribute(column: 0, groups: [0, 0, 0, 1, 1, 1], size: 2)
        let other = ModelAttribute(column: 1, size: 4)
        let own: [Int64] = [310, 190, 420, 260, 240, 580]
        let variance = 900.0
        let scale = NoiseScale.gaussian(GaussianScale(units: 900 << 32))
        let fineTable: [Int64] = [130, 120, 140, 150, 80, 110, 90, 130, 120, 150, 110, 130, 170, 140, 120, 180]
        let coarseTable: [Int64] = [240, 220, 260, 230, 290, 280, 250, 300]

        var attributes: [ModelAttribute] { [coarse, fine, other] }

        func oneWays() -> OneWayMarginals {
            var oneWays = OneWayMarginals(categoryDomain([6, 4]))
            oneWays.add([
                NoisyMarginal(attributes: [0], shape: [6], counts: own, scale: scale),
                NoisyMarginal(
                    attributes: [1], shape: [4], counts: [510, 490, 480, 520], scale: scale),
            ])
            return oneWays
        }

        var tables: [MeasuredMarginal] {
            [
                MeasuredMarginal(attributes: [1, 2], counts: fineTable, variance: 400),
                MeasuredMarginal(attributes: [0, 2], counts: coarseTable, variance: 100),
            ]
        }
    }

    @Test("tables and a column's own counts are joined as least squares joins them")
    func leastSquares() {
        let scene = Scene()
        var oneWays = scene.oneWays()
        let total = oneWays.total
        oneWays.learn(from: scene.tables, of: scene.attributes)
        // The normal equations of the four groups' counts, whose sum is the total: the last unknown is the multiplier.
        func sums(_ table: [Int64], rows: Int) -> [Double] {
            let all = (0..<rows).map { row in (0..<4).reduce(0) { $0 + Double(table[row * 4 + $1]) } }
            let lack = (total - all.reduce(0, +)) / Double(rows)
            return all.map { $0 + lack }
        }
        var equations = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 5)
        func observe(_ groups: [Int], _ value: Double, variance: Double) {
            for one in groups {
                for another in groups { equations[one][another] += 1 / variance }
                equations[one][5] += value / variance
            }
        }
        let own = scene.oneWays().shares[0].map { $0 * total }
        for (group, codes) in [[0, 1], [2], [3, 4], [5]].enumerated() {
            observe(
                [group], codes.reduce(0) { $0 + own[$1] }, variance: scene.variance * Double(codes.count))
        }
        for (group, value) in sums(scene.fineTable, rows: 4).enumerated() { observe([group], value, variance: 1600) }
        for (half, value) in sums(scene.coarseTable, rows: 2).enumerated() {
            observe(half == 0 ? [0, 1] : [2, 3], value, variance: 400)
        }
        for group in 0..<4 { (equations[group][4], equations[4][group]) = (1, 1) }
        equations[4][5] = total
        let expected = solved(equations)
        let found = scene.fine.sums(of: oneWays.shares[0]).map { $0 * total }
        for group in 0..<4 { #expect(abs(found[group] - expected[group]) < 1e-6 * total) }
        // Inside a group codes stay in proportion.
        let before = scene.oneWays().shares[0]
        #expect(abs(oneWays.shares[0][0] / oneWays.shares[0][1] - before[0] / before[1]) < 1e-9)
        #expect(abs(oneWays.shares[0].reduce(0, +) - 1) < 1e-9)
    }

    @Test("no share is negative, and a column without tables stays as it was")
    func bounds() {
        let scene = Scene()
        var oneWays = scene.oneWays()
        let before = oneWays.shares
        let empty = MeasuredMarginal(
            attributes: [1, 2], counts: [-900, -900, -900, -900] + scene.fineTable.dropFirst(4), variance: 0.1)
        oneWays.learn(from: [empty], of: scene.attributes)
        #expect(oneWays.shares[0].allSatisfy { $0 >= 0 && $0.isFinite })
        #expect(abs(oneWays.shares[0].reduce(0, +) - 1) < 1e-9)
        var alone = scene.oneWays()
        alone.learn(from: [], of: scene.attributes)
        #expect(alone.shares == before)
    }

    @Test(
        "codes that noise drowns are drawn towards each other, and those that it raises are not believed",
        arguments: [0, 1])
    func drowned(kind: Int) {
        var generator = SplitMix64(state: 5)
        var (likely, projected, greatest) = (0.0, 0.0, 0.0)
        for _ in 0..<20 {
            // Some are rare, or all alike.
            let weights = (0..<56).map { _ in kind == 0 ? -naturalLogarithm(max(generator.unit(), 1e-9)) : 1 }
            let sum = weights.reduce(0, +)
            let truth = weights.map { $0 / sum }
            let counts = truth.map { share in
                800 * share + 30 * (0..<12).reduce(-6) { sum, _ in sum + generator.unit() }
            }
            let total = counts.reduce(0, +)
            let found = likelyShares(counts, deviation: 30, total: total)
            #expect(abs(found.reduce(0, +) - 1) < 1e-9)
            likely += totalVariation(found, truth) / 20
            projected += totalVariation(projectedOntoSimplex(counts, total: total).map { $0 / total }, truth) / 20
            greatest = max(greatest, found.max() ?? 0)
        }
        #expect(likely < 0.75 * projected, "\(likely), and \(projected) by projection")
        #expect(greatest < 0.2)
    }

    @Test("counts that stand out of their noise stay, however many codes there are")
    func legible() {
        // One code in all rows, a few of many, and a law with a long tail.
        var tail = (0..<8_501).map { 60_000 / Double($0 + 1) }
        tail[8_500] = 0
        for counts in [[0, 5_000, 0, 0, 0], [900, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0], tail] {
            let total = counts.reduce(0, +)
            let found = likelyShares(counts, deviation: 2, total: total)
            #expect(totalVariation(found, counts.map { $0 / total }) < 0.01)
        }
        #expect(likelyShares([], deviation: 3, total: 1).isEmpty)
        #expect(likelyShares([-7], deviation: 3, total: 1) == [1])
        let none = likelyShares([0, 0, 0, 0], deviation: 3, total: 1)
        #expect(none.allSatisfy { $0 >= 0 } && abs(none.reduce(0, +) - 1) < 1e-9)
    }

    @Test("smoothing takes most of the noise off a slope, and leaves a step where it is")
    func smoothing() {
        var generator = SplitMix64(state: 11)
        func noise() -> Double { (0..<12).reduce(-6) { sum, _ in sum + generator.unit() } }
        let slope = (0..<100).map { 40 + 1.2 * Double($0) }
        let step = (0..<100).map { $0 < 37 ? 20.0 : 300.0 }
        var errors = (raw: 0.0, slope: 0.0, step: 0.0)
        var jumps = 0.0
        let draws = 40
        for _ in 0..<draws {
            let drawn = (0..<100).map { _ in 20 * noise() }
            let smoothSlope = haarSmoothed(zip(slope, drawn).map { $0 + $1 }, deviation: 20)
            let smoothStep = haarSmoothed(zip(step, drawn).map { $0 + $1 }, deviation: 20)
            errors.raw += drawn.reduce(0) { $0 + abs($1) }
            errors.slope += zip(slope, smoothSlope).reduce(0) { $0 + abs($1.0 - $1.1) }
            errors.step += zip(step, smoothStep).reduce(0) { $0 + abs($1.0 - $1.1) }
            jumps += (smoothStep[37] - smoothStep[36]) / Double(draws)
        }
        #expect(errors.slope < 0.45 * errors.raw)
        #expect(errors.step < 0.45 * errors.raw)
        #expect(jumps > 0.85 * 280)
    }
}

/// Gauss's elimination with the largest pivot; the last column is the right side.
private func solved(_ equations: [[Double]]) -> [Double] {
    var rows = equations
    let count = rows.count
    for step in 0..<count {
        let pivot = (step..<count).max { abs(rows[$0][step]) < abs(rows[$1][step]) } ?? step
        rows.swapAt(step, pivot)
        for row in 0..<count where row != step {
            let factor = rows[row][step] / rows[step][step]
            for place in step...count { rows[row][place] -= factor * rows[step][place] }
        }
    }
    return (0..<count).map { rows[$0][count] / rows[$0][$0] }
}
