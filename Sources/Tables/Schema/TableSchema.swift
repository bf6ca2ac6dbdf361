/// A Frictionless Table Schema (version 2): what the columns of one party's table are called and may hold.
///
/// A schema is public. Domains come from it alone and are never learnt from data.
public struct TableSchema: Codable, Sendable, Equatable {
    public var fields: [Field]
    /// Texts that stand for "no value" in every field; `[""]` where absent.
    public var missingValues: [String]?
    /// Names of the key columns, where the schema stands alone (a task names them in its `KeyRule`).
    public var primaryKey: [String]?

    public init(fields: [Field], missingValues: [String]? = nil, primaryKey: [String]? = nil) {
        self.fields = fields
        self.missingValues = missingValues
        self.primaryKey = primaryKey
    }
}

/// The logical type of a column.
public enum FieldType: String, Codable, Sendable, Equatable, CaseIterable {
    case string, integer, number, boolean, date
}

/// One column of a schema.
public struct Field: Codable, Sendable, Equatable {
    public var name: String
    public var type: FieldType
    /// The values of the column in declared order, as text.
    public var categories: [String]?
    /// What a category is called in reports, where the schema says so (`{"value": "1", "label": "low"}`).
    public var categoryLabels: [String: String]?
    public var constraints: Constraints?
    public var bins: Bins?
    /// In which units people write a value: every synthetic one is a multiple.
    public var step: Double?
    public var derivedFrom: DerivedFrom?
    /// A further category that takes every value that is not listed.
    public var other: String?
    /// Overrides the schema's list for this field.
    public var missingValues: [String]?
    public var trueValues: [String]?
    public var falseValues: [String]?
    public var title: String?
    public var description: String?

    public init(
        name: String, type: FieldType, categories: [String]? = nil, categoryLabels: [String: String]? = nil,
        constraints: Constraints? = nil, bins: Bins? = nil, derivedFrom: DerivedFrom? = nil, other: String? = nil,
        missingValues: [String]? = nil, trueValues: [String]? = nil, falseValues: [String]? = nil,
        title: String? = nil, description: String? = nil, step: Double? = nil
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
    }
}

/// A bound as the schema writes it: a number, or the text of a date.
public enum Bound: Codable, Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral
{
    case number(Double)
    case text(String)

    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(stringLiteral value: String) { self = .text(value) }
}

/// The constraints that shape a domain.
public struct Constraints: Codable, Sendable, Equatable {
    public var required: Bool?
    /// The permitted values, as text; `categories` says the same and goes first.
    public var `enum`: [String]?
    public var minimum: Bound?
    public var maximum: Bound?

    public init(required: Bool? = nil, enum: [String]? = nil, minimum: Bound? = nil, maximum: Bound? = nil) {
        self.required = required
        self.enum = `enum`
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// How numbers, wide integers and long spans of dates become cells.
public struct Bins: Codable, Sendable, Equatable {
    public enum Scale: String, Codable, Sendable, Equatable {
        case linear, log
        /// For values of both signs: linear around zero, logarithmic far from it.
        case asinh
    }

    /// How many intervals; 32 where neither `count` nor `edges` is given.
    public var count: Int?
    public var scale: Scale?
    /// The borders of the intervals, ascending, in place of `count` and `scale`.
    public var edges: [Double]?
    /// Values with a cell of their own; `[0]` where absent and the bounds contain zero.
    public var spikes: [Double]?

    public init(count: Int? = nil, scale: Scale? = nil, edges: [Double]? = nil, spikes: [Double]? = nil) {
        self.count = count
        self.scale = scale
        self.edges = edges
        self.spikes = spikes
    }
}

/// A column that is the first `prefix` characters of another (HS2 of HS6).
public struct DerivedFrom: Codable, Sendable, Equatable {
    public var field: String
    public var prefix: Int

    public init(field: String, prefix: Int) {
        self.field = field
        self.prefix = prefix
    }
}
