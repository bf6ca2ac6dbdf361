import VectorMath

/// Days since 1970-01-01 in the proleptic Gregorian calendar, and their ISO 8601 text.
///
/// Source: H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
package enum CalendarDate {
    /// The day of `2022-12-31`, or nil for any other text.
    ///
    /// Proof: ten bytes are there, as checked first, and no place above 9 is read.
    package static func day(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var number = 0
            for index in range {
                let digit = Int(bytes[index]) - 0x30
                guard (0...9).contains(digit) else { return nil }
                number = number * 10 + digit
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let dayOfMonth = number(8..<10) else { return nil }
        guard (1...12).contains(month), dayOfMonth >= 1, dayOfMonth <= length(month: month, year: year) else {
            return nil
        }
        return day(year: year, month: month, dayOfMonth: dayOfMonth)
    }

    package static func day(of text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { day(of: $0) }
    }

    package static func day(year: Int, month: Int, dayOfMonth: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dayOfMonth - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func text(ofDay day: Int) -> String {
        let (year, month, dayOfMonth) = civilDate(ofDay: day)
        return padded(year, to: 4) + "-" + padded(month, to: 2) + "-" + padded(dayOfMonth, to: 2)
    }

    static func length(month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
