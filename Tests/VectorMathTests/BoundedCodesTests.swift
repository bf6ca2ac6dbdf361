import Testing
import VectorMath

@Suite("Codes and their bound")
struct BoundedCodesTests {
    @Test("codes are bounded only where each of them is below the bound", arguments: [1, 2, 31, 32, 33, 1_000])
    func scan(count: Int) {
        for place in [0, count / 2, count - 1] {
            var codes = [UInt8](repeating: 3, count: count)
            codes[place] = 200
            #expect(BoundedCodes(codes, below: 201)?.bound == 201)
            #expect(BoundedCodes(codes, below: 200) == nil)
            #expect(BoundedCodes(codes.map { UInt16($0) * 256 }, below: 51_200) == nil)
            #expect(BoundedCodes(codes.map { UInt32($0) << 24 }, below: Int(UInt32.max)) != nil)
            #expect(BoundedCodes(codes.map { _ in UInt32.max }, below: Int(UInt32.max)) == nil)
        }
    }

    @Test("no codes are below any bound")
    func empty() {
        #expect(BoundedCodes([UInt16](), below: 0)?.bound == 0)
        #expect(BoundedCodes([UInt16(0)], below: 0) == nil)
    }

    @Test("the narrowest width holds the codes", arguments: [1, 256, 257, 65_536, 65_537])
    func narrowing(bound: Int) throws {
        let codes = [0, UInt32(bound - 1), UInt32(bound / 2)]
        let narrow = try #require(CodeArray(narrowing: codes, below: bound))
        #expect((0..<3).map { narrow[$0] } == codes.map { Int($0) })
        switch narrow {
        case .bytes: #expect(bound <= 256)
        case .halves: #expect(bound > 256 && bound <= 65_536)
        case .words: #expect(bound > 65_536)
        }
        #expect(CodeArray(narrowing: codes, below: bound - 1) == nil)
    }

    @Test("chosen rows keep the bound, a map gives its own")
    func derived() throws {
        let codes = try #require(CodeArray(narrowing: [2, 0, 1, 2], below: 5))
        let rows = codes.gatheredOrZero([3, 3, 1, 9])
        #expect(rows.bound == 5 && (0..<4).map { rows[$0] } == [2, 2, 0, 0])
        let mapped = rows.mapped(through: [7, 0, 3, 9, 9])
        #expect(mapped.bound == 10 && (0..<3).map { mapped[$0] } == [3, 3, 7])
    }

    @Test("overwritten codes are zeros under the same bound")
    func wiped() throws {
        var codes = try #require(CodeArray(narrowing: [2, 300], below: 301))
        codes.wipe()
        #expect(codes.count == 2 && codes.bound == 301 && codes[0] == 0 && codes[1] == 0)
    }

    @Test("a table of too many cells has no size")
    func cells() {
        #expect(cellCount(of: [3, 4, 0]) == 0 && cellCount(of: []) == 1 && cellCount(of: [1 << 32, 1 << 32]) == nil)
    }

    @Test("a code outside its bound ends the process before anything is counted")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            var found: [UInt32] = [0]
            gather([1, 2, 3], at: [3], into: &found)
        }
    }
}
