import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// The records of one table in the blocks of one pass.
enum LinkageBlocks {
    /// A keyed rank of each record by the whole of it: its key with every text, and its codes.
    static func ranks(_ rows: KeyedRows, table: Int) -> [UInt64] {
        var records = [HashedRow](
            repeating: HashedRow(hash: (0, 0), row: 0), count: rows.table.rowCount)
        for key in rows.keys ?? [] { records[key.row] = key }
        return RowChoice(rows.hash, table: table).ranks(records, rows.table)
    }

    /// The records by block and, within a block, by rank.
    ///
    /// A record that lacks a text of its block is in a block of its own, and so is padding: they meet nobody. A block's hash is
    /// of its texts alone, each behind its length.
    static func ordered(_ rows: KeyedRows, _ terms: LinkageTerms, pass: Int, table: Int, ranks: [UInt64]) -> [HashedRow]
    {
        let texts = terms.texts
        let parts = terms.blocking[pass].compactMap { text in texts.firstIndex(of: text) }.map { rows.texts[$0] }
        var records: [HashedRow] = []
        records.reserveCapacity(rows.table.rowCount)
        var bytes: [UInt8] = []
        for row in 0..<rows.table.rowCount {
            bytes.removeAll(keepingCapacity: true)
            var isWhole = row < rows.rowCount
            for part in parts {
                let text = part.text(row)
                isWhole = isWhole && !text.isEmpty
                bytes.append(UInt8(truncatingIfNeeded: text.count >> 8))
                bytes.append(UInt8(truncatingIfNeeded: text.count))
                for unit in text {
                    bytes.append(UInt8(truncatingIfNeeded: unit >> 8))
                    bytes.append(UInt8(truncatingIfNeeded: unit))
                }
            }
            // A block begins with the number of its pass, which is below 255.
            let own =
                [0xFF, UInt8(truncatingIfNeeded: table)] + (0..<4).map { UInt8(truncatingIfNeeded: row >> (8 * $0)) }
            records.append(
                HashedRow(hash: rows.hash.hash(isWhole ? [UInt8(truncatingIfNeeded: pass)] + bytes : own), row: row))
        }
        var chunks = [records]
        let sorted = sortedByKey(&chunks)
        return KeyGroups.order(sorted, ranks: sorted.map { ranks[$0.row] }).map { sorted[Int($0)] }
    }
}

/// The pairs of records that meet in the blocks of one pass, and behind them as many that are none as there could be.
struct BlockedPairs {
    let first: [UInt32]
    let second: [UInt32]
    /// How many are pairs: private.
    let count: Int
    let steps: Int
    /// Of each record of either table its block, where it takes part; numbers of their own elsewhere.
    private let blocks: [[BlockMembers.Place]]
    /// See `LinkageEvidence.tallies`.
    let tallies: [Int64]

    /// Pairs as they are, for the audit's wrong designs.
    init(first: [UInt32], second: [UInt32], count: Int) {
        (self.first, self.second, self.count, steps) = (first, second, count, 0)
        (blocks, tallies) = ([], [])
    }

    /// Whether two records meet in this pass: both take part, in the same block.
    func meet(_ first: Int, _ second: Int) -> Bool {
        let (one, two) = (blocks[0][first], blocks[1][second])
        let isSame = one.block.hasSameKey(as: two.block)
        let takePart = one.takesPart && two.takesPart
        return isSame && takePart
    }

    /// - Parameter tallied: whether to keep what evidence of the linkage's quality needs.
    init(_ parties: [KeyedRows], _ terms: LinkageTerms, pass: Int, ranks: [[UInt64]], tallied: Bool = false) {
        let most = LinkageBound.partners(terms)
        var numbers: [[UInt32]] = []
        var groups: [KeyGroups] = []
        var members: [BlockMembers] = []
        for (table, rows) in parties.enumerated() {
            let ordered = LinkageBlocks.ordered(rows, terms, pass: pass, table: table, ranks: ranks[table])
            numbers.append(ordered.map { UInt32(truncatingIfNeeded: $0.row) } + [rows.filler])
            groups.append(KeyGroups(ordered, limit: most, rowCount: rows.rowCount))
            if tallied { members.append(BlockMembers(ordered, most: most, records: rows)) }
        }
        blocks = members.map(\.blocks)
        tallies = tallied ? BlockMembers.tallies(members[0], members[1], most: most) : []
        // Of a block with a and b records, of which at most K take part, there are at most K·min(a, b) pairs.
        let capacity = most * min(numbers[0].count - 1, numbers[1].count - 1)
        let pairs = KeyPairs(
            groups[0], groups[1], limit: most * most, capacity: capacity,
            fillers: (UInt32(numbers[0].count - 1), UInt32(numbers[1].count - 1)))
        first = pairs.first.map { numbers[0][Int($0)] }
        second = pairs.second.map { numbers[1][Int($0)] }
        count = pairs.count
        steps = pairs.groups.steps
    }
}

/// The records of one table in the blocks of one pass, for the tallies of a linkage. Steps follow from the table's size.
private struct BlockMembers {
    /// Of each record its block, where it takes part; one more for no record.
    private(set) var blocks: [Place]
    /// The first record of each block, and how many records the block has; behind the blocks nothing.
    private var keys: [HashedRow]
    private var sizes: [Int]
    private var count = 0
    /// How many records take part.
    private var taking = 0

    /// A record's block, and whether it is among those of the block that take part.
    struct Place {
        let block: HashedRow
        let takesPart: Bool
    }

    /// - Parameter ordered: by block.
    init(_ ordered: [HashedRow], most: Int, records: KeyedRows) {
        let above = HashedRow(hash: (.max, .max), row: Int(UInt32.max))
        blocks = [Place](repeating: Place(block: above, takesPart: false), count: records.table.rowCount + 1)
        keys = [HashedRow](repeating: above, count: ordered.count + 1)
        sizes = [Int](repeating: 0, count: ordered.count + 1)
        var start = 0
        for place in ordered.indices {
            let isNew = place == 0 || !ordered[place].hasSameKey(as: ordered[max(place, 1) - 1])
            start = isNew ? place : start
            count += isNew ? 1 : 0
            let isRecord = ordered[place].row < records.rowCount
            keys[count - 1] = isNew ? ordered[place] : keys[count - 1]
            sizes[count - 1] += isRecord ? 1 : 0
            let takesPart = isRecord && place - start < most
            blocks[ordered[place].row] = Place(block: ordered[place], takesPart: takesPart)
            taking += takesPart ? 1 : 0
        }
    }

    /// See `LinkageEvidence.tallies`. A merge of both lists of blocks, of as many steps as both tables have rows.
    static func tallies(_ first: BlockMembers, _ second: BlockMembers, most: Int) -> [Int64] {
        let parts = LinkageQuestion.parts
        let (rooms, last) = ((first.keys.count - 1, second.keys.count - 1), (first.count, second.count))
        var (all, kept, one, two) = (0, 0, 0, 0)
        for _ in 0..<(rooms.0 + rooms.1) {
            let (key, other) = (first.keys[one], second.keys[two])
            let isSame = one < last.0 && two < last.1 && key.hasSameKey(as: other)
            let isFirst = one < last.0 && !isSame && (two >= last.1 || key < other)
            let size = isSame || isFirst ? first.sizes[one] : 0
            let partners = isSame ? max(second.sizes[two], 1) : 1
            all += size
            // A record takes part with min(1, K/a), and so does its like in the other table with min(1, K/b).
            kept += min(size, most) * parts * min(partners, most) / partners
            one = min(one + (isSame || isFirst ? 1 : 0), rooms.0)
            two = min(two + (isSame || !isFirst ? 1 : 0), rooms.1)
        }
        return [first.taking * parts, second.taking * parts, all * parts, kept].map { Int64($0) }
    }
}

/// Links one to one: of all pairs that reach the threshold the highest weight first, and of equal weights the lowest rank.
///
/// The order of two pairs depends on these pairs alone. So one record more or less changes a chain of pairs in its own block
/// and nothing elsewhere.
struct OneToOne {
    /// Of each record of the first table its partner, or the number that stands for none.
    private(set) var partners: [UInt32]

    init(_ pairs: BlockedPairs, _ scores: PairScores, _ ranks: [[UInt64]], rowCounts: (Int, Int)) {
        let none = UInt32(truncatingIfNeeded: rowCounts.1)
        partners = [UInt32](repeating: none, count: rowCounts.0 + 1)
        var taken = [Bool](repeating: false, count: rowCounts.1 + 1)
        var keys = [UInt64](repeating: 0, count: pairs.first.count)
        var reaches = [Bool](repeating: false, count: pairs.first.count)
        for place in keys.indices {
            let (one, two) = (Int(pairs.first[place]), Int(pairs.second[place]))
            // What is no pair is compared like one, by records that stand for it: time does not tell how many pairs there are.
            let isPair = place < pairs.count
            let other = PairScores.standIn(place, rowCounts)
            let score = scores.score(isPair ? one : other.0, isPair ? two : other.1)
            reaches[place] = score >= scores.threshold && isPair
            let ranked =
                ranks[0][min(one, rowCounts.0 - 1)] &* 0x9E37_79B9_7F4A_7C15 ^ ranks[1][min(two, rowCounts.1 - 1)]
            keys[place] = UInt64(PairScores.highest - score) << 40 | (ranked &* 0xD6E8_FEB8_6659_FD93) >> 24
        }
        for place in KeyGroups.ascending(keys) {
            let (one, two) = (Int(pairs.first[Int(place)]), Int(pairs.second[Int(place)]))
            let isLink = reaches[Int(place)] && partners[one] == none && !taken[two]
            partners[one] = isLink ? UInt32(truncatingIfNeeded: two) : partners[one]
            taken[two] = taken[two] || isLink
        }
    }
}
