@_spi(PrivateRows) import Tables
import VectorMath

/// Chooses rows by a keyed hash of their key and content, so that the choice depends on the set of rows alone.
struct RowChoice {
    private let hash: KeyedHash

    init(_ hash: KeyedHash) { self.hash = hash }

    // KERNEL 2.2
    /// The rank of a row under its key: lower ranks are kept.
    func rank(_ key: HashedRow, _ row: Int, _ table: CodedTable) -> (UInt64, UInt64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + 5 * table.columns.count)
        append(key.high, 8, &bytes)
        append(key.low >> 32, 4, &bytes)
        for column in table.columns { append(column.content(row), 5, &bytes) }
        return hash.hash(bytes)
    }

    // KERNEL 2.1
    /// At most `limit` rows of each key, in the order of keys, whatever order they come in.
    func bounded(_ rows: [HashedRow], _ limit: Int, _ table: CodedTable) -> [HashedRow] {
        guard RowChoice.isSorted(rows) else { return bounded(rows.sorted { $0 < $1 }, limit, table) }
        guard RowChoice.repeatsKey(rows) else { return rows }
        var kept: [HashedRow] = []
        kept.reserveCapacity(rows.count)
        var start = 0
        while start < rows.count {
            var end = start + 1
            while end < rows.count, rows[end].hasSameKey(as: rows[start]) { end += 1 }
            if end - start == 1 {
                kept.append(rows[start])
            } else {
                let ranked = rows[start..<end].map { (rank: rank($0, $0.row, table), row: $0) }
                kept += ranked.sorted { $0.rank < $1.rank }.prefix(limit).map(\.row)
            }
            start = end
        }
        return kept
    }

    private static func isSorted(_ rows: [HashedRow]) -> Bool {
        for place in rows.indices.dropFirst() where rows[place] < rows[place - 1] { return false }
        return true
    }

    private static func repeatsKey(_ rows: [HashedRow]) -> Bool {
        for place in rows.indices.dropFirst() where rows[place].hasSameKey(as: rows[place - 1]) { return true }
        return false
    }

    private func append(_ word: UInt64, _ count: Int, _ bytes: inout [UInt8]) {
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
    }
}

extension KeyedRows {
    /// The rows that count: at most `limit` of each key; nil for a table without a key.
    func bounded(_ limit: Int) -> [HashedRow]? {
        keys.map { RowChoice(hash).bounded($0, limit, table) }
    }
}
