/// How to find a model for noisy marginals.
public struct EstimationOptions: Sendable, Equatable, Codable {
    public enum Method: String, Sendable, Codable {
        /// The iterative method, because stopped early it is more accurate than the closed form and as fast; the closed
        /// form where the measurements are as good as exact and it applies.
        case automatic
        /// Weighted least squares on the residuals of the marginals with non-negativity, then one product over the
        /// tree. Only for measured cliques that form the tree; others fall back to the iterative method.
        case closedForm
        /// Accelerated mirror descent on the potentials.
        case iterative
        /// Regularised iterative proportional fitting; only `proportionalFit` does it.
        case proportional
    }

    /// When to leave the path from the uniform model to the best fit.
    public enum EarlyStop: Sendable, Equatable, Codable {
        /// At a share of the expected loss that follows from how far the measurements are from any table of
        /// non-negative counts; see `MeasuredTables.adaptiveStopRatio`.
        case adaptive
        /// At a given share of the expected loss of the truth, half the number of measured cells.
        case ratio(Double)
        /// Only at convergence.
        case never
    }

    public var method: Method
    /// Passes over the tree at most. Public and independent of the data.
    public var maximumIterations: Int
    public var earlyStop: EarlyStop
    /// Stop when 32 passes improve the loss by less than this share of it.
    public var relativeTolerance: Double
    /// The largest model to allocate, in cells.
    public var cellLimit: Int
    /// The total to use instead of the one estimated from the measurements.
    public var total: Double?

    public init(
        method: Method = .automatic, maximumIterations: Int = 1_000, earlyStop: EarlyStop = .adaptive,
        relativeTolerance: Double = 1e-4, cellLimit: Int = 4_000_000, total: Double? = nil
    ) {
        self.method = method
        self.maximumIterations = maximumIterations
        self.earlyStop = earlyStop
        self.relativeTolerance = relativeTolerance
        self.cellLimit = cellLimit
        self.total = total
    }

    /// - Parameter earlyStopRatio: the share of the expected loss at which to stop; nil converges.
    public init(
        method: Method = .automatic, maximumIterations: Int = 1_000, earlyStopRatio: Double?,
        relativeTolerance: Double = 1e-4, cellLimit: Int = 4_000_000, total: Double? = nil
    ) {
        self.init(
            method: method, maximumIterations: maximumIterations,
            earlyStop: earlyStopRatio.map { .ratio($0) } ?? .never, relativeTolerance: relativeTolerance,
            cellLimit: cellLimit, total: total)
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
