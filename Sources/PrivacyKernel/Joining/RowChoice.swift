import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// Chooses rows by a keyed hash of their key and content, so that the choice depends on the set of rows alone.
struct RowChoice {
    private let hash: KeyedHash
    /// The number of the table in its join.
    private let table: Int

    init(_ hash: KeyedHash, table: Int = 0) {
        self.hash = hash
        self.table = table
    }

    // KERNEL 2.2
    /// The ranks of rows under their keys: lower ranks are kept.
    ///
    /// Tables rank rows each in its own way: two rows of the same content, one of each, have nothing to do with each other.
    /// The content of a row is its codes and where in their cells its values lie.
    func ranks(_ rows: [HashedRow], _ table: CodedTable) -> [UInt64] {
        hash.ranks(rows, table.columns.map(\.codes) + table.columns.compactMap(\.places), table: self.table)
    }

    // KERNEL 2.1
    /// How many rows of a key count, of those that a party has.
    static func most(_ rowsPerKey: Int) -> Int { max(1, rowsPerKey) }

    /// The rows by key and, within a key, by rank, whatever order they come in.
    ///
    /// Where a key may have one row, the reader has refused a second one, and there is nothing to rank. Whether that is so is
    /// looked up all the same, over every row.
    func ordered(_ rows: [HashedRow], _ rowsPerKey: Int, _ table: CodedTable) -> [HashedRow] {
        guard RowChoice.isSorted(rows) else { return ordered(rows.sorted { $0 < $1 }, rowsPerKey, table) }
        guard rowsPerKey > 1 || RowChoice.repeatsKey(rows) else { return rows }
        return KeyGroups.order(rows, ranks: ranks(rows, table)).map { rows[Int($0)] }
    }

    private static func isSorted(_ rows: [HashedRow]) -> Bool {
        var isSorted = true
        for place in rows.indices.dropFirst() {
            let isBehind = rows[place - 1] < rows[place] || rows[place].hasSameKey(as: rows[place - 1])
            isSorted = isSorted && isBehind
        }
        return isSorted
    }

    static func repeatsKey(_ rows: [HashedRow]) -> Bool {
        var repeats = false
        for place in rows.indices.dropFirst() {
            let isSame = rows[place].hasSameKey(as: rows[place - 1])
            repeats = repeats || isSame
        }
        return repeats
    }
}

extension KeyedRows {
    /// The rows with their keys in the order in which they count; nil for a table without a key.
    func ordered(_ rowsPerKey: Int, table number: Int = 0) -> [HashedRow]? {
        keys.map { RowChoice(hash, table: number).ordered($0, rowsPerKey, table) }
    }

    /// The number that stands for no row, whose codes are zero: one beyond the last.
    var filler: UInt32 { UInt32(truncatingIfNeeded: table.rowCount) }

    /// The numbers of the rows that count, at most so many of each key, and behind them the filler's, up to one a row.
    ///
    /// - Returns: with how many of them count: private.
    func chosen(_ rowsPerKey: Int) -> (rows: [UInt32], count: Int) {
        let most = RowChoice.most(rowsPerKey)
        guard let ordered = ordered(rowsPerKey) else {
            return ((0..<table.rowCount).map { UInt32(truncatingIfNeeded: $0) }, rowCount)
        }
        return KeyGroups.numbers(ordered, limit: most, rowCount: rowCount, filler: filler)
    }
}
