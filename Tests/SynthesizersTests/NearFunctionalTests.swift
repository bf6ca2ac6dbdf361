import Domains
import Testing
import VectorMath

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

@Suite("Columns that nearly follow from another one")
struct NearFunctionalTests {
    /// A column of twenty codes and its halves, one row in five at random.
    private static func halves(count: Int) -> [[Int]] {
        var generator = SplitMix64(state: 3)
        let fine = (0..<count).map { _ in Int.random(in: 0..<20, using: &generator) }
        let coarse = fine.map { code in
            Int.random(in: 0..<5, using: &generator) == 0 ? Int.random(in: 0..<10, using: &generator) : code / 2
        }
        return [fine, coarse]
    }

    @Test("few tables share the budget, so each is as fine as its noise allows", arguments: ["auto", "clique-tree"])
    func alone(_ method: String) throws {
        let columns = Self.halves(count: 5000)
        let domain = categoryDomain([20, 10])
        var distance = 0.0
        for _ in 0..<3 {
            let rows = try RowSampler(fit(method, table(domain, columns), usual), seed: 5).rows(0..<5000).codes
                .map { $0.map { Int($0) } }
            let (real, drawn) = (shares(columns, [20, 10], [0, 1]), shares(rows, [20, 10], [0, 1]))
            distance += zip(real, drawn).reduce(0) { $0 + abs($1.0 - $1.1) } / 6
        }
        // Groups of some 55 cells for 200 gave 0.4 to 0.5.
        #expect(distance < 0.15)
    }

    @Test("of each two columns one distance is asked for, at the levels of most degrees of freedom")
    func oneTable() {
        let domain = categoryDomain([16, 16, 2])
        let levels = (0..<3).map { column in
            CodeLevels(
                column, domain: domain.columns[column],
                shares: [Double](repeating: 1 / Double(domain.sizes[column]), count: domain.sizes[column]),
                sizes: [2, 4, 8, 16])
        }
        let tables = PairTables(levels, legible: 64)
        #expect(tables.candidates.map { [$0.columns.0, $0.columns.1] } == [[0, 1], [0, 2], [1, 2]])
        for table in tables.candidates {
            let best = levels[table.columns.0].levels.flatMap { first in
                levels[table.columns.1].levels.filter { first.size * $0.size <= 64 }.map {
                    (first.size - 1) * ($0.size - 1)
                }
            }.max()
            let members = tables.members(of: table)
            #expect((members[0].size - 1) * (members[1].size - 1) == best)
        }
    }

    @Test("a table gets finer as far as its cells are worth their noise, and others stay as they are")
    func refinement() throws {
        let domain = categoryDomain([32, 32])
        let levels = (0..<2).map { column in
            CodeLevels(
                column, domain: domain.columns[column], shares: [Double](repeating: 1 / 32, count: 32),
                sizes: [2, 4, 8, 16, 32])
        }
        var tables = PairTables(levels, legible: 16)
        let before = tables.candidates[0].cells
        #expect(!tables.refine([0]) { _, _ in Double(before) })
        #expect(!tables.refine([]) { _, _ in 4096 })
        #expect(tables.refine([0]) { _, _ in 300 })
        #expect(tables.candidates[0].cells > before)
        #expect(tables.candidates[0].cells <= 300)
        let members = tables.members(of: tables.candidates[0])
        #expect(members[0].size * members[1].size == tables.candidates[0].cells)
    }
}
