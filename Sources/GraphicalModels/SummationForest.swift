internal import VectorMath

/// From which larger table each of many small tables is best summed.
///
/// A one-way inside a wanted pair is summed from that pair. Where many tables lie in one clique, intermediate tables
/// without one of its axes are put in between, as long as they save work: fifteen pairs of six attributes take four
/// passes over the clique instead of fifteen.
struct SummationForest: Sendable {
    enum Source: Sendable {
        case node(Int)
        case table(Int)
    }

    struct Table: Sendable {
        /// In storage order.
        let attributes: [Int]
        let source: Source
        let projection: CellProjection
        /// The wanted set that this is, nil for an intermediate table.
        let wanted: Int?
    }

    /// A table comes after the one it is summed from.
    private(set) var tables: [Table] = []
    private let tree: JunctionTree
    private let sets: [[Int]]
    private var children: [[Int]] = []

    /// - Parameter sets: distinct sets of attributes, each inside some clique of the tree.
    init(_ sets: [[Int]], tree: JunctionTree) {
        self.tree = tree
        self.sets = sets.map { tree.storageOrder($0) }
        let counts = sets.map { $0.reduce(1) { JunctionTree.saturatingProduct($0, tree.sizes[$1]) } }
        children = sets.map { _ in [] }
        var ofNode = [[Int]](repeating: [], count: tree.nodes.count)
        for (index, set) in sets.enumerated() {
            guard let node = tree.smallestNode(containing: set) else { continue }
            var best: Int?
            for (other, larger) in sets.enumerated()
            where larger.count > set.count && counts[other] < tree.nodes[node].cells
                && set.allSatisfy(larger.contains)
            {
                if best.map({ counts[other] < counts[$0] }) ?? true { best = other }
            }
            if let best { children[best].append(index) } else { ofNode[node].append(index) }
        }
        for (node, wanted) in ofNode.enumerated() {
            sum(wanted, from: .node(node), axes: tree.storageOrder(tree.nodes[node].axes))
        }
    }

    private mutating func sum(_ wanted: [Int], from source: Source, axes: [Int]) {
        var rest = wanted
        while let (axis, group) = worthwhileAxis(rest, axes: axes) {
            let smaller = axes.filter { $0 != axis }
            tables.append(
                Table(
                    attributes: smaller, source: source, projection: tree.projection(from: axes, onto: smaller),
                    wanted: nil))
            sum(group, from: .table(tables.count - 1), axes: smaller)
            rest.removeAll(where: group.contains)
        }
        for index in rest {
            tables.append(
                Table(
                    attributes: sets[index], source: source, projection: tree.projection(from: axes, onto: sets[index]),
                    wanted: index))
            sum(children[index], from: .table(tables.count - 1), axes: sets[index])
        }
    }

    /// The axis whose removal saves the most cells of work, and the sets that can do without it.
    private func worthwhileAxis(_ wanted: [Int], axes: [Int]) -> (axis: Int, group: [Int])? {
        guard wanted.count > 1 else { return nil }
        var best: (saving: Double, axis: Int, group: [Int])?
        for axis in axes {
            let group = wanted.filter { !needs(sets[$0], axis, axes) }
            // In cells of the source: each table costs one pass now, later its share of the smaller table.
            let now = Double(group.count)
            let saving = now - 1 - now / Double(max(tree.sizes[axis], 1))
            if saving > 0, saving > best?.saving ?? 0 { best = (saving, axis, group) }
        }
        return best.map { ($0.axis, $0.group) }
    }

    private func needs(_ set: [Int], _ axis: Int, _ axes: [Int]) -> Bool {
        set.contains { attribute in
            attribute == axis
                || (!axes.contains(attribute) && tree.dependencies.map(of: attribute, from: axis) != nil)
        }
    }

    /// Empty tables for `fill`.
    func zeros() -> [[Double]] { tables.map { [Double](repeating: 0, count: $0.projection.targetCount) } }

    /// Sums the clique arena onto every table.
    func fill(_ result: inout [[Double]], from cliques: [Double], _ layout: TreeLayout) {
        for (index, table) in tables.enumerated() {
            switch table.source {
            case .node(let node):
                table.projection.sum(cliques, from: layout.ranges[node].lowerBound, into: &result[index])
            case .table(let source):
                table.projection.sum(result[source], into: &result[index])
            }
        }
    }

    /// Adds `scale` times a function of the tables' cells to the clique arena.
    ///
    /// - Parameter terms: one table each; a table that others are summed from receives theirs on the way.
    func spread(_ scale: Double, times terms: inout [[Double]], to cliques: inout [Double], _ layout: TreeLayout) {
        for (index, table) in tables.enumerated().reversed() {
            let term = terms[index]
            switch table.source {
            case .node(let node):
                table.projection.add(scale, times: term, to: &cliques, from: layout.ranges[node].lowerBound)
            case .table(let source):
                table.projection.add(1, times: term, to: &terms[source])
            }
        }
    }
}
