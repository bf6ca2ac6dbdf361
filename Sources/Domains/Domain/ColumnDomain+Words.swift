// What is read of a column, in the words of somebody who does not compute.

extension ColumnDomain {
    private static let shownValues = 12

    /// `a number from 0 to 500 in 32 bins, such as [100, 200), or missing`.
    package var inWords: String {
        let others = (other.map { ", or \($0) for any other" } ?? "") + (missingCode == nil ? "" : ", or missing")
        return valuesInWords + others
    }

    private var valuesInWords: String {
        switch type {
        case .boolean: return "yes or no"
        case .string:
            let shown = (0..<min(valueCount, Self.shownValues)).map { label(of: $0) }.joined(separator: ", ")
            let more = valueCount > Self.shownValues ? ", …" : ""
            return valueCount == 1 ? "always \(shown)" : "one of \(valueCount) listed values: \(shown)\(more)"
        case .integer, .number, .date:
            guard let bounds else { return "one of \(valueCount) listed numbers" }
            func text(_ value: Double) -> String {
                type == .date ? CalendarDate.text(ofDay: Int(value)) : DecimalText.text(of: value)
            }
            let kind = type == .date ? "a date" : type == .integer ? "a whole number" : "a number"
            let range = "\(kind) from \(text(bounds.lower)) to \(text(bounds.upper))"
            guard isBinned, valueCount > 1 else { return "\(range), each by itself" }
            return "\(range) in \(valueCount) bins, such as \(label(of: valueCount / 2))"
        }
    }

    /// What the column takes, in words.
    package var expectation: String {
        let blank = missing == nil ? "" : ", or \(missing?.first.map { $0.isEmpty ? "an empty cell" : $0 } ?? "")"
        switch cells {
        case .listed(let texts, _, _):
            let shown = texts.prefix(12).joined(separator: ", ")
            let more = texts.count > 12 ? ", … (\(texts.count) values)" : ""
            return "one of \(shown)\(more)\(blank)"
        case .units(let lower, let count):
            return type == .date
                ? "a date from \(CalendarDate.text(ofDay: lower)) to \(CalendarDate.text(ofDay: lower + count - 1))\(blank)"
                : "an integer from \(lower) to \(lower + count - 1)\(blank)"
        case .bins(let binning):
            let (first, last) = (binning.starts[0], binning.maximum)
            switch type {
            case .date:
                return
                    "a date from \(CalendarDate.text(ofDay: Int(first))) to \(CalendarDate.text(ofDay: Int(last)))\(blank)"
            case .integer:
                return "an integer from \(DecimalText.text(of: first)) to \(DecimalText.text(of: last))\(blank)"
            default: return "a number from \(DecimalText.text(of: first)) to \(DecimalText.text(of: last))\(blank)"
            }
        }
    }
}
