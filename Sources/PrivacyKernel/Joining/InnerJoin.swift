import Domains
@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// The inner join of the parties' rows on their keys, and one party's rows alone.
    ///
    /// - Parameters:
    ///   - parties: one or more, read with the same `KeyedHash`; columns become `<party>_<column>`.
    ///   - rowsPerKey: of more rows than this under one key, those with the least keyed hash of their content stay, and of
    ///     more combinations of them the first of a keyed pseudorandom permutation.
    convenience init(joining parties: [(name: String, rows: KeyedRows)], rowsPerKey: Int) {
        let rowsPerKey = max(1, rowsPerKey)
        let matches = MatchedRows(parties.map(\.rows), rowsPerKey: rowsPerKey)
        var columns: [CodedColumn] = []
        for (party, places) in zip(parties, matches.rows) {
            for column in party.rows.table.columns { columns.append(column.gatheredOrZero(places)) }
        }
        self.init(
            domain: TableDomain.joined(parties.map { ($0.name, $0.rows.domain) }),
            table: CodedTable(proven: columns, rowCount: matches.rows.first?.count ?? 0), rowsPerKey: rowsPerKey,
            rowCount: matches.count, steps: matches.steps)
    }

    /// One party's rows, its columns under their own names.
    convenience init(single party: KeyedRows, rowsPerKey: Int) {
        let rowsPerKey = max(1, rowsPerKey)
        guard party.keys != nil else {
            self.init(domain: party.domain, table: party.table, rowsPerKey: 1, rowCount: party.rowCount)
            return
        }
        let (rows, count) = party.chosen(rowsPerKey)
        self.init(
            domain: party.domain,
            table: CodedTable(proven: party.table.columns.map { $0.gatheredOrZero(rows) }, rowCount: rows.count),
            rowsPerKey: rowsPerKey, rowCount: count)
    }
}

/// The combinations of one key's rows, one row of each party.
enum RowCombination {
    // KERNEL 2.1
    /// How many of them count.
    static func most(_ rowsPerKey: Int) -> Int { max(1, rowsPerKey) }
}

/// For each party the row that stands in each row of the join. No key has more than `rowsPerKey` of them.
///
/// Time and memory follow from the sizes of the tables with their padding, from their number and from `rowsPerKey`, not from
/// how many keys meet or how many rows they have.
struct MatchedRows {
    /// As many for each party as the join can have; behind the joined rows the number that stands for no row.
    private(set) var rows: [[UInt32]]
    /// How many rows are joined: private.
    private(set) var count = 0
    /// How many steps of loops it took.
    private(set) var steps = 0

    init(_ parties: [KeyedRows], rowsPerKey: Int) {
        let most = RowChoice.most(rowsPerKey)
        let ordered = parties.enumerated().map { $1.ordered(rowsPerKey, table: $0) ?? [] }
        rows = []
        guard let first = ordered.first else { return }
        // Where a key may have one row, the readers have refused a second one; if not, the longer way is right as well.
        let isUnique = ordered.reduce(rowsPerKey == 1) { $0 && !RowChoice.repeatsKey($1) }
        if parties.count == 2, isUnique {
            let (one, two, count) = matchUniqueKeys(
                first, ordered[1], rowCounts: (parties[0].rowCount, parties[1].rowCount),
                fillers: (parties[0].filler, parties[1].filler))
            (rows, self.count, steps) = ([one, two], count, first.count + ordered[1].count)
        } else {
            match(parties, ordered, rowsPerKey: rowsPerKey, most: most)
        }
        let filled = JoinedSize.filled(count, of: rows.first?.count ?? 0)
        rows = rows.map { Array($0.prefix(filled)) }
    }

    /// Two tables at a time: the pairs of the first two, then those with the third, and so on, never more than so many of
    /// a key.
    private mutating func match(
        _ parties: [KeyedRows], _ ordered: [[HashedRow]], rowsPerKey: Int, most: Int
    ) {
        // The numbers of rows by their place in the order, and one place behind them for no row.
        var numbers = zip(parties, ordered).map { party, rows in
            rows.map { UInt32(truncatingIfNeeded: $0.row) } + [party.filler]
        }
        var groups = KeyGroups(ordered[0], limit: most, rowCount: parties[0].rowCount)
        rows = [numbers[0]]
        var sizes = [ordered[0].count]
        count = parties[0].rowCount
        for party in parties.indices.dropFirst() {
            sizes.append(ordered[party].count)
            let pairs = KeyPairs(
                groups, KeyGroups(ordered[party], limit: most, rowCount: parties[party].rowCount),
                limit: RowCombination.most(rowsPerKey),
                capacity: JoinedSize.inner(sizes, rowsPerKey: rowsPerKey),
                fillers: (UInt32(rows[0].count - 1), UInt32(ordered[party].count)))
            rows = rows.map { MatchedRows.chosen($0, pairs.first) } + [MatchedRows.chosen(numbers[party], pairs.second)]
            numbers[party] = []
            (groups, count) = (pairs.groups, pairs.count)
        }
        steps = groups.steps
        if parties.count == 1 {
            let (chosen, count) = parties[0].chosen(rowsPerKey)
            (rows, self.count) = ([chosen], count)
        } else {
            for party in rows.indices { rows[party].removeLast() }
        }
    }

    /// Rows by their places, and behind them once more the last one, which stands for no row.
    private static func chosen(_ rows: [UInt32], _ places: [UInt32]) -> [UInt32] {
        places.map { rows[Int($0)] } + [rows[rows.count - 1]]
    }
}
