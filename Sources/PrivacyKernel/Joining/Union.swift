import Domains
@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    /// The union: every party's rows one below the other.
    ///
    /// What one party brings changes nothing about another's rows. So a unit that is a key of one party has at most k rows,
    /// and a unit that is a key of all m parties together m times as many.
    ///
    /// - Parameters:
    ///   - parties: of the same domain.
    ///   - rowsPerKey: how many rows of one key count, of each party.
    ///   - among: how many parties the union has in all, where some bring their rows elsewhere.
    convenience init(uniting parties: [KeyedRows], rowsPerKey: Int, unit: UnionUnit, among: Int? = nil) {
        let domain = parties.first?.domain ?? TableDomain(columns: [])
        let chosen = parties.map { $0.chosen(max(1, rowsPerKey)) }
        let columns = domain.columns.indices.map { column in
            CodedColumn(
                concatenating: zip(parties, chosen).map { $0.table.columns[column].gatheredOrZero($1.rows) },
                domainSize: domain.columns[column].size)
        }
        let hasKeys = parties.contains { $0.keys != nil }
        self.init(
            domain: domain, table: CodedTable(proven: columns, rowCount: chosen.reduce(0) { $0 + $1.rows.count }),
            rowsPerKey: (hasKeys ? max(1, rowsPerKey) : 1) * unit.tables(of: among ?? parties.count),
            rowCount: chosen.reduce(0) { $0 + $1.count })
    }
}

/// What is protected as a whole in a union.
public enum UnionUnit: Sendable, Equatable {
    /// All rows of one key in one party's table.
    case record
    /// All rows of one key in all tables.
    case key

    // KERNEL 2.9
    /// In how many of the tables a unit may have rows.
    func tables(of count: Int) -> Int {
        switch self {
        case .record: 1
        case .key: max(1, count)
        }
    }
}
