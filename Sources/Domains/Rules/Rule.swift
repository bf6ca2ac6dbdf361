/// A public relation between columns that every synthetic row obeys. It is part of the task, so nothing private is in it.
public enum Rule: Sendable, Equatable {
    /// `name` is `numerator` over `denominator`. The ratio is measured in place of the numerator, which is rebuilt from it.
    case ratio(name: String, numerator: String, denominator: String, bins: RatioBins)
    /// `column` is the sum of other columns, each with its sign. It is computed, never drawn.
    case sum(column: String, of: [Term])
    /// Each column is at most the next one; numbers or dates.
    case order([String])
    /// No row meets all of these conditions at once.
    case never([Condition])
    /// `name` is 100 · ln(numerator / denominator) in whole numbers; the numerator is rebuilt from it. A mirror join brings it.
    case logPoints(name: String, numerator: String, denominator: String)
    /// Two columns never have the same text. A mirror join brings it.
    case differ(String, String)

    /// One column of a sum.
    public struct Term: Sendable, Equatable {
        public var column: String
        public var isSubtracted: Bool

        public init(column: String, isSubtracted: Bool = false) {
            self.column = column
            self.isSubtracted = isSubtracted
        }
    }

    /// What a row must not have: listed values, or numbers and dates within limits.
    public struct Condition: Sendable, Equatable, Codable {
        public var column: String
        /// The values, as text; nil where there are limits.
        public var values: [String]?
        /// Whether a missing value counts too.
        public var includesMissing: Bool
        /// Strictly below and above.
        public var below: String?
        public var above: String?
        /// At least and at most.
        public var from: String?
        public var to: String?

        public init(
            column: String, values: [String]? = nil, includesMissing: Bool = false, below: String? = nil,
            above: String? = nil, from: String? = nil, to: String? = nil
        ) {
            self.column = column
            self.values = values
            self.includesMissing = includesMissing
            self.below = below
            self.above = above
            self.from = from
            self.to = to
        }
    }

    /// How a ratio becomes cells: edges, or a count of bins on a scale within bounds.
    public struct RatioBins: Sendable, Equatable, Codable {
        public var count: Int?
        public var scale: Bins.Scale?
        public var edges: [Double]?
        public var minimum: Double?
        public var maximum: Double?

        public init(
            count: Int? = nil, scale: Bins.Scale? = nil, edges: [Double]? = nil, minimum: Double? = nil,
            maximum: Double? = nil
        ) {
            self.count = count
            self.scale = scale
            self.edges = edges
            self.minimum = minimum
            self.maximum = maximum
        }
    }
}

extension Rule {
    /// The columns that it names and that must exist without it.
    public var columns: [String] {
        switch self {
        case .ratio(_, let numerator, let denominator, _): [numerator, denominator]
        case .sum(let column, let terms): [column] + terms.map(\.column)
        case .order(let columns): columns
        case .never(let conditions): conditions.map(\.column)
        case .logPoints(let name, let numerator, let denominator): [name, numerator, denominator]
        case .differ(let first, let second): [first, second]
        }
    }

    /// The column that it adds to the joined table, or nil.
    public var addedColumn: String? {
        if case .ratio(let name, _, _, _) = self { name } else { nil }
    }
}

extension Rule {
    /// The same rule under other column names; nil if a column has none.
    public func renamed(_ name: (String) -> String?) -> Rule? {
        func all(_ columns: [String]) -> [String]? {
            let renamed = columns.compactMap(name)
            return renamed.count == columns.count ? renamed : nil
        }
        switch self {
        case .ratio(let own, let numerator, let denominator, let bins):
            return all([numerator, denominator]).map {
                .ratio(name: own, numerator: $0[0], denominator: $0[1], bins: bins)
            }
        case .sum(let column, let terms):
            return all([column] + terms.map(\.column)).map { renamed in
                .sum(
                    column: renamed[0],
                    of: zip(renamed.dropFirst(), terms).map { Term(column: $0, isSubtracted: $1.isSubtracted) })
            }
        case .order(let columns): return all(columns).map { .order($0) }
        case .never(let conditions):
            return all(conditions.map(\.column)).map { renamed in
                .never(
                    zip(renamed, conditions).map { column, condition in
                        var condition = condition
                        condition.column = column
                        return condition
                    })
            }
        case .logPoints(let own, let numerator, let denominator):
            return all([own, numerator, denominator]).map {
                .logPoints(name: $0[0], numerator: $0[1], denominator: $0[2])
            }
        case .differ(let first, let second): return all([first, second]).map { .differ($0[0], $0[1]) }
        }
    }
}

extension Rule: CustomStringConvertible {
    /// One line, as a person would say it.
    public var description: String {
        switch self {
        case .ratio(let name, let numerator, let denominator, _): "\(name) = \(numerator) / \(denominator)"
        case .sum(let column, let terms):
            "\(column) = "
                + terms.enumerated().map { place, term in
                    (place == 0 ? (term.isSubtracted ? "−" : "") : term.isSubtracted ? " − " : " + ") + term.column
                }.joined()
        case .order(let columns): columns.joined(separator: " ≤ ")
        case .never(let conditions): "never " + conditions.map(\.description).joined(separator: " with ")
        case .logPoints(let name, let numerator, let denominator):
            "\(name) = 100 · ln(\(numerator) / \(denominator)), rounded"
        case .differ(let first, let second): "\(first) is never \(second)"
        }
    }
}

extension Rule.Condition: CustomStringConvertible {
    public var description: String {
        if let values {
            let all = values + (includesMissing ? ["(missing)"] : [])
            return all.count == 1 ? "\(column) \(all[0])" : "\(column) in [\(all.joined(separator: ", "))]"
        }
        let limits = [("below", below), ("above", above), ("from", from), ("to", to)].compactMap { word, limit in
            limit.map { "\(word) \($0)" }
        }
        return "\(column) \((limits + (includesMissing ? ["or missing"] : [])).joined(separator: " "))"
    }
}
