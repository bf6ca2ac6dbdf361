import Testing
import VectorMath

@testable import GraphicalModels

@Suite struct JunctionTreeTests {
    /// What makes a forest of cliques a junction tree, checked from the definition.
    func check(_ tree: JunctionTree, covers cliques: [[Int]], _ note: String) {
        for clique in cliques { #expect(tree.smallestNode(containing: clique) != nil, "\(note): \(clique) uncovered") }
        for attribute in tree.sizes.indices {
            let holders = tree.nodes.indices.filter { tree.nodes[$0].attributes.contains(attribute) }
            #expect(!holders.isEmpty, "\(note): attribute \(attribute) uncovered")
            // Connected: every holder but one has a parent that holds the attribute too.
            let tops = holders.filter { !(tree.nodes[$0].separator.contains(attribute)) }
            #expect(tops.count == 1, "\(note): attribute \(attribute) breaks the running-intersection property")
        }
        for (index, node) in tree.nodes.enumerated() {
            #expect(node.attributes == node.attributes.sorted())
            #expect(node.cells == node.shape.reduce(1, *))
            #expect(node.shape == node.axes.map { tree.sizes[$0] })
            if let parent = node.parent {
                #expect(parent < index)
                #expect(node.separator == node.attributes.filter(tree.nodes[parent].attributes.contains))
                #expect(!node.separator.isEmpty)
            } else {
                #expect(node.separator.isEmpty)
            }
            for (other, place) in tree.nodes.enumerated() where other != index {
                #expect(!node.attributes.allSatisfy(place.attributes.contains), "\(note): a clique is not maximal")
            }
        }
    }

    @Test("every graph of up to five nodes becomes a junction tree of maximal cliques", arguments: 1...5)
    func everySmallGraph(nodes: Int) {
        for edges in everyGraph(nodes) {
            let sizes = (0..<nodes).map { $0 % 3 + 2 }
            let tree = JunctionTree(cliques: edges, sizes: sizes)
            check(tree, covers: edges, "\(edges)")
            #expect(JunctionTree.predictedCells(cliques: edges, sizes: sizes) >= tree.totalCells)
        }
    }

    @Test("large random graphs become junction trees, beyond one machine word of attributes")
    func largeGraphs() {
        var generator = SplitMix64(state: 5)
        for count in [20, 64, 65, 100, 130] {
            let sizes = (0..<count).map { _ in Int.random(in: 1...9, using: &generator) }
            var cliques = (1..<count).map { [Int.random(in: 0..<$0, using: &generator), $0] }
            for _ in 0..<count / 4 {
                let start = Int.random(in: 0..<count - 3, using: &generator)
                cliques.append([start, start + 1, start + 3])
            }
            check(JunctionTree(cliques: cliques, sizes: sizes), covers: cliques, "\(count) attributes")
        }
    }

    @Test("a chordal graph gets no fill-in: a chain, a star and a triangle strip")
    func chordal() {
        let chain = JunctionTree(cliques: [[0, 1], [1, 2], [2, 3]], sizes: [2, 3, 4, 5])
        #expect(Set(chain.cliques) == [[0, 1], [1, 2], [2, 3]])
        let star = JunctionTree(cliques: [[0, 1], [0, 2], [0, 3]], sizes: [2, 3, 4, 5])
        #expect(Set(star.cliques) == [[0, 1], [0, 2], [0, 3]])
        let strip = JunctionTree(cliques: [[0, 1, 2], [1, 2, 3], [2, 3, 4]], sizes: [2, 2, 2, 2, 2])
        #expect(Set(strip.cliques) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]])
        #expect(strip.totalCells == 24)
    }

    @Test("of the two diagonals of a square the cheaper one is filled in")
    func square() {
        let tree = JunctionTree(cliques: [[0, 1], [1, 2], [2, 3], [0, 3]], sizes: [50, 2, 50, 2])
        #expect(Set(tree.cliques) == [[0, 1, 3], [1, 2, 3]])
        #expect(tree.totalCells == 400)
    }

    @Test("attributes that nothing connects are trees of their own")
    func forest() {
        let tree = JunctionTree(cliques: [[0, 2]], sizes: [2, 3, 4, 5])
        #expect(tree.parents.filter { $0 == nil }.count == 3)
        #expect(tree.totalCells == 8 + 3 + 5)
        #expect(JunctionTree(cliques: [], sizes: []).nodes.isEmpty)
    }

    @Test("sizes saturate instead of overflowing")
    func saturation() {
        let sizes = [Int](repeating: 1 << 20, count: 10)
        #expect(JunctionTree.predictedCells(cliques: [Array(0..<10)], sizes: sizes) == Int.max)
        #expect(JunctionTree(cliques: [Array(0..<10)], sizes: sizes).totalCells == Int.max)
    }

    @Test("growth predicts what the grown tree needs and knows what it holds already")
    func growth() {
        var generator = SplitMix64(state: 9)
        let sizes = (0..<12).map { _ in Int.random(in: 2...9, using: &generator) }
        var cliques: [[Int]] = []
        var growth = TreeGrowth(cliques: [], sizes: sizes)
        for _ in 0..<25 {
            let pair = Array(Set((0..<2).map { _ in Int.random(in: 0..<12, using: &generator) })).sorted()
            let predicted = growth.cells(adding: pair)
            let supported = growth.supports(pair)
            if supported { #expect(predicted == growth.cells) }
            growth.add(pair)
            cliques.append(pair)
            #expect(growth.supports(pair))
            #expect(growth.cells == JunctionTree.predictedCells(cliques: cliques, sizes: sizes))
            #expect(growth.cells == predicted || supported)
        }
    }

    @Test("of cliques that are too many for a tree those at the front are held, and no more than it may have")
    func held() {
        // Codes of 16 columns in a square, each table of two neighbours.
        let sizes = [Int](repeating: 5, count: 16)
        let across = (0..<16).filter { $0 % 4 < 3 }.map { [$0, $0 + 1] }
        let cliques = across + (0..<12).map { [$0, $0 + 4] }
        let all = JunctionTree.predictedCells(cliques: cliques, sizes: sizes)
        #expect(TreeGrowth.held(cliques, sizes: sizes, cellLimit: all) == cliques.map { _ in true })
        for limit in [all - 1, 2_000, 400] {
            let held = TreeGrowth.held(cliques, required: 3, sizes: sizes, cellLimit: limit)
            let kept = zip(cliques, held).filter(\.1).map(\.0)
            #expect(kept.count < cliques.count && held.prefix(3).allSatisfy { $0 })
            #expect(JunctionTree.predictedCells(cliques: kept, sizes: sizes) <= limit)
            #expect(JunctionTree(cliques: kept, sizes: sizes).totalCells <= limit)
        }
        // Those that are required are held whatever the limit.
        let least = TreeGrowth.held(cliques, required: 2, sizes: sizes, cellLimit: 1)
        #expect(least == cliques.indices.map { $0 < 2 })
    }
}
