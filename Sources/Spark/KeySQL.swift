import Domains
import Tables

/// A key as an expression: normalised as the task says, NULL for a row without a valid one.
struct KeySQL: Sendable {
    let rule: KeyRule
    /// The normalised parts, one behind the other.
    let parts: String
    /// The whole key.
    let key: String
    /// What is wrong with it; NULL where nothing is.
    let fault: String

    /// No part of a key is longer, in bytes: as of a file.
    private static let longest = 1_024

    /// - Parameter missing: texts that stand for no value.
    /// - Throws: `notCounted` for a normalisation that SQL has no function for.
    init(_ rule: KeyRule, missing: [String]) throws(SparkError) {
        self.rule = rule
        var parts: [String] = []
        for part in rule.columns.indices { parts.append(try Self.normalised("s.key\(part)", rule, missing)) }
        var faults: [String] = []
        let pattern = rule.pattern.map { SQLText.text("\\A(?:\($0))\\z") }
        for part in parts {
            faults.append("WHEN \(part) = '' THEN 'key_empty'")
            faults.append("WHEN octet_length(\(part)) > \(Self.longest) THEN 'key_pattern'")
            if let pattern, !rule.matchesWholeKey {
                faults.append("WHEN NOT \(part) RLIKE \(pattern) THEN 'key_pattern'")
            }
            if parts.count > 1 { faults.append("WHEN contains(\(part), '|') THEN 'key_separator'") }
        }
        let whole = parts.count == 1 ? parts[0] : "concat_ws('|', \(parts.joined(separator: ", ")))"
        if let pattern, rule.matchesWholeKey { faults.append("WHEN NOT \(whole) RLIKE \(pattern) THEN 'key_pattern'") }
        self.parts = rule.columns.indices.map { "key\($0)" }.joined(separator: ", ")
        // Keys of the known table stand as they are.
        fault = "CASE WHEN s.side = 1 THEN NULL \(faults.joined(separator: " ")) END"
        key = "CASE WHEN s.side = 1 THEN s.key0 WHEN (\(fault)) IS NULL THEN \(whole) END"
    }

    private static func normalised(_ part: String, _ rule: KeyRule, _ missing: [String]) throws(SparkError) -> String {
        var text = "coalesce(\(part), '')"
        if rule.normalise.contains(.trim) { text = "trim(BOTH ' \\t' FROM \(text))" }
        let missing = missing.filter { !$0.isEmpty }
        if !missing.isEmpty {
            text =
                "CASE WHEN \(text) IN (\(missing.map(SQLText.text).joined(separator: ", "))) THEN '' ELSE \(text) END"
        }
        for step in rule.normalise {
            switch step {
            case .trim: break
            case .upper: text = "upper(\(text))"
            case .lower: text = "lower(\(text))"
            case .nfc: throw .notCounted("A key that is normalised by nfc")
            case .zeroFill(let width):
                text =
                    "CASE WHEN char_length(\(text)) BETWEEN 1 AND \(width - 1) THEN lpad(\(text), \(width), '0') ELSE \(text) END"
            }
        }
        return text
    }

    /// What the owner reads of a row without a valid key.
    func problem(_ fault: String, row: Int, value: String) -> TableProblem {
        let column = rule.columns.joined(separator: "|")
        let value = String(value.prefix(80))
        switch fault {
        case "key_empty":
            return TableProblem(
                code: fault, row: row, column: column, value: value, expected: "a key in every row",
                hint: "Fill in the key or remove the row")
        case "key_separator":
            return TableProblem(
                code: "key_pattern", row: row, column: column, value: value,
                expected: "no | in a part of a composite key",
                hint: "Remove the | or declare another key")
        default:
            return TableProblem(
                code: "key_pattern", row: row, column: column, value: value,
                expected: "a key that matches \(rule.pattern ?? "at most \(Self.longest) bytes")",
                hint: "Correct the key; the task declares its shape and normalisation")
        }
    }
}
