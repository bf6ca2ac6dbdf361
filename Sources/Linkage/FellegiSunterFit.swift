import LinearAlgebra
import VectorMath

/// The model of Fellegi and Sunter estimated from noisy counts of agreement patterns, with its covariance.
///
/// Expectation and maximisation on the counts that are positive gives a start (A. P. Dempster, N. M. Laird, D. B. Rubin, 1977;
/// W. E. Winkler, 1988). It takes noise for pairs, so least squares follow, weighted by the variance of each count, which is the
/// noise's and that of a Poisson count: negative counts weigh as much as positive ones. All of it works on what was released.
public struct FellegiSunterFit: Sendable {
    /// The estimate.
    public let model: MatchModel
    /// The sum of squared residuals over their variances, and how many of them are free: about equal where the model fits.
    public let misfit: (squares: Double, freedom: Int)
    private let covariance: Matrix
    private let shape: PairParameters
    /// The variance of each count's noise.
    private let noise: Double

    /// - Parameter linked: for each pattern whether the task takes pairs that have it for one unit. The fit then begins there:
    ///   where members of a household meet, the likeliest two kinds of pairs may be households and strangers. Such pairs are a
    ///   third kind where the counts speak for one.
    /// - Returns: nil where there are too few patterns for the model, or where no pair can be told from noise.
    public init?(_ counts: AgreementCounts, linked: [Bool]? = nil) {
        let shape = PairParameters(levels: counts.levels, kinds: 2)
        guard counts.counts.count > shape.count, counts.counts.reduce(0, +) > 0 else { return nil }
        var best: Solution?
        let starts =
            linked.map { linked in [Self.divided(counts, linked.map { $0 ? 0 : 1 }, kinds: 2)] }
            ?? [0.02, 0.2, 0.7].map { Self.maximised(counts, share: $0) }
        for start in starts {
            guard var fit = Solution(counts, shape, from: start) else { continue }
            // Which kind is which has no name in the counts: pairs of one unit are those that disagree less.
            if fit.model.disagrees {
                let other = Solution(counts, shape, from: fit.model.swapped)
                guard let other, !other.model.disagrees else { continue }
                fit = other
            }
            if best.map({ fit.optimum.squares < $0.optimum.squares }) ?? true { best = fit }
        }
        if let linked, let third = Self.third(counts, linked, beside: best) { best = third }
        guard let best else { return nil }
        self.shape = best.shape
        noise = counts.variance
        covariance = best.optimum.covariance
        model = best.model
        misfit = (best.optimum.squares, counts.counts.count - best.shape.count)
    }

    /// An optimum as a model.
    private struct Solution {
        let shape: PairParameters
        let optimum: PatternLeastSquares.Optimum
        let model: MatchModel

        init?(_ counts: AgreementCounts, _ shape: PairParameters, from start: MatchModel) {
            let squares = PatternLeastSquares(counts: counts, parameters: shape)
            guard let optimum = squares.optimum(from: [start.one] + start.two) else { return nil }
            (self.shape, self.optimum) = (shape, optimum)
            model = MatchModel(kinds: shape.kinds(optimum.values))
        }
    }

    /// The share of a third kind of pairs whose patterns may be linked.
    private static let mostLinked = 0.1

    /// A fit with a third kind of pairs, which begins where two kinds leave pairs unexplained; nil where it explains less than
    /// its parameters are worth (H. Akaike, 1974).
    private static func third(_ counts: AgreementCounts, _ linked: [Bool], beside best: Solution?) -> Solution? {
        let shape = PairParameters(levels: counts.levels, kinds: 3)
        guard let best, counts.counts.count > shape.count else { return nil }
        let expected = shape.sums(shape.expected([best.model.one] + best.model.two))
        let kinds = linked.indices.map { place -> Int in
            guard !linked[place] else { return 0 }
            let spread = (counts.variance + expected[place]).squareRoot()
            return counts.counts[place] - expected[place] > 3 * spread ? 2 : 1
        }
        guard kinds.contains(2), let fit = Solution(counts, shape, from: divided(counts, kinds, kinds: 3)),
            fit.optimum.squares + 2 * Double(shape.count - best.shape.count) < best.optimum.squares
        else { return nil }
        // A kind that is often linked would be pairs of one unit with errors, as far as anybody can tell.
        let taken = zip(MatchModel.product(fit.model.two[1].levels), linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        return fit.model.disagrees || taken > mostLinked ? nil : fit
    }

    /// The number of compared pairs of one unit, with its standard error for these pairs.
    public var matched: (estimate: Double, standardError: Double) {
        var gradient = [Double](repeating: 0, count: shape.count)
        gradient[0] = model.matched
        let weights = influence(gradient)
        let none = [Double](repeating: 0, count: weights.count)
        return (model.matched, variance(of: weights, less: none).squareRoot())
    }

    /// The probability that a pair of one unit has one of the patterns.
    public func recall(of patterns: [Bool]) -> Double {
        zip(model.patternProbabilities.matched, patterns).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    }

    /// How far one pair more of each pattern moves the estimated recall.
    func recallInfluence(of patterns: [Bool]) -> [Double] {
        let probabilities = model.patternProbabilities.matched
        let taken = zip(probabilities, patterns).map { $1 ? $0 : 0 }
        let (margins, recall) = (AgreementCounts.margins(taken, shape.levels), taken.reduce(0, +))
        var gradient = [Double](repeating: 0, count: shape.count)
        shape.eachLevel(ofKind: 0) { parameter, comparison, level in
            gradient[parameter] = margins[comparison][level] - model.one.levels[comparison][level] * recall
        }
        return influence(gradient)
    }

    /// The variance of Σ weight · (noisy count) − Σ target · (pairs of one unit), for these pairs: patterns are drawn for as
    /// many pairs of either kind as there are, and noise is added.
    ///
    /// - Parameter part: the share of the pairs of one unit that `target` counts: those of a group.
    func variance(of weights: [Double], less target: [Double], part: Double = 1) -> Double {
        let (one, two) = model.patternProbabilities
        func spread(_ shares: [Double], _ values: [Double]) -> Double {
            let mean = zip(shares, values).reduce(0) { $0 + $1.0 * $1.1 }
            return zip(shares, values).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
        }
        let counted = part * model.matched * spread(one, zip(weights, target).map { $0 - $1 })
        let others = (1 - part) * model.matched * spread(one, weights)
        return counted + others + model.unmatched * spread(two, weights)
            + noise * weights.reduce(0) { $0 + $1 * $1 }
    }

    /// How far one pair more of each pattern moves a figure with this gradient.
    private func influence(_ gradient: [Double]) -> [Double] {
        let direction = gradient.indices.map { row in
            gradient.indices.reduce(0) { $0 + covariance[row, $1] * gradient[$1] }
        }
        let kinds = [model.one] + model.two
        let expected = shape.expected(kinds)
        let moves = shape.moves(kinds, expected, along: direction)
        return zip(moves, shape.sums(expected)).map { $0 / (noise + $1 + 0.5) }
    }

    /// A model of pairs that are divided by their patterns.
    private static func divided(_ counts: AgreementCounts, _ kinds: [Int], kinds count: Int) -> MatchModel {
        let floor = 2 * counts.variance.squareRoot()
        let all = (0..<count).map { kind -> MatchModel.Kind in
            // What is below its noise is taken for none.
            let pairs = zip(counts.counts, kinds).map { $1 == kind && $0 > floor ? $0 : 0 }
            let levels = AgreementCounts.margins(pairs, counts.levels).map { MatchModel.shares($0.map { $0 + 0.5 }) }
            return MatchModel.Kind(pairs: 1 + pairs.reduce(0, +), levels: levels)
        }
        return MatchModel(kinds: all)
    }

    private static func maximised(_ counts: AgreementCounts, share: Double) -> MatchModel {
        let positive = counts.counts.map { max($0, 0) }
        let total = max(positive.reduce(0, +), 1)
        let agreeing = counts.levels.map { count in
            (0..<count).map { $0 == 0 ? 0.1 : 0.9 * Double($0) / Double(count * (count - 1) / 2) }
        }
        let all = AgreementCounts.margins(positive, counts.levels)
        func shares(_ margins: [[Double]], _ more: Double) -> [[Double]] {
            margins.map { margin in MatchModel.shares(margin.map { $0 + more }) }
        }
        var model = MatchModel(
            one: MatchModel.Kind(pairs: share * total, levels: agreeing),
            two: [MatchModel.Kind(pairs: (1 - share) * total, levels: shares(all, 0.5))])
        for _ in 0..<200 {
            let matched = zip(model.posteriors, positive).map { $0 * $1 }
            let sum = matched.reduce(0, +)
            let margins = AgreementCounts.margins(matched, counts.levels)
            let rest = zip(all, margins).map { zip($0, $1).map { max(0, $0 - $1) } }
            let isSettled = abs(sum - model.matched) < 1e-7 * total
            model = MatchModel(
                one: MatchModel.Kind(pairs: max(sum, 1e-3), levels: shares(margins, 1e-3)),
                two: [MatchModel.Kind(pairs: max(total - sum, 1e-3), levels: shares(rest, 1e-3))])
            if isSettled { break }
        }
        return model
    }
}
