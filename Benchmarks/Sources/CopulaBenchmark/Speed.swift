import Domains
import FittedModels
import Foundation
import LinearAlgebra
import PrivacyKernel
import Synthesizers
import Tables
import VectorMath

func seconds<Result>(_ name: String, repeats: Int = 3, _ work: () throws -> Result) rethrows -> (Double, Result) {
    var best = Double.infinity
    var bestProcessor = Double.infinity
    var result: Result?
    for _ in 0..<repeats {
        let start = ContinuousClock().now
        let processor = clock()
        result = try work()
        best = min(best, (ContinuousClock().now - start) / .seconds(1))
        bestProcessor = min(bestProcessor, Double(clock() - processor) / Double(CLOCKS_PER_SEC))
    }
    print(
        "\(name): \(String(format: "%.3f", best)) s, of all processors \(String(format: "%.3f", bestProcessor)) s")
    guard let result else { fatalError("nothing was measured") }
    return (best, result)
}

/// `ROWS` × `COLUMNS` ordered columns of 40 cells.
func measureSpeed(rows: Int, columns: Int) throws {
    let table = Simulation.gaussian.table(rows: rows, columns: columns)
    print("\(rows) rows × \(columns) ordered columns of 40 cells; best of three")
    let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
    let copula = try synthesizer(named: "gaussian-copula")
    // A private table takes one budget in its life, so that every fit has a table of its own.
    let hidden = try (0..<3).map { _ in HeldTable(try table.privateTable()) }
    var fits = 0
    let (_, model) = try seconds("fit", repeats: hidden.count) {
        defer { fits += 1 }
        return try copula.fit(Kernel(table: hidden[fits].take()), privacy)
    }
    let codes = zip(table.columns, table.sizes).compactMap { CodeArray(narrowing: $0, below: $1) }
    let scores = table.sizes.map { size in (0..<size).map { Int16((Double($0) / Double(size) - 0.5) * 512) } }
    for (name, bound) in [("without clipping", Int?.none), ("most rows clipped", 900)] {
        _ = seconds("Gram matrix of codes, exact, \(name)") {
            gramSums(codes, attributes: Array(0..<columns), scores: scores, bound: bound)
        }
    }
    let matrix = try Matrix(
        rows: rows, columns: columns,
        values: zip(table.columns, scores).flatMap { column, scores in column.map { Double(scores[Int($0)]) } })
    for threads in [1, 2] {
        setLinearAlgebraThreads(threads)
        _ = seconds("dsyrk of that size, \(threads) thread\(threads == 1 ? "" : "s")") { matrix.gram }
    }
    setLinearAlgebraThreads(1)
    for draws in Draws.allCases {
        let sampler = try RowSampler(model, seed: 1, draws: draws)
        _ = seconds("sample \(rows) rows, \(draws.rawValue)") {
            var start: UInt64 = 0
            var last: UInt32 = 0
            while start < UInt64(rows) {
                let block = sampler.rows(start..<min(start + 1 << 17, UInt64(rows)))
                last &+= block.codes[0].last ?? 0
                start += 1 << 17
            }
            return last
        }
    }
}

/// A private table until it is used: an array cannot hold what cannot be copied.
private final class HeldTable {
    private var table: PrivateTable?

    init(_ table: consuming PrivateTable) { self.table = consume table }

    func take() -> PrivateTable {
        guard let taken = table.take() else { fatalError("the table was used before") }
        return taken
    }
}
