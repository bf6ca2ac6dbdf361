import Domains
@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// One holder's rows of members that both holders know, in an order that follows from the keyed hash alone, and rows of
    /// padding behind them.
    ///
    /// - Parameters:
    ///   - members: the texts of the common keys, each once.
    ///   - room: how many rows both holders' tables have: public.
    /// - Throws: `shapeMismatch` where the table lacks a member.
    convenience init(
        _ party: (name: String, rows: KeyedRows), members: [[UInt8]], room: Int
    ) throws(PrivacyError) {
        let rows = party.rows
        let listed = members.enumerated().map { HashedRow(hash: rows.hash.hash($1), row: $0) }.sorted { $0 < $1 }
        var unique: [HashedRow] = []
        for row in rows.ordered(1) ?? [] where !(unique.last?.hasSameKey(as: row) ?? false) { unique.append(row) }
        let (found, _, count) = matchUniqueKeys(
            unique, listed, rowCounts: (rows.rowCount, members.count), fillers: (rows.filler, 0))
        guard count == members.count, count <= room else {
            throw .shapeMismatch(expected: members.count, found: count)
        }
        let places = Array(found.prefix(count)) + [UInt32](repeating: rows.filler, count: room - count)
        let columns = rows.table.columns.map { $0.gatheredOrZero(places) }
        self.init(
            domain: TableDomain.joined([(party.name, rows.domain)]),
            table: CodedTable(proven: columns, rowCount: room), rowsPerKey: 1, rowCount: count)
    }
}
