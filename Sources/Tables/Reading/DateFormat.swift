/// A pattern of dates, in the signs of `strptime`: `%Y` a year of four digits, `%y` of two (69 to 99 are 1969 to 1999, as
/// POSIX has it), `%m` and `%d` month and day of one or two digits, `%b` the English name of a month or its first three
/// letters, `%H`, `%M` and `%S` hours, minutes and seconds, which are read and dropped. Anything else stands for itself.
package struct DateFormat: Sendable {
    private enum Part: Sendable, Equatable {
        case year, shortYear, month, day, monthName, time
        case text(UInt8)

        var isText: Bool { if case .text = self { true } else { false } }
    }

    private let parts: [Part]
    package static let iso = "%Y-%m-%d"

    /// - Returns: nil if the pattern does not say year, month and day once each.
    package init?(_ pattern: String) {
        var parts: [Part] = []
        var bytes = Array(pattern.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                parts.append(.text(byte))
                continue
            }
            switch bytes.popFirst() {
            case UInt8(ascii: "Y"): parts.append(.year)
            case UInt8(ascii: "y"): parts.append(.shortYear)
            case UInt8(ascii: "m"): parts.append(.month)
            case UInt8(ascii: "b"), UInt8(ascii: "B"): parts.append(.monthName)
            case UInt8(ascii: "d"): parts.append(.day)
            case UInt8(ascii: "H"), UInt8(ascii: "M"), UInt8(ascii: "S"): parts.append(.time)
            default: return nil
            }
        }
        func count(_ kinds: [Part]) -> Int { parts.count { kinds.contains($0) } }
        guard count([.year, .shortYear]) == 1, count([.month, .monthName]) == 1, count([.day]) == 1, parts.count <= 40
        else { return nil }
        self.parts = parts
    }

    /// The day as a number since 1970-01-01; nil if the text is not written so.
    ///
    /// Two digits follow each other without a sign between them only where the pattern has none.
    package func day(of text: some Collection<UInt8>) -> Int? {
        var bytes = Array(text)[...]
        var (year, month, day) = (0, 0, 0)
        for (place, part) in parts.enumerated() {
            // Where no sign follows, as in %Y%m%d, every number has its full width.
            let isTight = place + 1 < parts.count && !parts[place + 1].isText || place > 0 && !parts[place - 1].isText
            switch part {
            case .text(let byte):
                guard bytes.popFirst() == byte else { return nil }
            case .year:
                guard let read = Self.number(&bytes, from: 4, to: 4) else { return nil }
                year = read
            case .shortYear:
                guard let read = Self.number(&bytes, from: 2, to: 2) else { return nil }
                year = read < 69 ? 2000 + read : 1900 + read
            case .month:
                guard let read = Self.number(&bytes, from: isTight ? 2 : 1, to: 2) else { return nil }
                month = read
            case .day:
                guard let read = Self.number(&bytes, from: isTight ? 2 : 1, to: 2) else { return nil }
                day = read
            case .monthName:
                guard let read = Self.month(&bytes) else { return nil }
                month = read
            case .time:
                guard let read = Self.number(&bytes, from: 2, to: 2), read < 61 else { return nil }
            }
        }
        guard bytes.isEmpty, (1...12).contains(month), day >= 1, day <= CalendarDate.length(month: month, year: year)
        else { return nil }
        return CalendarDate.day(year: year, month: month, dayOfMonth: day)
    }

    /// The text of a day, as the pattern has it; midnight where it asks for a time.
    package func text(ofDay day: Int) -> String {
        let iso = CalendarDate.text(ofDay: day)
        let (year, month, dayOfMonth) = (iso.prefix(4), iso.dropFirst(5).prefix(2), iso.suffix(2))
        return parts.map { part in
            switch part {
            case .year: String(year)
            case .shortYear: String(year.suffix(2))
            case .month: String(month)
            case .day: String(dayOfMonth)
            case .monthName:
                Int(month).map {
                    Self.months[$0 - 1].prefix(1).uppercased() + Self.months[$0 - 1].dropFirst().prefix(2)
                }
                    ?? ""
            case .time: "00"
            case .text(let byte): String(UnicodeScalar(byte))
            }
        }.joined()
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, from least: Int, to most: Int) -> Int? {
        var (number, count) = (0, 0)
        while count < most, let byte = bytes.first, (0x30...0x39).contains(byte) {
            number = number * 10 + Int(byte - 0x30)
            bytes.removeFirst()
            count += 1
        }
        return count >= least ? number : nil
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    private static func month(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        let letters = bytes.prefix { (0x41...0x5A).contains($0 & 0xDF) }
        let word = String(decoding: letters.map { $0 | 0x20 }, as: UTF8.self)
        guard word.utf8.count >= 3, let month = months.firstIndex(where: { $0.prefix(3) == word || $0 == word }) else {
            return nil
        }
        bytes.removeFirst(letters.count)
        return month + 1
    }
}
