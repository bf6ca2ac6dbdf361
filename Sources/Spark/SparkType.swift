/// Types of columns that codes are taken from. Everything else is to be cast in a view, so that it is plain what is meant.
enum SparkType: Sendable, Equatable {
    case text, truth, whole, number, date
    case decimal(String)

    /// - Parameter name: as Spark describes a column.
    init?(_ name: String) {
        switch name {
        case "string": self = .text
        case "boolean": self = .truth
        case "tinyint", "smallint", "int", "bigint": self = .whole
        case "double": self = .number
        case "date": self = .date
        case let name where name.hasPrefix("decimal("): self = .decimal(name)
        default: return nil
        }
    }

    /// As SQL names it.
    var name: String {
        switch self {
        case .text: "STRING"
        case .truth: "BOOLEAN"
        case .whole: "BIGINT"
        case .number: "DOUBLE"
        case .date: "DATE"
        case .decimal(let name): name
        }
    }
}
