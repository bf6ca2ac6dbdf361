import Statistics

/// What several imputations say about one figure of the population that the table's rows are a sample of.
///
/// Raghunathan, Reiter and Rubin (2003): the differences between imputations hold the noise of the kernel, the chance of
/// the table's rows and that of the synthetic rows; the last is taken out again. Rows must be independent draws, not
/// balanced ones.
///
/// Degrees of freedom: Reiter (2002) has (m − 1) r² for the part r of the spread that is left, which covers 98 % and more
/// where synthetic rows are as few as the table's, because the variance is a difference and not a χ². With (m − 1) r^1.5,
/// at least 3, simulation of the formulas gave 94.8 to 96.1 % for 10 to 50 imputations and r of 0.4 to 0.8, and
/// `make bench-coverage` 95.4 % with fits.
public struct ImputedEstimate: Sendable, Equatable {
    /// The mean over the imputations.
    public let estimate: Double
    /// Of the estimate, squared.
    public let variance: Double
    /// Of Student's law that the interval is made from.
    public let degreesOfFreedom: Double
    /// 95 % of samples from the population have an interval that contains its figure.
    public let interval: ClosedRange<Double>

    /// - Parameters:
    ///   - estimates: the figure from each imputation's rows, two or more.
    ///   - variances: of each as if its rows were a random sample: for a share q of n rows q(1−q)/n.
    ///   - syntheticRows: rows that each figure is made from.
    ///   - tableRows: the model's `rowCount`.
    public init(
        estimates: [Double], variances: [Double], syntheticRows: Int, tableRows: Int, confidence: Double = 0.95
    ) {
        precondition(estimates.count >= 2 && variances.count == estimates.count)
        precondition(confidence > 0 && confidence < 1 && tableRows > 0)
        let count = Double(estimates.count)
        let mean = estimates.reduce(0, +) / count
        let between = estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let within = variances.reduce(0, +) / count
        let spread = (1 + 1 / count) * between
        let difference = spread - within
        let variance = difference > 0 ? difference : within * Double(syntheticRows) / Double(tableRows)
        let ratio = spread > 0 ? 1 - within / spread : 1
        let freedom = difference > 0 ? max((count - 1) * ratio * ratio.squareRoot(), 3) : count - 1
        let reach = studentQuantile((1 + confidence) / 2, freedom: freedom) * variance.squareRoot()
        estimate = mean
        self.variance = variance
        degreesOfFreedom = freedom
        interval = mean - reach...mean + reach
    }
}
