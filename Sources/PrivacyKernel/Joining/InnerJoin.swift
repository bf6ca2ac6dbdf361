@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// The inner join of the parties' rows on their keys, and one party's rows alone.
    ///
    /// - Parameters:
    ///   - parties: one or more, read with the same `KeyedHash`; columns become `<party>_<column>`.
    ///   - rowsPerKey: of more rows than this under one key, those with the least keyed hash of their content stay.
    convenience init(joining parties: [(name: String, rows: KeyedRows)], rowsPerKey: Int) {
        let rowsPerKey = max(1, rowsPerKey)
        let matches = MatchedRows(parties.map(\.rows), rowsPerKey: rowsPerKey)
        var columns: [CodedColumn] = []
        for (party, places) in zip(parties, matches.rows) {
            for column in party.rows.table.columns { columns.append(column.gathered(places)) }
        }
        self.init(
            domain: TableDomain.joined(parties.map { ($0.name, $0.rows.domain) }),
            table: CodedTable(proven: columns, rowCount: matches.count), rowsPerKey: rowsPerKey)
    }

    /// One party's rows, its columns under their own names.
    convenience init(single party: KeyedRows, rowsPerKey: Int) {
        let rowsPerKey = max(1, rowsPerKey)
        guard let keys = party.bounded(rowsPerKey) else {
            self.init(domain: party.domain, table: party.table, rowsPerKey: 1)
            return
        }
        let rows = keys.map { UInt32(truncatingIfNeeded: $0.row) }
        self.init(
            domain: party.domain,
            table: CodedTable(proven: party.table.columns.map { $0.gathered(rows) }, rowCount: rows.count),
            rowsPerKey: rowsPerKey)
    }
}

/// For each party the row that stands in each row of the join. No key has more than `rowsPerKey` of them.
struct MatchedRows {
    private(set) var rows: [[UInt32]]

    var count: Int { rows.first?.count ?? 0 }

    init(_ parties: [KeyedRows], rowsPerKey: Int) {
        let keys = parties.map { $0.bounded(rowsPerKey) ?? [] }
        guard keys.count != 2 || rowsPerKey > 1 else {
            let (first, second) = matchUniqueKeys(keys[0], keys[1])
            rows = [first, second]
            return
        }
        rows = parties.map { _ in [] }
        guard let first = keys.first else { return }
        var places = keys.map { _ in 0 }
        var start = 0
        while start < first.count {
            let key = first[start]
            let end = MatchedRows.endOfKey(first, from: start)
            var matches = [start..<end]
            for party in 1..<max(keys.count, 1) {
                var place = places[party]
                while place < keys[party].count, !keys[party][place].hasSameKey(as: key), keys[party][place] < key {
                    place += 1
                }
                places[party] = place
                guard place < keys[party].count, keys[party][place].hasSameKey(as: key) else { break }
                matches.append(place..<MatchedRows.endOfKey(keys[party], from: place))
            }
            if matches.count == keys.count { append(matches, keys, parties, rowsPerKey) }
            start = end
        }
    }

    private static func endOfKey(_ rows: [HashedRow], from start: Int) -> Int {
        var end = start + 1
        while end < rows.count, rows[end].hasSameKey(as: rows[start]) { end += 1 }
        return end
    }

    /// All combinations of one key's rows, cut back to `limit` after each party so that they never explode.
    private mutating func append(
        _ matches: [Range<Int>], _ keys: [[HashedRow]], _ parties: [KeyedRows], _ limit: Int
    ) {
        if matches.allSatisfy({ $0.count == 1 }) {
            for (party, range) in matches.enumerated() {
                rows[party].append(UInt32(truncatingIfNeeded: keys[party][range.lowerBound].row))
            }
            return
        }
        var combinations = [RowCombination(rank: (0, 0), rows: [])]
        for (party, range) in matches.enumerated() {
            let choice = RowChoice(parties[party].hash)
            var longer: [RowCombination] = []
            for row in keys[party][range] {
                let rank = choice.rank(row, row.row, parties[party].table)
                for combination in combinations {
                    let words = [combination.rank.0, combination.rank.1, rank.0, rank.1]
                    let joint = parties[party].hash.hash(words.flatMap(MatchedRows.bytes))
                    longer.append(RowCombination(rank: joint, rows: combination.rows + [row.row]))
                }
            }
            combinations = RowCombination.kept(of: longer, limit: limit)
        }
        for combination in combinations {
            for (party, row) in combination.rows.enumerated() { rows[party].append(UInt32(truncatingIfNeeded: row)) }
        }
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}

/// One row of each party so far, all of the same key.
struct RowCombination {
    /// A keyed hash of the rows' contents.
    let rank: (UInt64, UInt64)
    let rows: [Int]

    // KERNEL 2.1
    /// The combinations of least rank, at most `limit`.
    static func kept(of combinations: [RowCombination], limit: Int) -> [RowCombination] {
        Array(combinations.sorted { $0.rank < $1.rank }.prefix(limit))
    }
}
