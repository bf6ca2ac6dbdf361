internal import VectorMath

/// A sum over the cells of a table that a fit meets without slack: how two scales move together.
///
/// The slack of single cells draws each of them towards the prior, by less than its noise but all in one direction. Their sum
/// weighted by both scales' scores is known far better than any of them, and would come out too small by many times its own
/// noise. So it has a potential of its own, κ · direction, which nothing holds: uniform association (Goodman 1979).
public struct MarginalTrend: Sendable, Equatable {
    /// Ascending attribute numbers.
    public let attributes: [Int]
    /// For each cell its weight in the sum; row-major, the last attribute varies fastest.
    public let weights: [Double]
    /// For each cell what a unit of κ adds to its logarithm.
    public let direction: [Double]
    /// What Σ weight · count is to be.
    public let value: Double

    /// Newton steps at each visit, and the farthest that one may multiply a cell, as a logarithm.
    private static let steps = 3
    private static let longestStep = 1.0
    private static let tolerance = 1e-4

    /// - Parameters:
    ///   - attributes: ascending.
    ///   - weights: one number a cell, of the same sign as in `direction`.
    ///   - direction: one number a cell.
    ///   - value: in counts.
    public init(attributes: [Int], weights: [Double], direction: [Double], value: Double) {
        self.attributes = attributes
        self.weights = weights
        self.direction = direction
        self.value = value
    }

    /// exp(κ · direction) for the κ by which the counts come to the sum.
    public func factors(_ counts: [Double]) -> [Double] {
        var factors = [Double](repeating: 1, count: counts.count)
        let largest = direction.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return factors }
        let longest = Self.longestStep / largest
        for _ in 0..<Self.steps {
            var (sum, slope) = (0.0, 0.0)
            for cell in factors.indices {
                let part = weights[cell] * counts[cell] * factors[cell]
                sum += part
                slope += direction[cell] * part
            }
            guard slope > 0 else { return factors }
            let step = min(max((value - sum) / slope, -longest), longest)
            for cell in factors.indices { factors[cell] *= exponential(step * direction[cell]) }
            if abs(step) * largest < Self.tolerance { return factors }
        }
        return factors
    }
}
