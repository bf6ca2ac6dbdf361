/// A Frictionless Table Schema (version 2): what the columns of one party's table are called and may hold.
///
/// A schema is public. Domains come from it alone and are never learnt from data.
public struct TableSchema: Codable, Sendable, Equatable {
    /// In the order of the table's columns.
    public var fields: [Field]
    /// Texts that stand for "no value" in every field; `[""]` where absent.
    public var missingValues: [String]?
    /// Names of the key columns, where the schema stands alone (a task names them in its `KeyRule`).
    public var primaryKey: [String]?
    /// Whether a file may have columns that are not declared; they are not read (`fieldsMatch: subset`).
    public var takesMoreColumns: Bool

    public init(
        fields: [Field], missingValues: [String]? = nil, primaryKey: [String]? = nil, takesMoreColumns: Bool = false
    ) {
        self.fields = fields
        self.missingValues = missingValues
        self.primaryKey = primaryKey
        self.takesMoreColumns = takesMoreColumns
    }

    /// The word of Table Schema for files with more columns than are declared.
    package static let subset = "subset"
}

/// The logical type of a column.
public enum FieldType: String, Codable, Sendable, Equatable, CaseIterable {
    case string, integer, number, boolean, date
}

/// One column of a schema.
public struct Field: Codable, Sendable, Equatable {
    /// As the header of the file has it.
    public var name: String
    /// How texts of the column are read.
    public var type: FieldType
    /// The values of the column in declared order, as text.
    public var categories: [String]?
    /// What a category is called in reports, where the schema says so (`{"value": "1", "label": "low"}`).
    public var categoryLabels: [String: String]?
    /// nil for a column that may hold anything its type allows, missing values too.
    public var constraints: Constraints?
    /// How values become intervals; nil for one code a value.
    public var bins: Bins?
    /// In which units people write a value: every synthetic one is a multiple.
    public var step: Double?
    public var derivedFrom: DerivedFrom?
    /// A further category that takes every value that is not listed.
    public var other: String?
    /// Overrides the schema's list for this field.
    public var missingValues: [String]?
    /// Texts that mean true; nil for `true`, `True`, `TRUE` and `1`.
    public var trueValues: [String]?
    /// Texts that mean false; nil for `false`, `False`, `FALSE` and `0`.
    public var falseValues: [String]?
    /// For people; nothing depends on it.
    public var title: String?
    /// For people; nothing depends on it.
    public var description: String?
    /// How numbers and dates of the column are written in the file, where not plainly.
    public var writing: CellWriting

    public init(
        name: String, type: FieldType, categories: [String]? = nil, categoryLabels: [String: String]? = nil,
        constraints: Constraints? = nil, bins: Bins? = nil, derivedFrom: DerivedFrom? = nil, other: String? = nil,
        missingValues: [String]? = nil, trueValues: [String]? = nil, falseValues: [String]? = nil,
        title: String? = nil, description: String? = nil, writing: CellWriting = CellWriting(), step: Double? = nil
    ) {
        self.name = name
        self.type = type
        self.categories = categories
        self.categoryLabels = categoryLabels
        self.constraints = constraints
        self.bins = bins
        self.derivedFrom = derivedFrom
        self.other = other
        self.missingValues = missingValues
        self.trueValues = trueValues
        self.falseValues = falseValues
        self.title = title
        self.description = description
        self.step = step
        self.writing = writing
    }
}

/// A bound as the schema writes it: a number, or the text of a date.
public enum Bound: Codable, Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral
{
    case number(Double)
    case text(String)

    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    /// The text of a date, or of a number as somebody wrote it.
    public init(stringLiteral value: String) { self = .text(value) }
}

/// The constraints that shape a domain.
public struct Constraints: Codable, Sendable, Equatable {
    /// Whether a missing value is refused; nil for false.
    public var required: Bool?
    /// The permitted values, as text; `categories` says the same and goes first.
    public var `enum`: [String]?
    /// The least value that is allowed.
    public var minimum: Bound?
    /// The largest value that is allowed.
    public var maximum: Bound?

    /// Constraints from their parts; nil where nothing is demanded.
    public init(required: Bool? = nil, enum: [String]? = nil, minimum: Bound? = nil, maximum: Bound? = nil) {
        self.required = required
        self.enum = `enum`
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// How numbers, wide integers and long spans of dates become cells.
public struct Bins: Codable, Sendable, Equatable {
    /// On which scale the intervals are equally wide.
    public enum Scale: String, Codable, Sendable, Equatable {
        case linear, log
        /// For values of both signs: linear around zero, logarithmic far from it.
        case asinh
    }

    /// How many intervals; 32 where neither `count` nor `edges` is given.
    public var count: Int?
    /// nil for linear.
    public var scale: Scale?
    /// The borders of the intervals, ascending, in place of `count` and `scale`.
    public var edges: [Double]?
    /// Values with a cell of their own; `[0]` where absent and the bounds contain zero.
    public var spikes: [Double]?

    /// Intervals from their number and scale, or from their edges.
    public init(count: Int? = nil, scale: Scale? = nil, edges: [Double]? = nil, spikes: [Double]? = nil) {
        self.count = count
        self.scale = scale
        self.edges = edges
        self.spikes = spikes
    }
}

/// A column that is the first `prefix` characters of another (HS2 of HS6).
public struct DerivedFrom: Codable, Sendable, Equatable {
    /// The field that determines this one.
    public var field: String
    /// How many characters of that field's value are this one's.
    public var prefix: Int

    public init(field: String, prefix: Int) {
        self.field = field
        self.prefix = prefix
    }
}
