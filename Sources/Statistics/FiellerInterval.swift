/// Confidence bounds of a ratio a/b of two independent estimates.
///
/// All ρ with |a − ρ·b| ≤ z·√(v_a + ρ²·v_b): exact whatever the sign or size of b, where the delta method fails. They
/// form an interval where b is z standard deviations from zero; otherwise no bounded set can have the coverage.
/// Source: Fieller, "Some problems in interval estimation", JRSS B 16 (1954).
public struct FiellerInterval: Equatable, Sendable {
    /// The least ratio.
    public let lower: Double
    /// The largest ratio.
    public let upper: Double

    /// nil if the ratio is unbounded at this confidence.
    ///
    /// - Parameter critical: z, in standard deviations.
    public init?(
        numerator: Double, variance numeratorVariance: Double, denominator: Double, variance: Double, critical: Double
    ) {
        let square = critical * critical
        let leading = denominator * denominator - square * variance
        guard leading > 0 else { return nil }
        let middle = numerator * denominator
        let last = numerator * numerator - square * numeratorVariance
        let root = max(0, middle * middle - leading * last).squareRoot()
        lower = (middle - root) / leading
        upper = (middle + root) / leading
    }
}
