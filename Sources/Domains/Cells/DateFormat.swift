internal import VectorMath

/// A pattern of dates, in the signs of `strptime`: `%Y` a year of four digits, `%y` of two (69 to 99 are 1969 to 1999, as
/// POSIX has it), `%m` and `%d` month and day of one or two digits, `%b` the name of a month or its usual short form in English,
/// German, French, Spanish, Italian, Dutch or Portuguese, `%H`, `%M` and `%S` hours, minutes and seconds, `%f` a fraction of a
/// second and `%z` a zone (`Z`, `+02:00`), which are read and dropped. Anything else stands for itself.
package struct DateFormat: Sendable {
    private enum Part: Sendable, Equatable {
        case year, shortYear, month, day, monthName, time, fraction, zone
        case text(UInt8)

        var isText: Bool { if case .text = self { true } else { false } }
    }

    private let parts: [Part]
    package static let iso = "%Y-%m-%d"
    /// ISO 8601, as plain columns have it.
    package static let plain = DateFormat(parts: [.year, .text(0x2D), .month, .text(0x2D), .day])

    private init(parts: [Part]) { self.parts = parts }

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
            case UInt8(ascii: "f"): parts.append(.fraction)
            case UInt8(ascii: "z"): parts.append(.zone)
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
        guard let (year, month, day) = written(text), (1...12).contains(month), day >= 1,
            day <= CalendarDate.length(month: month, year: year)
        else { return nil }
        return CalendarDate.day(year: year, month: month, dayOfMonth: day)
    }

    /// Whether a text is written as dates are, in one order or another, and in none of them the calendar has such a day: 31 February.
    package static func namesNoDay(_ text: some Collection<UInt8>) -> Bool {
        (6...32).contains(text.count) && orders.contains { $0.written(text) != nil }
            && orders.allSatisfy { $0.day(of: text) == nil }
    }

    private static let orders = [
        iso, "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %b %Y",
        "%d-%b-%Y", "%b %d, %Y", "%d. %b %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    ].compactMap { DateFormat($0) }

    /// Year, month and day as a text has them, whether or not there is such a day; nil if it is not written so.
    private func written(_ text: some Collection<UInt8>) -> (year: Int, month: Int, day: Int)? {
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
                // French: the first of a month.
                if read == 1, bytes.starts(with: [0x65, 0x72]) { bytes.removeFirst(2) }
            case .monthName:
                guard let read = Self.month(&bytes) else { return nil }
                month = read
            case .time:
                guard let read = Self.number(&bytes, from: 2, to: 2), read < 61 else { return nil }
            case .fraction:
                guard Self.number(&bytes, from: 1, to: 9) != nil else { return nil }
            case .zone:
                guard Self.zone(&bytes) else { return nil }
            }
        }
        return bytes.isEmpty ? (year, month, day) : nil
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
            case .fraction: "0"
            case .zone: "Z"
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

    /// Takes `Z`, `+02:00` or `-0530`.
    private static func zone(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard let sign = bytes.popFirst() else { return false }
        if sign == UInt8(ascii: "Z") { return true }
        guard sign == 0x2B || sign == 0x2D, number(&bytes, from: 2, to: 2) != nil else { return false }
        if bytes.first == 0x3A { bytes.removeFirst() }
        return number(&bytes, from: 2, to: 2) != nil
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// Whole names and usual short forms, of the languages in this order: English, German, French, Spanish, Italian, Dutch,
    /// Portuguese. No word is a month in one language and another month in another.
    private static let monthNames: [String: Int] = {
        let names = [
            "january jan januar jän jänner janvier janv enero ene gennaio gen januari janeiro",
            "february feb februar février févr fév fevrier fevr febrero febbraio februari fevereiro fev",
            "march mar märz mär mrz mars marzo maart mrt março",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juillet juil julio luglio lug julho",
            "august aug août aout agosto ago augustus",
            "september sep sept septembre septiembre settembre set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro",
        ]
        var numbers: [String: Int] = [:]
        for (index, words) in names.enumerated() {
            for word in words.split(separator: " ") { numbers[String(word)] = index + 1 }
        }
        return numbers
    }()

    private static func month(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        let letters = bytes.prefix { (0x41...0x5A).contains($0 & 0xDF) || $0 >= 0x80 }
        guard letters.count <= 16, let month = monthNames[String(decoding: letters, as: UTF8.self).lowercased()] else {
            return nil
        }
        bytes.removeFirst(letters.count)
        // A point ends a short form: `Jan. 3`.
        if bytes.first == 0x2E, bytes.dropFirst().first == 0x20 { bytes.removeFirst() }
        return month
    }

    /// Whether the century of a year is not written.
    package var hasShortYear: Bool { parts.contains(.shortYear) }

    /// The same day and month a hundred years earlier or later; nil on a leap day that the other century lacks.
    package static func sameDay(as day: Int, yearsLater years: Int) -> Int? {
        let date = civilDate(ofDay: day)
        guard (1...9999).contains(date.year + years),
            date.day <= CalendarDate.length(month: date.month, year: date.year + years)
        else { return nil }
        return CalendarDate.day(year: date.year + years, month: date.month, dayOfMonth: date.day)
    }
}
