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
// eigenvalues. Workspaces have the lengths that dsyevd's documentation asks for with eigenvectors: 1 + 6n + 2n² numbers
// and 3 + 5n integers. Conversions to `Int32` and sums of it end the process where a side does not fit.

/// Which triangle LAPACK reads.
private let lower = CChar(UInt8(ascii: "L"))

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
        var order = Int32(rows)
        var triangle = lower
        var info: Int32 = 0
        factor.values.withUnsafeMutableBufferPointer {
            dpotrf_(&triangle, &order, $0.baseAddress, &order, &info, 1)
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
        guard rows > 0 else { return SymmetricEigen(values: [], vectors: vectors) }
        var eigenvalues = [Double](repeating: 0, count: rows)
        var order = Int32(rows)
        var wanted = CChar(UInt8(ascii: "V"))
        var triangle = lower
        var workLength = 1 + 6 * order + 2 * order * order
        var integersLength = 3 + 5 * order
        var work = [Double](repeating: 0, count: Int(workLength))
        var integers = [Int32](repeating: 0, count: Int(integersLength))
        var info: Int32 = 0
        vectors.values.withUnsafeMutableBufferPointer { matrix in
            dsyevd_(
                &wanted, &triangle, &order, matrix.baseAddress, &order, &eigenvalues, &work, &workLength, &integers,
                &integersLength, &info, 1, 1)
        }
        if info > 0 { throw .noConvergence(routine: "dsyevd") }
        if info < 0 { throw .badArgument(routine: "dsyevd", position: Int(-info)) }
        return SymmetricEigen(values: eigenvalues, vectors: vectors)
    }

    func requireSquare() throws(LinearAlgebraError) {
        guard rows == columns else { throw .shape(expected: "a square matrix", got: "\(rows) × \(columns)") }
    }
}
