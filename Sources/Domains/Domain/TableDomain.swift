/// A column that is a function of another.
public struct Derivation: Sendable, Equatable, Codable {
    /// Place of the column that is determined.
    public let column: Int
    /// Place of the column that determines it.
    public let parent: Int
    /// Code of the parent to code of the column.
    public let map: [UInt32]

    /// - Parameter map: for each code of the parent the code of the column.
    public init(column: Int, parent: Int, map: [UInt32]) {
        self.column = column
        self.parent = parent
        self.map = map
    }
}

/// Columns of a table, and which of them are functions of another (HS2 of HS6).
public struct TableDomain: Sendable, Equatable {
    /// In the order of the codes of a row.
    public let columns: [ColumnDomain]
    /// At most one for each column.
    public let derivations: [Derivation]
    /// Public relations that every synthetic row obeys; `TableDomain.obeying` checks them.
    public let rules: [Rule]

    /// - Precondition: each derivation maps the codes of an existing parent to codes of an existing column.
    public init(columns: [ColumnDomain], derivations: [Derivation] = []) {
        self.init(columns: columns, derivations: derivations, rules: [])
    }

    /// The same table with further columns behind its own.
    package func adding(_ further: [ColumnDomain]) -> TableDomain {
        TableDomain(columns: columns + further, derivations: derivations, rules: rules)
    }

    init(columns: [ColumnDomain], derivations: [Derivation], rules: [Rule]) {
        precondition(derivations.allSatisfy { TableDomain.isSound($0, columns) }, "a derivation does not fit")
        self.columns = columns
        self.derivations = derivations
        self.rules = rules
    }

    /// The domain that a schema declares. Key columns carry none and are left out.
    ///
    /// - Throws: every mistake of the schema at once.
    public init(schema: TableSchema, keyColumns: [String]) throws(SchemaProblems) {
        var builder = DomainBuilder(schema: schema, keyColumns: keyColumns)
        self = try builder.build()
    }

    /// The columns of several parties side by side, each named `<party>_<column>`.
    public static func joined(_ parties: [(name: String, domain: TableDomain)]) -> TableDomain {
        var columns: [ColumnDomain] = []
        var derivations: [Derivation] = []
        for party in parties {
            let offset = columns.count
            columns += party.domain.columns.map { $0.renamed("\(party.name)_\($0.name)") }
            derivations += party.domain.derivations.map {
                Derivation(column: $0.column + offset, parent: $0.parent + offset, map: $0.map)
            }
        }
        return TableDomain(columns: columns, derivations: derivations)
    }

    /// Number of codes of each column.
    public var sizes: [Int] { columns.map(\.size) }

    /// The place of a column, or nil.
    public func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

    static func isSound(_ derivation: Derivation, _ columns: [ColumnDomain]) -> Bool {
        guard columns.indices.contains(derivation.column), columns.indices.contains(derivation.parent),
            derivation.column != derivation.parent
        else { return false }
        let size = columns[derivation.column].size
        return derivation.map.count == columns[derivation.parent].size && derivation.map.allSatisfy { $0 < size }
    }
}

extension Derivation {
    /// In an order in which each comes behind those that it is derived from.
    package static func parentsFirst(_ derivations: [Derivation]) -> [Derivation] {
        var waiting = derivations
        var ordered: [Derivation] = []
        while !waiting.isEmpty {
            let ready = waiting.filter { one in !waiting.contains { $0.column == one.parent } }
            guard !ready.isEmpty else { return ordered }
            ordered += ready
            waiting.removeAll { one in ready.contains { $0.column == one.column } }
        }
        return ordered
    }
}
