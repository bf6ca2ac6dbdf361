import LinearAlgebra
import VectorMath

/// How many units no pass found, from how many each set of passes did: log-linear capture and recapture (S. E. Fienberg, 1972).
///
/// The logarithm of the expected number of units in a set of passes is a sum of a term for each pass in it and one for each
/// two: who is missed by one pass may be missed by another more often, or less. No term is of three passes. So of three passes
/// N₀ = n₁₁₁·n₁₀₀·n₀₁₀·n₀₀₁ / (n₁₁₀·n₁₀₁·n₀₁₁); of more the terms are fitted, each count by its variance, which is the noise's and
/// that of a Poisson count. Of two passes nothing tells how they hang together, so there is no estimate.
public struct RecaptureFit: Sendable {
    /// Units that no pass found.
    public let missed: Double
    /// The standard error of `missed`, for noise and chance.
    public let standardError: Double
    /// Whether this is more than noise: a count's noise is small beside all that were found, and the error beside all units.
    ///
    /// The former does not depend on the estimate, so that of many estimates not the small ones alone are taken.
    public let isClear: Bool

    private static let most = (noise: 0.01, error: 0.05)
    /// Terms of two passes are held to independence by a standard deviation of e², so that counts below their noise have an estimate.
    private static let independence = 1.0 / 4
    private static let rounds = 100

    /// - Parameters:
    ///   - counts: units by the set of passes that found them, numbered by its bits less one, with noise.
    ///   - passes: at least three.
    ///   - variance: of the noise in each count.
    /// - Returns: nil of fewer passes, of another number of counts, or where nothing was found.
    public init?(_ counts: [Double], passes: Int, variance: Double) {
        guard (3...16).contains(passes), counts.count == 1 << passes - 1, counts.reduce(0, +) > 0,
            counts.allSatisfy(\.isFinite), variance >= 0, variance.isFinite
        else { return nil }
        let terms = Self.terms(passes)
        /// What the terms say of each count's logarithm.
        func logarithms(_ values: [Double]) -> [Double] {
            counts.indices.map { place in
                zip(terms, values).reduce(0) { $0 + ((place + 1) & $1.0 == $1.0 ? $1.1 : 0) }
            }
        }
        func means(_ values: [Double]) -> [Double] { logarithms(values).map { exponential(min(max($0, -30), 40)) } }
        func squares(_ values: [Double], _ weights: [Double]) -> Double {
            var sum = 0.0
            for ((mean, weight), count) in zip(zip(means(values), weights), counts) {
                sum += weight * (count - mean) * (count - mean)
            }
            return zip(terms, values).reduce(sum) { $0 + Self.hold($1.0) * $1.1 * $1.1 }
        }
        // Half a unit more, so that an empty cell without noise has a variance.
        func weights(_ means: [Double]) -> [Double] { means.map { 1 / (variance + $0 + 0.5) } }

        let floor = max(variance.squareRoot(), 0.5)
        let positive = counts.map { max($0, floor) }
        // To the logarithms first: a linear problem.
        guard
            var values = Self.solved(
                terms, slopes: positive.map { _ in 1 }, weights: zip(positive, weights(positive)).map { $0 * $0 * $1 },
                residuals: positive.map(naturalLogarithm), values: terms.map { _ in 0 }, damping: 1e-9)?.step
        else { return nil }
        var damping = 1e-3
        for _ in 0..<Self.rounds {
            let expected = means(values)
            let weights = weights(expected)
            let before = squares(values, weights)
            var moved = 0.0
            while damping < 1e9 {
                let solution = Self.solved(
                    terms, slopes: expected, weights: weights, residuals: zip(counts, expected).map { $0 - $1 },
                    values: values, damping: damping)
                if let solution {
                    let next = zip(values, solution.step).map { $0 + min(max($1, -2), 2) }
                    if squares(next, weights) <= before {
                        moved = zip(values, next).reduce(0) { max($0, abs($1.0 - $1.1)) }
                        values = next
                        damping = max(damping / 10, 1e-9)
                        break
                    }
                }
                damping *= 10
            }
            damping = min(damping, 1e3)
            if moved < 1e-9 { break }
        }
        let expected = means(values)
        guard values.allSatisfy(\.isFinite),
            let spread = Self.solved(
                terms, slopes: expected, weights: weights(expected), residuals: expected.map { _ in 0 }, values: values,
                damping: 0)?.spread
        else { return nil }
        missed = exponential(min(values[0], 40))
        // Of the estimate of the mean, and of who is missed by chance.
        standardError = (missed * missed * spread + missed).squareRoot()
        let found = counts.reduce(0, +)
        isClear =
            variance.squareRoot() <= Self.most.noise * found && standardError <= Self.most.error * (found + missed)
    }

    /// The terms by the passes that they are of: none, one or two.
    private static func terms(_ passes: Int) -> [Int] {
        let ones = (0..<passes).map { 1 << $0 }
        return [0] + ones + ones.indices.flatMap { one in ones[..<one].map { $0 | ones[one] } }
    }

    private static func hold(_ term: Int) -> Double { term.nonzeroBitCount == 2 ? independence : 0 }

    /// One step of weighted least squares, and the variance of the first term.
    private static func solved(
        _ terms: [Int], slopes: [Double], weights: [Double], residuals: [Double], values: [Double], damping: Double
    ) -> (step: [Double], spread: Double)? {
        var curvature = Matrix(rows: terms.count, columns: terms.count)
        var right = Matrix(rows: terms.count, columns: 2)
        for (row, one) in terms.enumerated() {
            for place in slopes.indices where (place + 1) & one == one {
                right.values[row] += weights[place] * slopes[place] * residuals[place]
                for (column, two) in terms.enumerated() where (place + 1) & two == two {
                    curvature[row, column] += weights[place] * slopes[place] * slopes[place]
                }
            }
            curvature[row, row] += hold(one)
            right.values[row] -= hold(one) * values[row]
            curvature[row, row] *= 1 + damping
        }
        right.values[terms.count] = 1
        guard let factor = try? curvature.cholesky(), (try? right.solve(byCholeskyFactor: factor)) != nil else {
            return nil
        }
        return (Array(right.values.prefix(terms.count)), right.values[terms.count])
    }
}
