import LinearAlgebra
import Testing
import VectorMath

private func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SplitMix64(state: seed)
    var matrix = Matrix(rows: rows, columns: columns)
    for j in 0..<columns {
        for i in 0..<rows { matrix[i, j] = Double.random(in: -1...1, using: &generator) }
    }
    return matrix
}

private func largestDifference(_ a: Matrix, _ b: Matrix) -> Double {
    zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct ProductTests {
    @Test("a product equals the sum written out", arguments: [(1, 1, 1), (3, 5, 2), (17, 4, 9)])
    func product(shape: (Int, Int, Int)) throws {
        let (n, k, m) = shape
        let (a, b) = (randomMatrix(n, k, seed: 1), randomMatrix(k, m, seed: 2))
        let c = try a.multiplied(by: b)
        for i in 0..<n {
            for j in 0..<m {
                let expected = (0..<k).reduce(0.0) { $0 + a[i, $1] * b[$1, j] }
                #expect(abs(c[i, j] - expected) < 1e-12)
            }
        }
    }

    @Test("a Gram matrix equals the transposed matrix times the matrix")
    func gram() throws {
        let a = randomMatrix(50, 7, seed: 3)
        #expect(largestDifference(a.gram, try a.transposed.multiplied(by: a)) < 1e-12)
    }

    @Test("shapes that do not fit are refused by name")
    func shapes() {
        #expect(throws: LinearAlgebraError.shape(expected: "3 rows on the right", got: "2")) {
            try Matrix(rows: 2, columns: 3).multiplied(by: Matrix(rows: 2, columns: 3))
        }
        #expect(throws: LinearAlgebraError.self) { try Matrix(rows: 2, columns: 2, values: [1]) }
    }

    @Test("empty matrices have empty products")
    func empty() throws {
        #expect(Matrix(rows: 0, columns: 3).gram == Matrix(rows: 3, columns: 3))
        #expect(try Matrix(rows: 0, columns: 0).cholesky().values.isEmpty)
    }
}

@Suite struct FactorisationTests {
    @Test("the Cholesky factor of a known matrix is the published one")
    func knownCholesky() throws {
        // The example of Golub & Van Loan's and Wikipedia's "Cholesky decomposition".
        let matrix = try Matrix(rows: 3, columns: 3, values: [4, 12, -16, 12, 37, -43, -16, -43, 98])
        let factor = try matrix.cholesky()
        #expect(factor.values == [2, 6, -8, 0, 1, 5, 0, 0, 3])
    }

    @Test("a lower triangle makes the symmetric matrix, and is found again in its factor")
    func lowerTriangle() throws {
        let matrix = try Matrix(order: 3, lowerTriangle: [4, 12, 37, -16, -43, 98])
        #expect(matrix.values == [4, 12, -16, 12, 37, -43, -16, -43, 98])
        #expect(matrix.lowerTriangle == [4, 12, 37, -16, -43, 98])
        #expect(try matrix.cholesky().lowerTriangle == [2, 6, 1, -8, 5, 3])
        #expect(throws: LinearAlgebraError.shape(expected: "a lower triangle of order 2", got: "2 values")) {
            try Matrix(order: 2, lowerTriangle: [1, 2])
        }
    }

    @Test("a matrix that is not positive definite names the minor that fails")
    func indefinite() throws {
        let matrix = try Matrix(rows: 2, columns: 2, values: [1, 2, 2, 1])
        #expect(throws: LinearAlgebraError.notPositiveDefinite(leadingMinor: 2)) { try matrix.cholesky() }
    }

    @Test("eigenvectors are orthonormal and rebuild the matrix")
    func eigen() throws {
        let a = randomMatrix(9, 9, seed: 4)
        let symmetric = a.gram
        let eigen = try symmetric.symmetricEigen()
        #expect(largestDifference(eigen.vectors.gram, .identity(9)) < 1e-12)
        var scaled = eigen.vectors
        for j in 0..<9 {
            for i in 0..<9 { scaled[i, j] *= eigen.values[j] }
        }
        #expect(largestDifference(try scaled.multiplied(by: eigen.vectors.transposed), symmetric) < 1e-12)
        #expect(eigen.values == eigen.values.sorted())
    }

    @Test("correlated rows come from a triangular product")
    func triangularProduct() throws {
        var rows = randomMatrix(20, 4, seed: 5)
        let factor = try randomMatrix(9, 4, seed: 6).gram.cholesky()
        let expected = try rows.multiplied(by: factor.transposed)
        try rows.multiplyByTransposedLowerTriangle(factor)
        #expect(largestDifference(rows, expected) < 1e-12)
    }
}

@Suite struct NearestCorrelationTests {
    @Test("Higham's example of 2002 gives his published matrix")
    func higham() throws {
        // Higham (2002), section 4: the nearest correlation matrix to [1 1 0; 1 1 1; 0 1 1].
        let matrix = try Matrix(rows: 3, columns: 3, values: [1, 1, 0, 1, 1, 1, 0, 1, 1])
        let nearest = try matrix.nearestCorrelation(floor: 0, tolerance: 1e-12, maximumSteps: 1_000)
        #expect(abs(nearest[0, 1] - 0.7607) < 5e-5)
        #expect(abs(nearest[0, 2] - 0.1573) < 5e-5)
    }

    @Test("a correlation matrix is its own nearest one")
    func fixedPoint() throws {
        let matrix = try Matrix(rows: 2, columns: 2, values: [1, 0.5, 0.5, 1])
        #expect(largestDifference(try matrix.nearestCorrelation(), matrix) < 1e-9)
    }

    @Test("any symmetric matrix becomes positive definite with unit diagonal", arguments: 1...20)
    func always(seed: Int) throws {
        let a = randomMatrix(6, 6, seed: UInt64(seed))
        let nearest = try a.nearestCorrelation()
        #expect(nearest.diagonal.allSatisfy { $0 == 1 })
        #expect(nearest == nearest.transposed || largestDifference(nearest, nearest.transposed) < 1e-12)
        _ = try nearest.cholesky()
    }
}
