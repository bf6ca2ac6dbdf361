import LinearAlgebra
import Statistics
import VectorMath

/// What clipping rows to a length does to the correlations of normal numbers, undone.
///
/// Rows z ~ N(0, C) are scaled by min(1, R / ‖z‖). In the eigenvectors of C each coordinate's sign is free, so that the
/// covariance of the scaled rows has the same eigenvectors, and eigenvalues λₖ aₖ with
/// aₖ = E[min(1, R² / (Σ λⱼ gⱼ² + t)) gₖ²], the g being standard normals and t what else adds to a row's square. Long rows
/// are long in the strong directions, which is why these lose most. The fixed point of λₖ = μₖ / aₖ(λ) undoes it.
struct ClippedSpectrum {
    /// R².
    let squaredBound: Double
    /// t.
    let others: Double

    private static let rounds = 40
    private static let least = 1e-3

    /// - Parameter measured: the correlation matrix of the scaled rows.
    /// - Returns: that of the rows as they were; positive definite.
    func undone(_ measured: Matrix) throws(LinearAlgebraError) -> Matrix {
        let size = measured.rows
        guard size > 1 else { return measured }
        let eigen = try measured.symmetricEigen()
        let targets = eigen.values.map { max($0, Self.least) }
        let squares = Self.squaredNormals(columns: size)
        var values = targets
        for _ in 0..<Self.rounds {
            let kept = means(squares, values)
            values = zip(targets, kept).map { $0 / max($1, Self.least) }
            let scale = Double(size) / values.reduce(0, +)
            for place in values.indices { values[place] *= scale }
        }
        var scaled = eigen.vectors
        for column in 0..<size {
            for row in 0..<size { scaled[row, column] *= values[column] }
        }
        let whole = try scaled.multiplied(by: eigen.vectors.transposed)
        var result = Matrix.identity(size)
        for i in 0..<size {
            for j in 0..<i {
                result[i, j] = whole[i, j] / (whole[i, i] * whole[j, j]).squareRoot()
                result[j, i] = result[i, j]
            }
        }
        return result
    }

    /// aₖ for each coordinate.
    private func means(_ squares: [[Double]], _ values: [Double]) -> [Double] {
        let count = squares[0].count
        var lengths = [Double](repeating: others, count: count)
        for (column, value) in zip(squares, values) {
            for row in 0..<count { lengths[row] += value * column[row] }
        }
        for row in 0..<count { lengths[row] = min(1, squaredBound / lengths[row]) / Double(count) }
        return squares.map { column in zip(column, lengths).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// Latin hypercube of squared standard normals: each column has their distribution exactly.
    private static func squaredNormals(columns: Int) -> [[Double]] {
        let count = min(max((1 << 21) / columns, 256), 4096)
        let sorted = (0..<count).map { row in
            let normal = Normal.quantile((Double(row) + 0.5) / Double(count))
            return normal * normal
        }
        var generator = SplitMix64(state: 0x436C_6970)
        return (0..<columns).map { _ in generator.permutation(count).map { sorted[Int($0)] } }
    }
}
