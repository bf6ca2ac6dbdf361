import VectorMath

/// The inner join of the parties' tables on their keys.
///
/// Which rows it holds and in which order depends on the sets of rows and the keyed hash alone, never on the
/// order of any file. A key has at most `rowsPerKey` rows. No match gives a table of zero rows like any other.
public struct JoinedTable: Sendable {
    public let domain: TableDomain
    public let rowsPerKey: Int
    public private(set) var table: CodedTable

    /// Rows that were joined already, for models of one table and for tests.
    ///
    /// - Throws: `CodedTableError` where the codes do not fit the domain.
    public init(domain: TableDomain, table: CodedTable, rowsPerKey: Int = 1) throws {
        guard table.columns.map(\.domainSize) == domain.sizes else { throw CodedTableError.unequalLengths }
        self.domain = domain
        self.table = table
        self.rowsPerKey = rowsPerKey
    }

    /// Rows whose codes their maker has proven to fit the domain.
    init(proven domain: TableDomain, table: CodedTable, rowsPerKey: Int) {
        self.domain = domain
        self.table = table
        self.rowsPerKey = rowsPerKey
    }

    /// - Parameters:
    ///   - parties: one or more, read with the same `KeyedHash`; columns become `<party>_<column>`.
    ///   - rowsPerKey: of more rows than this under one key, those with the least keyed hash of their content stay.
    public init(joining parties: [(name: String, table: KeyedTable)], rowsPerKey: Int) {
        self.domain = TableDomain.joined(parties.map { ($0.name, $0.table.domain) })
        self.rowsPerKey = max(1, rowsPerKey)
        let tables = parties.map(\.table)
        let rows = JoinedRows(tables, rowsPerKey: planted(.combinationsKept) ? .max : self.rowsPerKey)
        var columns: [CodedColumn] = []
        for (party, table) in tables.enumerated() {
            for column in table.table.columns { columns.append(column.gathered(rows.rows[party])) }
        }
        self.table = CodedTable(proven: columns, rowCount: rows.count)
    }

    /// One table alone, its columns under their own names.
    public init(single table: KeyedTable) {
        self.domain = table.domain
        guard let keys = table.keys else {
            self.rowsPerKey = 1
            self.table = table.table
            return
        }
        let rows = keys.map { UInt32(truncatingIfNeeded: $0.row) }
        self.rowsPerKey = table.rowsPerKey
        self.table = CodedTable(proven: table.table.columns.map { $0.gathered(rows) }, rowCount: rows.count)
    }

    /// Overwrites every code with zero, in place where no one else holds the storage.
    public mutating func wipe() { table.wipe() }
}

/// For each party the row that stands in each row of the join.
struct JoinedRows {
    private(set) var rows: [[UInt32]]

    var count: Int { rows.first?.count ?? 0 }

    init(_ tables: [KeyedTable], rowsPerKey: Int) {
        let keys = tables.map { $0.keys ?? [] }
        guard keys.count != 2 || tables.contains(where: { $0.rowsPerKey > 1 }) else {
            let (first, second) = matchUniqueKeys(keys[0], keys[1])
            rows = [first, second]
            return
        }
        rows = tables.map { _ in [] }
        guard let first = keys.first else { return }
        var places = keys.map { _ in 0 }
        var start = 0
        while start < first.count {
            let key = first[start]
            let end = JoinedRows.endOfKey(first, from: start)
            var matches = [start..<end]
            for party in 1..<max(keys.count, 1) {
                var place = places[party]
                while place < keys[party].count, !keys[party][place].hasSameKey(as: key), keys[party][place] < key {
                    place += 1
                }
                places[party] = place
                guard place < keys[party].count, keys[party][place].hasSameKey(as: key) else { break }
                matches.append(place..<JoinedRows.endOfKey(keys[party], from: place))
            }
            if matches.count == keys.count { append(matches, keys, tables, rowsPerKey) }
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
        _ matches: [Range<Int>], _ keys: [[HashedRow]], _ tables: [KeyedTable], _ limit: Int
    ) {
        if matches.allSatisfy({ $0.count == 1 }) {
            for (party, range) in matches.enumerated() {
                rows[party].append(UInt32(truncatingIfNeeded: keys[party][range.lowerBound].row))
            }
            return
        }
        var combinations: [(rank: (UInt64, UInt64), rows: [Int])] = [((0, 0), [])]
        for (party, range) in matches.enumerated() {
            let choice = RowChoice(tables[party].hash)
            var longer: [(rank: (UInt64, UInt64), rows: [Int])] = []
            for row in keys[party][range] {
                let rank = choice.rank(row, row.row, tables[party].table)
                for combination in combinations {
                    let joint = tables[party].hash.hash(
                        [combination.rank.0, combination.rank.1, rank.0, rank.1].flatMap(JoinedRows.bytes))
                    longer.append((joint, combination.rows + [row.row]))
                }
            }
            combinations = Array(longer.sorted { $0.rank < $1.rank }.prefix(limit))
        }
        for combination in combinations {
            for (party, row) in combination.rows.enumerated() { rows[party].append(UInt32(truncatingIfNeeded: row)) }
        }
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}
