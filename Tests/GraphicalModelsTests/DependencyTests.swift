import Testing
import VectorMath

@testable import GraphicalModels

/// Attributes: 0 = HS6 (12 codes), 1 = HS4 (6), 2 = HS2 (3), 3 = partner (4), 4 = flow (2).
@Suite struct DependencyTests {
    static let sizes = [12, 6, 3, 4, 2]
    static let hs4 = FunctionalDependency(attribute: 1, parent: 0, map: (0..<12).map { UInt32($0 / 2) })
    static let hs2 = FunctionalDependency(attribute: 2, parent: 0, map: (0..<12).map { UInt32($0 / 4) })
    static let zeros: [StructuralZeros] = [.dependency(hs4), .dependency(hs2)]

    /// The dependency as potentials of a dense table, for brute force.
    static func dense(_ one: FunctionalDependency) -> Factor {
        let set = [one.attribute, one.parent].sorted()
        var factor = Factor(attributes: set, sizes: sizes, repeating: -.infinity)
        for (parent, code) in one.map.enumerated() {
            factor[set[0] == one.parent ? [parent, Int(code)] : [Int(code), parent]] = 0
        }
        return factor
    }

    @Test("a dependency costs no cells: HS2 and HS4 ride along with HS6")
    func costsNothing() throws {
        let dependencies = try Dependencies([Self.hs4, Self.hs2], sizes: Self.sizes)
        let alone = JunctionTree(cliques: [[0], [1], [2]], sizes: Self.sizes, dependencies: dependencies)
        #expect(alone.totalCells == 12 + 4 + 2)
        let withFlow = JunctionTree(
            cliques: [[0, 4], [1, 4], [2, 4]], sizes: Self.sizes, dependencies: dependencies)
        #expect(withFlow.totalCells == 12 * 2 + 4)
        // HS2 × partner needs its own clique, but no product with HS6.
        let partner = JunctionTree(cliques: [[0], [2, 3]], sizes: Self.sizes, dependencies: dependencies)
        #expect(partner.totalCells == 12 + 3 * 4 + 2)
    }

    @Test("HS2 of HS6 beside HS4 of HS6 implies HS2 of HS4")
    func inference() throws {
        let dependencies = try Dependencies([Self.hs4, Self.hs2], sizes: Self.sizes)
        #expect(dependencies.map(of: 2, from: 1) == [0, 0, 1, 1, 2, 2])
        #expect(dependencies.axes(of: [0, 1, 2, 3]) == [0, 3])
        #expect(dependencies.axes(of: [1, 2]) == [1])
    }

    @Test("circles, contradictions and maps that do not fit are refused")
    func refusals() {
        let up = FunctionalDependency(attribute: 0, parent: 1, map: [0, 1, 2, 3, 4, 5])
        #expect(throws: GraphicalModelError.invalidDependency(attribute: 0, parent: 0)) {
            try Dependencies([Self.hs4, up], sizes: Self.sizes)
        }
        let wrong = FunctionalDependency(attribute: 2, parent: 1, map: [0, 1, 0, 1, 2, 2])
        #expect(throws: GraphicalModelError.self) { try Dependencies([Self.hs4, Self.hs2, wrong], sizes: Self.sizes) }
        let short = FunctionalDependency(attribute: 2, parent: 1, map: [0])
        #expect(throws: GraphicalModelError.invalidDependency(attribute: 2, parent: 1)) {
            try Dependencies([short], sizes: Self.sizes)
        }
        let tall = FunctionalDependency(attribute: 4, parent: 3, map: [0, 1, 2, 1])
        #expect(throws: GraphicalModelError.invalidDependency(attribute: 4, parent: 3)) {
            try Dependencies([tall], sizes: Self.sizes)
        }
    }

    static let cliqueSets: [[[Int]]] = [
        [[0]], [[2, 3]], [[1, 4], [2, 3]], [[0, 4], [2, 3]], [[0, 4], [1, 3], [2, 4]], [[2, 3], [3, 4], [1, 4]],
        [[1, 3], [2, 4], [3, 4]], [[1, 2, 3], [0, 4]], [[1, 2]],
    ]

    @Test("marginals, evidence and sampling with dependencies equal brute force", arguments: cliqueSets)
    func bruteForce(cliques: [[Int]]) throws {
        var generator = SplitMix64(state: UInt64(cliques.count) + 40)
        let potentials = randomPotentials(cliques, sizes: Self.sizes, spread: 1.5, &generator)
        let truth = BruteForce(
            potentials: potentials + [Self.dense(Self.hs4), Self.dense(Self.hs2)], sizes: Self.sizes)
        let model = try GraphicalModel(
            potentials: potentials, sizes: Self.sizes, total: 1, structuralZeros: Self.zeros)
        let queries = subsets(5)
        for (query, factor) in zip(queries, model.marginals(of: queries)) {
            #expect(distance(factor.values, truth.marginal(query)) < 1e-12, "\(cliques) \(query)")
        }
        for evidence in [[(attribute: 2, code: 1)], [(attribute: 1, code: 3), (attribute: 3, code: 0)]] {
            let conditioned = try model.conditioned(on: evidence)
            for (query, factor) in zip(queries, conditioned.marginals(of: queries)) {
                #expect(distance(factor.values, truth.marginal(query, given: evidence)) < 1e-12)
            }
        }
        #expect(throws: GraphicalModelError.self) { try model.conditioned(on: [(1, 0), (2, 2)]) }
        #expect(distance(joint(of: model.samplingProgram(), sizes: Self.sizes), truth.joint.values) < 1e-12)
    }

    @Test("drawing HS6 given HS2 needs one entry for each HS6 code, not one for each pair")
    func sparseConditional() throws {
        // The clique {HS2, partner, flow} is the largest and comes first; HS6 is drawn given HS2.
        let potential = Factor(attributes: [2, 3, 4], sizes: Self.sizes, repeating: 0)
        let model = try GraphicalModel(
            potentials: [potential], sizes: Self.sizes, total: 1, structuralZeros: Self.zeros)
        let program = model.samplingProgram()
        for case .draw(let conditional) in program.steps where conditional.attribute == 0 {
            #expect(conditional.parents == [2])
            #expect(conditional.codes == (0..<12).map { UInt32($0) })
            #expect(conditional.offsets == [0, 4, 8, 12])
            #expect(distance(conditional.probabilities, [Double](repeating: 0.25, count: 12)) < 1e-12)
        }
        #expect(program.steps.contains { $0.attribute == 0 })
    }

    @Test("a fit holds a dependency exactly, from contradicting noisy marginals")
    func fitting() throws {
        var generator = SplitMix64(state: 8)
        let targets = [[0], [1], [2], [2, 3], [1, 4], [0, 1]].map { set in
            let cells = set.reduce(1) { $0 * Self.sizes[$1] }
            return MarginalTarget(
                attributes: set, values: (0..<cells).map { _ in 20 + 15 * generator.normal() },
                slack: [Double](repeating: 22.5, count: cells))
        }
        let model = try proportionalFit(
            targets, sizes: Self.sizes, total: 400, prior: Self.sizes.map { _ in nil },
            dependencies: [Self.hs4, Self.hs2])
        let joint = model.marginal([0, 1, 2])
        for cell in joint.values.indices where joint.values[cell] != 0 {
            let codes = joint.codes(at: cell)
            #expect(codes[1] == codes[0] / 2 && codes[2] == codes[0] / 4)
        }
        #expect(abs(joint.total - model.total) < 1e-9 * model.total)
    }
}

/// The joint distribution that a sampling program draws from, by walking every row.
func joint(of program: SamplingProgram, sizes: [Int]) -> [Double] {
    var result = Factor(attributes: Array(sizes.indices), sizes: sizes, repeating: 0)
    for cell in result.values.indices {
        let codes = result.codes(at: cell)
        var probability = 1.0
        for step in program.steps {
            switch step {
            case .look(let dependency):
                if codes[dependency.attribute] != Int(dependency.map[codes[dependency.parent]]) { probability = 0 }
            case .draw(let conditional):
                let row = zip(conditional.parents, conditional.parentShape).reduce(0) { $0 * $1.1 + codes[$1.0] }
                let entries = conditional.offsets[row]..<conditional.offsets[row + 1]
                let entry = entries.first { conditional.codes[$0] == UInt32(codes[conditional.attribute]) }
                probability *= entry.map { conditional.probabilities[$0] } ?? 0
            }
        }
        result.values[cell] = probability
    }
    return result.values
}
