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
    /// In the order of the parameters.
    private let kinds: [MatchModel.Kind]
    /// Of each kind whether its pairs are of one unit.
    private let isOne: [Bool]
    /// The variance of each count's noise.
    private let noise: Double

    /// - Parameter linked: for each pattern whether the task takes pairs that have it for one unit. Then there are as many kinds of
    ///   pairs as the counts speak for (`KindSearch`): where members of a household meet, the likeliest two would be
    ///   households and strangers.
    /// - Returns: nil where there are too few patterns for the model, or where no pair can be told from noise.
    public init?(_ counts: AgreementCounts, linked: [Bool]? = nil) {
        guard counts.counts.reduce(0, +) > 0,
            let found = linked.map({ KindSearch.found(counts, linked: $0) }) ?? Self.ofTwoKinds(counts)
        else { return nil }
        (shape, kinds, isOne, model) = (found.shape, found.kinds, found.isOne, found.model)
        noise = counts.variance
        covariance = found.optimum.covariance
        misfit = (found.optimum.squares, counts.counts.count - found.shape.count)
    }

    /// A kind of either, from several beginnings.
    private static func ofTwoKinds(_ counts: AgreementCounts) -> KindSearch.Found? {
        let shape = PairParameters(levels: counts.levels, kinds: 2)
        guard counts.counts.count > shape.count else { return nil }
        func fitted(_ start: MatchModel) -> KindSearch.Found? {
            let start = start.one + start.two
            let squares = PatternLeastSquares(
                counts: counts, parameters: shape, holds: start.map { .loose(PairParameters.odds($0)) })
            return squares.optimum(from: start).map {
                KindSearch.Found(shape: shape, optimum: $0, kinds: shape.kinds($0.values), isOne: [true, false])
            }
        }
        return [0.02, 0.2, 0.7].compactMap { share in
            // Which kind is which has no name in the counts: pairs of one unit are those that disagree less.
            guard let fit = fitted(maximised(counts, share: share)) else { return nil }
            guard fit.model.disagrees else { return fit }
            return fitted(MatchModel(one: fit.model.two, two: fit.model.one)).flatMap { $0.model.disagrees ? nil : $0 }
        }.min { $0.optimum.squares < $1.optimum.squares }
    }

    /// The number of compared pairs of one unit, with its standard error for these pairs.
    public var matched: (estimate: Double, standardError: Double) {
        var gradient = [Double](repeating: 0, count: shape.count)
        for (kind, pairs) in kinds.enumerated() where isOne[kind] { gradient[kind] = pairs.pairs }
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
        let (all, recall) = (max(model.matched, 1e-300), recall(of: patterns))
        var gradient = [Double](repeating: 0, count: shape.count)
        for (number, kind) in kinds.enumerated() where isOne[number] {
            let taken = zip(MatchModel.product(kind.levels), patterns).map { $1 ? $0 : 0 }
            let (margins, share) = (AgreementCounts.margins(taken, shape.levels), taken.reduce(0, +))
            let part = kind.pairs / all
            gradient[number] = part * (share - recall)
            shape.eachLevel(ofKind: number) { parameter, comparison, level in
                gradient[parameter] = part * (margins[comparison][level] - kind.levels[comparison][level] * share)
            }
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
        let expected = shape.expected(kinds)
        let moves = shape.moves(kinds, expected, along: direction)
        return zip(moves, shape.sums(expected)).map { $0 / (noise + $1 + 0.5) }
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
