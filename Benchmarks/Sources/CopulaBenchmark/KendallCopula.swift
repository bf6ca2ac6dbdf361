import Foundation
import LinearAlgebra

/// The copula of Li, Xiong and Jiang (2014) with Kendall's τ, for comparison alone: every τ plus noise, P = sin(πτ/2),
/// repaired, sampled. It is given more than the paper allows: n is public, the marginals and the part of the budget for the
/// correlations are those of `gaussian-copula`, and Gaussian noise replaces the Laplace noise of a split ε where better.
struct KendallCopula {
    private let correlation: Matrix
    private let truth: BenchmarkTable

    /// - Parameter rho: zero-concentrated, of all correlations together.
    init(_ truth: BenchmarkTable, epsilon: Double, rho: Double, seed: UInt64) throws {
        self.truth = truth
        var generator = Seeded(state: seed)
        let columns = truth.columns
        let size = columns.count
        let pairs = Double(size * (size - 1) / 2)
        let sensitivity = 4 / Double(truth.rowCount + 1)
        let gaussian = sensitivity * (pairs / (2 * rho)).squareRoot()
        let laplace = sensitivity * pairs / epsilon
        var matrix = Matrix.identity(size)
        for a in 0..<size {
            for b in 0..<a {
                let exact = Self.tau(columns[a], columns[b], sizes: (truth.sizes[a], truth.sizes[b]))
                let noise: Double
                if gaussian < laplace * 2.0.squareRoot() {
                    noise = gaussian * generator.normal()
                } else {
                    let u = Double.random(in: -0.5..<0.5, using: &generator)
                    noise = -laplace * (u < 0 ? -1 : 1) * log(max(1 - 2 * abs(u), 1e-300))
                }
                let value = sin(.pi / 2 * min(max(exact + noise, -1), 1))
                matrix[a, b] = value
                matrix[b, a] = value
            }
        }
        correlation = try matrix.nearestCorrelation(floor: 1e-4, tolerance: 1e-7)
    }

    /// Kendall's τ_b from the contingency table.
    private static func tau(_ x: [UInt32], _ y: [UInt32], sizes: (Int, Int)) -> Double {
        let (p, q) = sizes
        var table = [Double](repeating: 0, count: p * q)
        for row in x.indices { table[Int(x[row]) * q + Int(y[row])] += 1 }
        var sums = [Double](repeating: 0, count: (p + 1) * (q + 1))
        for i in 0..<p {
            for j in 0..<q {
                sums[(i + 1) * (q + 1) + j + 1] =
                    table[i * q + j] + sums[i * (q + 1) + j + 1] + sums[(i + 1) * (q + 1) + j] - sums[i * (q + 1) + j]
            }
        }
        func before(_ i: Int, _ j: Int) -> Double { sums[i * (q + 1) + j] }
        var score = 0.0
        for i in 0..<p {
            for j in 0..<q {
                let concordant = before(i, j)
                let discordant = before(i, q) - before(i, j + 1)
                score += table[i * q + j] * (concordant - discordant)
            }
        }
        let n = Double(x.count)
        func untied(_ counts: [Double]) -> Double { (n * n - counts.reduce(0) { $0 + $1 * $1 }) / 2 }
        let rows = (0..<p).map { before($0 + 1, q) - before($0, q) }
        let columns = (0..<q).map { before(p, $0 + 1) - before(p, $0) }
        let scale = (untied(rows) * untied(columns)).squareRoot()
        return scale > 0 ? score / scale : 0
    }

    /// - Parameter marginals: rows with the marginals to be had.
    func rows(_ count: Int, seed: UInt64, marginals: BenchmarkTable) throws -> BenchmarkTable {
        var generator = Seeded(state: seed)
        let factor = try correlation.cholesky()
        let size = truth.columns.count
        var normals = try Matrix(
            rows: count, columns: size, values: (0..<count * size).map { _ in generator.normal() })
        try normals.multiplyByTransposedLowerTriangle(factor)
        let drawn = (0..<size).map { column in Array(normals.values[column * count..<(column + 1) * count]) }
        var result = truth
        for column in 0..<size {
            let sorted = marginals.columns[column].sorted()
            var codes = [UInt32](repeating: 0, count: count)
            let order = drawn[column].indices.sorted { drawn[column][$0] < drawn[column][$1] }
            for (rank, row) in order.enumerated() { codes[row] = sorted[rank * sorted.count / count] }
            result.columns[column] = codes
        }
        return result
    }
}

extension BenchmarkTable {
    var orderedOnly: BenchmarkTable {
        let kept = names.indices.filter { isOrdered[$0] }
        return BenchmarkTable(
            name: name, names: kept.map { names[$0] }, sizes: kept.map { sizes[$0] },
            isOrdered: kept.map { _ in true }, columns: kept.map { columns[$0] })
    }
}
