import GraphicalModels
import VectorMath

/// Representative rows, gone through in one seed's order again and again.
///
/// From the second round on, codes are drawn afresh within their groups, so that rows differ where the model leaves it
/// open.
struct RowCycle: Sendable {
    enum Order: Sendable {
        /// Blocks, and in them halves of halves, in an order that depends on the seed.
        case balanced(seed: UInt64)
        /// Each row is one of the representatives, picked at random.
        case chance
    }

    private let rows: RepresentativeRows
    /// The place of each row of a round; nil for `chance`.
    private let order: [UInt32]?
    /// For each column whose groups hold several codes.
    private let redraws: [Redraw?]

    private struct Redraw: Sendable {
        /// The group of each code; nil for one group.
        let groups: [UInt32]?
        let table: AliasTable
    }

    init(_ rows: RepresentativeRows, program: RowProgram, order: Order) {
        self.rows = rows
        switch order {
        case .chance: self.order = nil
        case .balanced(let seed):
            var generator = SplitMix64(state: seed)
            let size = UInt32(rows.blockSize)
            self.order = generator.permutation(RepresentativeRows.blockCount).flatMap { block in
                RowCycle.scrambled(block * size..<(block + 1) * size, &generator)
            }
        }
        redraws = program.within.enumerated().map { column, within in
            within.map {
                Redraw(
                    groups: program.finest[column].flatMap { program.attributes[$0].groups }, table: $0.aliasTable)
            }
        }
    }

    /// Swaps the halves of each stretch at random, as Owen (1995) scrambles digits: stretches stay together.
    private static func scrambled(_ range: Range<UInt32>, _ generator: inout SplitMix64) -> [UInt32] {
        if range.count <= RepresentativeRows.shortestStretch {
            return generator.permutation(range.count).map { range.lowerBound + $0 }
        }
        let middle = range.lowerBound + UInt32((range.count + 1) / 2)
        let isSwapped = generator.next() & 1 == 1
        let first = scrambled(range.lowerBound..<middle, &generator)
        let second = scrambled(middle..<range.upperBound, &generator)
        return isSwapped ? second + first : first + second
    }

    /// Codes of every column that is not derived.
    func columns(_ range: Range<UInt64>, _ streams: RowStreams) -> [[UInt32]] {
        let count = UInt64(rows.count)
        var firstOfSecondRound = 0
        var places: [UInt32] = []
        places.reserveCapacity(range.count)
        if let order {
            var at = Int(range.lowerBound % count)
            while places.count < range.count {
                let end = min(rows.count, at + range.count - places.count)
                places += order[at..<end]
                at = end == rows.count ? 0 : end
            }
            firstOfSecondRound = range.lowerBound >= count ? 0 : Int(min(count - range.lowerBound, UInt64(range.count)))
        } else {
            for word in streams.words(.place, 0, range) {
                places.append(UInt32(word.multipliedFullWidth(by: count).high))
            }
        }
        guard let bounded = BoundedCodes(places, below: rows.count) else {
            preconditionFailure("a place lies behind the representatives")
        }
        return rows.columns.enumerated().map { column, codes in
            if codes.isEmpty { return [] }
            var drawn = [UInt32](repeating: 0, count: places.count)
            gather(codes, at: bounded, into: &drawn)
            guard let redraw = redraws[column], firstOfSecondRound < places.count else { return drawn }
            var groups: [UInt32]?
            if let map = redraw.groups {
                var found = [UInt32](repeating: 0, count: places.count)
                gather(map, at: drawn, into: &found)
                groups = found
            }
            var redrawn = [UInt32](repeating: 0, count: places.count)
            redraw.table.draw(rows: groups, words: streams.words(.code, column, range), into: &redrawn)
            if firstOfSecondRound > 0 {
                redrawn.replaceSubrange(0..<firstOfSecondRound, with: drawn[0..<firstOfSecondRound])
            }
            return redrawn
        }
    }
}
