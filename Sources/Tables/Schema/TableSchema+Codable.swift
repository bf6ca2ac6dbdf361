extension TableSchema {
    private enum Key: String, CodingKey { case fields, missingValues, primaryKey }

    /// Keys of Frictionless that say nothing about domains and are ignored.
    private static let descriptive = [
        "$schema", "name", "title", "description", "fieldsMatch", "foreignKeys", "uniqueKeys", "profile",
    ]

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(
            in: "a schema", known: ["fields", "missingValues", "primaryKey"] + Self.descriptive)
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            fields: try container.decode([Field].self, forKey: .fields),
            missingValues: try container.decodeTexts(forKey: .missingValues),
            primaryKey: try container.decodeTexts(forKey: .primaryKey))
    }
}

extension Field {
    private enum Key: String, CodingKey {
        case name, type, categories, constraints, bins, derivedFrom, other, missingValues, trueValues, falseValues
        case title, description, decimalChar, groupChar, format, step
    }

    private static let known = [
        "name", "type", "categories", "constraints", "bins", "derivedFrom", "other", "missingValues", "trueValues",
        "falseValues", "title", "description", "decimalChar", "groupChar", "format", "step",
        // Frictionless keys that say nothing about the domain and are ignored.
        "categoriesOrdered", "example", "rdfType", "bareNumber",
    ]

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(in: "a field", known: Self.known)
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .name)
        try Self.refuseUnreadableFormats(container, name: name)
        let listed = try container.decodeIfPresent([DeclaredCategory].self, forKey: .categories)
        var labels: [String: String] = [:]
        for category in listed ?? [] { labels[category.value] = category.label }
        self.init(
            name: name, type: try container.decode(FieldType.self, forKey: .type),
            categories: listed?.map(\.value), categoryLabels: labels.isEmpty ? nil : labels,
            constraints: try container.decodeIfPresent(Constraints.self, forKey: .constraints),
            bins: try container.decodeIfPresent(Bins.self, forKey: .bins),
            derivedFrom: try container.decodeIfPresent(DerivedFrom.self, forKey: .derivedFrom),
            other: try container.decodeIfPresent(DeclaredText.self, forKey: .other)?.text,
            missingValues: try container.decodeTexts(forKey: .missingValues),
            trueValues: try container.decodeTexts(forKey: .trueValues),
            falseValues: try container.decodeTexts(forKey: .falseValues),
            title: try container.decodeIfPresent(String.self, forKey: .title),
            description: try container.decodeIfPresent(String.self, forKey: .description),
            step: try container.decodeIfPresent(Double.self, forKey: .step))
    }

    /// A declared format that the reader would not obey is refused rather than ignored.
    private static func refuseUnreadableFormats(_ container: KeyedDecodingContainer<Key>, name: String) throws {
        for (key, accepted) in [(Key.decimalChar, ["."]), (.groupChar, [""]), (.format, ["default", "%Y-%m-%d"])] {
            guard let text = try container.decodeIfPresent(String.self, forKey: key), !accepted.contains(text) else {
                continue
            }
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container,
                debugDescription: "field \"\(name)\": \(key.rawValue) \"\(text)\" is not supported. Write numbers with "
                    + "a decimal point and without grouping, and dates as 2022-12-31")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encodeIfPresent(
            categories?.map { DeclaredCategory(value: $0, label: categoryLabels?[$0]) }, forKey: .categories)
        try container.encodeIfPresent(constraints, forKey: .constraints)
        try container.encodeIfPresent(bins, forKey: .bins)
        try container.encodeIfPresent(derivedFrom, forKey: .derivedFrom)
        try container.encodeIfPresent(other, forKey: .other)
        try container.encodeIfPresent(missingValues, forKey: .missingValues)
        try container.encodeIfPresent(trueValues, forKey: .trueValues)
        try container.encodeIfPresent(falseValues, forKey: .falseValues)
        try container.encodeIfPresent(title, forKey: .title)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(step, forKey: .step)
    }
}

extension Bound {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number):
            // A whole number keeps its digits, so that every encoder writes it the same way.
            if let whole = Int64(exactly: number) {
                try container.encode(whole)
            } else {
                try container.encode(number)
            }
        case .text(let text): try container.encode(text)
        }
    }
}

extension Constraints {
    private enum Key: String, CodingKey { case required, `enum`, minimum, maximum, unique }

    public init(from decoder: any Decoder) throws {
        // `unique` is ignored: a column with a domain is never a key. Other constraints would be accepted and not
        // enforced.
        try decoder.refuseUnknownKeys(
            in: "constraints (others than these would not be checked)",
            known: ["required", "enum", "minimum", "maximum", "unique"])
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            required: try container.decodeIfPresent(Bool.self, forKey: .required),
            enum: try container.decodeIfPresent([DeclaredText].self, forKey: .enum)?.map(\.text),
            minimum: try container.decodeIfPresent(Bound.self, forKey: .minimum),
            maximum: try container.decodeIfPresent(Bound.self, forKey: .maximum))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(required, forKey: .required)
        try container.encodeIfPresent(self.enum, forKey: .enum)
        try container.encodeIfPresent(minimum, forKey: .minimum)
        try container.encodeIfPresent(maximum, forKey: .maximum)
    }
}

extension Bins {
    private enum Key: String, CodingKey { case count, scale, edges, spikes }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(in: "bins", known: ["count", "scale", "edges", "spikes"])
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            count: try container.decodeIfPresent(Int.self, forKey: .count),
            scale: try container.decodeIfPresent(Scale.self, forKey: .scale),
            edges: try container.decodeIfPresent([Double].self, forKey: .edges),
            spikes: try container.decodeIfPresent([Double].self, forKey: .spikes))
    }
}

extension DerivedFrom {
    private enum Key: String, CodingKey { case field, prefix }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(in: "derivedFrom", known: ["field", "prefix"])
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            field: try container.decode(String.self, forKey: .field),
            prefix: try container.decode(Int.self, forKey: .prefix))
    }
}
