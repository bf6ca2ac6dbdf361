import LinearAlgebra
import VectorMath

/// Kinds of pairs fitted to noisy counts of agreement patterns: weighted least squares by Levenberg's and Marquardt's method.
///
/// The weight of a pattern follows from the variance of its count, which is the noise's and that of a Poisson count: negative counts
/// weigh as much as positive ones. Logits are held to the start by a standard deviation of 6, so that levels that never occur
/// have an estimate.
struct PatternLeastSquares {
    /// Where a fit ended.
    struct Optimum {
        let values: [Double]
        let covariance: Matrix
        /// Twice the negative logarithm of the likelihood of normal residuals, but for a constant: weights change from round
        /// to round, so fits are compared by it.
        let squares: Double
    }

    let counts: AgreementCounts
    let parameters: PairParameters

    private static let hold = 1.0 / 36
    private static let rounds = 60
    /// Patterns whose slopes stand in memory at a time.
    private static let block = 2_048

    /// - Returns: nil where the counts say nothing of a parameter.
    func optimum(from start: [MatchModel.Kind]) -> Optimum? {
        let origin = parameters.values(start)
        var values = origin
        var damping = 1e-3
        var curvature = Matrix(rows: origin.count, columns: origin.count)
        var weights: [Double] = []
        for round in 0..<Self.rounds {
            let kinds = parameters.kinds(values)
            let expected = parameters.expected(kinds)
            let means = parameters.sums(expected)
            // Half a pair more, so that an empty cell without noise has a variance.
            weights = means.map { 1 / (counts.variance + $0 + 0.5) }
            var slope: [Double]
            (curvature, slope) = normalEquations(kinds, expected, means, weights)
            for place in parameters.kindCount..<origin.count {
                curvature[place, place] += Self.hold
                slope[place] -= Self.hold * (values[place] - origin[place])
            }
            let before = squares(values, origin, weights)
            var isBetter = false
            while damping < 1e9 {
                var damped = curvature
                for place in origin.indices { damped[place, place] *= 1 + damping }
                if let step = Self.solved(damped, slope) {
                    let next = zip(values, step).map { $0 + min(max($1, -2), 2) }
                    let after = squares(next, origin, weights)
                    if after <= before {
                        isBetter = before - after > 1e-9 * (1 + before)
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
            values: values, covariance: covariance, squares: residuals(values, weights) - logarithms)
    }

    /// The matrix JᵀWJ and the vector JᵀWr of a step, J being the slopes of the expected counts and r what they leave over.
    private func normalEquations(
        _ kinds: [MatchModel.Kind], _ expected: [[Double]], _ means: [Double], _ weights: [Double]
    ) -> (Matrix, [Double]) {
        let count = parameters.count
        var curvature = Matrix(rows: count, columns: count)
        var slope = [Double](repeating: 0, count: count)
        for start in stride(from: 0, to: means.count, by: Self.block) {
            let range = start..<min(start + Self.block, means.count)
            let roots = range.map { weights[$0].squareRoot() }
            var slopes = parameters.slopes(kinds, expected, range)
            for place in slopes.values.indices { slopes.values[place] *= roots[place % roots.count] }
            let residuals = range.map { (counts.counts[$0] - means[$0]) * roots[$0 - start] }
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

    private func residuals(_ values: [Double], _ weights: [Double]) -> Double {
        let means = parameters.sums(parameters.expected(parameters.kinds(values)))
        var sum = 0.0
        for place in means.indices {
            let residual = counts.counts[place] - means[place]
            sum += residual * residual * weights[place]
        }
        return sum
    }

    private func squares(_ values: [Double], _ origin: [Double], _ weights: [Double]) -> Double {
        zip(values, origin).dropFirst(parameters.kindCount).reduce(residuals(values, weights)) {
            $0 + Self.hold * ($1.0 - $1.1) * ($1.0 - $1.1)
        }
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
