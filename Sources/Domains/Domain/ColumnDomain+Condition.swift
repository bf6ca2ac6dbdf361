// What a reader of rows may ask of one column: rows with a value, or with any value of a bin.

extension ColumnDomain {
    /// The code of what a condition names: a value, any number of a bin, or a bin as labels write it, such as `[20, 30)`; nil if
    /// it is outside the domain.
    package func code(ofCondition text: String) -> Int? {
        code(of: text) ?? (0..<size).first { label(of: $0) == text }
    }

    /// What a condition on the column may be, for one who asked for something else.
    ///
    /// - Parameter nearest: the declared value that is nearest to what was asked for.
    package func conditionHint(nearest: String?) -> String {
        guard let bounds, type != .string, type != .boolean else {
            return nearest.map { "Did you mean \($0)?" } ?? "Values are listed by GET /columns and by the task."
        }
        let isDate = type == .date
        func text(_ value: Double) -> String {
            isDate ? CalendarDate.text(ofDay: Int(value)) : DecimalText.text(of: value)
        }
        let range = "from \(text(bounds.lower)) to \(text(bounds.upper))"
        guard isBinned, valueCount > 1 else { return "Give one \(isDate ? "date" : "whole number") \(range)." }
        return "Give one \(isDate ? "date" : "number") \(range): it stands for its whole bin, such as "
            + "\(label(of: valueCount / 2))."
    }
}
