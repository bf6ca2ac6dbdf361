import Foundation
import Testing

@testable import VectorMath

/// Every loop against its one-line twin, for axes that are kept, summed over or translated.
@Suite struct CellProjectionTests {
    /// Shapes with their per-axis contributions: kept by stride, summed (0), or translated through a map.
    static let cases: [[[Int32]]] = [
        [],
        [[0, 1, 2]],
        [[0, 0, 0]],
        [[0, 5, 10], [0, 1, 2, 3, 4]],
        [[0, 0], [0, 1, 2, 3, 4, 5, 6]],
        [[0, 1, 2], [0, 0, 0, 0, 0, 0, 0, 0, 0]],
        [[0, 3, 6], [0, 0], [0, 1, 2]],
        [[0, 1], [0, 0, 0], [0, 2]],
        [[0, 2, 4], [0, 0, 1, 1, 1]],
        [[0, 0, 0], [0, 0, 1, 1, 2, 2]],
        [[0, 0], [0, 0], [0, 0]],
    ]

    @Test("sums, products and additions agree with plain loops", arguments: cases)
    func loops(contributions: [[Int32]]) {
        let reach = contributions.reduce(0) { $0 + Int($1.max() ?? 0) } + 1
        let projection = CellProjection(contributions: contributions, targetCount: reach)
        let count = projection.sourceCount
        let target = (0..<count).map { cell -> Int in
            var rest = cell
            var sum = 0
            for axis in contributions.reversed() {
                sum += Int(axis[rest % axis.count])
                rest /= axis.count
            }
            return sum
        }
        for cell in 0..<count { #expect(projection.target(of: cell) == target[cell]) }

        let source = (0..<count + 2).map { Double($0 * $0 % 17) + 0.5 }
        var sums = [Double](repeating: 9, count: reach + 3)
        projection.sum(source, from: 2, into: &sums, at: 1)
        var expected = [Double](repeating: 0, count: reach)
        for cell in 0..<count { expected[target[cell]] += source[cell + 2] }
        #expect(sums[0] == 9 && sums[reach + 1] == 9 && sums[reach + 2] == 9)
        for t in 0..<reach { #expect(abs(sums[t + 1] - expected[t]) < 1e-9) }

        let factors = (0..<reach + 1).map { Double($0) + 0.25 }
        var product = source
        projection.multiply(&product, from: 1, by: factors, at: 1)
        var sum = source
        projection.add(-2, times: factors, at: 1, to: &sum, from: 1)
        for cell in 0..<count {
            #expect(abs(product[cell + 1] - source[cell + 1] * factors[target[cell] + 1]) < 1e-9)
            #expect(abs(sum[cell + 1] - (source[cell + 1] - 2 * factors[target[cell] + 1])) < 1e-9)
        }
        #expect(product[0] == source[0] && sum[0] == source[0])

        var logs = [Double](repeating: 0, count: reach)
        projection.logSumExp(source.map { log($0) }, from: 2, into: &logs)
        for t in 0..<reach {
            if expected[t] == 0 {
                #expect(logs[t] == -.infinity)
            } else {
                #expect(abs(logs[t] - log(expected[t])) < 1e-12)
            }
        }
    }

    @Test("rows are carried as a dense product would")
    func carry() {
        let from = CellProjection(contributions: [[0, 1], [0, 0, 0], [0, 0]], targetCount: 2)
        let onto = CellProjection(contributions: [[0, 0], [0, 2, 4], [0, 1]], targetCount: 6)
        let weights = (0..<12).map { Double($0) + 1 }
        let rows = (0..<6).map { Double($0 * $0) }
        let result = carryRows(weights, from: from, rows: rows, width: 3, onto: onto)
        for b in 0..<3 {
            for c in 0..<2 {
                for k in 0..<3 {
                    let sum = (0..<2).reduce(0.0) { $0 + weights[($1 * 3 + b) * 2 + c] * rows[$1 * 3 + k] }
                    #expect(result[(b * 2 + c) * 3 + k] == sum)
                }
            }
        }
    }

    @Test("the total of cells agrees with a plain loop at every length", arguments: 0..<14)
    func totals(count: Int) {
        let cells = (0..<count).map { Double($0) * 0.7 - 2 }
        #expect(abs(total(of: cells, in: 0..<count) - cells.reduce(0, +)) < 1e-12)
    }
}
