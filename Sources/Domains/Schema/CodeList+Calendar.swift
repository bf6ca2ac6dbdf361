extension CodeList {
    /// How periods of the calendar are written.
    package enum Period: String, CaseIterable {
        case month = "months-YYYYMM"
        case dashedMonth = "months-YYYY-MM"
        case letterMonth = "months-YYYYMmm"
        case quarter = "quarters-YYYYQn"
        case dashedQuarter = "quarters-YYYY-Qn"

        private var count: Int {
            switch self {
            case .month, .dashedMonth, .letterMonth: 12
            case .quarter, .dashedQuarter: 4
            }
        }

        package func codes(ofYear year: Int) -> [String] {
            (1...count).map { place in
                let padded = place < 10 ? "0\(place)" : "\(place)"
                switch self {
                case .month: return "\(year)\(padded)"
                case .dashedMonth: return "\(year)-\(padded)"
                case .letterMonth: return "\(year)M\(padded)"
                case .quarter: return "\(year)Q\(place)"
                case .dashedQuarter: return "\(year)-Q\(place)"
                }
            }
        }

        /// The year of a period; nil if the text is not written so.
        package func year(of text: some StringProtocol) -> Int? {
            guard text.utf8.count == (self == .quarter || self == .month ? 6 : 7), let year = Int(text.prefix(4)),
                (1800...2199).contains(year)
            else { return nil }
            return codes(ofYear: year).contains { $0 == text } ? year : nil
        }
    }

    /// `months-YYYYMM-2019-2023`: every month of the years from the first to the last.
    static func calendar(_ name: String) -> [String]? {
        let parts = name.split(separator: "-")
        guard parts.count > 3, let last = Int(parts[parts.count - 1]), let first = Int(parts[parts.count - 2]),
            first >= 1800, first <= last, last <= 2199,
            let period = Period(rawValue: parts.dropLast(2).joined(separator: "-"))
        else { return nil }
        return (first...last).flatMap { period.codes(ofYear: $0) }
    }
}
