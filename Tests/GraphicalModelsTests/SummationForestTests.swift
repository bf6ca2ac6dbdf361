import Testing
import VectorMath

@testable import GraphicalModels

@Suite struct SummationForestTests {
    @Test("every pair of one large clique is summed right, in far fewer passes over the clique than pairs")
    func pairsOfOneClique() {
        let sizes = [3, 4, 2, 5, 3, 4]
        let all = Array(sizes.indices)
        let pairs = subsets(6).filter { $0.count == 2 } + all.map { [$0] }
        let layout = TreeLayout(JunctionTree(cliques: [all], sizes: sizes))
        var generator = SplitMix64(state: 19)
        let arena = (0..<layout.cellCount).map { _ in generator.unit() }
        let forest = SummationForest(pairs, tree: layout.tree)
        var tables = forest.zeros()
        forest.fill(&tables, from: arena, layout)
        let joint = Factor(attributes: all, shape: sizes, values: layout.table(0, in: arena))
        var found = 0
        for (table, values) in zip(forest.tables, tables) {
            guard let wanted = table.wanted else { continue }
            found += 1
            let truth = layout.tree.stored(joint.marginal(onto: pairs[wanted]).values, over: pairs[wanted])
            #expect(distance(values, truth) < 1e-9)
        }
        #expect(found == pairs.count)
        let passes = forest.tables.filter { if case .node = $0.source { true } else { false } }.count
        #expect(passes <= 5)
    }

    @Test("spreading is the transpose of summing")
    func transpose() {
        let sizes = [3, 4, 2, 5]
        let sets = [[0, 1], [0, 2], [1, 2], [0], [2], [1, 3], [0, 1, 2]]
        let layout = TreeLayout(JunctionTree(cliques: [[0, 1, 2], [1, 3]], sizes: sizes))
        var generator = SplitMix64(state: 23)
        let arena = (0..<layout.cellCount).map { _ in generator.normal() }
        let forest = SummationForest(sets, tree: layout.tree)
        var sums = forest.zeros()
        forest.fill(&sums, from: arena, layout)
        var terms = forest.zeros()
        for (index, table) in forest.tables.enumerated() where table.wanted != nil {
            for i in terms[index].indices { terms[index][i] = generator.normal() }
        }
        let left = zip(sums, terms).reduce(0.0) { $0 + zip($1.0, $1.1).reduce(0) { $0 + $1.0 * $1.1 } }
        var spread = [Double](repeating: 0, count: layout.cellCount)
        forest.spread(1, times: &terms, to: &spread, layout)
        let right = zip(arena, spread).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(left - right) < 1e-9)
    }
}
