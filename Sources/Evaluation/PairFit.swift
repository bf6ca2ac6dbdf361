import Statistics

/// Two columns: whether and how they were measured together, and how well the synthetic rows keep what was measured.
public struct PairFit: Sendable {
    /// What the association of a pair rests on.
    public enum Basis: String, Sendable, Codable {
        /// A noisy table of counts over both columns.
        case measured
        /// Noisy correlations of scores; no table of counts.
        case correlation
        /// One column is a function of the other.
        case derived
        /// A rule of the task computes one of the two from the other and a further column, in every row; no table of counts.
        case rule
        /// Nothing: the association is what the model assumes.
        case unmeasured
    }

    /// Column indices, ascending.
    public let first: Int
    /// The larger of the two.
    public let second: Int
    /// What is known of the two together.
    public let basis: Basis
    /// The axes of the tables below: groups of codes as they were measured or, without a measurement, as shown.
    public let firstGroups: CodeGroups
    /// Of the second column, as `firstGroups`.
    public let secondGroups: CodeGroups
    /// Noisy counts, the second column varying fastest; nil if there is no table.
    public let noisy: [Double]?
    /// Standard deviation of the noise in each count.
    public let deviation: Double?
    /// Counts of synthetic rows, scaled to the model's number of rows.
    public let synthetic: [Double]
    /// Half the sum of |noisy − synthetic| over the estimated number of rows.
    public let totalVariation: Double?
    /// The total variation that noise makes between the noisy table and the truth.
    public let expectedNoise: Double?
    let noiseDeviation: Double?
    /// Cramér's V of the synthetic table, from 0 (independent) to 1.
    public let strength: Double
    /// Correlation of the ranks of the groups, for two ordered columns.
    public let correlation: Correlation?

    /// A rank correlation, from −1 to 1, in what was measured and in what is drawn.
    public struct Correlation: Sendable, Equatable {
        /// From the noisy table; nil if there is none.
        public let noisy: Double?
        /// From the synthetic rows.
        public let synthetic: Double
    }

    /// How much of the distance the noise does not explain.
    public var excess: Double { (totalVariation ?? 0) - (expectedNoise ?? 0) }

    /// Whether the distance is more than noise makes in 39 of 40 cases.
    public var isAboveNoise: Bool {
        guard let totalVariation, let expectedNoise, let noiseDeviation else { return false }
        return totalVariation > expectedNoise + NoiseInterval.normalQuantile * noiseDeviation
    }
}

/// Figures of association of a table of counts.
enum Association {
    /// Cramér's V.
    static func cramersV(_ counts: [Double], rows: Int, columns: Int) -> Double {
        let (first, second, total) = margins(counts, rows: rows, columns: columns)
        guard total > 0 else { return 0 }
        var sum = 0.0
        for row in 0..<rows where first[row] > 0 {
            for column in 0..<columns where second[column] > 0 {
                let expected = first[row] * second[column] / total
                let difference = counts[row * columns + column] - expected
                sum += difference * difference / expected
            }
        }
        let used = min(first.count { $0 > 0 }, second.count { $0 > 0 }) - 1
        guard used > 0 else { return 0 }
        return min(1, (sum / total / Double(used)).squareRoot())
    }

    /// Pearson's correlation of scores of rows and columns; nil if one of them does not vary. Noisy counts may be
    /// negative: sums of many cells are near the truth nevertheless.
    static func correlation(_ counts: [Double], _ rowScores: [Double], _ columnScores: [Double]) -> Double? {
        let columns = columnScores.count
        let (first, second, total) = margins(counts, rows: rowScores.count, columns: columns)
        guard total > 0 else { return nil }
        func moments(_ weights: [Double], _ scores: [Double]) -> (mean: Double, variance: Double) {
            let mean = zip(weights, scores).reduce(0) { $0 + $1.0 * $1.1 } / total
            return (mean, zip(weights, scores).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) } / total)
        }
        let (a, b) = (moments(first, rowScores), moments(second, columnScores))
        guard a.variance > 0, b.variance > 0 else { return nil }
        var sum = 0.0
        for (row, x) in rowScores.enumerated() {
            for (column, y) in columnScores.enumerated() {
                sum += counts[row * columns + column] * (x - a.mean) * (y - b.mean)
            }
        }
        return max(-1, min(1, sum / total / (a.variance * b.variance).squareRoot()))
    }

    private static func margins(
        _ counts: [Double], rows: Int, columns: Int
    ) -> (first: [Double], second: [Double], total: Double) {
        var first = [Double](repeating: 0, count: rows)
        var second = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
            for column in 0..<columns {
                first[row] += counts[row * columns + column]
                second[column] += counts[row * columns + column]
            }
        }
        return (first, second, first.reduce(0, +))
    }
}
