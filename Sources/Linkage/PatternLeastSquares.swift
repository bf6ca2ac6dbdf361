import LinearAlgebra
import VectorMath

/// Kinds of pairs fitted to noisy counts of agreement patterns: weighted least squares by Levenberg's and Marquardt's method.
///
/// The weight of a pattern follows from the variance of its count, which is the noise's and that of a Poisson count: negative counts
/// weigh as much as positive ones. The odds of each kind are held to a start, so that levels that never occur have an estimate.
struct PatternLeastSquares {
    /// What the odds of a kind are held to, and how fast.
    struct Hold {
        /// Logarithms of the odds of each level against level 0: comparison by comparison.
        let center: [Double]
        /// One over the variance about it.
        let precision: Double

        /// A standard deviation of 6: it decides nothing but what the counts do not tell.
        static func loose(_ center: [Double]) -> Hold { Hold(center: center, precision: 1.0 / 36) }

        /// A standard deviation of 1: where the counts tell little, a kind stays like those that it began with.
        static func tied(_ center: [Double]) -> Hold { Hold(center: center, precision: 1) }
    }

    /// When a fit ends.
    struct Patience {
        let rounds: Int
        /// The least relative gain for which it goes on.
        let gain: Double

        /// For a comparison of fits.
        static let short = Patience(rounds: 15, gain: 1e-4)
        /// For what is shown.
        static let long = Patience(rounds: 60, gain: 1e-9)
    }

    /// Where a fit ended.
    struct Optimum {
        let values: [Double]
        let covariance: Matrix
        /// Twice the negative logarithm of the likelihood of normal residuals, but for a constant: weights change from round
        /// to round, so fits are compared by it.
        let squares: Double
        /// How far the odds are from what they are held to, in variances.
        let strain: Double
    }

    let counts: AgreementCounts
    let parameters: PairParameters
    /// Patterns whose slopes stand in memory at a time.
    private static let block = 2_048
    /// Patterns with fewer pairs than this part of their noise move no parameter: most patterns of many comparisons.
    private static let least = 1e-3

    /// - Parameter holds: of each kind.
    init(counts: AgreementCounts, parameters: PairParameters, holds: [Hold]) {
        (self.counts, self.parameters) = (counts, parameters)
        center = [Double](repeating: 0, count: parameters.kindCount) + holds.flatMap(\.center)
        precision =
            [Double](repeating: 0, count: parameters.kindCount)
            + holds.flatMap { hold in hold.center.map { _ in hold.precision } }
    }

    /// Of each parameter.
    private let center: [Double]
    private let precision: [Double]

    /// - Returns: nil where the counts say nothing of a parameter.
    func optimum(from start: [MatchModel.Kind], _ patience: Patience = .long) -> Optimum? {
        var values = parameters.values(start)
        var damping = 1e-3
        var curvature = Matrix(rows: values.count, columns: values.count)
        var weights: [Double] = []
        for round in 0..<patience.rounds {
            let kinds = parameters.kinds(values)
            let expected = parameters.expected(kinds)
            let means = parameters.sums(expected)
            // Half a pair more, so that an empty cell without noise has a variance.
            weights = means.map { 1 / (counts.variance + $0 + 0.5) }
            var slope: [Double]
            (curvature, slope) = normalEquations(kinds, expected, means, weights)
            for place in values.indices {
                curvature[place, place] += precision[place]
                slope[place] -= precision[place] * (values[place] - center[place])
            }
            let before = residuals(means, weights) + strain(values)
            var isBetter = false
            while damping < 1e9 {
                var damped = curvature
                for place in values.indices { damped[place, place] *= 1 + damping }
                if let step = Self.solved(damped, slope) {
                    let next = zip(values, step).map { $0 + min(max($1, -2), 2) }
                    let after = residuals(sums(next), weights) + strain(next)
                    if after <= before {
                        isBetter = before - after > patience.gain * (1 + before)
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
        guard values.allSatisfy(\.isFinite), let covariance = Self.inverse(curvature) else { return nil }
        let logarithms = weights.reduce(0) { $0 + naturalLogarithm($1) }
        return Optimum(
            values: values, covariance: covariance, squares: residuals(sums(values), weights) - logarithms,
            strain: strain(values))
    }

    /// The matrix JᵀWJ and the vector JᵀWr of a step, J being the slopes of the expected counts and r what they leave over.
    private func normalEquations(
        _ kinds: [MatchModel.Kind], _ expected: [[Double]], _ means: [Double], _ weights: [Double]
    ) -> (Matrix, [Double]) {
        let count = parameters.count
        var curvature = Matrix(rows: count, columns: count)
        var slope = [Double](repeating: 0, count: count)
        let floor = Self.least * (counts.variance + 0.5).squareRoot()
        let patterns = means.indices.filter { means[$0] > floor }
        for start in stride(from: 0, to: patterns.count, by: Self.block) {
            let some = patterns[start..<min(start + Self.block, patterns.count)]
            let roots = some.map { weights[$0].squareRoot() }
            var slopes = parameters.slopes(kinds, expected, some)
            for place in slopes.values.indices { slopes.values[place] *= roots[place % roots.count] }
            let residuals = zip(some, roots).map { (counts.counts[$0] - means[$0]) * $1 }
            for column in 0..<count {
                var sum = 0.0
                for row in residuals.indices { sum += slopes.values[column * residuals.count + row] * residuals[row] }
                slope[column] += sum
            }
            let part = slopes.gram
            for place in curvature.values.indices { curvature.values[place] += part.values[place] }
        }
        return (curvature, slope)
    }

    private func sums(_ values: [Double]) -> [Double] {
        parameters.sums(parameters.expected(parameters.kinds(values)))
    }

    private func residuals(_ means: [Double], _ weights: [Double]) -> Double {
        var sum = 0.0
        for place in means.indices {
            let residual = counts.counts[place] - means[place]
            sum += residual * residual * weights[place]
        }
        return sum
    }

    private func strain(_ values: [Double]) -> Double {
        var sum = 0.0
        for place in values.indices {
            sum += precision[place] * (values[place] - center[place]) * (values[place] - center[place])
        }
        return sum
    }

    private static func solved(_ matrix: Matrix, _ right: [Double]) -> [Double]? {
        guard let factor = try? matrix.cholesky(),
            var x = try? Matrix(rows: right.count, columns: 1, values: right),
            (try? x.solve(byCholeskyFactor: factor)) != nil
        else { return nil }
        return x.values
    }

    private static func inverse(_ matrix: Matrix) -> Matrix? {
        guard let factor = try? matrix.cholesky() else { return nil }
        var inverse = Matrix.identity(matrix.rows)
        return (try? inverse.solve(byCholeskyFactor: factor)) == nil ? nil : inverse
    }
}
