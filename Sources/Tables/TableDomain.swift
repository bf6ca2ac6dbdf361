/// A column that is a function of another.
public struct Derivation: Sendable, Equatable, Codable {
    public let column: Int
    public let parent: Int
    /// Code of the parent to code of the column.
    public let map: [UInt32]

    public init(column: Int, parent: Int, map: [UInt32]) {
        self.column = column
        self.parent = parent
        self.map = map
    }
}

/// Columns of a table, and which of them are functions of another (HS2 of HS6).
public struct TableDomain: Sendable, Equatable, Codable {
    public let columns: [ColumnDomain]
    public let derivations: [Derivation]

    /// The domain that a schema declares. Key columns carry none and are left out.
    public init(schema: TableSchema, keyColumns: [String]) throws(SchemaProblems) {
        throw SchemaProblems([])
    }

    /// The columns of several parties side by side, each named `<party>_<column>`.
    public static func joined(_ parties: [(name: String, domain: TableDomain)]) -> TableDomain {
        TableDomain(columns: [], derivations: [])
    }

    init(columns: [ColumnDomain], derivations: [Derivation]) {
        self.columns = columns
        self.derivations = derivations
    }

    /// Number of codes of each column.
    public var sizes: [Int] { columns.map(\.size) }
}
