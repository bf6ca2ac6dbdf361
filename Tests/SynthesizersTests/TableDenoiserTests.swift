import Domains
import LinearAlgebra
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

/// What is made of a noisy table of two columns.
@Suite struct TableDenoiserTests {
    /// Mean absolute error of a cell over some draws of noise, with what is known of scales and without.
    private func errors(
        _ truth: [Double], rows: Int, columns: Int, deviation: Double, ordered: (rows: Int, columns: Int)
    ) -> (with: Double, without: Double) {
        var generator = SplitMix64(state: 11)
        let total = truth.reduce(0, +)
        let down = (0..<rows).map { row in (0..<columns).reduce(0) { $0 + truth[row * columns + $1] } }
        let along = (0..<columns).map { column in (0..<rows).reduce(0) { $0 + truth[$1 * columns + column] } }
        let expected = down.flatMap { one in along.map { one * $0 / total } }
        var (with, without) = (0.0, 0.0)
        for _ in 0..<3 {
            // A sum of twelve has the variance 1.
            let counts = truth.map { count in
                count + deviation * ((0..<12).reduce(0) { sum, _ in sum + .random(in: 0..<1, using: &generator) } - 6)
            }
            func error(_ ordered: (rows: Int, columns: Int)) -> Double {
                let found = TableDenoiser(
                    rows: rows, columns: columns, expected: expected, deviation: deviation, ordered: ordered
                ).estimate(counts)
                return zip(found, truth).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(truth.count)
            }
            with += error(ordered)
            without += error((0, 0))
        }
        return (with, without)
    }

    @Test("of two columns along a scale what changes slowly is told from noise")
    func slow() {
        // Rows near each other are alike: a band around the diagonal of a square, as wide as a third of it.
        let side = 16
        let truth = (0..<side * side).map { cell -> Double in
            let off = Double(cell / side - cell % side) / 5
            return 240 * exponential(-off * off / 2)
        }
        let square = errors(truth, rows: side, columns: side, deviation: 60, ordered: (side, side))
        #expect(square.with < 0.85 * square.without, "\(square.with) with, \(square.without) without")
        // Beside a column without order.
        let parts = (0..<24 * 5).map { cell -> Double in
            100 + 80 * cosine(.pi * (Double(cell / 5) / 24 + Double(cell % 5) * 0.4))
        }
        let tall = errors(parts, rows: 24, columns: 5, deviation: 40, ordered: (24, 0))
        #expect(tall.with < 0.9 * tall.without, "\(tall.with) with, \(tall.without) without")
    }

    @Test("what jumps from code to code is kept as well as without a scale")
    func jagged() {
        var generator = SplitMix64(state: 5)
        let truth = (0..<16 * 8).map { _ in Double.random(in: 0..<4, using: &generator) < 1 ? 240.0 : 10 }
        let found = errors(truth, rows: 16, columns: 8, deviation: 30, ordered: (16, 8))
        #expect(found.with < 1.03 * found.without, "\(found.with) with, \(found.without) without")
    }

    @Test("waves are an orthonormal basis, and further groups stay as they are", arguments: [6, 24, 31])
    func basis(ordered: Int) throws {
        let choices = ScaleWaves.choices(size: ordered + 2, ordered: ordered)
        #expect(choices.count == (ordered < 24 ? 3 : 4) && choices[0].basis == nil)
        for choice in choices.dropFirst() {
            let basis = try #require(choice.basis)
            let gram = basis.gram
            for i in 0..<gram.rows {
                for j in 0..<gram.columns { #expect(abs(gram[i, j] - (i == j ? 1 : 0)) < 1e-12) }
            }
            #expect(basis[ordered, basis.columns - 2] == 1 && basis[ordered + 1, basis.columns - 1] == 1)
        }
        #expect(ScaleWaves.choices(size: 5, ordered: 5).count == 1)
    }

    @Test("groups that are runs of a scale are known as such, others are not")
    func runs() throws {
        let field = Field(
            name: "age", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: .number(7)))
        let oneWays = OneWayMarginals(try TableDomain(schema: TableSchema(fields: [field]), keyColumns: []))
        func groups(_ groups: [UInt32], _ size: Int) -> Int {
            oneWays.orderedGroups(of: ModelAttribute(column: 0, groups: groups, size: size))
        }
        #expect(groups([0, 0, 1, 1, 1, 2, 3, 3], 4) == 4)
        #expect(groups([0, 1, 0, 1, 0, 1, 0, 1], 2) == 0)
        #expect(oneWays.orderedGroups(of: ModelAttribute(column: 0, size: 8)) == 8)
        #expect(OneWayMarginals(categoryDomain([8])).orderedGroups(of: ModelAttribute(column: 0, size: 8)) == 0)
    }
}
