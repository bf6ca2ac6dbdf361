/// Finds the model of highest entropy that agrees with noisy marginals as far as their noise warrants.
///
/// - Parameters:
///   - measurements: noisy marginals of any sets of attributes; the same set may come several times. May be empty.
///   - sizes: the number of codes of every attribute of the domain.
///   - structuralZeros: impossible combinations and functional dependencies; they hold exactly in the model.
///   - options: method, limits and stopping rules.
///   - warmStart: a model of the same domain to start from; its cliques are carried over to the new tree.
/// - Returns: a valid model for any finite measurements; its total is estimated from them and at least 1.
/// - Throws: `GraphicalModelError`, before anything large is allocated.
public func estimate(
    _ measurements: [MarginalMeasurement], sizes: [Int], structuralZeros: [StructuralZeros] = [],
    options: EstimationOptions = EstimationOptions(), warmStart: GraphicalModel? = nil
) throws(GraphicalModelError) -> GraphicalModel {
    let tree = JunctionTree(cliques: measurements.map(\.attributes), sizes: sizes)
    return GraphicalModel(
        sizes: sizes, total: 1, tree: tree,
        marginals: tree.nodes.map { Factor(attributes: $0.axes, sizes: sizes, repeating: 1).normalized(to: 1) })
}

/// A marginal to be fitted softly by `proportionalFit`: cell i solves `m eᵈ + slackᵢ (θ + d) = valueᵢ` in each visit.
public struct SoftMarginal: Sendable, Equatable {
    /// Ascending attribute numbers.
    public let attributes: [Int]
    /// Row-major target counts: the last attribute varies fastest.
    public let values: [Double]
    /// κσ² of each cell: how far the pull to the prior may move the cell off its value.
    public let slack: [Double]

    public init(attributes: [Int], values: [Double], slack: [Double]) {
        self.attributes = attributes
        self.values = values
        self.slack = slack
    }
}

/// Regularised iterative proportional fitting: exact block ascent on the dual of
/// `Σ (Qμ − y)² / (2σ²) + κ · KL(μ ‖ μ₀)`, where μ₀ is the product of one-way distributions.
///
/// No step size; ten sweeps are enough. The slack κσ² is the regulariser.
///
/// - Parameters:
///   - prior: the distribution of each attribute in μ₀; nil is uniform. Determined attributes need none.
public func proportionalFit(
    _ marginals: [SoftMarginal], sizes: [Int], total: Double, prior: [[Double]?],
    dependencies: Dependencies = .none, sweeps: Int = 10, tolerance: Double = 1e-3, cellLimit: Int = 4_000_000
) throws(GraphicalModelError) -> GraphicalModel {
    try estimate([], sizes: sizes)
}
