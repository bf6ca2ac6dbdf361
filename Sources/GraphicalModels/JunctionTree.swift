/// A forest of maximal cliques in which the cliques of any attribute are connected (the running-intersection property).
///
/// Every attribute of the domain is covered; attributes that no clique mentions get one of their own. Parts of the
/// domain that nothing connects are separate trees.
public struct JunctionTree: Sendable, Equatable {
    /// One clique and its place in the forest.
    public struct Node: Sendable, Equatable {
        /// The clique, ascending.
        public let attributes: [Int]
        /// The attributes with an axis of their own, ascending: all but those that another member determines.
        public let axes: [Int]
        /// Number of codes along each axis.
        public let shape: [Int]
        /// Product of `shape`.
        public let cells: Int
        /// The node's parent in `nodes`, always earlier in the list; nil for the root of a tree.
        public let parent: Int?
        /// The attributes shared with the parent, ascending; empty for a root.
        public let separator: [Int]
        /// The members of the separator that no other member determines: the axes of a message to the parent.
        public let separatorAxes: [Int]
    }

    /// The number of codes of every attribute of the domain.
    public let sizes: [Int]
    /// What holds between attributes in every cell; determined attributes take no cells.
    public let dependencies: Dependencies
    /// Cliques with every parent before its children.
    public let nodes: [Node]

    /// The maximal cliques, in the order of `nodes`.
    public var cliques: [[Int]] { nodes.map(\.attributes) }
    /// The parent of each clique, nil for roots.
    public var parents: [Int?] { nodes.map(\.parent) }
    /// Cells of all cliques, saturating at `Int.max`.
    public var totalCells: Int { nodes.reduce(0) { Self.saturatingSum($0, $1.cells) } }

    /// - Parameters:
    ///   - cliques: sets of attributes that must lie together in one clique of the tree.
    ///   - sizes: the number of codes of every attribute of the domain.
    ///   - dependencies: attributes that are functions of others; each is held in one clique with its parent.
    public init(cliques: [[Int]], sizes: [Int], dependencies: Dependencies = .none) {
        let graph = EliminationGraph(cliques: cliques, sizes: sizes, dependencies: dependencies)
        var best = Self.predicted(graph)
        for seed in 1...Self.tieBreakSeeds {
            let other = graph.triangulated(by: .fill, seed: seed)
            if other.cells < best.cells { best = other }
        }
        self.sizes = sizes
        self.dependencies = dependencies
        let sets = Self.withoutRedundantNodes(best.cliques.map { graph.members(of: $0) }, dependencies: dependencies)
        nodes = Self.spanningForest(sets, sizes: sizes, dependencies: dependencies)
    }

    /// The cells that `init` would need at most, without building anything.
    public static func predictedCells(
        cliques: [[Int]], sizes: [Int], dependencies: Dependencies = .none
    ) -> Int {
        predicted(EliminationGraph(cliques: cliques, sizes: sizes, dependencies: dependencies)).cells
    }

    /// The root of the tree that each node belongs to.
    var roots: [Int] {
        var roots = Array(nodes.indices)
        for (index, node) in nodes.enumerated() { if let parent = node.parent { roots[index] = roots[parent] } }
        return roots
    }

    /// The node that holds all the attributes with the fewest cells, or nil if none does.
    public func smallestNode(containing attributes: [Int]) -> Int? {
        var best: Int?
        for (index, node) in nodes.enumerated() where attributes.allSatisfy(node.attributes.contains) {
            if best.map({ node.cells < nodes[$0].cells }) ?? true { best = index }
        }
        return best
    }

    static let tieBreakSeeds: UInt64 = 6

    static func predicted(_ graph: EliminationGraph) -> (cliques: [[UInt64]], cells: Int) {
        let byFill = graph.triangulated(by: .fill, seed: 0)
        let byCells = graph.triangulated(by: .cells, seed: 0)
        return byCells.cells < byFill.cells ? byCells : byFill
    }

    /// Merges neighbours of which one has all its axes in the other: determined attributes join it for nothing.
    ///
    /// Contracting an edge of a junction tree leaves a junction tree. The cliques that hold a given set of axes are
    /// connected, so if any other clique holds them then a neighbour does.
    private static func withoutRedundantNodes(_ cliques: [[Int]], dependencies: Dependencies) -> [[Int]] {
        if dependencies.isEmpty { return cliques }
        var sets = cliques.map { Set($0) }
        var parent = [Int?](repeating: nil, count: sets.count)
        for (index, above) in maximumSpanningForest(cliques) { parent[index] = above }
        var alive = Set(sets.indices)
        var merged = true
        while merged {
            merged = false
            for child in alive.sorted() {
                guard let above = parent[child] else { continue }
                let childAxes = dependencies.axes(of: sets[child].sorted())
                let aboveAxes = dependencies.axes(of: sets[above].sorted())
                guard childAxes.allSatisfy(sets[above].contains) || aboveAxes.allSatisfy(sets[child].contains) else {
                    continue
                }
                sets[above].formUnion(sets[child])
                for other in alive where parent[other] == child { parent[other] = above }
                alive.remove(child)
                merged = true
            }
        }
        return alive.sorted().map { sets[$0].sorted() }
    }

    private static func spanningForest(_ sets: [[Int]], sizes: [Int], dependencies: Dependencies) -> [Node] {
        func shape(_ axes: [Int]) -> [Int] { axes.map { sizes[$0] } }
        let cells = sets.map { shape(dependencies.axes(of: $0)).reduce(1, saturatingProduct) }
        let bySize = sets.indices.sorted { (cells[$1], sets[$0].first ?? 0) < (cells[$0], sets[$1].first ?? 0) }
        let ordered = bySize.map { sets[$0] }
        var place: [Int: Int] = [:]
        var nodes: [Node] = []
        for (index, parent) in maximumSpanningForest(ordered) {
            place[index] = nodes.count
            let axes = dependencies.axes(of: ordered[index])
            let separator = parent.map { ordered[$0].filter(ordered[index].contains) } ?? []
            nodes.append(
                Node(
                    attributes: ordered[index], axes: axes, shape: shape(axes),
                    cells: shape(axes).reduce(1, saturatingProduct), parent: parent.flatMap { place[$0] },
                    separator: separator, separatorAxes: dependencies.axes(of: separator)))
        }
        return nodes
    }

    /// Prim's algorithm on the sizes of the intersections; sets that share nothing start a tree of their own.
    private static func maximumSpanningForest(_ sets: [[Int]]) -> [(index: Int, parent: Int?)] {
        let members = sets.map { Set($0) }
        var best = [(weight: Int, parent: Int?)](repeating: (0, nil), count: sets.count)
        var left = Array(sets.indices)
        var order: [(index: Int, parent: Int?)] = []
        while !left.isEmpty {
            var pick = 0
            for i in left.indices where best[left[i]].weight > best[left[pick]].weight { pick = i }
            let index = left.remove(at: pick)
            order.append((index, best[index].parent))
            for other in left {
                let weight = sets[other].reduce(0) { $0 + (members[index].contains($1) ? 1 : 0) }
                if weight > best[other].weight { best[other] = (weight, index) }
            }
        }
        return order
    }

    static func saturatingSum(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    static func saturatingProduct(_ a: Int, _ b: Int) -> Int {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : product
    }
}
