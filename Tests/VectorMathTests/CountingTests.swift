import Testing
import VectorMath

@Suite("Contingency tables")
struct CountingTests {
    /// All widths in all places against a dictionary, on few rows and on enough for two threads.
    @Test("counts equal those of a slow twin", arguments: [0, 1, 3, 4095, 4097, 60_000])
    func slowTwin(_ rowCount: Int) throws {
        let sizes = [7, 300, 70_000, 2, 1]
        var state: UInt64 = 42
        func random(_ size: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % size
        }
        let codes = sizes.map { size in (0..<rowCount).map { _ in random(size) } }
        let columns = try [
            CodeArray.bytes(#require(BoundedCodes(codes[0].map { UInt8($0) }, below: sizes[0]))),
            .halves(#require(BoundedCodes(codes[1].map { UInt16($0) }, below: sizes[1]))),
            .words(#require(BoundedCodes(codes[2].map { UInt32($0) }, below: sizes[2]))),
            .bytes(#require(BoundedCodes(codes[3].map { UInt8($0) }, below: sizes[3]))),
            .words(#require(BoundedCodes(codes[4].map { UInt32($0) }, below: sizes[4]))),
        ]
        let cliques = [
            [], [0], [1], [2], [0, 1], [1, 0], [0, 2], [2, 3], [1, 3], [0, 1, 3], [3, 1, 0, 4], [0, 0],
        ]
        let found = countCodes(columns, cliques: cliques)
        for (clique, table) in zip(cliques, found) {
            var expected = [Int64](repeating: 0, count: clique.reduce(1) { $0 * sizes[$1] })
            for row in 0..<rowCount { expected[clique.reduce(0) { $0 * sizes[$1] + codes[$1][row] }] += 1 }
            #expect(table == expected, "\(clique)")
        }
    }
}
