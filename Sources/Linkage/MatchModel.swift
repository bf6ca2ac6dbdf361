import VectorMath

/// The model of Fellegi and Sunter: pairs of one unit and pairs of two units, each with the probability of every level of every
/// comparison, independent of each other within either kind.
///
/// Either may be of more than one kind. Of pairs of two units, members of a household, or records that a pass brought together by their
/// names, agree in several comparisons at once; of pairs of one unit, those who moved, or whose entries are careless, disagree in several.
public struct MatchModel: Sendable, Equatable {
    /// Pairs within which comparisons are independent.
    public struct Kind: Sendable, Equatable {
        /// Expected number of compared pairs.
        public let pairs: Double
        /// For each comparison the probability of each level.
        public let levels: [[Double]]

        /// A kind from its parts.
        public init(pairs: Double, levels: [[Double]]) {
            self.pairs = pairs
            self.levels = levels
        }
    }

    /// Pairs of one unit, of one kind or more.
    public let one: [Kind]
    /// Pairs of two units, of one kind or more.
    public let two: [Kind]

    /// A model from its parts, as `FellegiSunterFit` estimates them or a task gives them.
    ///
    /// - Parameter one: at least one kind.
    public init(one: [Kind], two: [Kind]) {
        self.one = one
        self.two = two
    }

    /// A model with one kind of pairs of one unit.
    public init(one: Kind, two: [Kind]) { self.init(one: [one], two: two) }

    /// Expected number of compared pairs that are of one unit.
    public var matched: Double { one.reduce(0) { $0 + $1.pairs } }

    /// Expected number of the others.
    public var unmatched: Double { two.reduce(0) { $0 + $1.pairs } }

    /// How many levels each comparison has.
    public var levels: [Int] { one[0].levels.map(\.count) }

    /// For each comparison the probability of each level in a pair of one unit, of any kind.
    public var matchedLevels: [[Double]] { mixed(one) }

    /// For each comparison the probability of each level in a pair of two units, of any kind.
    public var unmatchedLevels: [[Double]] { mixed(two) }

    private func mixed(_ kinds: [Kind]) -> [[Double]] {
        let all = max(kinds.reduce(0) { $0 + $1.pairs }, 1e-300)
        return levels.enumerated().map { comparison, count in
            (0..<count).map { level in kinds.reduce(0) { $0 + $1.pairs / all * $1.levels[comparison][level] } }
        }
    }

    /// For each comparison and level the weight log₂(m/u), within ±30.
    public var weights: [[Double]] {
        zip(matchedLevels, unmatchedLevels).map { matched, unmatched in
            zip(matched, unmatched).map { min(max(binaryLogarithm($0) - binaryLogarithm($1), -30), 30) }
        }
    }

    /// Whether pairs of one unit disagree more than others: then the kinds have each other's name.
    var disagrees: Bool {
        zip(matchedLevels, unmatchedLevels).reduce(0) {
            $0 + naturalLogarithm(max($1.0[0], 1e-6)) - naturalLogarithm(max($1.1[0], 1e-6))
        } > 0
    }

    /// For each pattern the probability in a pair of one unit, and of two.
    public var patternProbabilities: (matched: [Double], unmatched: [Double]) {
        func mixed(_ kinds: [Kind]) -> [Double] {
            let all = max(kinds.reduce(0) { $0 + $1.pairs }, 1e-300)
            var shares = [Double](repeating: 0, count: levels.reduce(1, *))
            for kind in kinds {
                for (place, share) in MatchModel.product(kind.levels, times: kind.pairs / all).enumerated() {
                    shares[place] += share
                }
            }
            return shares
        }
        return (mixed(one), mixed(two))
    }

    /// For each pattern the probability that a pair with it is of one unit.
    public var posteriors: [Double] {
        let (one, two) = patternProbabilities
        return zip(one, two).map { one, two in
            let whole = matched * one + unmatched * two
            return whole > 0 ? matched * one / whole : 0
        }
    }

    /// The probability of each pattern, times a number.
    static func product(_ levels: [[Double]], times factor: Double = 1) -> [Double] {
        var patterns = [factor]
        for shares in levels {
            var next: [Double] = []
            next.reserveCapacity(patterns.count * shares.count)
            for one in patterns {
                for share in shares { next.append(one * share) }
            }
            patterns = next
        }
        return patterns
    }

    /// Numbers over their sum.
    static func shares(_ values: [Double]) -> [Double] {
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }

    private func binaryLogarithm(_ x: Double) -> Double { naturalLogarithm(max(x, 1e-300)) / 0.693_147_180_559_945_3 }
}
