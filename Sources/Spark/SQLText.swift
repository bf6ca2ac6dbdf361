/// Pieces of Spark's SQL. Names and values of a schema come from people: each is quoted as Spark's grammar wants it.
enum SQLText {
    /// A text as a literal.
    static func text(_ text: String) -> String {
        var literal = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": literal += "\\'"
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\0": literal += "\\0"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "'"
    }

    /// A name between backticks.
    static func name(_ name: String) -> String {
        "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
    }

    /// A number of 64 bits, exactly.
    static func number(_ value: Double) -> String { "\(value)D" }

    /// A constant list, which is looked up by place.
    static func list(_ values: some Sequence<Int64>, at code: String) -> String {
        "element_at(array(\(values.map { "\($0)L" }.joined(separator: ","))), CAST(\(code) + 1 AS INT))"
    }

    /// A choice by halves: which of the numbers, in ascending order, is the last that is not above a value.
    static func lastNotAbove(_ value: String, among starts: ArraySlice<Double>) -> String {
        guard starts.count > 1 else { return "\(starts.startIndex)" }
        let middle = starts.startIndex + starts.count / 2
        let lower = lastNotAbove(value, among: starts[..<middle])
        let upper = lastNotAbove(value, among: starts[middle...])
        return "CASE WHEN \(value) < \(number(starts[middle])) THEN \(lower) ELSE \(upper) END"
    }
}
