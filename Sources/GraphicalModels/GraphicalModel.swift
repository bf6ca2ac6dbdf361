internal import VectorMath

/// A distribution over the whole domain, held as calibrated marginals of the cliques of a junction tree.
///
/// `p(x) = ∏ μ_C(x_C) / ∏ μ_S(x_S)`. Neighbouring cliques agree on their separators, every clique sums to `total`, and
/// no cell is negative or NaN.
public struct GraphicalModel: Sendable {
    /// The number of codes of every attribute of the domain.
    public let sizes: [Int]
    /// The estimated number of records; the sum of every marginal.
    public let total: Double
    /// The cliques and separators; every factor lies in one of the cliques.
    public let tree: JunctionTree
    /// One table for each node of the tree, over `tree.nodes[i].axes`.
    public let marginals: [Factor]

    /// - Parameters:
    ///   - cliques: calibrated beliefs in the layout's arena, each clique summing to 1.
    init(_ layout: TreeLayout, cliques: [Double], total: Double) {
        sizes = layout.tree.sizes
        self.total = total
        tree = layout.tree
        marginals = layout.tree.nodes.enumerated().map { index, node in
            Factor(attributes: node.axes, shape: node.shape, values: layout.table(index, in: cliques))
                .normalized(to: total)
        }
    }

    /// The model with the given log-potentials; the oracle of tests and the way back from a stored model.
    ///
    /// - Parameters:
    ///   - potentials: one table for each of any sets of attributes; −∞ is impossible. They add up.
    ///   - total: what every marginal sums to.
    /// - Throws: `GraphicalModelError.impossible` if nothing has a finite potential.
    public init(
        potentials: [Factor], sizes: [Int], total: Double, structuralZeros: [StructuralZeros] = [],
        cellLimit: Int = 4_000_000
    ) throws(GraphicalModelError) {
        try validate(sizes: sizes)
        try validate(total: total)
        for one in potentials {
            try validate(attributes: one.attributes, sizes: sizes)
            guard one.shape == one.attributes.map({ sizes[$0] }) else {
                throw .wrongShape(
                    attributes: one.attributes, expected: one.attributes.reduce(1) { $0 * sizes[$1] },
                    found: one.values.count)
            }
            guard one.values.allSatisfy({ $0 < .infinity }) else {
                throw .invalidMeasurement(attributes: one.attributes)
            }
        }
        let zeros = try ImpossibleCells(structuralZeros, sizes: sizes)
        let tree = JunctionTree(
            cliques: potentials.map(\.attributes) + zeros.cliques, sizes: sizes, dependencies: zeros.dependencies)
        try tree.check(cellLimit: cellLimit)
        let layout = TreeLayout(tree)
        var arena = try zeros.potentials(layout)
        for one in potentials {
            guard let node = tree.smallestNode(containing: one.attributes) else { continue }
            layout.add(one.values, over: one.attributes, to: &arena, node: node)
        }
        var beliefs = TreeBeliefs(layout)
        guard beliefs.calibrate(arena, layout) != nil else {
            throw .impossible(attributes: Array(Set(potentials.flatMap(\.attributes))).sorted())
        }
        self.init(layout, cliques: beliefs.cliques, total: total)
    }
}
