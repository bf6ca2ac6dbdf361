import Testing
import VectorMath

/// Loops that place rows inside cells, each beside a twin that goes row by row.
@Suite struct RowPlacesTests {
    private static let counts = [0, 1, 7, 8, 9, 1_000]

    private func units(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SplitMix64(state: seed)
        return (0..<count).map { _ in Float(generator.next() >> 40) * 0x1p-24 }
    }

    private func codes(_ count: Int, below bound: Int, seed: UInt64) -> [UInt32] {
        var generator = SplitMix64(state: seed)
        return (0..<count).map { _ in UInt32(generator.next() % UInt64(bound)) }
    }

    // MARK: - Dealing

    /// Rows of a stretch by groups and numbers in 4,095ths; codes and fractions of 16 bits by size; both as stable sorts.
    private func dealt(
        _ numbers: [Float], _ groups: [Int32], _ codes: [UInt32], _ fractions: [Float], _ rows: Range<Int>
    ) -> (codes: [UInt32], fractions: [Float]) {
        var (codes, fractions) = (codes, fractions)
        let known = rows.filter { groups[Int(codes[$0])] >= 0 }
        func height(_ row: Int) -> Int { Int(min(max(numbers[row] + 8, 0), 16) * 4_095) }
        func fraction(_ row: Int) -> UInt32 { fractions.isEmpty ? 0 : fractions[row].bitPattern >> 14 }
        let order = known.sorted {
            (Int(groups[Int(codes[$0])]), height($0), $0) < (Int(groups[Int(codes[$1])]), height($1), $1)
        }
        let places = known.sorted { (codes[$0], fraction($0), $0) < (codes[$1], fraction($1), $1) }
        let before = (codes, fractions)
        for (row, place) in zip(order, places) {
            codes[row] = before.0[place]
            if !fractions.isEmpty { fractions[row] = before.1[place] }
        }
        return (codes, fractions)
    }

    @Test(
        "codes and fractions are dealt out as two stable sorts say", arguments: [1, 3, 40, 300, 70_000], [true, false])
    func dealing(size: Int, hasFractions: Bool) {
        let count = 2_100
        let groups = (0..<size).map { $0 % 7 == 5 ? -1 : Int32($0 / (size > 20 ? 4 : 1)) }
        let numbers = units(count, seed: 1).map { ($0 - 0.5) * ($0 < 0.1 ? 40 : 5) }
        let first = codes(count, below: size, seed: 2)
        let fractions = hasFractions ? units(count, seed: 3) : []
        var (dealtCodes, dealtFractions) = (first, fractions)
        var dealing = Dealing()
        for start in stride(from: 20, to: count, by: Dealing.longest) {
            let rows = start..<min(start + Dealing.longest, count)
            let expected = dealt(numbers, groups, dealtCodes, dealtFractions, rows)
            dealing.deal(numbers, groups: groups, codes: &dealtCodes, fractions: &dealtFractions, rows: rows)
            #expect(dealtCodes == expected.codes && dealtFractions == expected.fractions)
        }
        #expect(Array(dealtCodes.prefix(20)) == Array(first.prefix(20)))
        dealing.deal(numbers, groups: groups, codes: &dealtCodes, fractions: &dealtFractions, rows: 5..<5)
    }

    // MARK: - Cut normals

    @Test("numbers drawn for eight rows at once are those of each row alone, inside its cell")
    func cut() {
        // A law whose quantiles are known without series: logistic.
        let normals = CutNormals(
            distribution: { 1 / (1 + exponential(-$0)) }, quantile: { naturalLogarithm($0 / (1 - $0)) })
        let edges: [Float] = [-8, -2.5, -1, -0.2, 0, 0.3, 0.31, 2, 6, 8]
        let cells = zip(edges, edges.dropFirst()).map { CutNormals.Cell(low: $0, high: $1) }
        for (count, deviation) in Self.counts.flatMap({ count in [Float(1), 0.5, 0.0316].map { (count, $0) } }) {
            let means = units(count, seed: 4).map { ($0 - 0.5) * 6 }
            let codes = codes(count, below: cells.count, seed: 5)
            var generator = SplitMix64(state: 6)
            let words = (0..<count).map { _ in generator.next() }
            var drawn = means
            normals.draw(around: &drawn, deviation: deviation, codes: codes, cells: cells, words: words)
            for row in 0..<count {
                var alone = [means[row]]
                normals.draw(
                    around: &alone, deviation: deviation, codes: [codes[row]], cells: cells, words: [words[row]])
                let (low, high) = (edges[Int(codes[row])], edges[Int(codes[row]) + 1])
                #expect(drawn[row] == alone[0] && drawn[row] >= low - 1e-5 && drawn[row] <= high + 1e-5)
            }
        }
    }

    @Test("effects and multiples are added row by row")
    func effects() {
        for count in Self.counts {
            let (numbers, others) = (units(count, seed: 7), units(count, seed: 8))
            let codes = codes(count, below: 5, seed: 9)
            let effects: [Float] = [0.25, -3, 0, 1e-3, 7]
            var sums = numbers
            addEffects(effects, of: codes, to: &sums)
            addMultiple(others, times: -0.3, to: &sums)
            #expect(sums == numbers.indices.map { numbers[$0] + effects[Int(codes[$0])] + -0.3 * others[$0] })
        }
    }

    // MARK: - Densities

    @Test("fractions under densities of two pieces are those of the quadratic equation")
    func densities() {
        let heights: [(Float, Float)] = [(1, 1), (0.3, 1.8), (2, 0), (0, 2), (0, 0), (1.9, 1.9), (0.5, 0.7)]
        let cells = heights.map { CellDensity.Cell(left: $0.0, middle: max(0, (4 - $0.0 - $0.1) / 2), right: $0.1) }
        for count in Self.counts {
            let codes = codes(count, below: heights.count, seed: 10)
            var generator = SplitMix64(state: 11)
            let words = (0..<count + 3).map { _ in generator.next() }
            let shares = CellDensity.shares(of: words, count: count)
            #expect(shares == words.prefix(count).map { Float($0 >> 40) * 0x1p-24 })
            let found = CellDensity(cells).fractions(of: codes, shares: shares)
            for row in 0..<count {
                let (l, r) = (Double(heights[Int(codes[row])].0), Double(heights[Int(codes[row])].1))
                let (m, t) = (max(0, (4 - l - r) / 2), Double(found[row]))
                // The mass below t: the left piece up to one half, and what the right one lacks beyond.
                let below = t < 0.5 ? l * t + (m - l) * t * t : 1 - r * (1 - t) - (m - r) * (1 - t) * (1 - t)
                #expect(abs(below - Double(shares[row])) < 1e-5 && found[row] >= 0 && found[row] < 1)
            }
        }
    }

    // MARK: - Points of grids

    @Test(
        "the point of each row is the one of its grid, on every axis",
        arguments: [AxisScale.linear, .positiveLog, .negativeLog, .symmetricLog, .asinh], [-23, -2, 0, 1])
    func points(scale: AxisScale, exponent: Int) {
        let pivot = 50.0
        let sign: Double = scale == .negativeLog ? -1 : 1
        let low = scale == .linear || scale == .asinh || scale == .symmetricLog ? -4_000.0 : 1
        let edges = (0...12).map { scale.place(of: sign * (low + Double($0 * $0) * 333), pivot: pivot) }
        var grids: [DecimalGrid] = []
        for (index, (from, to)) in zip(edges, edges.dropFirst()).enumerated() {
            let ends = [from, to].map { scale.value(at: $0, pivot: pivot) }
            let unit = scaledByPowerOfTen(1, exponent)
            let lowest = (ends.min() ?? 0) / unit
            let count = index == 3 ? 0 : index == 4 ? 1 : min((ends[1] - ends[0]).magnitude / unit / 3, 50_000)
            grids.append(
                DecimalGrid(
                    lowest: Int64(max(min(lowest.rounded(.up), 1e18), -1e18)), count: Int64(count), exponent: exponent,
                    from: from, to: to, stride: 3))
        }
        var starts: [UInt32] = [0]
        for grid in grids { starts.append(starts[starts.count - 1] + UInt32(max(1, grid.count))) }
        let cells = PointCells(grids: grids, starts: starts, scale: scale, pivot: pivot)
        let count = 20_003
        var fractions = units(count, seed: 12)
        let odd: [Float] = [.nan, -1, 0, 1, 2, 1 - 0x1p-24, 0x1p-60]
        fractions.replaceSubrange(0..<odd.count, with: odd)
        let codes = codes(count, below: starts.count, seed: 13)
        var found = [UInt32](repeating: 0, count: count)
        cells.find(codes: codes, fractions: fractions, rows: count, into: &found)
        let expected = (0..<count).map { row -> UInt32 in
            let code = Int(codes[row])
            guard code < grids.count, grids[code].count > 0 else { return starts[code] }
            let digits = grids[code].digits(fraction: Double(fractions[row]), scale: scale, pivot: pivot)
            return starts[code] + UInt32((digits - grids[code].lowest) / 3)
        }
        #expect(found == expected)
    }

    @Test("numbers get new ones in the order of their first rows, and too many are refused")
    func firstSeen() {
        var seen = FirstSeen(below: 10)
        var numbers: [UInt32] = [7, 3, 7, 9, 3]
        var rows: [Int] = []
        #expect(seen.number(&numbers, count: 4) { rows.append($0) })
        #expect(numbers == [0, 1, 0, 2, 3] && seen.numbers == [7, 3, 9] && rows == [0, 1, 3])
        var many = [UInt32](repeating: 0, count: 65_533)
        #expect(!seen.number(&many, count: many.count) { rows.append($0) } && rows.count == 3)
        seen.forget()
        #expect(seen.numbers.isEmpty)
        #expect(seen.number(&many, count: many.count) { rows.append($0) } && seen.numbers == [0])
    }

    @Test("words of a keystream are those that fill an array")
    func words() {
        let stream = Keystream(key: (0..<32).map { $0 }, nonce: 5)
        for count in Self.counts {
            var filled = [UInt64](repeating: 0, count: count)
            stream.fill(&filled, fromBlock: 3)
            #expect(stream.words(count, fromBlock: 3) == filled)
        }
    }
}
