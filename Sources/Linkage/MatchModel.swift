import VectorMath

/// The model of Fellegi and Sunter: pairs of one unit and pairs of two units, each with the probability of every level of every
/// comparison, independent of each other within either kind.
public struct MatchModel: Sendable, Equatable {
    /// Expected number of compared pairs that are of one unit.
    public let matched: Double
    /// Expected number of the others.
    public let unmatched: Double
    /// For each comparison the probability of each level in a pair of one unit.
    public let matchedLevels: [[Double]]
    /// The same in a pair of two units.
    public let unmatchedLevels: [[Double]]

    /// A model from its parts, as `FellegiSunterFit` estimates them or a task gives them.
    public init(matched: Double, unmatched: Double, matchedLevels: [[Double]], unmatchedLevels: [[Double]]) {
        self.matched = matched
        self.unmatched = unmatched
        self.matchedLevels = matchedLevels
        self.unmatchedLevels = unmatchedLevels
    }

    /// How many levels each comparison has.
    public var levels: [Int] { matchedLevels.map(\.count) }

    /// For each comparison and level the weight log₂(m/u), within ±30.
    public var weights: [[Double]] {
        zip(matchedLevels, unmatchedLevels).map { matched, unmatched in
            zip(matched, unmatched).map { min(max(binaryLogarithm($0) - binaryLogarithm($1), -30), 30) }
        }
    }

    /// Whether pairs of one unit disagree more than others: then the two kinds have each other's name.
    var disagrees: Bool {
        zip(matchedLevels, unmatchedLevels).reduce(0) {
            $0 + naturalLogarithm(max($1.0[0], 1e-6)) - naturalLogarithm(max($1.1[0], 1e-6))
        } > 0
    }

    /// The same with the two kinds exchanged.
    var swapped: MatchModel {
        MatchModel(
            matched: unmatched, unmatched: matched, matchedLevels: unmatchedLevels, unmatchedLevels: matchedLevels)
    }

    /// For each pattern the probability in a pair of one unit, and of two.
    public var patternProbabilities: (matched: [Double], unmatched: [Double]) {
        (MatchModel.product(matchedLevels), MatchModel.product(unmatchedLevels))
    }

    /// For each pattern the probability that a pair with it is of one unit.
    public var posteriors: [Double] {
        let (one, two) = patternProbabilities
        return zip(one, two).map { one, two in
            let whole = matched * one + unmatched * two
            return whole > 0 ? matched * one / whole : 0
        }
    }

    static func product(_ levels: [[Double]]) -> [Double] {
        levels.reduce([1]) { patterns, comparison in patterns.flatMap { one in comparison.map { one * $0 } } }
    }

    private func binaryLogarithm(_ x: Double) -> Double { naturalLogarithm(max(x, 1e-300)) / 0.693_147_180_559_945_3 }
}
