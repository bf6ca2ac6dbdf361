/// How offices that report the same trade from both ends are joined.
///
/// An office's file holds its exports and its imports: `flow` is `X` where the office is the exporter and `M` where it is
/// the importer, `exporter` and `importer` name both ends, and the key names the flow (period, edition of the Harmonised
/// System, commodity, exporter, importer), so that both ends write the same key. Re-exports and re-imports are other
/// flows (`RX`, `RM`) or other columns; they are never matched.
public struct MirrorTerms: Sendable, Equatable, Codable {
    /// The column in which both offices say how much it was.
    public var value: String
    /// For each party the code under which it stands in `exporter` and `importer`. A row in which a party does not
    /// speak for its own office is not used.
    public var offices: [String: String]

    /// - Parameters:
    ///   - value: the column in which both offices say how much it was.
    ///   - offices: for each party the code of its office.
    public init(value: String, offices: [String: String]) {
        self.value = value
        self.offices = offices
    }

    package static let flow = "flow"
    package static let exporter = "exporter"
    package static let importer = "importer"
    package static let exports = "X"
    package static let imports = "M"
    /// 100 · ln(import / export), in whole numbers from −300 to 300: one row moves a mean of these by little however large
    /// the flow.
    public static let logPoints = "log_points"
    package static let largestLogPoints = 300

    /// Whether no matched flow can have these values: it would go from a country to itself.
    ///
    /// - Parameters:
    ///   - names: of columns of the joined table.
    ///   - values: one for each.
    public func hasNoFlow(_ names: [String], _ values: [String]) -> Bool {
        guard let exporter = names.firstIndex(of: Self.exporter), let importer = names.firstIndex(of: Self.importer)
        else { return false }
        return values[exporter] == values[importer]
    }

    /// The joined columns, in order: what describes the flow (as the exporter wrote it), both values, the log-ratio.
    public func columns(of fields: [String]) -> [String] {
        fields.filter { $0 != Self.flow && $0 != value } + ["export_\(value)", "import_\(value)", Self.logPoints]
    }

    /// What holds in every joined row: the log-ratio is that of its own values, and no flow goes from a country to itself.
    public var rules: [Rule] {
        [
            .logPoints(name: Self.logPoints, numerator: "import_\(value)", denominator: "export_\(value)"),
            .differ(Self.exporter, Self.importer),
        ]
    }

    /// What a schema lacks for a mirror join.
    public func mistakes(in schema: TableSchema) -> [String] {
        func values(_ name: String) -> [String]? {
            guard let field = schema.fields.first(where: { $0.name == name }) else { return nil }
            return field.categories ?? field.constraints?.enum
        }
        var mistakes: [String] = []
        for (column, needed) in [
            (Self.flow, [Self.exports, Self.imports]), (Self.exporter, offices.values.sorted()),
            (Self.importer, offices.values.sorted()),
        ] {
            guard let known = values(column) else {
                mistakes.append("there is no column \"\(column)\" with categories")
                continue
            }
            for code in needed where !known.contains(code) { mistakes.append("\"\(column)\" has no category \(code)") }
        }
        switch schema.fields.first(where: { $0.name == value })?.type {
        case .integer, .number: break
        default: mistakes.append("there is no column \"\(value)\" of numbers")
        }
        return mistakes
    }

    /// The domain of the joined table.
    public func joinedDomain(of table: TableDomain) -> TableDomain {
        let kept = descriptors(of: table)
        var columns = kept.map { table.columns[$0] }
        if let amount = table.columns.first(where: { $0.name == value }) {
            columns += [amount.renamed("export_\(value)"), amount.renamed("import_\(value)")]
        }
        let reach = Self.largestLogPoints
        columns.append(
            ColumnDomain(
                name: Self.logPoints, type: .integer, cells: .units(lower: -reach, count: 2 * reach + 1), other: nil,
                missing: [""]))
        let derivations = table.derivations.compactMap { derivation -> Derivation? in
            guard let column = kept.firstIndex(of: derivation.column),
                let parent = kept.firstIndex(of: derivation.parent)
            else { return nil }
            return Derivation(column: column, parent: parent, map: derivation.map)
        }
        return TableDomain(columns: columns, derivations: derivations)
    }

    /// The columns that describe a flow.
    package func descriptors(of table: TableDomain) -> [Int] {
        table.columns.indices.filter { table.columns[$0].name != Self.flow && table.columns[$0].name != value }
    }
}
