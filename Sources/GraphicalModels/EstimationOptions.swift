/// How to find a model for noisy marginals.
public struct EstimationOptions: Sendable, Equatable, Codable {
    public enum Method: String, Sendable, Codable {
        /// Iterative with early stopping, which is at least as accurate as the closed form and as fast.
        case automatic
        /// Weighted least squares on the residuals of the marginals with non-negativity, then one product over the
        /// tree. Only for measured cliques that form the tree; others fall back to the iterative method.
        case closedForm
        /// Accelerated mirror descent on the potentials.
        case iterative
        /// Regularised iterative proportional fitting; only `proportionalFit` does it.
        case proportional
    }

    public var method: Method
    /// Passes over the tree at most. Public and independent of the data.
    public var maximumIterations: Int
    /// Stop when the loss is at most this share of its expectation at the truth, half the number of measured cells.
    /// nil converges.
    public var earlyStopRatio: Double?
    /// Stop when a step improves the loss by less than this share of it.
    public var relativeTolerance: Double
    /// The largest model to allocate, in cells.
    public var cellLimit: Int
    /// The total to use instead of the one estimated from the measurements.
    public var total: Double?

    public init(
        method: Method = .automatic, maximumIterations: Int = 1_000, earlyStopRatio: Double? = 0.88,
        relativeTolerance: Double = 1e-7, cellLimit: Int = 4_000_000, total: Double? = nil
    ) {
        self.method = method
        self.maximumIterations = maximumIterations
        self.earlyStopRatio = earlyStopRatio
        self.relativeTolerance = relativeTolerance
        self.cellLimit = cellLimit
        self.total = total
    }
}

/// How an estimation went.
public struct FitSummary: Sendable, Equatable, Codable {
    /// Σ weight · ‖Q μ − y‖² / (2 variance) of the returned model.
    public var loss: Double
    /// Half the number of measured cells (weighted): the expected loss of the truth.
    public var expectedLoss: Double
    /// Passes over the tree.
    public var iterations: Int
    public var method: EstimationOptions.Method
    /// Whether a stopping rule was met before the iteration limit.
    public var converged: Bool

    public init(
        loss: Double, expectedLoss: Double, iterations: Int, method: EstimationOptions.Method, converged: Bool
    ) {
        self.loss = loss
        self.expectedLoss = expectedLoss
        self.iterations = iterations
        self.method = method
        self.converged = converged
    }
}
