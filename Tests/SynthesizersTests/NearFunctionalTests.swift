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

    /// The table of two such columns, of 10,000 rows and at their coarsest levels, which are as far from independence as given.
    private static func tables(codes: Int, sizes: [Int], misfit: Int64) -> PairTables {
        let shares = [Double](repeating: 1 / Double(codes), count: codes)
        let levels = (0..<2).map {
            CodeLevels($0, shares: shares, kinds: [(codes: 0..<codes, isOrdered: true)], sizes: sizes)
        }
        var oneWays = OneWayMarginals(categoryDomain([codes, codes]))
        let counts = [Int64](repeating: 10_000 / Int64(codes), count: codes)
        let scale = NoiseScale.gaussian(GaussianScale(units: 1 << 32))
        oneWays.add((0..<2).map { NoisyMarginal(attributes: [$0], shape: [codes], counts: counts, scale: scale) })
        var tables = PairTables(levels, limits: [1])
        let members = tables.members(of: tables.candidates[0])
        tables.setMisfits(
            [MeasuredMisfit(first: members[0], second: members[1], value: misfit, variance: 0)], oneWays)
        return tables
    }

    @Test("a table gets finer as far as its cells are worth their noise, and others stay as they are")
    func refinement() {
        var tables = Self.tables(codes: 32, sizes: [4, 8, 16, 32], misfit: 3_000)
        let before = tables.candidates[0].cells
        #expect(!tables.refine([0]) { _ in 3_000 })
        #expect(!tables.refine([]) { _ in 0.1 })
        #expect(tables.refine([0]) { _ in 3 })
        let some = tables.candidates[0].cells
        #expect(some > before && some < 1_024)
        let members = tables.members(of: tables.candidates[0])
        #expect(members[0].size * members[1].size == some)
        #expect(tables.refine([0]) { _ in 0.1 })
        #expect(tables.candidates[0].cells == 1_024)
    }

    @Test("the last step, to single codes, is worth more noise than one between groups of many")
    func singleCodes() {
        var few = Self.tables(codes: 4, sizes: [2, 4], misfit: 3_000)
        var many = Self.tables(codes: 64, sizes: [2, 4], misfit: 3_000)
        #expect(few.candidates[0].cells == many.candidates[0].cells)
        #expect(few.refine([0]) { _ in 100 })
        #expect(!many.refine([0]) { _ in 100 })
    }
}
