internal import COpenBLAS

/// Eigenvalues in ascending order, and the eigenvectors as columns in the same order.
public struct SymmetricEigen: Sendable {
    /// n values, ascending.
    public let values: [Double]
    /// n × n; column k belongs to `values[k]`; columns are orthonormal.
    public let vectors: Matrix
}

// Proof: a matrix holds `rows · columns` numbers, by its initialisers, and changes neither. LAPACK gets square ones with
// their order as both order and leading dimension, so that it stays inside `order²` numbers, and `order` places for
// eigenvalues. Conversions to `Int32` end the process where a side does not fit.

extension Matrix {
    /// The lower triangular L with `L · Lᵀ = self`; the upper triangle of the result is zero (LAPACK `dpotrf`).
    ///
    /// Only the lower triangle of `self` is read.
    ///
    /// - Throws: ``LinearAlgebraError/notPositiveDefinite(leadingMinor:)``, or `shape` for a matrix that is not square.
    public func cholesky() throws(LinearAlgebraError) -> Matrix {
        try requireSquare()
        var factor = self
        guard rows > 0 else { return factor }
        let order = Int32(rows)
        let info = factor.values.withUnsafeMutableBufferPointer {
            LAPACKE_dpotrf(LAPACK_COL_MAJOR, CChar(UInt8(ascii: "L")), order, $0.baseAddress, order)
        }
        if info > 0 { throw .notPositiveDefinite(leadingMinor: Int(info)) }
        if info < 0 { throw .badArgument(routine: "dpotrf", position: Int(-info)) }
        for j in 1..<max(1, columns) {
            for i in 0..<j { factor.values[i + j * rows] = 0 }
        }
        return factor
    }

    /// All eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read (LAPACK `dsyevd`).
    ///
    /// - Throws: `shape` for a matrix that is not square, `noConvergence` if LAPACK gives up.
    public func symmetricEigen() throws(LinearAlgebraError) -> SymmetricEigen {
        try requireSquare()
        var vectors = self
        var eigenvalues = [Double](repeating: 0, count: rows)
        guard rows > 0 else { return SymmetricEigen(values: [], vectors: vectors) }
        let order = Int32(rows)
        let info = vectors.values.withUnsafeMutableBufferPointer { matrix in
            eigenvalues.withUnsafeMutableBufferPointer { found in
                LAPACKE_dsyevd(
                    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), order, matrix.baseAddress,
                    order, found.baseAddress)
            }
        }
        if info > 0 { throw .noConvergence(routine: "dsyevd") }
        if info < 0 { throw .badArgument(routine: "dsyevd", position: Int(-info)) }
        return SymmetricEigen(values: eigenvalues, vectors: vectors)
    }

    func requireSquare() throws(LinearAlgebraError) {
        guard rows == columns else { throw .shape(expected: "a square matrix", got: "\(rows) × \(columns)") }
    }
}
