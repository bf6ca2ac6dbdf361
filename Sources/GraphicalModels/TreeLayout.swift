internal import VectorMath

/// Where the cells of a junction tree's cliques and separators lie, and every index map between them, computed once.
///
/// All cliques share one array (the arena), and so do all separators. Tables in here have their axes in storage order, the
/// largest last, so that loops run over long stretches; `Factor`s have theirs ascending.
struct TreeLayout: Sendable {
    /// The connection of a node to its parent.
    struct Edge: Sendable {
        let parent: Int
        /// The separator's place in the separator arena.
        let range: Range<Int>
        /// From the node's cells to the separator's.
        let fromNode: CellProjection
        /// From the parent's cells to the separator's.
        let fromParent: CellProjection
    }

    let tree: JunctionTree
    /// The place of each node's cells in the arena.
    let ranges: [Range<Int>]
    /// Each node's axes in storage order.
    let axes: [[Int]]
    /// One edge for each node, nil for roots.
    let edges: [Edge?]
    let cellCount: Int
    let separatorCellCount: Int
    /// Natural logarithm of the number of combinations of codes; bounds what underflow can lose.
    let logDomainSize: Double

    init(_ tree: JunctionTree) {
        self.tree = tree
        var ranges: [Range<Int>] = []
        var next = 0
        for node in tree.nodes {
            ranges.append(next..<next + node.cells)
            next += node.cells
        }
        cellCount = next
        let stored = tree.nodes.map { tree.storageOrder($0.axes) }
        var edges: [Edge?] = []
        var separator = 0
        for node in tree.nodes {
            guard let parent = node.parent else {
                edges.append(nil)
                continue
            }
            let separatorAxes = tree.storageOrder(node.separatorAxes)
            let fromNode = tree.projection(from: stored[edges.count], onto: separatorAxes)
            edges.append(
                Edge(
                    parent: parent, range: separator..<separator + fromNode.targetCount, fromNode: fromNode,
                    fromParent: tree.projection(from: stored[parent], onto: separatorAxes)))
            separator += fromNode.targetCount
        }
        self.ranges = ranges
        axes = stored
        self.edges = edges
        separatorCellCount = separator
        logDomainSize = tree.sizes.reduce(0) { $0 + naturalLogarithm(Double($1)) }
    }
}

extension TreeLayout {
    /// The map from a node's cells in the arena to those of a table over `attributes`.
    func projection(from node: Int, onto attributes: [Int]) -> CellProjection {
        tree.projection(from: axes[node], onto: attributes)
    }

    /// One node's cells as a table over its axes in ascending order.
    func table(_ node: Int, in arena: [Double]) -> [Double] {
        var values = [Double](repeating: 0, count: ranges[node].count)
        projection(from: node, onto: tree.nodes[node].axes).sum(arena, from: ranges[node].lowerBound, into: &values)
        return values
    }

    /// Adds a table over some of a node's attributes to each cell of the node that it holds for.
    func add(_ table: [Double], over attributes: [Int], to arena: inout [Double], node: Int) {
        projection(from: node, onto: attributes).add(1, times: table, to: &arena, from: ranges[node].lowerBound)
    }
}

extension JunctionTree {
    /// Attributes by their number of codes, the largest last.
    func storageOrder(_ attributes: [Int]) -> [Int] {
        attributes.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
    }

    /// A table with its axes in storage order instead of ascending.
    func stored(_ values: [Double], over attributes: [Int]) -> [Double] {
        var result = [Double](repeating: 0, count: values.count)
        projection(from: attributes, onto: storageOrder(attributes)).sum(values, into: &result)
        return result
    }

    /// The map from the cells of a table with the given axes to those of a table over `attributes`, each of which must
    /// be one of the axes or determined by one.
    func projection(from axes: [Int], onto attributes: [Int]) -> CellProjection {
        let (contributions, count) = contributions(from: axes, onto: attributes, stride: 1)
        return CellProjection(contributions: contributions, targetCount: count)
    }

    /// As above, for tables with one more axis, the fastest, which the target has too.
    func projection(from axes: [Int], onto attributes: [Int], keeping width: Int) -> CellProjection {
        let (contributions, count) = contributions(from: axes, onto: attributes, stride: Int32(width))
        return CellProjection(contributions: contributions + [(0..<Int32(width)).map { $0 }], targetCount: count)
    }

    /// As above, for a table with one more axis, the fastest, which is summed over.
    func projection(from axes: [Int], onto attributes: [Int], ignoring width: Int) -> CellProjection {
        let (contributions, count) = contributions(from: axes, onto: attributes, stride: 1)
        return CellProjection(
            contributions: contributions + [[Int32](repeating: 0, count: width)], targetCount: count)
    }

    private func contributions(
        from axes: [Int], onto attributes: [Int], stride: Int32
    ) -> (contributions: [[Int32]], targetCount: Int) {
        var contributions = axes.map { [Int32](repeating: 0, count: sizes[$0]) }
        var stride = stride
        for attribute in attributes.reversed() {
            if let axis = axes.firstIndex(of: attribute) {
                for code in contributions[axis].indices { contributions[axis][code] += stride * Int32(code) }
            } else {
                let axis = axes.indices.first { dependencies.map(of: attribute, from: axes[$0]) != nil }
                precondition(axis != nil, "attribute \(attribute) is not in the clique")
                if let axis, let map = dependencies.map(of: attribute, from: axes[axis]) {
                    for code in contributions[axis].indices { contributions[axis][code] += stride * map[code] }
                }
            }
            stride *= Int32(sizes[attribute])
        }
        return (contributions, Int(stride))
    }
}
