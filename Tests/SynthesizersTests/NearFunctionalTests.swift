import Domains
import Testing

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

@Suite("Columns that nearly follow from another one")
struct NearFunctionalTests {
    /// An ordered column of codes that are all alike frequent.
    private static func levels(_ column: Int, codes: Int) -> CodeLevels {
        CodeLevels(
            column, shares: [Double](repeating: 1 / Double(codes), count: codes),
            kinds: [(codes: 0..<codes, isOrdered: true)], sizes: [2, 4, 8, 16, 32])
    }

    @Test("of each two columns one distance is asked for, at the levels of most degrees of freedom")
    func oneTable() {
        let levels = [16, 16, 2].enumerated().map { Self.levels($0.offset, codes: $0.element) }
        let tables = PairTables(levels, limits: [64])
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

    @Test("where noise allows it, finer tables of each two columns are asked for")
    func severalTables() {
        let levels = [16, 16, 2].enumerated().map { Self.levels($0.offset, codes: $0.element) }
        let tables = PairTables(levels, limits: [16, 64, 1_024])
        let sizes = Dictionary(grouping: tables.candidates) { [$0.columns.0, $0.columns.1] }
            .mapValues { $0.map(\.cells) }
        #expect(sizes == [[0, 1]: [16, 64, 256], [0, 2]: [16, 32], [1, 2]: [16, 32]])
    }

    @Test("a table gets finer as far as its cells are worth their noise, and others stay as they are")
    func refinement() {
        let levels = (0..<2).map { Self.levels($0, codes: 32) }
        var tables = PairTables(levels, limits: [16])
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
