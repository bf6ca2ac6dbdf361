/// The size of the tree that one more clique would lead to, for greedy construction within a cell limit.
public struct TreeGrowth: Sendable {
    private var graph: EliminationGraph
    private var cliques: [[UInt64]]
    /// Cells of the tree of the cliques so far, saturating at `Int.max`.
    public private(set) var cells: Int

    /// - Parameters:
    ///   - cliques: those that the tree has already.
    ///   - sizes: the number of codes of every attribute.
    ///   - dependencies: determined attributes take no cells.
    public init(cliques: [[Int]], sizes: [Int], dependencies: Dependencies = .none) {
        graph = EliminationGraph(cliques: cliques, sizes: sizes, dependencies: dependencies)
        (self.cliques, cells) = JunctionTree.predicted(graph)
    }

    /// Whether the tree already holds all the attributes in one clique.
    public func supports(_ attributes: [Int]) -> Bool {
        cliques.contains { clique in attributes.allSatisfy { clique[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 } }
    }

    /// Cells of the tree if the clique were added.
    public func cells(adding clique: [Int]) -> Int {
        if supports(clique) { return cells }
        var larger = graph
        larger.connect(clique)
        return JunctionTree.predicted(larger).cells
    }

    /// Adds a clique for good.
    public mutating func add(_ clique: [Int]) {
        graph.connect(clique)
        (cliques, cells) = JunctionTree.predicted(graph)
    }

    /// Which of some cliques a tree within a limit holds: all of them where it can, else one after the other as long as it is.
    ///
    /// - Parameters:
    ///   - required: so many at the front are held in any case.
    ///   - cellLimit: of `JunctionTree.predictedCells` of those that are held.
    public static func held(
        _ cliques: [[Int]], required: Int = 0, sizes: [Int], dependencies: Dependencies = .none, cellLimit: Int
    ) -> [Bool] {
        if JunctionTree.predictedCells(cliques: cliques, sizes: sizes, dependencies: dependencies) <= cellLimit {
            return cliques.map { _ in true }
        }
        var growth = TreeGrowth(
            cliques: Array(cliques.prefix(required)), sizes: sizes, dependencies: dependencies)
        return cliques.enumerated().map { place, clique in
            if place < required { return true }
            guard growth.cells(adding: clique) <= cellLimit else { return false }
            growth.add(clique)
            return true
        }
    }
}
