/// How many compared pairs of records agree in which way: noisy counts of agreement patterns, as they were released.
///
/// A pattern gives each comparison a level: 0 for disagreement, higher ones for closer agreement, and where the comparison
/// knows missing values the last one for them. Patterns are numbered row-major, the last comparison fastest.
public struct AgreementCounts: Sendable, Equatable {
    /// How many levels each comparison has, at least 2.
    public let levels: [Int]
    /// One count a pattern; noise makes some negative.
    public let counts: [Double]
    /// Of the noise in each count; 0 for counts without noise.
    public let variance: Double

    /// - Returns: nil unless there is one count a pattern and each comparison has at least two levels.
    public init?(levels: [Int], counts: [Double], variance: Double) {
        guard !levels.isEmpty, levels.allSatisfy({ (2...64).contains($0) }) else { return nil }
        var patterns = 1
        for count in levels {
            patterns *= count
            guard patterns <= 1 << 20 else { return nil }
        }
        guard counts.count == patterns, counts.allSatisfy(\.isFinite), variance >= 0, variance.isFinite else {
            return nil
        }
        self.levels = levels
        self.counts = counts
        self.variance = variance
    }

    /// The level of each comparison in each pattern: comparison by comparison.
    static func digits(_ levels: [Int]) -> [[UInt8]] {
        let patterns = levels.reduce(1, *)
        var stride = patterns
        return levels.map { count in
            stride /= count
            return (0..<patterns).map { UInt8(truncatingIfNeeded: $0 / stride % count) }
        }
    }

    /// For each comparison the sum of a figure of each pattern by level.
    static func margins(_ figures: [Double], _ levels: [Int]) -> [[Double]] {
        // From the last comparison on: what is left is a figure of each pattern of the comparisons before it.
        var rest = figures
        var margins: [[Double]] = []
        for count in levels.reversed() {
            var margin = [Double](repeating: 0, count: count)
            var next = [Double](repeating: 0, count: rest.count / count)
            for place in next.indices {
                for level in 0..<count {
                    margin[level] += rest[place * count + level]
                    next[place] += rest[place * count + level]
                }
            }
            margins.append(margin)
            rest = next
        }
        return margins.reversed()
    }
}
