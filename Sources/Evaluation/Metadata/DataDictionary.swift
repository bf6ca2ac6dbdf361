public import Domains
import Tables

/// What each column holds: declared by the task, so public.
public struct DataDictionary: Sendable {
    /// One column, in words.
    public struct Entry: Sendable, Equatable {
        /// As the columns of samples are named.
        public let name: String
        /// The schema's word for its type: `string`, `integer`, `number`, `boolean` or `date`.
        public let type: String
        /// The values, or the range.
        public let values: String
        /// How a missing value is written; `not allowed` where the column is required.
        public let missing: String
    }

    /// In the order of the columns.
    public let entries: [Entry]
    private let codes: [[String]]

    /// The dictionary of the columns of a domain.
    public init(_ domain: TableDomain) {
        let parents = Dictionary(
            domain.derivations.map { ($0.column, $0.parent) }, uniquingKeysWith: { first, _ in first })
        entries = domain.columns.enumerated().map { index, column in
            let missing = column.missingCode.map { code -> String in
                let text = column.text(of: code, fraction: 0)
                return text.isEmpty ? "empty cell" : text
            }
            return Entry(
                name: column.name, type: column.type.rawValue,
                values: Self.values(column)
                    + (parents[index].map { "; a function of \(domain.columns[$0].name)" } ?? ""),
                missing: missing ?? "not allowed")
        }
        codes = domain.columns.flatMap { column in
            (0..<column.size).map { code in
                [column.name, column.type.rawValue, String(code), Self.value(column, code), column.reportLabel(code)]
            }
        }
    }

    /// One line a value: column, type, place, value and label.
    public var csv: String {
        Chart(
            name: "", description: "", svg: "", header: ["column", "type", "place", "value", "label"], rows: codes
        ).csv
    }

    private static func value(_ column: ColumnDomain, _ code: Int) -> String {
        column.isBinned && code < column.valueCount ? column.label(of: code) : column.text(of: code, fraction: 0)
    }

    private static func values(_ column: ColumnDomain) -> String {
        guard column.valueCount > 0 else { return "" }
        let last = column.valueCount - 1
        let other = column.otherCode.map { "; \(column.text(of: $0, fraction: 0)) for any other" } ?? ""
        if column.isBinned {
            return "\(column.label(of: 0)) to \(column.label(of: last)) in \(column.valueCount) intervals" + other
        }
        if column.valueCount > 12 {
            return
                "\(column.label(of: 0)), \(column.label(of: 1)), … \(column.label(of: last)): \(column.valueCount) values"
                + other
        }
        return (0..<column.valueCount).map { column.label(of: $0) }.joined(separator: ", ") + other
    }
}
