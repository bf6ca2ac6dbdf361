import VectorMath

/// Chooses rows by a keyed hash of their key and content, so that the choice hangs on the set of rows alone.
struct RowChoice {
    private let hash: KeyedHash

    init(_ hash: KeyedHash) { self.hash = hash }

    /// The rank of a row under its key: lower ranks are kept.
    func rank(_ key: HashedRow, _ row: Int, _ table: CodedTable) -> (UInt64, UInt64) {
        if planted(.fileOrderKept) { return (UInt64(row), 0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + 4 * table.columns.count)
        append(key.high, 8, &bytes)
        append(key.low >> 32, 4, &bytes)
        for column in table.columns { append(UInt64(column[row]), 4, &bytes) }
        return hash.hash(bytes)
    }

    /// At most `limit` rows of each key, in the order of keys.
    func bounded(_ rows: [HashedRow], _ limit: Int, _ table: CodedTable) -> [HashedRow] {
        if planted(.truncationSkipped) { return rows }
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

    private func append(_ word: UInt64, _ count: Int, _ bytes: inout [UInt8]) {
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
    }
}
