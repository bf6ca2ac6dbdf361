import LinearAlgebra
import Testing

/// Against numpy 2.4 (its own LAPACK), and against loops without BLAS.
@Suite struct IndependentImplementationTests {
    private let a = try! Matrix(
        rows: 6, columns: 4,
        values: [
            1.691, -0.789, 1.018, 0.505, 0.555, 1.651, -0.466, 0.002, 0.6, -0.261, 0.124, 0.154, 0.033, -0.001, -0.625,
            -0.243, 0.274, -0.387, 0.408, -1.755, -0.172, -1.453, -1.527, 2.029,
        ])

    private func isNear(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    @Test("Gram matrix, Cholesky factor, eigenvalues, solution and product are numpy's")
    func numpy() throws {
        let gram = a.gram
        #expect(
            isNear(
                gram.values,
                [
                    7.807176999999999, 0.012484999999999878, -1.18924, 3.6681559999999998, 0.012484999999999878,
                    0.6843729999999999, -0.352579, 0.20551300000000003, -1.18924, -0.352579, 0.675609, -0.727823,
                    3.6681559999999998, 0.20551300000000003, -0.727823, 11.835852,
                ]))
        let factor = try gram.cholesky()
        #expect(
            isNear(
                factor.values,
                [
                    2.7941326024367563, 0.004468291873160114, -0.4256204587294342, 1.3128066995821923, 0,
                    0.8272563293004993, -0.42390392329754634, 0.24133631792462884, 0, 0, 0.5610362634660027,
                    -0.11899800894486076, 0, 0, 0, 3.168593824561591,
                ]))
        #expect(
            isNear(
                try gram.symmetricEigen().values,
                [0.22278921371752247, 0.9383425335147079, 5.7187859387861035, 14.123093313981666]))
        let sides = try Matrix(
            rows: 4, columns: 2, values: [-0.045, -0.405, 1.049, -0.743, -1.451, -2.288, -0.416, 1.072])
        #expect(
            isNear(
                try a.multiplied(by: sides).values,
                [
                    -0.15589199999999995, 1.3376109999999999, -0.8166389999999999, 0.9076520000000001, 1.346792,
                    -2.050175, -0.9637850000000001, -0.7406809999999998, -2.7743020000000005, -1.5921150000000002,
                    -2.839945, -0.41187300000000004,
                ]))
        var solution = sides
        try solution.solve(byCholeskyFactor: factor)
        #expect(
            isNear(
                solution.values,
                [
                    0.4155151159789965, 0.774869292128012, 2.642679046616664, -0.0424994657635526, -1.1396100275391383,
                    -6.320832868237878, -5.701811320566965, 0.20288959887796976,
                ]))
        #expect(throws: LinearAlgebraError.self) { try solution.solve(byCholeskyFactor: .identity(3)) }
    }

    @Test("a Cholesky factor is that of the plain recursion", arguments: [1, 2, 5, 40])
    func plainCholesky(order: Int) throws {
        var matrix = Matrix(rows: order, columns: order)
        for i in 0..<order { for j in 0..<order { matrix[i, j] = 1 / Double(1 + abs(i - j)) + (i == j ? 1 : 0) } }
        var plain = Matrix(rows: order, columns: order)
        for i in 0..<order {
            for j in 0...i {
                let sum = (0..<j).reduce(matrix[i, j]) { $0 - plain[i, $1] * plain[j, $1] }
                plain[i, j] = i == j ? sum.squareRoot() : sum / plain[j, j]
            }
        }
        #expect(isNear(try matrix.cholesky().values, plain.values))
    }
}
