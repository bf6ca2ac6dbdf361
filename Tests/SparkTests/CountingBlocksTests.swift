import Testing
import VectorMath

@testable import Spark

@Suite("tables that stand for several")
struct CountingBlocksTests {
    private static let sizes = [3, 4, 5, 8, 10, 12, 16, 20, 6, 2, 32, 32, 32, 32, 32]
    private static let pairs = sizes.indices.flatMap { first in
        sizes.indices.filter { $0 > first }.map { [first, $0] }
    }

    @Test("the pairs of fifteen columns are counted in a third of the tables, none of them too large")
    func fewer() {
        let plan = CountingBlocks(Self.pairs, sizes: Self.sizes)
        #expect(plan.blocks.count <= 35)
        for (pair, holder) in zip(Self.pairs, plan.holders) {
            #expect(Set(pair).isSubset(of: plan.blocks[holder]))
        }
        #expect(plan.blocks.indices.allSatisfy { plan.cells($0) <= CountingBlocks.mostCells })
    }

    @Test("what was asked for is what its own rows count to, in the order of its columns")
    func sums() {
        var generator = SplitMix64(state: 5)
        let rows = (0..<500).map { _ in Self.sizes.map { Int(generator.next() % UInt64($0)) } }
        func count(_ columns: [Int]) -> [Int64] {
            var table = [Int64](repeating: 0, count: columns.reduce(1) { $0 * Self.sizes[$1] })
            for row in rows { table[columns.reduce(0) { $0 * Self.sizes[$1] + row[$1] }] += 1 }
            return table
        }
        let asked = Self.pairs + [[], [4], [9, 0], [2, 9, 1], [14, 13, 12], [0]]
        let plan = CountingBlocks(asked, sizes: Self.sizes)
        let counted = plan.blocks.map { count($0) }
        for (clique, holder) in zip(asked, plan.holders) {
            #expect(plan.table(clique, from: counted[holder][...], of: holder) == count(clique))
        }
    }

    @Test("a table that is larger than any block stands alone, and none is asked for twice")
    func large() {
        let plan = CountingBlocks([[0, 1], [1, 0], [2, 3]], sizes: [100, 100, 3, 4], mostCells: 50)
        #expect(plan.blocks == [[0, 1], [2, 3]])
        #expect(plan.holders == [0, 0, 1])
        #expect(CountingBlocks([], sizes: [2]).blocks.isEmpty)
    }

    @Test("where no three columns are within a block's cells, each pair is counted as it is")
    func alone() {
        let pairs = (0..<15).flatMap { first in (0..<first).map { [$0, first] } }
        #expect(CountingBlocks(pairs, sizes: [Int](repeating: 32, count: 15)).blocks.count == 105)
    }

    @Test("the 4,950 pairs of a hundred columns of two are held by blocks of thirteen, and no pair is left out")
    func many() {
        let pairs = (0..<100).flatMap { first in (0..<first).map { [$0, first] } }
        let plan = CountingBlocks(pairs, sizes: [Int](repeating: 2, count: 100))
        // A block of thirteen holds 78 pairs: 64 are the fewest there could be.
        #expect((64...250).contains(plan.blocks.count))
        #expect(zip(pairs, plan.holders).allSatisfy { Set($0).isSubset(of: plan.blocks[$1]) })
    }

    @Test("a cell's number is read back as what it was made of, and no other number is")
    func numbers() {
        for blocks in [[[0, 9], [3, 4], [5, 6, 7]], [[1]], [[]], [[10, 11, 12, 13, 14, 7], [0]]] {
            let number = CellNumber(blocks, sizes: Self.sizes)
            let bits = blocks.map { $0.reduce(0) { $0 + PackedBits.width(below: Self.sizes[$1]) } }
            let (cellBits, blockBits) = (bits.max() ?? 0, PackedBits.width(below: blocks.count))
            var generator = SplitMix64(state: 3)
            for (place, block) in blocks.enumerated() {
                for side in 0...1 {
                    let codes = block.map { Int(generator.next() % UInt64(Self.sizes[$0])) }
                    let packed = zip(block, codes).reduce(0) {
                        $0 << PackedBits.width(below: Self.sizes[$1.0]) | $1.1
                    }
                    let found = number.read(Int64((side << blockBits | place) << cellBits | packed))
                    #expect(found?.side == side && found?.block == place)
                    #expect(found?.cell == zip(block, codes).reduce(0) { $0 * Self.sizes[$1.0] + $1.1 })
                }
            }
            #expect(number.read(-1) == nil && number.read(2 << Int64(cellBits + blockBits)) == nil)
        }
        // The third code of a column of three values, and the fourth, which there is not.
        let three = CellNumber([[0, 1]], sizes: [3, 4])
        #expect(three.read(2 << 2)?.cell == 8 && three.read(3 << 2) == nil)
        // A table that is not there.
        #expect(CellNumber([[0], [0], [0]], sizes: [4]).read(3 << 2) == nil)
    }
}
