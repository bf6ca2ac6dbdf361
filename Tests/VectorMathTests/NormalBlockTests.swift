import Foundation
import Testing
import VectorMath

private func block(_ rows: Range<UInt64>, columns: Int, key: UInt8 = 1) -> NormalBlock {
    NormalBlock(rows: rows.count, columns: columns) { pair in
        var words = [UInt64](repeating: 0, count: rows.count + Int(rows.lowerBound % 8))
        Keystream(key: [UInt8](repeating: key, count: 32), nonce: UInt64(pair)).fill(
            &words, fromBlock: rows.lowerBound / 8)
        return Array(words.dropFirst(Int(rows.lowerBound % 8)))
    }
}

@Suite("Blocks of normal numbers") struct NormalBlockTests {
    /// 200,000 numbers: the Kolmogorov distance of right ones is above 0.0044 once in a thousand; a variance off by 1 %
    /// gives a distance of 0.0024, one of 2 % is found.
    @Test("they follow the normal law, in each column and together")
    func law() {
        let count = 200_000
        let block = block(0..<UInt64(count), columns: 3)
        for column in 0..<3 {
            let sorted = block.column(column).map { Double($0) }.sorted()
            var distance = 0.0
            for (rank, value) in sorted.enumerated() {
                distance = max(distance, abs(0.5 * erfc(-value / 2.0.squareRoot()) - Double(rank) / Double(count)))
            }
            #expect(distance < 0.0044, "column \(column)")
            #expect(abs(sorted.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.016)
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let sum = zip(block.column(a), block.column(b)).reduce(0.0) { $0 + Double($1.0 * $1.1) }
            let squares = zip(block.column(a), block.column(b)).reduce(0.0) { $0 + Double($1.0 * $1.0 * $1.1 * $1.1) }
            #expect(abs(sum / Double(count)) < 0.012)
            #expect(abs(squares / Double(count) - 1) < 0.035)
        }
    }

    @Test("a row is the same in any block, before and after a triangular product")
    func seek() {
        let factor: [Float] = [1, 0.5, 0.8, -0.2, 0.3, 0.9, 0.1, 0.2, 0.3, 0.4, 0.7, -0.1, 0.2, 0.6, 0.5]
        var whole = block(0..<1_000, columns: 5)
        whole.multiply(byLowerTriangle: factor)
        for range in [UInt64(0)..<1, 7..<20, 120..<141, 501..<1_000] {
            var part = block(range, columns: 5)
            part.multiply(byLowerTriangle: factor)
            for column in 0..<5 {
                let places = Int(range.lowerBound)..<Int(range.upperBound)
                #expect(Array(part.column(column)) == Array(Array(whole.column(column))[places]))
            }
        }
    }

    @Test("a triangular product is the sum written out")
    func product() {
        let columns = 11
        var words = SystemRandomNumberGenerator()
        let factor = (0..<columns * (columns + 1) / 2).map { _ in Float.random(in: -1...1, using: &words) }
        let before = block(0..<300, columns: columns)
        var after = before
        after.multiply(byLowerTriangle: factor)
        for row in 0..<300 {
            for column in 0..<columns {
                var expected = 0.0
                for other in 0...column {
                    let entry = Double(factor[column * (column + 1) / 2 + other])
                    expected += entry * Double(before.values[other * 300 + row])
                }
                #expect(abs(Double(after.values[column * 300 + row]) - expected) < 1e-5)
            }
        }
    }

    /// The Cholesky factor of a lower triangle, by the textbook's loops.
    private func root(of moments: [Double]) -> [Double]? {
        var root = moments
        for i in 0..<3 {
            for j in 0...i {
                let (row, other) = (i * (i + 1) / 2, j * (j + 1) / 2)
                let rest = (0..<j).reduce(moments[row + j]) { $0 - root[row + $1] * root[other + $1] }
                root[row + j] = j < i ? rest / root[other + j] : rest.squareRoot()
            }
        }
        return root
    }

    @Test("moments that have no root leave the rows as they are")
    func noRoot() {
        var rows = block(0..<64, columns: 3)
        let none = rows.matchMoments(to: [1, 0, 1, 0, 0, 1]) { _ in nil }
        #expect(none == nil)
        let before = block(0..<64, columns: 3).values
        #expect(zip(rows.values, before).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("matched moments are those of the factor, exactly but for rounding")
    func moments() throws {
        let factor: [Double] = [1, 0.6, 0.8, -0.3, 0.2, (1 - 0.13).squareRoot()]
        var matched = block(0..<4_096, columns: 3)
        let found = matched.matchMoments(to: factor, root: root(of:))
        let matrix = try #require(found)
        matched.multiply(byLowerTriangle: matrix)
        let expected = [1, 0.6, 1, -0.3, -0.3 * 0.6 + 0.2 * 0.8, 1]
        var place = 0
        for a in 0..<3 {
            #expect(abs(matched.column(a).reduce(0) { $0 + Double($1) } / 4_096) < 1e-5)
            for b in 0...a {
                let sum = zip(matched.column(a), matched.column(b)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                #expect(abs(sum / 4_096 - expected[place]) < 1e-4)
                place += 1
            }
        }
        var small = block(0..<4, columns: 3)
        let none = small.matchMoments(to: factor, root: root(of:))
        #expect(none == nil)
        #expect(small.values == block(0..<4, columns: 3).values)
    }
}

@Suite("Latent cells") struct LatentCellsTests {
    private let masses = [0.1, 0, 0.25, 0.6, 0.05, 0]
    private let curve = (0...LatentCells.steps).map {
        0.5 * erfc(-Double(LatentCells.reach) * (2 * Double($0) / Double(LatentCells.steps) - 1) / 2.0.squareRoot())
    }

    @Test("a stratified stretch has each code its expected number of times, up or down by one")
    func stratified() {
        let cells = LatentCells(curve: curve, masses: masses)
        let left: [UInt32] = [0, 5, 4_095]
        let shares = cells.uniforms(of: block(0..<4_096, columns: 1).column(0))
        let drawn = cells.stratified(shares, without: left, shift: 0.3)
        for (code, mass) in masses.enumerated() {
            let count = drawn.codes.enumerated().filter { !left.contains(UInt32($0.offset)) && $0.element == code }
                .count
            #expect(abs(Double(count) - mass * 4_093) <= 1)
        }
        // Higher numbers never get lower codes, but for what lies within one part in four thousand.
        let order = shares.indices.filter { !left.contains(UInt32($0)) }.sorted { shares[$0] < shares[$1] }
        var highest: UInt32 = 0
        for (rank, row) in order.enumerated() where rank % 50 == 0 {
            #expect(drawn.codes[row] + 1 >= highest)
            highest = max(highest, drawn.codes[row])
        }
        #expect(drawn.parts.allSatisfy { $0 >= 0 && $0 <= 1 })
    }

    @Test("shares fall into the code that has them, and codes without mass are never drawn")
    func cells() {
        let cells = LatentCells(curve: curve, masses: masses)
        let drawn = cells.cells(of: [0, 0.05, 0.0999, 0.1001, 0.3499, 0.3501, 0.9499, 0.9501, 1, .infinity, -1])
        #expect(drawn.codes == [0, 0, 0, 2, 2, 3, 3, 4, 4, 4, 0])
        #expect(abs(drawn.parts[1] - 0.5) < 1e-4)
        let extremes = cells.uniforms(of: [-100, 100, .nan, 0][...])
        #expect(extremes.allSatisfy { $0 >= 0 && $0 < 1 } && abs(extremes[3] - 0.5) < 1e-6)
    }

    @Test("no mass at all is a uniform column, one code is that code")
    func degenerate() {
        let empty = LatentCells(curve: curve, masses: [0, 0, 0, 0])
        #expect(empty.cells(of: [0.1, 0.3, 0.6, 0.9]).codes == [0, 1, 2, 3])
        let one = LatentCells(curve: curve, masses: [1])
        #expect(one.cells(of: [0, 0.5, 0.99]).codes == [0, 0, 0])
        #expect(one.stratified([0.1, 0.2], without: [0, 1], shift: 0).codes == [0, 0])
    }
}
