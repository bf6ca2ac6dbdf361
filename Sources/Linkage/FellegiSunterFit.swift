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
    private let shape: Parameters
    /// The variance of each count's noise.
    private let noise: Double

    /// - Parameter linked: for each pattern whether the task takes pairs that have it for one unit. The fit then begins there:
    ///   where members of a household meet, the likeliest two kinds of pairs may be households and strangers. Such pairs are a
    ///   third kind where the counts speak for one.
    /// - Returns: nil where there are too few patterns for the model, or where no pair can be told from noise.
    public init?(_ counts: AgreementCounts, linked: [Bool]? = nil) {
        let shape = Parameters(levels: counts.levels, kinds: 2)
        guard counts.counts.count > shape.count, counts.counts.reduce(0, +) > 0 else { return nil }
        var best: Optimum?
        let starts =
            linked.map { linked in [Self.divided(counts, linked.map { $0 ? 0 : 1 }, kinds: 2)] }
            ?? [0.02, 0.2, 0.7].map { Self.maximised(counts, shape, share: $0) }
        for start in starts {
            guard var fit = Self.leastSquares(counts, shape, from: start) else { continue }
            // Which kind is which has no name in the counts: pairs of one unit are those that disagree less.
            let found = shape.model(fit.values)
            if found.disagrees {
                guard let other = Self.leastSquares(counts, shape, from: found.swapped),
                    !shape.model(other.values).disagrees
                else { continue }
                fit = other
            }
            if best.map({ fit.squares < $0.squares }) ?? true { best = fit }
        }
        if let linked, let third = Self.third(counts, linked, beside: best) { best = third }
        guard let best else { return nil }
        self.shape = best.shape
        noise = counts.variance
        covariance = best.covariance
        model = best.shape.model(best.values)
        misfit = (best.squares, counts.counts.count - best.shape.count)
    }

    /// The share of a third kind of pairs whose patterns may be linked.
    private static let mostLinked = 0.1

    /// A fit with a third kind of pairs, which begins where two kinds leave pairs unexplained; nil where it explains less than
    /// its parameters are worth (H. Akaike, 1974).
    private static func third(_ counts: AgreementCounts, _ linked: [Bool], beside best: Optimum?) -> Optimum? {
        let shape = Parameters(levels: counts.levels, kinds: 3)
        guard let best, counts.counts.count > shape.count else { return nil }
        let model = best.shape.model(best.values)
        let (one, two) = model.patternProbabilities
        let kinds = linked.indices.map { place -> Int in
            guard !linked[place] else { return 0 }
            let expected = model.matched * one[place] + model.unmatched * two[place]
            return counts.counts[place] - expected > 3 * (counts.variance + expected).squareRoot() ? 2 : 1
        }
        guard kinds.contains(2), let fit = leastSquares(counts, shape, from: divided(counts, kinds, kinds: 3)),
            fit.squares + 2 * Double(shape.count - best.shape.count) < best.squares
        else { return nil }
        let found = shape.model(fit.values)
        // A kind that is often linked would be pairs of one unit with errors, as far as anybody can tell.
        let taken = zip(MatchModel.product(found.two[1].levels), linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        return found.disagrees || taken > mostLinked ? nil : fit
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
        let (probabilities, _) = model.patternProbabilities
        var gradient = [Double](repeating: 0, count: shape.count)
        for (place, levels) in AgreementCounts.patterns(shape.levels).enumerated() where patterns[place] {
            shape.eachDerivative(of: levels, model.one.levels, kind: 0) {
                gradient[$0] += probabilities[place] * $1
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
        let kinds = shape.expected(model)
        return AgreementCounts.patterns(shape.levels).enumerated().map { place, pattern in
            var sum = 0.0
            shape.eachSlope(of: pattern, place, model, kinds) { sum += $1 * direction[$0] }
            return sum / (noise + kinds.reduce(0) { $0 + $1[place] } + 0.5)
        }
    }

    /// A model of pairs that are divided by their patterns.
    private static func divided(_ counts: AgreementCounts, _ kinds: [Int], kinds count: Int) -> MatchModel {
        var sums = [[[Double]]](
            repeating: counts.levels.map { [Double](repeating: 0.5, count: $0) }, count: count)
        var totals = [Double](repeating: 1, count: count)
        for (place, pattern) in AgreementCounts.patterns(counts.levels).enumerated() {
            // What is below its noise is taken for none.
            let pairs = counts.counts[place] > 2 * counts.variance.squareRoot() ? counts.counts[place] : 0
            totals[kinds[place]] += pairs
            for (comparison, level) in pattern.enumerated() { sums[kinds[place]][comparison][level] += pairs }
        }
        let all = zip(totals, sums).map { MatchModel.Kind(pairs: $0, levels: $1.map(Parameters.shares)) }
        return MatchModel(one: all[0], two: Array(all.dropFirst()))
    }

    private static func maximised(_ counts: AgreementCounts, _ shape: Parameters, share: Double) -> MatchModel {
        let positive = counts.counts.map { max($0, 0) }
        let patterns = AgreementCounts.patterns(counts.levels)
        let total = max(positive.reduce(0, +), 1)
        let agreeing = counts.levels.map { count in
            (0..<count).map { $0 == 0 ? 0.1 : 0.9 * Double($0) / Double(count * (count - 1) / 2) }
        }
        let usual = counts.levels.indices.map { comparison in
            var sums = [Double](repeating: 0.5, count: counts.levels[comparison])
            for (pattern, count) in zip(patterns, positive) { sums[pattern[comparison]] += count }
            return Parameters.shares(sums)
        }
        var model = MatchModel(
            one: MatchModel.Kind(pairs: share * total, levels: agreeing),
            two: [MatchModel.Kind(pairs: (1 - share) * total, levels: usual)])
        for _ in 0..<200 {
            let posteriors = model.posteriors
            var matched = counts.levels.map { [Double](repeating: 1e-3, count: $0) }
            var unmatched = matched
            var sum = 0.0
            for (place, pattern) in patterns.enumerated() where positive[place] > 0 {
                let part = posteriors[place] * positive[place]
                sum += part
                for (comparison, level) in pattern.enumerated() {
                    matched[comparison][level] += part
                    unmatched[comparison][level] += positive[place] - part
                }
            }
            let isSettled = abs(sum - model.matched) < 1e-7 * total
            model = MatchModel(
                one: MatchModel.Kind(pairs: max(sum, 1e-3), levels: matched.map(Parameters.shares)),
                two: [MatchModel.Kind(pairs: max(total - sum, 1e-3), levels: unmatched.map(Parameters.shares))])
            if isSettled { break }
        }
        return model
    }

    /// Weighted least squares by Levenberg's and Marquardt's method.
    ///
    /// Logits are held to the start by a standard deviation of 6, so that levels that never occur have an estimate.
    private static func leastSquares(
        _ counts: AgreementCounts, _ shape: Parameters, from start: MatchModel
    ) -> Optimum? {
        let patterns = AgreementCounts.patterns(counts.levels)
        let origin = shape.values(start)
        var values = origin
        let hold = 1.0 / 36
        func expected(_ values: [Double]) -> [Double] {
            let kinds = shape.expected(shape.model(values))
            return patterns.indices.map { place in kinds.reduce(0) { $0 + $1[place] } }
        }
        func squares(_ values: [Double], _ weights: [Double]) -> Double {
            let residuals = zip(zip(counts.counts, expected(values)), weights).reduce(0) {
                $0 + ($1.0.0 - $1.0.1) * ($1.0.0 - $1.0.1) * $1.1
            }
            return zip(values, origin).dropFirst(shape.kinds).reduce(residuals) {
                $0 + hold * ($1.0 - $1.1) * ($1.0 - $1.1)
            }
        }
        var damping = 1e-3
        var curvature = Matrix(rows: shape.count, columns: shape.count)
        var weights = [Double](repeating: 1, count: patterns.count)
        for round in 0..<60 {
            let model = shape.model(values)
            let kinds = shape.expected(model)
            let means = patterns.indices.map { place in kinds.reduce(0) { $0 + $1[place] } }
            // Half a pair more, so that an empty cell without noise has a variance.
            weights = means.map { 1 / (counts.variance + $0 + 0.5) }
            curvature = Matrix(rows: shape.count, columns: shape.count)
            var slope = [Double](repeating: 0, count: shape.count)
            var row = [Double](repeating: 0, count: shape.count)
            for (place, pattern) in patterns.enumerated() {
                for parameter in row.indices { row[parameter] = 0 }
                shape.eachSlope(of: pattern, place, model, kinds) { row[$0] += $1 }
                let residual = counts.counts[place] - means[place]
                for left in row.indices where row[left] != 0 {
                    let part = row[left] * weights[place]
                    slope[left] += part * residual
                    for right in 0...left { curvature[left, right] += part * row[right] }
                }
            }
            for left in row.indices {
                for right in 0..<left { curvature[right, left] = curvature[left, right] }
                if left >= shape.kinds {
                    curvature[left, left] += hold
                    slope[left] -= hold * (values[left] - origin[left])
                }
            }
            let before = squares(values, weights)
            var isBetter = false
            while damping < 1e9 {
                var damped = curvature
                for parameter in row.indices { damped[parameter, parameter] *= 1 + damping }
                if let step = solved(damped, slope) {
                    let next = zip(values, step).map { $0 + min(max($1, -2), 2) }
                    if squares(next, weights) <= before {
                        isBetter = before - squares(next, weights) > 1e-9 * (1 + before)
                        values = next
                        damping = max(damping / 10, 1e-9)
                        break
                    }
                }
                damping *= 10
            }
            if !isBetter && round > 3 { break }
            damping = min(damping, 1e3)
        }
        guard values.allSatisfy(\.isFinite), let covariance = inverse(curvature) else { return nil }
        // Weights change from round to round, so fits are compared by the likelihood of normal residuals.
        let deviance = zip(zip(counts.counts, expected(values)), weights).reduce(0) {
            $0 + ($1.0.0 - $1.0.1) * ($1.0.0 - $1.0.1) * $1.1 - naturalLogarithm($1.1)
        }
        return Optimum(shape: shape, values: values, covariance: covariance, squares: deviance)
    }

    private static func solved(_ matrix: Matrix, _ right: [Double]) -> [Double]? {
        guard let factor = try? matrix.cholesky() else { return nil }
        var x = right
        for row in x.indices {
            for column in 0..<row { x[row] -= factor[row, column] * x[column] }
            x[row] /= factor[row, row]
        }
        for row in x.indices.reversed() {
            for column in (row + 1)..<max(x.count, row + 1) { x[row] -= factor[column, row] * x[column] }
            x[row] /= factor[row, row]
        }
        return x
    }

    private static func inverse(_ matrix: Matrix) -> Matrix? {
        var inverse = Matrix(rows: matrix.rows, columns: matrix.rows)
        for column in 0..<matrix.rows {
            var unit = [Double](repeating: 0, count: matrix.rows)
            unit[column] = 1
            guard let solution = solved(matrix, unit) else { return nil }
            for row in solution.indices { inverse[row, column] = solution[row] }
        }
        return inverse
    }
}

/// Where a fit ended.
private struct Optimum {
    let shape: Parameters
    let values: [Double]
    let covariance: Matrix
    /// Twice the negative logarithm of the likelihood of normal residuals, but for a constant.
    let squares: Double
}

/// The model as a list of numbers without bounds: logarithms of the numbers of pairs of each kind, then, kind by kind, of the odds
/// of each level against level 0.
private struct Parameters: Sendable {
    let levels: [Int]
    let kinds: Int
    /// How many odds a kind of pair has.
    private let logits: Int

    init(levels: [Int], kinds: Int) {
        self.levels = levels
        self.kinds = kinds
        logits = levels.reduce(0) { $0 + $1 - 1 }
    }

    var count: Int { kinds * (1 + logits) }

    func values(_ model: MatchModel) -> [Double] {
        let all = [model.one] + model.two
        return all.map { naturalLogarithm(max($0.pairs, 1e-6)) }
            + all.flatMap { kind in
                kind.levels.flatMap { one in
                    one.dropFirst().map { naturalLogarithm(max($0, 1e-6) / max(one[0], 1e-6)) }
                }
            }
    }

    func model(_ values: [Double]) -> MatchModel {
        let all = (0..<kinds).map { kind in
            var place = kinds + kind * logits
            let shares = levels.map { count in
                let odds = [1] + values[place..<place + count - 1].map { exponential(min(max($0, -30), 30)) }
                place += count - 1
                return Self.shares(odds)
            }
            return MatchModel.Kind(pairs: exponential(min(values[kind], 60)), levels: shares)
        }
        return MatchModel(one: all[0], two: Array(all.dropFirst()))
    }

    /// For each kind the expected number of pairs of each pattern.
    func expected(_ model: MatchModel) -> [[Double]] {
        ([model.one] + model.two).map { kind in MatchModel.product(kind.levels).map { kind.pairs * $0 } }
    }

    /// Each derivative of the expected number of pairs of a pattern that is not zero, with its parameter.
    func eachSlope(
        of pattern: [Int], _ place: Int, _ model: MatchModel, _ expected: [[Double]],
        _ body: (_ parameter: Int, _ slope: Double) -> Void
    ) {
        for (kind, shares) in ([model.one] + model.two).enumerated() {
            let pairs = expected[kind][place]
            body(kind, pairs)
            eachDerivative(of: pattern, shares.levels, kind: kind) { body($0, pairs * $1) }
        }
    }

    /// Each derivative of the logarithm of a pattern's probability that is not zero, with its parameter.
    func eachDerivative(
        of pattern: [Int], _ shares: [[Double]], kind: Int, _ body: (_ parameter: Int, _ derivative: Double) -> Void
    ) {
        var place = kinds + kind * logits
        for (comparison, level) in pattern.enumerated() {
            for other in 1..<levels[comparison] {
                body(place, (other == level ? 1 : 0) - shares[comparison][other])
                place += 1
            }
        }
    }

    static func shares(_ values: [Double]) -> [Double] {
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }
}
