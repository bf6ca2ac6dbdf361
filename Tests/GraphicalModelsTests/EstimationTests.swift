import Foundation
import Testing
import VectorMath

@testable import GraphicalModels

/// Everything that any model must satisfy.
func expectValid(_ model: GraphicalModel, _ note: String = "") {
    #expect(model.total.isFinite && model.total > 0)
    for marginal in model.marginals {
        #expect(marginal.values.allSatisfy { $0 >= 0 && $0.isFinite }, "\(note)")
        #expect(abs(marginal.total - model.total) <= 1e-9 * model.total, "\(note)")
    }
    for (index, node) in model.tree.nodes.enumerated() {
        guard let parent = node.parent else { continue }
        let separator = model.tree.dependencies.axes(of: node.separator)
        let a = model.tree.projection(from: node.axes, onto: separator)
        let b = model.tree.projection(from: model.tree.nodes[parent].axes, onto: separator)
        var below = [Double](repeating: 0, count: a.targetCount)
        var above = below
        a.sum(model.marginals[index].values, into: &below)
        b.sum(model.marginals[parent].values, into: &above)
        #expect(distance(below, above) <= 1e-9 * model.total, "\(note)")
    }
    if let fit = model.fit { #expect(fit.loss.isFinite && fit.loss >= 0 && fit.expectedLoss >= 0) }
}

private func noisy(
    _ sets: [[Int]], of joint: Factor, sigma: Double, _ generator: inout SplitMix64
) -> [MarginalMeasurement] {
    sets.map { set in
        MarginalMeasurement(
            attributes: set, values: joint.marginal(onto: set).values.map { $0 + sigma * generator.normal() },
            variance: max(sigma * sigma, 1e-6))
    }
}

private func randomJoint(_ sizes: [Int], total: Double, _ generator: inout SplitMix64) -> Factor {
    var joint = Factor(attributes: Array(sizes.indices), sizes: sizes, repeating: 0)
    for i in joint.values.indices { joint.values[i] = exp(1.5 * generator.normal()) }
    return joint.normalized(to: total)
}

@Suite struct EstimationTests {
    static let converge = EstimationOptions(maximumIterations: 20_000, earlyStop: .never, relativeTolerance: 1e-12)

    @Test("a cycle with a sign constraint converges to the dense least squares of numpy")
    func denseTruth() throws {
        // Accelerated projected gradient on all 12 cells (numpy, 200,000 steps with restart, projection to the simplex
        // of total 100), minimising Σ ‖Q x − y‖² / (2σ²) for the four tables below: loss 4.927809365557732.
        let measurements = [
            MarginalMeasurement(attributes: [0, 1], values: [15.2, -3.5, 11.3, 4.8, 65.1, -2.3], variance: 4),
            MarginalMeasurement(attributes: [1, 2], values: [5.4, 10.6, 58.4, 8.8, 9.1, 1.6], variance: 9),
            MarginalMeasurement(attributes: [0, 2], values: [19.4, 10.6, 61.0, 9.5], variance: 2.25),
            MarginalMeasurement(attributes: [1], values: [20.7, 61.5, 13.5], variance: 16),
        ]
        let truth: [([Int], [Double])] = [
            ([0, 1], [16.1832352, 0, 13.1008691, 4.9549762, 65.7609195, 0]),
            ([1, 2], [9.1691057, 11.9691057, 58.8804598, 6.8804598, 11.5004345, 1.6004345]),
            ([0, 2], [18.7420521, 10.5420521, 60.8079479, 9.9079479]),
            ([1], [21.1382114, 65.7609195, 13.1008691]),
        ]
        var options = Self.converge
        options.total = 100
        let model = try estimate(measurements, sizes: [2, 3, 2], options: options)
        expectValid(model)
        #expect(abs((model.fit?.loss ?? 0) - 4.927809365557732) < 1e-5)
        for (set, values) in truth { #expect(distance(model.marginal(set).values, values) < 1e-2) }
    }

    @Test(
        "without noise the estimate gives back the data's marginals",
        arguments: [
            [[0, 1], [1, 2], [2, 3]], [[0, 1], [1, 2], [0, 2]], [[0, 1, 2, 3]], [[0], [1], [2], [3]],
            [[0, 3], [1, 2]],
        ])
    func noiseFree(sets: [[Int]]) throws {
        var generator = SplitMix64(state: 4)
        let sizes = [3, 4, 2, 3]
        let joint = randomJoint(sizes, total: 1_000, &generator)
        let measurements = sets.map {
            MarginalMeasurement(attributes: $0, values: joint.marginal(onto: $0).values, variance: 1)
        }
        for options in [Self.converge, EstimationOptions(method: .closedForm, earlyStop: .never)] {
            let model = try estimate(measurements, sizes: sizes, options: options)
            expectValid(model)
            #expect(abs(model.total - 1_000) < 1e-9)
            for set in sets {
                #expect(
                    distance(model.marginal(set).values, joint.marginal(onto: set).values) < 0.01, "\(options.method)")
            }
        }
    }

    @Test(
        "the closed form equals the converged iteration where the measured cliques form the tree", arguments: [3.0, 40])
    func closedForm(sigma: Double) throws {
        var generator = SplitMix64(state: UInt64(sigma))
        let sizes = [4, 3, 5, 2, 3]
        let joint = randomJoint(sizes, total: 2_000, &generator)
        let sets = [[0, 1], [1, 2], [2, 3], [2, 4], [0], [1], [2], [3], [4], [1, 2]]
        let measurements = noisy(sets, of: joint, sigma: sigma, &generator)
        let closed = try estimate(
            measurements, sizes: sizes, options: EstimationOptions(method: .closedForm, maximumIterations: 5_000))
        let iterated = try estimate(measurements, sizes: sizes, options: Self.converge)
        #expect(closed.fit?.method == .closedForm)
        expectValid(closed)
        let (a, b) = (closed.fit?.loss ?? .infinity, iterated.fit?.loss ?? 0)
        #expect(abs(a - b) < 1e-4 * b)
        for set in sets { #expect(distance(closed.marginal(set).values, iterated.marginal(set).values) < 0.5) }
    }

    @Test("measurements as good as exact on a tree come back to the last digit")
    func exact() throws {
        var generator = SplitMix64(state: 12)
        let sizes = [4, 3, 5, 2]
        let joint = randomJoint(sizes, total: 5_000, &generator)
        let sets = [[0], [1], [2], [3], [0, 1], [1, 2], [1, 3]]
        let model = try estimate(noisy(sets, of: joint, sigma: 0, &generator), sizes: sizes)
        for set in sets { #expect(distance(model.marginal(set).values, joint.marginal(onto: set).values) < 1e-6) }
    }

    @Test("measured cliques that do not form the tree fall back to the iteration")
    func closedFormFallback() throws {
        var generator = SplitMix64(state: 2)
        let joint = randomJoint([3, 3, 3], total: 100, &generator)
        let model = try estimate(
            noisy([[0, 1], [1, 2], [0, 2]], of: joint, sigma: 2, &generator), sizes: [3, 3, 3],
            options: EstimationOptions(method: .closedForm))
        #expect(model.fit?.method == .iterative)
        expectValid(model)
    }

    @Test("the total is the inverse-variance mean of the tables' sums, and at least 1")
    func total() throws {
        let a = MarginalMeasurement(attributes: [0], values: [30, 30], variance: 1)  // sum 60, variance 2
        let b = MarginalMeasurement(attributes: [1], values: [20, 20, 20, 20], variance: 2)  // sum 80, variance 8
        #expect(abs(estimatedTotal([a, b]) - (60 * 4 + 80) / 5.0) < 1e-12)
        #expect(try estimate([a, b], sizes: [2, 4]).total == estimatedTotal([a, b]))
        #expect(estimatedTotal([MarginalMeasurement(attributes: [0], values: [-9, 2], variance: 1)]) == 1)
        #expect(estimatedTotal([]) == 1)
    }

    @Test("hopeless measurements still give a valid finite model")
    func robust() throws {
        var generator = SplitMix64(state: 6)
        let sizes = [3, 1, 4, 2, 5]
        func table(_ set: [Int], _ value: () -> Double, variance: Double) -> MarginalMeasurement {
            let cells = set.reduce(1) { $0 * sizes[$1] }
            return MarginalMeasurement(attributes: set, values: (0..<cells).map { _ in value() }, variance: variance)
        }
        let cases: [(String, [MarginalMeasurement])] = [
            ("nothing measured", []),
            ("zero rows", [[0], [1], [0, 2], [2, 3]].map { table($0, { 0 }, variance: 1) }),
            (
                "zero rows with noise",
                [[0], [1], [0, 2], [2, 3]].map { table($0, { 4 * generator.normal() }, variance: 16) }
            ),
            ("all negative", [[0], [2, 3], [3, 4]].map { table($0, { -50 }, variance: 4) }),
            ("huge noise", [[0, 2], [2, 3]].map { table($0, { 1e9 * generator.normal() }, variance: 1e18) }),
            ("tiny variance", [[0, 2], [2, 3]].map { table($0, { 10 * generator.normal() }, variance: 1e-9) }),
            ("huge counts", [[0, 2], [2, 3]].map { table($0, { 1e12 * generator.unit() }, variance: 1) }),
            ("one attribute of one value", [table([1], { 77 }, variance: 3)]),
            ("one clique", [table([0, 1, 2, 3, 4], { 9 * generator.unit() }, variance: 2)]),
            ("the same set three times", (0..<3).map { _ in table([0, 3], { 20 * generator.unit() }, variance: 9) }),
            ("the empty set", [MarginalMeasurement(attributes: [], values: [500], variance: 4)]),
            (
                "one spike",
                [
                    table([0], { 0 }, variance: 1),
                    MarginalMeasurement(
                        attributes: [2], values: [1e6, -1e6, 0, 0], variance: 1),
                ]
            ),
        ]
        for (name, measurements) in cases {
            for method in [EstimationOptions.Method.automatic, .iterative, .closedForm] {
                for stop in [EstimationOptions.EarlyStop.adaptive, .ratio(0.88), .never] {
                    let options = EstimationOptions(method: method, maximumIterations: 200, earlyStop: stop)
                    let model = try estimate(measurements, sizes: sizes, options: options)
                    expectValid(model, "\(name), \(method), \(stop)")
                    #expect(model.total >= 1)
                }
            }
        }
        let uniform = try estimate([], sizes: sizes)
        #expect(distance(uniform.marginal([0]).values, [1 / 3.0, 1 / 3.0, 1 / 3.0]) < 1e-12)
        let constant = MarginalMeasurement(attributes: [], values: [9], variance: 1)
        #expect(try estimate([constant], sizes: []).total == 9)
        let empty = try estimate([], sizes: [])
        #expect(empty.marginals.isEmpty && empty.marginal([]).values == [1])
    }

    @Test("attributes that were never measured are uniform and independent")
    func unmeasured() throws {
        let model = try estimate(
            [MarginalMeasurement(attributes: [1], values: [30, 70], variance: 1)], sizes: [4, 2, 3])
        #expect(distance(model.marginal([0]).values, [25, 25, 25, 25]) < 1e-9)
        let pair = model.marginal([1, 2])
        #expect(abs(pair[[1, 0]] - pair[[1, 2]]) < 1e-9)
    }

    @Test("two measurements of one set count as their inverse-variance mean")
    func duplicates() throws {
        let twice = [
            MarginalMeasurement(attributes: [0], values: [30, 10, 60], variance: 4),
            MarginalMeasurement(attributes: [0], values: [40, 20, 40], variance: 12),
        ]
        let once = [MarginalMeasurement(attributes: [0], values: [32.5, 12.5, 55], variance: 3)]
        let a = try estimate(twice, sizes: [3], options: Self.converge)
        let b = try estimate(once, sizes: [3], options: Self.converge)
        #expect(distance(a.marginal([0]).values, b.marginal([0]).values) < 1e-3)
        #expect(a.fit?.expectedLoss == b.fit?.expectedLoss)
    }

    @Test("a weight counts like precision")
    func weights() throws {
        let weighted = [
            MarginalMeasurement(attributes: [0], values: [60, 40], variance: 4, weight: 3),
            MarginalMeasurement(attributes: [0, 1], values: [20, 20, 30, 30], variance: 4),
        ]
        let model = try estimate(weighted, sizes: [2, 2], options: Self.converge)
        // Least squares for the difference d of the two codes of attribute 0: 3 (d − 20)² / 4 + (d + 20)² / 8.
        let values = model.marginal([0]).values
        #expect(abs((values[0] - values[1]) - 100 / 7.0) < 1e-2)
    }

    @Test("a warm start reaches the same loss in fewer passes, also on a different tree")
    func warmStart() throws {
        var generator = SplitMix64(state: 31)
        let sizes = [5, 4, 6, 3, 4, 5]
        let joint = randomJoint(sizes, total: 20_000, &generator)
        let first = noisy([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]], of: joint, sigma: 1, &generator)
        let more = first + noisy([[0, 5], [1, 4]], of: joint, sigma: 1, &generator)
        let options = EstimationOptions(maximumIterations: 5_000, earlyStopRatio: 0.9)
        let model = try estimate(first, sizes: sizes, options: options)
        let cold = try estimate(more, sizes: sizes, options: options)
        let warm = try estimate(more, sizes: sizes, options: options, warmStart: model)
        expectValid(warm)
        #expect(warm.tree == cold.tree && warm.tree != model.tree)
        #expect(abs((warm.fit?.loss ?? 0) - (cold.fit?.loss ?? 1)) < 0.02 * (cold.fit?.loss ?? 1))
        #expect((warm.fit?.iterations ?? .max) < (cold.fit?.iterations ?? 0))
        let again = try estimate(first, sizes: sizes, options: options, warmStart: model)
        #expect((again.fit?.iterations ?? .max) <= 2)
    }

    @Test("structural zeros are exactly zero, and a measurement cannot revive them")
    func structuralZeros() throws {
        let zeros = [StructuralZeros.combinations(attributes: [0, 1], codes: [[0, 0], [1, 2]])]
        let measurement = MarginalMeasurement(attributes: [0, 1], values: [50, 20, 10, 5, 5, 60], variance: 1)
        let model = try estimate([measurement], sizes: [2, 3], structuralZeros: zeros)
        expectValid(model)
        #expect(model.marginal([0, 1])[[0, 0]] == 0)
        #expect(model.marginal([0, 1])[[1, 2]] == 0)
        let all = StructuralZeros.combinations(attributes: [0], codes: [[0], [1]])
        #expect(throws: GraphicalModelError.impossible(attributes: [0])) {
            try estimate([], sizes: [2, 3], structuralZeros: [all])
        }
        let jointly = [
            StructuralZeros.combinations(attributes: [0, 1], codes: [[0, 0], [1, 0]]),
            StructuralZeros.combinations(attributes: [1, 2], codes: [[1, 0], [1, 1], [2, 0], [2, 1]]),
        ]
        #expect(throws: GraphicalModelError.impossible(attributes: [0, 1, 2])) {
            try estimate([], sizes: [2, 3, 2], structuralZeros: jointly)
        }
    }

    @Test("a model over the limit is refused with figures, before it is allocated")
    func tooLarge() {
        let sizes = [Int](repeating: 1_000, count: 8)
        let edges = (0..<8).flatMap { a in (a + 1..<8).map { [a, $0] } }
        let zeros = edges.map { StructuralZeros.combinations(attributes: $0, codes: []) }
        #expect(
            throws: GraphicalModelError.modelTooLarge(
                cells: Int.max, limit: 4_000_000, largestClique: Array(0..<8), largestCells: Int.max)
        ) { try estimate([], sizes: sizes, structuralZeros: zeros) }
        #expect(
            throws: GraphicalModelError.modelTooLarge(cells: 12, limit: 11, largestClique: [0, 1], largestCells: 12)
        ) {
            try estimate(
                [MarginalMeasurement(attributes: [0, 1], values: [Double](repeating: 1, count: 12), variance: 1)],
                sizes: [3, 4], options: EstimationOptions(cellLimit: 11))
        }
    }

    @Test("a malformed measurement is refused by name")
    func refusals() {
        func attempt(_ one: MarginalMeasurement) throws -> GraphicalModel { try estimate([one], sizes: [2, 3]) }
        #expect(throws: GraphicalModelError.wrongShape(attributes: [0], expected: 2, found: 3)) {
            try attempt(MarginalMeasurement(attributes: [0], values: [1, 2, 3], variance: 1))
        }
        #expect(throws: GraphicalModelError.invalidAttributes([1, 0], attributeCount: 2)) {
            try attempt(MarginalMeasurement(attributes: [1, 0], values: [Double](repeating: 0, count: 6), variance: 1))
        }
        #expect(throws: GraphicalModelError.invalidAttributes([2], attributeCount: 2)) {
            try attempt(MarginalMeasurement(attributes: [2], values: [1], variance: 1))
        }
        for variance in [0, -1, .nan, .infinity] {
            #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) {
                try attempt(MarginalMeasurement(attributes: [0], values: [1, 2], variance: variance))
            }
        }
        #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) {
            try attempt(MarginalMeasurement(attributes: [0], values: [1, .nan], variance: 1))
        }
        #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) {
            try attempt(MarginalMeasurement(attributes: [0], values: [1, 1e19], variance: 1))
        }
        for total in [0, -3, .nan, .infinity] {
            #expect(throws: GraphicalModelError.invalidTotal) {
                try estimate([], sizes: [2], options: EstimationOptions(total: total))
            }
        }
        #expect(throws: GraphicalModelError.emptyDomain(attribute: 1)) { try estimate([], sizes: [2, 0]) }
    }
}
