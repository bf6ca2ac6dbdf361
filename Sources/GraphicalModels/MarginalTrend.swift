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
    /// Cells of the second attribute.
    let width: Int

    /// Newton steps at each visit, and the farthest that one may multiply a cell, as a logarithm.
    private static let steps = 6
    private static let longestStep = 1.0
    private static let tolerance = 1e-4
    /// At the end of a visit rows and columns are scaled so often at most, until none is off by more than this part.
    private static let (closingPasses, closingTolerance) = (50, 1e-3)

    /// - Parameters:
    ///   - attributes: ascending.
    ///   - weights: one number a cell, of the same sign as in `direction`.
    ///   - direction: one number a cell.
    ///   - value: in counts.
    ///   - width: cells of the attribute that varies fastest.
    public init(attributes: [Int], weights: [Double], direction: [Double], value: Double, width: Int) {
        self.attributes = attributes
        self.weights = weights
        self.direction = direction
        self.value = value
        self.width = max(width, 1)
    }

    /// exp(κ · direction) for the κ by which the counts come to the sum, with the counts of each row and each column scaled to what
    /// they were: a trend says nothing of either scale alone.
    ///
    /// - Parameter total: what the sum is of. Where the counts have another total, as in the middle of a fit, they come to the
    ///   same sum a count.
    public func factors(_ counts: [Double], of total: Double) -> [Double] {
        var factors = [Double](repeating: 1, count: counts.count)
        let largest = direction.reduce(0) { max($0, abs($1)) }
        let mass = counts.reduce(0, +)
        guard largest > 0, mass > 0, total > 0 else { return factors }
        let longest = Self.longestStep / largest
        let kept = margins(counts)
        for _ in 0..<Self.steps {
            var (moved, sum, lean, slope) = (0.0, 0.0, 0.0, 0.0)
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
            for cell in factors.indices { factors[cell] *= exponential(step * direction[cell]) }
            bring(&factors, counts, to: kept)
            if abs(step) * largest < Self.tolerance { break }
        }
        // Once is not enough where the scales nearly are one: what is left would widen or narrow both.
        for _ in 0..<Self.closingPasses {
            if bring(&factors, counts, to: kept) < Self.closingTolerance { break }
        }
        return factors
    }

    /// The counts of each row and of each column.
    private func margins(_ counts: [Double]) -> (rows: [Double], columns: [Double]) {
        var rows = [Double](repeating: 0, count: (counts.count + width - 1) / width)
        var columns = [Double](repeating: 0, count: width)
        for (cell, count) in counts.enumerated() {
            let row = cell / width
            rows[row] += count
            columns[cell - row * width] += count
        }
        return (rows, columns)
    }

    /// Scales rows, then columns, to the counts that they had.
    ///
    /// - Returns: how far one was off at most, as a part of it.
    @discardableResult
    private func bring(
        _ factors: inout [Double], _ counts: [Double], to kept: (rows: [Double], columns: [Double])
    ) -> Double {
        func scales(_ kept: [Double], _ found: [Double]) -> [Double] { zip(kept, found).map { $1 > 0 ? $0 / $1 : 1 } }
        let rows = scales(kept.rows, margins(zip(counts, factors).map { $0 * $1 }).rows)
        for cell in factors.indices { factors[cell] *= rows[cell / width] }
        let columns = scales(kept.columns, margins(zip(counts, factors).map { $0 * $1 }).columns)
        for cell in factors.indices { factors[cell] *= columns[cell % width] }
        return (rows + columns).reduce(0) { max($0, abs($1 - 1)) }
    }
}
