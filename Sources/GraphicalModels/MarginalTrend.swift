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

    /// exp(κ · direction) for the κ by which the counts come to the sum, all of them scaled so that their total stays.
    ///
    /// - Parameter total: what the sum is of. Where the counts have another total, as in the middle of a fit, they come to the
    ///   same sum a count.
    public func factors(_ counts: [Double], of total: Double) -> [Double] {
        var factors = [Double](repeating: 1, count: counts.count)
        let largest = direction.reduce(0) { max($0, abs($1)) }
        let mass = counts.reduce(0, +)
        guard largest > 0, mass > 0, total > 0 else { return factors }
        let longest = Self.longestStep / largest
        var moved = mass
        for _ in 0..<Self.steps {
            var (sum, lean, slope) = (0.0, 0.0, 0.0)
            moved = 0
            for cell in factors.indices {
                let count = counts[cell] * factors[cell]
                moved += count
                sum += weights[cell] * count
                lean += direction[cell] * count
                slope += direction[cell] * weights[cell] * count
            }
            // The covariance of weight and direction: what κ does to the mean weight.
            let rate = (slope - sum * lean / moved) / moved
            guard rate > 0 else { break }
            let step = min(max((value / total - sum / moved) / rate, -longest), longest)
            moved = 0
            for cell in factors.indices {
                factors[cell] *= exponential(step * direction[cell])
                moved += counts[cell] * factors[cell]
            }
            if abs(step) * largest < Self.tolerance { break }
        }
        for cell in factors.indices { factors[cell] *= mass / moved }
        return factors
    }
}
