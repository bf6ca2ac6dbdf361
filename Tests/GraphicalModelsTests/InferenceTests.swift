import Foundation
import Testing
import VectorMath

@testable import GraphicalModels

@Suite struct InferenceTests {
    static let sizes = [2, 3, 2, 1, 3, 2]

    /// Compares every clique marginal, every pair, the whole joint and one conditional with brute force.
    func compare(_ edges: [[Int]], nodes: Int, impossible: Double, _ generator: inout SplitMix64) throws {
        let sizes = Array(Self.sizes.prefix(nodes))
        let sets = edges + (0..<nodes).map { [$0] }
        let potentials = randomPotentials(sets, sizes: sizes, spread: 2, impossible: impossible, &generator)
        let truth = BruteForce(potentials: potentials, sizes: sizes)
        guard truth.joint.values.allSatisfy(\.isFinite) else {
            #expect(throws: GraphicalModelError.self) {
                try GraphicalModel(potentials: potentials, sizes: sizes, total: 1)
            }
            return
        }
        let model = try GraphicalModel(potentials: potentials, sizes: sizes, total: 1)
        for (node, marginal) in zip(model.tree.nodes, model.marginals) {
            #expect(distance(marginal.values, truth.marginal(node.attributes)) < 1e-12)
        }
        let queries = subsets(nodes).filter { $0.count <= 2 } + [Array(0..<nodes)]
        for (query, factor) in zip(queries, model.marginals(of: queries)) {
            #expect(factor.attributes == query)
            #expect(distance(factor.values, truth.marginal(query)) < 1e-12, "\(edges) \(query)")
            #expect(distance(model.marginal(query).values, factor.values) < 1e-12)
        }
        let evidence = [(attribute: nodes - 1, code: 0), (attribute: 0, code: sizes[0] - 1)]
        let share = truth.marginal([], given: evidence)[0]
        if share > 0 {
            let conditioned = try model.conditioned(on: evidence)
            #expect(abs(conditioned.total - share) < 1e-12)
            for query in queries {
                #expect(distance(conditioned.marginal(query).values, truth.marginal(query, given: evidence)) < 1e-12)
            }
        } else {
            #expect(throws: GraphicalModelError.self) { try model.conditioned(on: evidence) }
        }
    }

    @Test("marginals and conditionals equal brute force on every graph of up to four nodes", arguments: 1...4)
    func everySmallGraph(nodes: Int) throws {
        var generator = SplitMix64(state: UInt64(nodes))
        for edges in everyGraph(nodes) { try compare(edges, nodes: nodes, impossible: 0, &generator) }
    }

    #if DEBUG
        static let step = (five: 5, six: 257)
    #else
        static let step = (five: 1, six: 1)
    #endif

    @Test("and on graphs of five and six nodes: all in release, every 5th and every 257th in debug")
    func largerGraphs() throws {
        var generator = SplitMix64(state: 77)
        for (nodes, step) in [(5, Self.step.five), (6, Self.step.six)] {
            let graphs = everyGraph(nodes)
            for index in stride(from: 0, to: graphs.count, by: step) {
                try compare(graphs[index], nodes: nodes, impossible: 0, &generator)
            }
        }
    }

    @Test("impossible cells are exactly zero in every answer, and contradictions are refused")
    func structuralZeros() throws {
        var generator = SplitMix64(state: 3)
        for (index, edges) in everyGraph(4).enumerated() {
            try compare(edges, nodes: 4, impossible: index % 3 == 0 ? 0.6 : 0.2, &generator)
        }
    }

    @Test("the linear path agrees with the log-space oracle, also on potentials that overflow an exponential")
    func oracle() throws {
        var generator = SplitMix64(state: 11)
        let sizes = [4, 3, 5, 2, 3, 4, 2]
        let cliques = [[0, 1, 2], [1, 2, 3], [3, 4], [4, 5], [1, 6], [2, 6]]
        let layout = TreeLayout(JunctionTree(cliques: cliques, sizes: sizes))
        for spread in [0.1, 1, 10, 100, 400, 2_000] {
            for impossible in [0, 0.1] {
                let potentials = (0..<layout.cellCount).map { _ in
                    generator.unit() < impossible ? -.infinity : spread * generator.normal()
                }
                var fast = TreeBeliefs(layout)
                var careful = TreeBeliefs(layout)
                let a = fast.calibrate(potentials, layout)
                let b = careful.calibrateInLogSpace(potentials, layout)
                guard let a, let b else {
                    #expect(a == nil && b == nil)
                    continue
                }
                #expect(abs(a - b) <= 1e-12 * max(1, abs(b)))
                #expect(distance(fast.cliques, careful.cliques) < 1e-11)
                #expect(distance(fast.separators, careful.separators) < 1e-11)
            }
        }
    }

    @Test("potentials that cancel between cliques do not lose their mass to underflow")
    func cancellation() throws {
        // Code 1 of the shared attribute costs e⁻⁹⁰⁰ in one clique and gains as much in the other.
        let a = Factor(attributes: [0, 1], shape: [2, 2], values: [0, -900, 0, -900])
        let b = Factor(attributes: [1, 2], shape: [2, 2], values: [0, 0, 900, 901])
        let model = try GraphicalModel(potentials: [a, b], sizes: [2, 2, 2], total: 1)
        let truth = BruteForce(potentials: [a, b], sizes: [2, 2, 2])
        #expect(distance(model.marginal([1]).values, truth.marginal([1])) < 1e-12)
        #expect(distance(model.marginal([0, 1, 2]).values, truth.joint.values) < 1e-12)
    }

    @Test("the largest table on the way to a marginal is known before it is made")
    func eliminationSize() throws {
        // A chain of five: the ends meet over one attribute in between, four codes each.
        let chain = (0..<4).map { Factor(attributes: [$0, $0 + 1], sizes: [4, 4, 4, 4, 4], repeating: 0) }
        let model = try GraphicalModel(potentials: chain, sizes: [4, 4, 4, 4, 4], total: 1)
        #expect(model.cellsToEliminate([0, 1]) == 16)
        #expect(model.cellsToEliminate([0, 4]) <= 64)
        #expect(model.cellsToEliminate([0, 1, 2, 3, 4]) == 1_024)
        let wide = try GraphicalModel(potentials: [], sizes: [Int](repeating: 9, count: 40), total: 1)
        #expect(wide.cellsToEliminate(Array(0..<40)) == Int.max)
    }

    @Test("a cycle has the marginals that numpy finds")
    func numpyCycle() throws {
        // np.exp(θ01[:, :, None] + θ12[None] + θ02[:, None, :]), normalised; sums over axes (0, 2) and 1.
        let potentials = [
            Factor(attributes: [0, 1], shape: [2, 3], values: [0.5, -1, 2, 0, 0.3, -0.7]),
            Factor(attributes: [1, 2], shape: [3, 2], values: [1, 0, -0.5, 0.25, 0.1, -2]),
            Factor(attributes: [0, 2], shape: [2, 2], values: [0, 0.8, -1.2, 0.4]),
        ]
        let model = try GraphicalModel(potentials: potentials, sizes: [2, 3, 2], total: 1)
        let middle = [0.414720575307, 0.162799746596, 0.422479678097]
        let outer = [0.51023686911, 0.275360402558, 0.048784989182, 0.16561773915]
        #expect(distance(model.marginal([1]).values, middle) < 1e-11)
        #expect(distance(model.marginal([0, 2]).values, outer) < 1e-11)
    }
}
