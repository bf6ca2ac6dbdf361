/// How the key of a row is read: from which columns, in which shape, and normalised how.
///
/// Each column's text is normalised alone; several columns are then joined by `|`.
public struct KeyRule: Codable, Sendable, Equatable {
    /// One step of normalisation, applied in the order declared.
    public enum Normalisation: Sendable, Equatable {
        case trim, upper, lower
        /// Characters in their composed form (Unicode NFC), so that an accent is one letter however it was typed.
        case nfc
        /// Zeros put in front until the text has this many characters.
        case zeroFill(Int)
    }

    /// The columns that make the key, in the order in which they are joined.
    public var columns: [String]
    /// A regular expression that each column's normalised text must match, whole; or the joined key, where several columns
    /// make it and the pattern names the separator, as `\|`. ``KeyPatternReader`` documents the language.
    public var pattern: String?
    /// Applied to each column's text, in this order, before the pattern and the hash.
    public var normalise: [Normalisation]

    /// - Parameter pattern: a regular expression; nil for any text that is not empty.
    public init(columns: [String], pattern: String? = nil, normalise: [Normalisation] = []) {
        self.columns = columns
        self.pattern = pattern
        self.normalise = normalise
    }

    /// Whether the pattern is of the joined key: no part holds the separator, so such a pattern fits no part.
    package var matchesWholeKey: Bool { columns.count > 1 && pattern?.contains(#"\|"#) == true }

    /// Every mistake in the rule itself, for a linter.
    public var problems: [SchemaProblem] {
        var problems: [SchemaProblem] = []
        if columns.isEmpty {
            problems.append(
                SchemaProblem(field: "key", what: "no key column is named", fix: "Write `column: NAME` or `columns:`"))
        }
        if Set(columns).count < columns.count {
            problems.append(
                SchemaProblem(field: "key", what: "a key column is named twice", fix: "Name each column once"))
        }
        if let pattern {
            do {
                _ = try KeyPattern(pattern)
            } catch {
                problems.append(
                    SchemaProblem(
                        field: "key",
                        what: "pattern \"\(pattern)\" is not a regular expression of those that are matched in linear "
                            + "time: \(error)",
                        fix: "Write one such as ^[0-9]{1,8}$"))
            }
        }
        return problems
    }

    /// The most operations on words of 64 bits that the pattern costs for each byte of a key: 1 for a row of classes, more
    /// for choices and groups; nil without a sound pattern. The cost of a key grows with its length and with nothing else.
    public var patternCost: Int? { pattern.flatMap { try? KeyPattern($0).cost } }
}

extension KeyRule {
    private enum Key: String, CodingKey { case column, columns, pattern, normalise }

    /// Reads `{column: …}` or `{columns: […]}`, with `pattern` and `normalise`.
    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(in: "key", known: ["column", "columns", "pattern", "normalise"])
        let container = try decoder.container(keyedBy: Key.self)
        let one = try container.decodeIfPresent(String.self, forKey: .column)
        let several = try container.decodeIfPresent([String].self, forKey: .columns)
        guard (one == nil) != (several == nil) else {
            throw DecodingError.dataCorruptedError(
                forKey: .column, in: container, debugDescription: "a key has either `column` or `columns`")
        }
        self.init(
            columns: several ?? one.map { [$0] } ?? [],
            pattern: try container.decodeIfPresent(String.self, forKey: .pattern),
            normalise: try container.decodeIfPresent([Normalisation].self, forKey: .normalise) ?? [])
    }

    /// Writes one column as `column`, several as `columns`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if columns.count == 1 {
            try container.encode(columns[0], forKey: .column)
        } else {
            try container.encode(columns, forKey: .columns)
        }
        try container.encodeIfPresent(pattern, forKey: .pattern)
        if !normalise.isEmpty { try container.encode(normalise, forKey: .normalise) }
    }
}

extension KeyRule.Normalisation: Codable {
    /// The word that a task writes: `trim`, `upper`, `lower`, `nfc`, `zero-fill:6`.
    public var word: String {
        switch self {
        case .trim: "trim"
        case .upper: "upper"
        case .lower: "lower"
        case .nfc: "nfc"
        case .zeroFill(let width): "zero-fill:\(width)"
        }
    }

    /// - Returns: nil for a word that is none of these.
    public init?(word: String) {
        switch word {
        case "trim": self = .trim
        case "upper": self = .upper
        case "lower": self = .lower
        case "nfc": self = .nfc
        default:
            guard word.hasPrefix("zero-fill:"), let width = Int(word.dropFirst("zero-fill:".count)),
                (1...64).contains(width)
            else { return nil }
            self = .zeroFill(width)
        }
    }

    /// Reads the word.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let word = try container.decode(String.self)
        guard let step = Self(word: word) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "unknown normalisation \"\(word)\": write trim, upper, lower, nfc or zero-fill:N (N ≤ 64)")
        }
        self = step
    }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }
}
