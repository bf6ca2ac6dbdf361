internal import COpenBLAS

/// The number of threads that OpenBLAS uses, set once for the process.
///
/// One is right where the caller is parallel itself, and makes results repeatable bit for bit.
public func setLinearAlgebraThreads(_ count: Int) {
    openblas_set_num_threads(Int32(max(1, count)))
}

// Proof: a matrix holds `rows · columns` numbers, by its initialisers, and changes neither. BLAS gets each matrix with its
// own rows as leading dimension, and shapes that are equal where the product needs it, as each function checks, so that it
// stays inside each matrix. What it writes is a variable that no other argument shares. Conversions to `Int32` end the
// process where a side does not fit.

extension Matrix {
    /// The Gram matrix `selfᵀ · self`: `columns` × `columns`, symmetric, both triangles filled (BLAS `dsyrk`).
    public var gram: Matrix {
        var result = Matrix(rows: columns, columns: columns)
        guard rows > 0, columns > 0 else { return result }
        values.withUnsafeBufferPointer { source in
            result.values.withUnsafeMutableBufferPointer { target in
                cblas_dsyrk(
                    CblasColMajor, CblasLower, CblasTrans, Int32(columns), Int32(rows), 1, source.baseAddress,
                    Int32(rows), 0, target.baseAddress, Int32(columns))
            }
        }
        result.mirrorLowerTriangle()
        return result
    }

    /// The product `self · other`: `rows` × `other.columns` (BLAS `dgemm`).
    ///
    /// - Throws: ``LinearAlgebraError/shape(expected:got:)`` unless `columns == other.rows`.
    public func multiplied(by other: Matrix) throws(LinearAlgebraError) -> Matrix {
        guard columns == other.rows else {
            throw .shape(expected: "\(columns) rows on the right", got: "\(other.rows)")
        }
        var result = Matrix(rows: rows, columns: other.columns)
        guard rows > 0, columns > 0, other.columns > 0 else { return result }
        values.withUnsafeBufferPointer { left in
            other.values.withUnsafeBufferPointer { right in
                result.values.withUnsafeMutableBufferPointer { target in
                    cblas_dgemm(
                        CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(other.columns), Int32(columns), 1,
                        left.baseAddress, Int32(rows), right.baseAddress, Int32(other.rows), 0, target.baseAddress,
                        Int32(rows))
                }
            }
        }
        return result
    }

    /// Replaces `self` (shape n × m) by `self · factorᵀ` for a lower triangular `factor` of order m (BLAS `dtrmm`).
    ///
    /// With rows of independent standard normals and `factor` the Cholesky factor of a correlation matrix, the rows
    /// become correlated normals.
    ///
    /// - Throws: ``LinearAlgebraError/shape(expected:got:)`` unless `factor` is square of order `columns`.
    public mutating func multiplyByTransposedLowerTriangle(_ factor: Matrix) throws(LinearAlgebraError) {
        guard factor.rows == factor.columns, factor.rows == columns else {
            throw .shape(expected: "a triangle of order \(columns)", got: "\(factor.rows) × \(factor.columns)")
        }
        guard rows > 0, columns > 0 else { return }
        let (n, m) = (Int32(rows), Int32(columns))
        factor.values.withUnsafeBufferPointer { triangle in
            values.withUnsafeMutableBufferPointer { target in
                cblas_dtrmm(
                    CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, m, 1, triangle.baseAddress, m,
                    target.baseAddress, n)
            }
        }
    }

    /// Replaces `self` (shape m × n) by the X with `factor · factorᵀ · X = self` for a lower triangular `factor` of order m,
    /// as Cholesky's is (BLAS `dtrsm`, twice).
    ///
    /// - Throws: ``LinearAlgebraError/shape(expected:got:)`` unless `factor` is square of order `rows`.
    public mutating func solve(byCholeskyFactor factor: Matrix) throws(LinearAlgebraError) {
        guard factor.rows == factor.columns, factor.rows == rows else {
            throw .shape(expected: "a triangle of order \(rows)", got: "\(factor.rows) × \(factor.columns)")
        }
        guard rows > 0, columns > 0 else { return }
        let (m, n) = (Int32(rows), Int32(columns))
        factor.values.withUnsafeBufferPointer { triangle in
            values.withUnsafeMutableBufferPointer { target in
                for side in [CblasNoTrans, CblasTrans] {
                    cblas_dtrsm(
                        CblasColMajor, CblasLeft, CblasLower, side, CblasNonUnit, m, n, 1, triangle.baseAddress, m,
                        target.baseAddress, m)
                }
            }
        }
    }

    package mutating func mirrorLowerTriangle() {
        for j in 0..<columns {
            for i in (j + 1)..<max(j + 1, rows) { values[j + i * rows] = values[i + j * rows] }
        }
    }
}
