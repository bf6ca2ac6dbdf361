/// A dense matrix of `Double`, stored column by column (the order of BLAS and LAPACK).
public struct Matrix: Sendable, Equatable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// `rows * columns` values; element (i, j) is at `i + j * rows`.
    public package(set) var values: [Double]

    /// A matrix of `rows` × `columns` that holds `value` everywhere.
    public init(rows: Int, columns: Int, repeating value: Double = 0) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative shape")
        self.rows = rows
        self.columns = columns
        self.values = Array(repeating: value, count: rows * columns)
    }

    /// A matrix from its values in column order.
    ///
    /// - Throws: ``LinearAlgebraError/shape(expected:got:)`` if `values` does not hold `rows * columns` numbers.
    public init(rows: Int, columns: Int, values: [Double]) throws(LinearAlgebraError) {
        guard rows >= 0, columns >= 0, values.count == rows * columns else {
            throw .shape(expected: "\(rows) × \(columns) = \(rows * columns) values", got: "\(values.count)")
        }
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// The symmetric matrix with this lower triangle, given row by row: (0,0), (1,0), (1,1), …
    ///
    /// - Throws: ``LinearAlgebraError/shape(expected:got:)`` if `triangle` does not hold `order · (order + 1) / 2` numbers.
    public init(order: Int, lowerTriangle triangle: [Double]) throws(LinearAlgebraError) {
        guard order >= 0, triangle.count == order * (order + 1) / 2 else {
            throw .shape(expected: "a lower triangle of order \(order)", got: "\(triangle.count) values")
        }
        self.init(rows: order, columns: order)
        for i in 0..<order {
            for j in 0...i {
                values[i + j * order] = triangle[i * (i + 1) / 2 + j]
                values[j + i * order] = triangle[i * (i + 1) / 2 + j]
            }
        }
    }

    /// The lower triangle, row by row: (0,0), (1,0), (1,1), … Of a matrix that is not square, that of its largest leading square.
    public var lowerTriangle: [Double] {
        (0..<min(rows, columns)).flatMap { i in (0...i).map { values[i + $0 * rows] } }
    }

    /// The identity of order `n`.
    public static func identity(_ n: Int) -> Matrix {
        var matrix = Matrix(rows: n, columns: n)
        for i in 0..<n { matrix[i, i] = 1 }
        return matrix
    }

    /// Element of row `i` and column `j`.
    public subscript(i: Int, j: Int) -> Double {
        get {
            precondition(i >= 0 && i < rows && j >= 0 && j < columns, "element outside the matrix")
            return values[i + j * rows]
        }
        set {
            precondition(i >= 0 && i < rows && j >= 0 && j < columns, "element outside the matrix")
            values[i + j * rows] = newValue
        }
    }

    /// The main diagonal, `min(rows, columns)` values.
    public var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

    /// The matrix whose element (i, j) is element (j, i) of this one.
    public var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for j in 0..<columns {
            for i in 0..<rows { result[j, i] = self[i, j] }
        }
        return result
    }

    /// The square root of the sum of squares of all elements (Frobenius norm).
    public var frobeniusNorm: Double { values.reduce(into: 0) { $0 += $1 * $1 }.squareRoot() }
}

/// What can go wrong in this module. No case carries more than shapes and LAPACK's own status.
public enum LinearAlgebraError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Two shapes do not fit together.
    case shape(expected: String, got: String)
    /// A Cholesky factorisation met a leading minor that is not positive.
    case notPositiveDefinite(leadingMinor: Int)
    /// An iteration did not converge.
    case noConvergence(routine: String)
    /// LAPACK was called with a bad argument; a defect of this module.
    case badArgument(routine: String, position: Int)

    /// What did not fit, in words and shapes.
    public var description: String {
        switch self {
        case .shape(let expected, let got): "the shapes do not fit: expected \(expected), got \(got)"
        case .notPositiveDefinite(let minor):
            "the matrix is not positive definite: leading minor \(minor) is not positive"
        case .noConvergence(let routine): "\(routine) did not converge"
        case .badArgument(let routine, let position): "\(routine) refused its argument \(position)"
        }
    }
}
