internal import Foundation

/// What one column of a sample file seems to be, as the line of a task that declares it.
///
/// Bounds are rounded outward to values that look public (1, 2 or 5 times a power of ten; whole years), since the exact
/// extremes of a sample are somebody's data.
struct ColumnGuess {
    /// The flow mapping after `- `.
    let declaration: String
    /// What is to be confirmed about it.
    let note: String

    static let mostCategories = 500

    init(name: String, values: [String], derivedFrom parent: (name: String, prefix: Int)? = nil) {
        let present = values.filter { !$0.isEmpty }
        let required = present.count == values.count && !values.isEmpty
        let head = "name: \(Self.quoted(name))"
        func declared(_ rest: String, _ constraints: [String] = []) -> String {
            let all = constraints + (required ? ["required: true"] : [])
            let tail = all.isEmpty ? "" : ", constraints: {\(all.joined(separator: ", "))}"
            return "{\(head), \(rest)\(tail)}"
        }
        let blank = required ? "" : ", blanks"
        if let parent {
            declaration = declared(
                "type: string, derivedFrom: {field: \(Self.quoted(parent.name)), prefix: \(parent.prefix)}")
            note = "always the first \(parent.prefix) characters of \(parent.name)?"
        } else if present.isEmpty {
            declaration = declared("type: string, categories: []")
            note = "no value in the sample; list the categories"
        } else if Set(present).isSubset(of: ["true", "false"]) {
            declaration = declared("type: boolean")
            note = "type\(blank)"
        } else if let years = Self.years(of: present) {
            declaration = declared(
                "type: date", ["minimum: '\(years.first)-01-01'", "maximum: '\(years.last)-12-31'"])
            note = "type, bounds\(blank)"
        } else if let numbers = Self.numbers(of: present) {
            let isWhole =
                numbers.allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 } && !present.contains { $0.contains(".") }
            let low = numbers.min() ?? 0
            let high = numbers.max() ?? 0
            let span = (minimum: Self.roundedDown(low), maximum: Self.roundedUp(high))
            let bounds = [
                "minimum: \(Self.text(span.minimum, isWhole: isWhole))",
                "maximum: \(Self.text(span.maximum, isWhole: isWhole))",
            ]
            let isNarrow = isWhole && span.maximum - span.minimum <= 1024
            let middle = numbers.sorted()[numbers.count / 2]
            let isHeavy = span.minimum >= 0 && high > 100 * max(middle, 1e-9)
            let bins = isNarrow ? "" : ", bins: {count: 32, scale: \(isHeavy ? "log" : "linear")}"
            declaration = declared("type: \(isWhole ? "integer" : "number")\(bins)", bounds)
            note = "type, bounds\(isNarrow ? "" : ", bins")\(blank)"
        } else {
            let counted = Dictionary(present.map { ($0, 1) }, uniquingKeysWith: +)
            let categories =
                counted.count <= Self.mostCategories
                ? counted.keys.sorted()
                : Array(
                    counted.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
                        .prefix(Self.mostCategories)
                ).sorted()
            let more = counted.count > Self.mostCategories
            let listed = categories.map(Self.quoted).joined(separator: ", ")
            declaration = declared("type: string, categories: [\(listed)]" + (more ? ", other: OTHER" : ""))
            note =
                more
                ? "\(counted.count) values in the sample, the \(Self.mostCategories) commonest listed: use a public list\(blank)"
                : "categories: take them from a public list, not from the sample\(blank)"
        }
    }
}

extension ColumnGuess {
    /// Single-quoted, unless it is a plain word.
    static func quoted(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
        // Words that some YAML reader takes for something else.
        let taken = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ""]
        guard isWord, !taken.contains(text.lowercased()) else {
            if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
                return String(decoding: JSONValue.text(text).canonicalBytes, as: UTF8.self)
            }
            return "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
        }
        return text
    }

    /// All values as numbers, unless one is not, or one is a code: a leading zero makes a text.
    static func numbers(of values: [String]) -> [Double]? {
        var numbers: [Double] = []
        for value in values {
            let digits = value.drop { $0 == "-" }
            let isCode = digits.hasPrefix("0") && digits.count > 1 && !digits.hasPrefix("0.")
            guard !isCode, let number = ScalarText.number(value), number.isFinite else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// The years of ISO dates.
    static func years(of values: [String]) -> (first: String, last: String)? {
        guard values.allSatisfy({ UTCInstant("\($0)T00:00:00Z") != nil }) else { return nil }
        let years = values.map { String($0.prefix(4)) }
        guard let first = years.min(), let last = years.max() else { return nil }
        return (first, last)
    }

    /// The next value of 0, ±(1, 2, 5)·10^k that is not below `value`.
    static func roundedUp(_ value: Double) -> Double {
        if value == 0 { return 0 }
        if value < 0 { return -largestRound(notAbove: -value) }
        let below = largestRound(notAbove: value)
        return below == value ? value : nextRound(after: below)
    }

    static func roundedDown(_ value: Double) -> Double { value == 0 ? 0 : -roundedUp(-value) }

    private static func largestRound(notAbove value: Double) -> Double {
        let power = floor(log10(value))
        return [10.0, 5, 2, 1].map { decimal($0, power) }.first { $0 <= value } ?? decimal(5, power - 1)
    }

    private static func nextRound(after round: Double) -> Double {
        let power = floor(log10(round * 1.0000001))
        return [1.0, 2, 5, 10].map { decimal($0, power) }.first { $0 > round * 1.0000001 } ?? decimal(2, power + 1)
    }

    /// `factor`·10^`power` as its decimal text reads, so that 0.2 is 0.2.
    private static func decimal(_ factor: Double, _ power: Double) -> Double {
        Double("\(Int(factor))e\(Int(power))") ?? factor * pow(10, power)
    }

    static func text(_ value: Double, isWhole: Bool) -> String {
        isWhole && abs(value) < 1e15 ? String(Int(value)) : JSONValue.shortestText(of: value)
    }
}
