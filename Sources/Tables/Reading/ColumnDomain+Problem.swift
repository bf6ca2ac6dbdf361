import Bytes
package import Domains

// Proof: no byte is read here but through `prefix` and `trimmed`, which stay inside; bytes are handed on within the call
// that lends them.

extension ColumnDomain {
    /// The code of the problem with a text that the domain does not hold.
    ///
    /// - Parameter isRead: whether the text is a value as its column is written, which lies outside the domain.
    func problemCode(_ bytes: UnsafeRawBufferPointer, isRead: Bool? = nil) -> String {
        let trimmed = bytes.trimmed
        if trimmed.isEmpty, missing == nil || type != .string { return "missing_value" }
        return switch type {
        case .string, .boolean: "out_of_domain"
        case .date: isRead ?? (CalendarDate.day(of: trimmed) != nil) ? "out_of_domain" : "not_a_date"
        case .integer, .number: isRead ?? (DecimalText.number(of: trimmed) != nil) ? "out_of_domain" : "not_a_number"
        }
    }

    /// What to tell the owner about it.
    package func problem(_ bytes: UnsafeRawBufferPointer, row: Int) -> TableProblem {
        let text = shortened(bytes)
        let code = problemCode(bytes)
        return TableProblem(
            code: code, row: row, column: name, value: text, expected: expectation, hint: hint(code, bytes, text))
    }

    /// No other way to write it makes it a date.
    static let noSuchDay = "The calendar has no such day: find out which one was meant, and correct it in the file"

    private func hint(_ code: String, _ bytes: UnsafeRawBufferPointer, _ text: String) -> String {
        switch (code, type) {
        case ("missing_value", _): "Fill the cell, or declare the column not required"
        case ("not_a_date", _) where DateFormat.namesNoDay(bytes.trimmed): Self.noSuchDay
        case ("not_a_date", _): "Write dates as year-month-day, such as 2022-12-31"
        case ("not_a_number", _): hint(forNumber: text)
        case (_, .string): hint(forText: text)
        case (_, .boolean): "Write true or false, or declare trueValues and falseValues"
        case (_, .integer) where DecimalText.number(of: bytes.trimmed).map { $0 != $0.rounded() } == true:
            "Write a whole number, or declare type: number"
        default: "Correct the value, let `entrepot prepare` clip it, or widen the declared domain in the task"
        }
    }

    private func shortened(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return bytes.count > 80 ? text + "…" : text
    }

    private func hint(forText text: String) -> String {
        guard case .listed(let texts, _, _) = cells else { return "Correct the value" }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let widths = Set(texts.prefix(100_000).map(\.utf8.count)).filter { $0 > text.utf8.count }.sorted()
            for width in widths {
                let padded = String(repeating: "0", count: width - text.utf8.count) + text
                if texts.contains(padded) {
                    return
                        "Leading zeros were lost: write \"\(padded)\" (spreadsheets drop them unless the column is text)"
                }
            }
        }
        if text.hasSuffix(".0"), texts.contains(String(text.dropLast(2))) {
            return "Write \"\(text.dropLast(2))\": the code was saved as a decimal number"
        }
        if let near = NearestWord.to(text, among: texts) { return "Did you mean \"\(near)\"?" }
        return "Correct the value, or add it to the categories (or declare `other`) in the task"
    }

    private func hint(forNumber text: String) -> String {
        let bytes = Array(text.utf8)
        let commas = bytes.count { $0 == UInt8(ascii: ",") }
        if commas > 0, bytes.allSatisfy({ (0x30...0x39).contains($0) || "+-., ".utf8.contains($0) }) {
            let last = bytes.lastIndex(of: UInt8(ascii: ",")) ?? 0
            let isDecimal = commas == 1 && (bytes.lastIndex(of: UInt8(ascii: ".")) ?? -1) < last
            return isDecimal
                ? "Write a decimal point instead of the decimal comma" : "Write numbers without thousands separators"
        }
        if bytes.contains(0x20), bytes.allSatisfy({ (0x30...0x39).contains($0) || "+-. ".utf8.contains($0) }) {
            return "Write numbers without blanks between the digits"
        }
        if ["na", "n/a", "nan", "null", "none", "-", ".", "inf", "-inf"].contains(text.lowercased()) {
            return "If it means that no value is known, add it to missingValues in the task or leave the cell empty"
        }
        return "Write plain digits with a decimal point, without units"
    }
}
