extension Matrix {
    /// The correlation matrix nearest to `self` in the Frobenius norm whose eigenvalues are at least `floor`.
    ///
    /// Alternating projections between the matrices with unit diagonal and the cone of positive semidefinite ones, with
    /// Dykstra's correction (N. J. Higham, "Computing the nearest correlation matrix: a problem from finance", IMA J.
    /// Numerical Analysis 22, 2002, algorithm 3.3). The number of steps is fixed by the shape and the tolerance only.
    ///
    /// - Parameters:
    ///   - floor: least eigenvalue of the result before its diagonal is scaled to one; at least 0.
    ///   - tolerance: change of the iterate, relative to its norm, at which to stop.
    ///   - maximumSteps: eigendecompositions at most.
    /// - Returns: symmetric, unit diagonal, positive definite for `floor > 0`.
    /// - Throws: `shape` for a matrix that is not square.
    public func nearestCorrelation(
        floor: Double = 1e-6, tolerance: Double = 1e-10, maximumSteps: Int = 200
    ) throws(LinearAlgebraError) -> Matrix {
        try requireSquare()
        var iterate = symmetrised()
        var correction = Matrix(rows: rows, columns: columns)
        for _ in 0..<maximumSteps {
            var shifted = iterate
            for k in shifted.values.indices { shifted.values[k] -= correction.values[k] }
            let projected = try shifted.projectedOntoCone(floor: floor)
            var next = projected
            for k in next.values.indices { correction.values[k] = projected.values[k] - shifted.values[k] }
            for i in 0..<rows { next[i, i] = 1 }
            let change = zip(next.values, iterate.values).reduce(into: 0.0) { sum, pair in
                sum += (pair.0 - pair.1) * (pair.0 - pair.1)
            }
            iterate = next
            if change.squareRoot() <= tolerance * max(1, next.frobeniusNorm) { break }
        }
        return try iterate.projectedOntoCone(floor: floor).scaledToUnitDiagonal()
    }

    /// The nearest symmetric matrix with eigenvalues of at least `floor`.
    func projectedOntoCone(floor: Double) throws(LinearAlgebraError) -> Matrix {
        let eigen = try symmetricEigen()
        var scaled = eigen.vectors
        for j in 0..<columns {
            let root = max(eigen.values[j], floor).squareRoot()
            for i in 0..<rows { scaled.values[i + j * rows] *= root }
        }
        return scaled.transposed.gram
    }

    /// Rows and columns divided so that the diagonal is one; a diagonal that is not positive becomes an identity row.
    func scaledToUnitDiagonal() -> Matrix {
        let scale = diagonal.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
        var result = self
        for j in 0..<columns {
            for i in 0..<rows { result.values[i + j * rows] *= scale[i] * scale[j] }
            result[j, j] = 1
        }
        return result
    }

    func symmetrised() -> Matrix {
        var result = self
        for j in 0..<columns {
            for i in 0..<rows { result[i, j] = (self[i, j] + self[j, i]) / 2 }
        }
        return result
    }
}
