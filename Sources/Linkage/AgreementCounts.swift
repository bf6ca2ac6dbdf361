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

    /// The level of each comparison in each pattern: pattern by pattern.
    static func patterns(_ levels: [Int]) -> [[Int]] {
        levels.reduce([[]]) { patterns, count in patterns.flatMap { one in (0..<count).map { one + [$0] } } }
    }
}
