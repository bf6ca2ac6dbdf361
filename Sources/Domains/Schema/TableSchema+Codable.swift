extension TableSchema {
    private enum Key: String, CodingKey { case fields, missingValues, primaryKey, fieldsMatch }

    /// Keys of Frictionless that say nothing about domains and are ignored.
    private static let descriptive = [
        "$schema", "name", "title", "description", "foreignKeys", "uniqueKeys", "profile",
    ]

    /// Reads a schema; keys that no schema has are refused, those that describe are passed over.
    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(
            in: "a schema", known: ["fields", "missingValues", "primaryKey", "fieldsMatch"] + Self.descriptive)
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            fields: try container.decode([Field].self, forKey: .fields),
            missingValues: try container.decodeTexts(forKey: .missingValues),
            primaryKey: try container.decodeTexts(forKey: .primaryKey),
            takesMoreColumns: try container.decodeTexts(forKey: .fieldsMatch)?.contains(Self.subset) ?? false)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(fields, forKey: .fields)
        try container.encodeIfPresent(missingValues, forKey: .missingValues)
        try container.encodeIfPresent(primaryKey, forKey: .primaryKey)
        if takesMoreColumns { try container.encode(Self.subset, forKey: .fieldsMatch) }
    }
}

extension Field {
    private enum Key: String, CodingKey {
        case name, type, categories, constraints, bins, derivedFrom, other, missingValues, trueValues, falseValues
        case title, description, decimalChar, groupChar, bareNumber, format, codeList, step
    }

    private static let known = [
        "name", "type", "categories", "constraints", "bins", "derivedFrom", "other", "missingValues", "trueValues",
        "falseValues", "title", "description", "decimalChar", "groupChar", "bareNumber", "format", "codeList", "step",
        // Frictionless keys that say nothing about the domain and are ignored.
        "categoriesOrdered", "example", "rdfType",
    ]

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(in: "a field", known: Self.known)
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .name)
        let type = try container.decode(FieldType.self, forKey: .type)
        let writing: CellWriting
        do throws(CellWriting.Mistake) {
            writing = try CellWriting(
                type: type, decimalChar: try? container.decodeIfPresent(String.self, forKey: .decimalChar),
                groupChar: try? container.decodeIfPresent(String.self, forKey: .groupChar),
                isBare: try? container.decodeIfPresent(Bool.self, forKey: .bareNumber),
                format: try? container.decodeIfPresent(String.self, forKey: .format))
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container, debugDescription: "field \"\(name)\": \(error.what). \(error.fix)")
        }
        var listed = try container.decodeIfPresent([DeclaredCategory].self, forKey: .categories)
        if let list = try container.decodeIfPresent(String.self, forKey: .codeList), listed == nil {
            guard let codes = CodeList.codes(of: list) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .codeList, in: container,
                    debugDescription: "field \"\(name)\": unknown code list \"\(list)\". Known: \(CodeList.known)")
            }
            listed = codes.map { DeclaredCategory(value: $0, label: nil) }
        }
        var labels: [String: String] = [:]
        for category in listed ?? [] { labels[category.value] = category.label }
        self.init(
            name: name, type: type,
            categories: listed?.map(\.value), categoryLabels: labels.isEmpty ? nil : labels,
            constraints: try container.decodeIfPresent(Constraints.self, forKey: .constraints),
            bins: try container.decodeIfPresent(Bins.self, forKey: .bins),
            derivedFrom: try container.decodeIfPresent(DerivedFrom.self, forKey: .derivedFrom),
            other: try container.decodeIfPresent(DeclaredText.self, forKey: .other)?.text,
            missingValues: try container.decodeTexts(forKey: .missingValues),
            trueValues: try container.decodeTexts(forKey: .trueValues),
            falseValues: try container.decodeTexts(forKey: .falseValues),
            title: try container.decodeIfPresent(String.self, forKey: .title),
            description: try container.decodeIfPresent(String.self, forKey: .description), writing: writing,
            step: try container.decodeIfPresent(Double.self, forKey: .step))
    }

    /// Writes what is not absent.
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
        try container.encodeIfPresent(writing.decimalText, forKey: .decimalChar)
        try container.encodeIfPresent(writing.groupChar, forKey: .groupChar)
        if !writing.isBare { try container.encode(false, forKey: .bareNumber) }
        try container.encodeIfPresent(writing.dateFormat, forKey: .format)
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
