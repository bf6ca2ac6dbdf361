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

    /// Pairs as they are, for the audit's wrong designs.
    init(first: [UInt32], second: [UInt32], count: Int) {
        (self.first, self.second, self.count, steps) = (first, second, count, 0)
    }

    init(_ parties: [KeyedRows], _ terms: LinkageTerms, pass: Int, ranks: [[UInt64]]) {
        let most = LinkageBound.partners(terms)
        var numbers: [[UInt32]] = []
        var groups: [KeyGroups] = []
        for (table, rows) in parties.enumerated() {
            let ordered = LinkageBlocks.ordered(rows, terms, pass: pass, table: table, ranks: ranks[table])
            numbers.append(ordered.map { UInt32(truncatingIfNeeded: $0.row) } + [rows.filler])
            groups.append(KeyGroups(ordered, limit: most, rowCount: rows.rowCount))
        }
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
            let score = scores.score(one, two)
            reaches[place] = score >= scores.threshold && place < pairs.count
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
