/// The form of the model file: the same members as in a task.
extension Rule: Codable {
    private enum Key: String, CodingKey {
        case ratio, sum, order, never, of, bins
        case logPoints = "log_points"
        case differ
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func two(_ key: Key) throws -> (String, String) {
            let names = try container.decode([String].self, forKey: key)
            guard names.count == 2 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "two columns are needed")
            }
            return (names[0], names[1])
        }
        if let name = try container.decodeIfPresent(String.self, forKey: .ratio) {
            let (numerator, denominator) = try two(.of)
            self = .ratio(
                name: name, numerator: numerator, denominator: denominator,
                bins: try container.decodeIfPresent(RatioBins.self, forKey: .bins) ?? RatioBins())
        } else if let column = try container.decodeIfPresent(String.self, forKey: .sum) {
            self = .sum(column: column, of: try container.decode([Term].self, forKey: .of))
        } else if let columns = try container.decodeIfPresent([String].self, forKey: .order) {
            self = .order(columns)
        } else if let conditions = try container.decodeIfPresent([Condition].self, forKey: .never) {
            self = .never(conditions)
        } else if let name = try container.decodeIfPresent(String.self, forKey: .logPoints) {
            let (numerator, denominator) = try two(.of)
            self = .logPoints(name: name, numerator: numerator, denominator: denominator)
        } else {
            let (first, second) = try two(.differ)
            self = .differ(first, second)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .ratio(let name, let numerator, let denominator, let bins):
            try container.encode(name, forKey: .ratio)
            try container.encode([numerator, denominator], forKey: .of)
            try container.encode(bins, forKey: .bins)
        case .sum(let column, let terms):
            try container.encode(column, forKey: .sum)
            try container.encode(terms, forKey: .of)
        case .order(let columns): try container.encode(columns, forKey: .order)
        case .never(let conditions): try container.encode(conditions, forKey: .never)
        case .logPoints(let name, let numerator, let denominator):
            try container.encode(name, forKey: .logPoints)
            try container.encode([numerator, denominator], forKey: .of)
        case .differ(let first, let second): try container.encode([first, second], forKey: .differ)
        }
    }
}

extension Rule.Term: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(written: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(written)
    }

    /// `B`, or `-C` for a column that is subtracted.
    public init(written text: String) {
        let isSubtracted = text.hasPrefix("-")
        self.init(column: isSubtracted ? String(text.dropFirst()) : text, isSubtracted: isSubtracted)
    }

    public var written: String { isSubtracted ? "-\(column)" : column }
}
