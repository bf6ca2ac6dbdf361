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
}

private func randomJoint(_ sizes: [Int], total: Double, _ generator: inout SplitMix64) -> Factor {
    var joint = Factor(attributes: Array(sizes.indices), sizes: sizes, repeating: 0)
    for i in joint.values.indices { joint.values[i] = exp(1.5 * generator.normal()) }
    return joint.normalized(to: total)
}

/// Targets over some sets, each cell with the same slack.
private func targets(_ sets: [[Int]], slack: Double, _ values: ([Int]) -> [Double]) -> [MarginalTarget] {
    sets.map { set in
        let counts = values(set)
        return MarginalTarget(
            attributes: set, values: counts, slack: [Double](repeating: slack, count: counts.count))
    }
}

@Suite struct ModelLimitsTests {
    @Test(
        "without noise the fit gives back the data's marginals",
        arguments: [
            [[0, 1], [1, 2], [2, 3]], [[0, 1], [1, 2], [0, 2]], [[0, 1, 2, 3]], [[0], [1], [2], [3]],
            [[0, 3], [1, 2]],
        ])
    func noiseFree(sets: [[Int]]) throws {
        var generator = SplitMix64(state: 4)
        let sizes = [3, 4, 2, 3]
        let joint = randomJoint(sizes, total: 1_000, &generator)
        let model = try proportionalFit(
            targets(sets, slack: 1e-9) { joint.marginal(onto: $0).values }, sizes: sizes, total: 1_000,
            prior: sizes.map { _ in nil }, options: ProportionalFitOptions(sweeps: 2_000, tolerance: 1e-12))
        expectValid(model)
        for set in sets {
            #expect(distance(model.marginal(set).values, joint.marginal(onto: set).values) < 0.01, "\(set)")
        }
    }

    @Test("hopeless targets still give a valid finite model")
    func robust() throws {
        var generator = SplitMix64(state: 6)
        let sizes = [3, 1, 4, 2, 5]
        func table(_ set: [Int], slack: Double, _ value: () -> Double) -> MarginalTarget {
            let values = (0..<set.reduce(1) { $0 * sizes[$1] }).map { _ in value() }
            return MarginalTarget(
                attributes: set, values: values, slack: [Double](repeating: slack, count: values.count))
        }
        let cases: [(String, [MarginalTarget])] = [
            ("nothing measured", []),
            ("zero rows", [[0], [1], [0, 2], [2, 3]].map { table($0, slack: 1.5) { 0 } }),
            (
                "zero rows with noise",
                [[0], [1], [0, 2], [2, 3]].map { table($0, slack: 6) { 4 * generator.normal() } }
            ),
            ("all negative", [[0], [2, 3], [3, 4]].map { table($0, slack: 3) { -50 } }),
            ("huge noise", [[0, 2], [2, 3]].map { table($0, slack: 1.5e9) { 1e9 * generator.normal() } }),
            ("tiny slack", [[0, 2], [2, 3]].map { table($0, slack: 1e-9) { 10 * generator.normal() } }),
            ("huge counts", [[0, 2], [2, 3]].map { table($0, slack: 1) { 1e12 * generator.unit() } }),
            ("one attribute of one value", [table([1], slack: 3) { 77 }]),
            ("one clique", [table([0, 1, 2, 3, 4], slack: 2) { 9 * generator.unit() }]),
            ("the same set three times", (0..<3).map { _ in table([0, 3], slack: 4) { 20 * generator.unit() } }),
            (
                "one spike",
                [
                    table([0], slack: 1) { 0 },
                    MarginalTarget(
                        attributes: [2], values: [1e6, -1e6, 0, 0], slack: [Double](repeating: 1, count: 4)),
                ]
            ),
        ]
        for (name, targets) in cases {
            for total in [1, 500, 1e12] {
                expectValid(
                    try proportionalFit(targets, sizes: sizes, total: total, prior: sizes.map { _ in nil }), name)
            }
        }
        let empty = try GraphicalModel(potentials: [], sizes: [], total: 1)
        #expect(empty.marginals.isEmpty && empty.marginal([]).values == [1])
    }

    @Test("attributes that were never measured are uniform and independent")
    func unmeasured() throws {
        let model = try proportionalFit(
            targets([[1]], slack: 1) { _ in [30, 70] }, sizes: [4, 2, 3], total: 100, prior: [nil, nil, nil])
        #expect(distance(model.marginal([0]).values, [25, 25, 25, 25]) < 1e-9)
        let pair = model.marginal([1, 2])
        #expect(abs(pair[[1, 0]] - pair[[1, 2]]) < 1e-9)
    }

    @Test("structural zeros are exactly zero, and a potential cannot revive them")
    func structuralZeros() throws {
        let zeros = [StructuralZeros.combinations(attributes: [0, 1], codes: [[0, 0], [1, 2]])]
        let potential = Factor(attributes: [0, 1], shape: [2, 3], values: [50, 20, 10, 5, 5, 60])
        let model = try GraphicalModel(potentials: [potential], sizes: [2, 3], total: 1, structuralZeros: zeros)
        expectValid(model)
        #expect(model.marginal([0, 1])[[0, 0]] == 0)
        #expect(model.marginal([0, 1])[[1, 2]] == 0)
        let all = StructuralZeros.combinations(attributes: [0], codes: [[0], [1]])
        #expect(throws: GraphicalModelError.impossible(attributes: [0])) {
            try GraphicalModel(potentials: [], sizes: [2, 3], total: 1, structuralZeros: [all])
        }
        let jointly = [
            StructuralZeros.combinations(attributes: [0, 1], codes: [[0, 0], [1, 0]]),
            StructuralZeros.combinations(attributes: [1, 2], codes: [[1, 0], [1, 1], [2, 0], [2, 1]]),
        ]
        #expect(throws: GraphicalModelError.self) {
            try GraphicalModel(potentials: [], sizes: [2, 3, 2], total: 1, structuralZeros: jointly)
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
        ) { try GraphicalModel(potentials: [], sizes: sizes, total: 1, structuralZeros: zeros) }
        #expect(
            throws: GraphicalModelError.modelTooLarge(cells: 12, limit: 11, largestClique: [0, 1], largestCells: 12)
        ) {
            try proportionalFit(
                targets([[0, 1]], slack: 1) { _ in [Double](repeating: 1, count: 12) }, sizes: [3, 4], total: 12,
                prior: [nil, nil], options: ProportionalFitOptions(cellLimit: 11))
        }
    }

    @Test("a malformed target is refused by name")
    func refusals() {
        func attempt(_ set: [Int], _ values: [Double], slack: Double = 1) throws -> GraphicalModel {
            try proportionalFit(
                targets([set], slack: slack) { _ in values }, sizes: [2, 3], total: 10, prior: [nil, nil])
        }
        #expect(throws: GraphicalModelError.wrongShape(attributes: [0], expected: 2, found: 3)) {
            try attempt([0], [1, 2, 3])
        }
        #expect(throws: GraphicalModelError.invalidAttributes([1, 0], attributeCount: 2)) {
            try attempt([1, 0], [Double](repeating: 0, count: 6))
        }
        #expect(throws: GraphicalModelError.invalidAttributes([2], attributeCount: 2)) { try attempt([2], [1]) }
        for slack in [0, -1, .nan, .infinity] {
            #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) {
                try attempt([0], [1, 2], slack: slack)
            }
        }
        #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) { try attempt([0], [1, .nan]) }
        #expect(throws: GraphicalModelError.invalidMeasurement(attributes: [0])) { try attempt([0], [1, 1e19]) }
        for total in [0, -3, .nan, .infinity] {
            #expect(throws: GraphicalModelError.invalidTotal) {
                try GraphicalModel(potentials: [], sizes: [2], total: total)
            }
        }
        #expect(throws: GraphicalModelError.emptyDomain(attribute: 1)) {
            try GraphicalModel(potentials: [], sizes: [2, 0], total: 1)
        }
    }
}
