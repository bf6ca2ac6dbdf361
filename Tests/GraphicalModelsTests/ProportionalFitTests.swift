import Foundation
import Testing
import VectorMath

@testable import GraphicalModels

@Suite struct ProportionalFitTests {
    /// The same dual ascent on the dense joint table, until nothing moves.
    func dense(_ marginals: [MarginalTarget], sizes: [Int], total: Double, prior: [[Double]]) -> Factor {
        var joint = Factor(attributes: Array(sizes.indices), sizes: sizes, repeating: total)
        for cell in joint.values.indices {
            for (attribute, code) in joint.codes(at: cell).enumerated() { joint.values[cell] *= prior[attribute][code] }
        }
        var potentials = marginals.map { [Double](repeating: 0, count: $0.values.count) }
        for _ in 0..<2_000 {
            for (index, one) in marginals.enumerated() {
                let current = joint.marginal(onto: one.attributes)
                var factor = current
                for i in factor.values.indices {
                    // Bisection on the increasing function m eᵈ + k clip(θ + d) − y; a spring where it has no root.
                    let isReachable = one.values[i] + one.slack[i] > 0
                    var (low, high) = (-60.0, 60.0)
                    for _ in 0..<100 {
                        let d = (low + high) / 2
                        let potential = potentials[index][i] + d
                        let held = isReachable ? min(max(potential, -1), 1) : potential
                        let value = current.values[i] * exp(d) + one.slack[i] * held - one.values[i]
                        if value > 0 { high = d } else { low = d }
                    }
                    potentials[index][i] += low
                    factor.values[i] = exp(low)
                }
                joint = joint.multiplied(by: factor)
            }
        }
        return joint
    }

    @Test(
        "the fit equals dual ascent on the dense table",
        arguments: [
            [[0, 1], [1, 2], [2, 3]], [[0, 1], [1, 2], [0, 2], [3]], [[0, 1, 2], [2, 3], [0, 3]], [[0], [1]],
        ])
    func againstDense(sets: [[Int]]) throws {
        var generator = SplitMix64(state: 14)
        let sizes = [3, 2, 4, 2]
        let prior = sizes.map { size -> [Double] in
            let weights = (0..<size).map { _ in 0.2 + generator.unit() }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        let soft = sets.map { set -> MarginalTarget in
            let cells = set.reduce(1) { $0 * sizes[$1] }
            return MarginalTarget(
                attributes: set, values: (0..<cells).map { _ in 400 / Double(cells) + 12 * generator.normal() },
                slack: (0..<cells).map { _ in 15 + 10 * generator.unit() })
        }
        let model = try proportionalFit(
            soft, sizes: sizes, total: 400, prior: prior,
            options: ProportionalFitOptions(sweeps: 2_000, tolerance: 1e-13))
        expectValid(model)
        let truth = dense(soft, sizes: sizes, total: 400, prior: prior).normalized(to: 400)
        #expect(distance(model.marginal([0, 1, 2, 3]).values, truth.values) < 1e-6)
    }

    @Test("levels of one column: a coarse and a fine grouping are fitted together and agree")
    func levels() throws {
        // 0 = fine (6 codes), 1 = coarse (2), 2 = another column (3).
        let coarse = FunctionalDependency(attribute: 1, parent: 0, map: [0, 0, 0, 1, 1, 1])
        let soft = [
            MarginalTarget(
                attributes: [0], values: [10, 20, 30, 10, 20, 10], slack: [Double](repeating: 0.1, count: 6)),
            MarginalTarget(
                attributes: [1, 2], values: [30, 20, 10, 5, 10, 25], slack: [Double](repeating: 0.1, count: 6)),
        ]
        let model = try proportionalFit(
            soft, sizes: [6, 2, 3], total: 100, prior: [nil, nil, nil], dependencies: [coarse],
            options: ProportionalFitOptions(sweeps: 50, tolerance: 1e-9))
        expectValid(model)
        #expect(model.tree.totalCells == 6 + 6)
        #expect(distance(model.marginal([1, 2]).values, soft[1].values) < 0.5)
        #expect(distance(model.marginal([0]).values, soft[0].values) < 0.5)
        // Given the coarse code, the fine one and the other column are independent.
        let pair = model.marginal([0, 2])
        #expect(abs(pair[[0, 0]] / pair[[0, 1]] - pair[[2, 0]] / pair[[2, 1]]) < 1e-9)
    }

    @Test("nothing to fit gives the prior; negative and hopeless targets stay finite")
    func limits() throws {
        let prior: [[Double]?] = [[0.25, 0.75], nil]
        let model = try proportionalFit([], sizes: [2, 4], total: 8, prior: prior)
        #expect(distance(model.marginal([0]).values, [2, 6]) < 1e-9)
        #expect(distance(model.marginal([1]).values, [2, 2, 2, 2]) < 1e-9)
        for (value, slack) in [(-1e6, 1.0), (0, 1e-6), (1e9, 1e-3), (5, 1e12), (-1e3, 1e-9)] {
            let soft = MarginalTarget(
                attributes: [0, 1], values: [Double](repeating: value, count: 8),
                slack: [Double](repeating: slack, count: 8))
            expectValid(try proportionalFit([soft], sizes: [2, 4], total: 8, prior: prior), "\(value) \(slack)")
        }
    }
}
