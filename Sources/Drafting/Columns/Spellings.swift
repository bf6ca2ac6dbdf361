internal import Domains
internal import Foundation
internal import Tables
internal import Tasks

/// How the numbers of a column seem to be written.
struct NumberSpelling {
    let writing: CellWriting
    /// Of the texts that were looked at.
    let count: Int

    /// In the order of preference: where two explain as many cells, the first one does.
    private static let writings: [CellWriting] = {
        let (point, comma) = (UInt8(ascii: "."), UInt8(ascii: ","))
        var writings = [CellWriting()]
        writings += [",", "\u{202F}", "\u{A0}", "\u{2009}", " ", "'", "\u{2019}"].map {
            CellWriting(decimalChar: point, groupChar: $0)
        }
        writings.append(CellWriting(decimalChar: comma))
        writings += [".", "\u{202F}", "\u{A0}", "\u{2009}", " ", "'", "\u{2019}"].map {
            CellWriting(decimalChar: comma, groupChar: $0)
        }
        return writings
            + writings.map { CellWriting(decimalChar: $0.decimalChar, groupChar: $0.groupChar, isBare: false) }
    }()

    /// - Parameters:
    ///   - texts: not blank; the more there are the better the guess.
    ///   - prefersComma: the file is separated by semicolons, as where the comma is the decimal sign.
    init(of texts: [String], prefersComma: Bool) {
        // Few writings differ in few texts: those that are plain are plain in most of them.
        var best = (writing: CellWriting(), count: texts.count { Self.isPlain($0) })
        guard best.count < texts.count else {
            self.init(writing: best.writing, count: best.count)
            return
        }
        let odd = texts.filter { !Self.isPlain($0) }
        let plain = texts.filter { Self.isPlain($0) }
        let hasPoint = plain.contains { $0.utf8.contains(UInt8(ascii: ".")) }
        guard odd.prefix(2_000).contains(where: { Self.isCandidate($0) }) else {
            self.init(writing: best.writing, count: best.count)
            return
        }
        let ordered =
            prefersComma
            ? Self.writings.sorted { Self.rank($0, first: UInt8(ascii: ",")) < Self.rank($1, first: UInt8(ascii: ",")) }
            : Self.writings
        let candidates = odd.filter { Self.isCandidate($0) }.map { Array($0.utf8) }
        for writing in ordered where !writing.isPlain {
            let reader = CellText(always: writing, type: .number)
            let isComma = writing.decimalChar == UInt8(ascii: ",")
            var count = candidates.count { Self.hasKnownAffix($0, writing) && reader.plain($0) != nil }
            count += isComma && hasPoint ? plain.count { reader.plain(Array($0.utf8)) != nil } : plain.count
            if count > best.count { best = (writing, count) }
        }
        self.init(writing: best.writing, count: best.count)
    }

    private init(writing: CellWriting, count: Int) {
        self.writing = writing
        self.count = count
    }

    private static func rank(_ writing: CellWriting, first: UInt8) -> Int {
        (writing.isBare ? 0 : 100) + (writing.decimalChar == first ? 0 : 10) + (writing.groupChar == nil ? 0 : 1)
    }

    /// Whether a text is a number as the reader takes it without being told.
    static func isPlain(_ text: String) -> Bool {
        CellText(always: CellWriting(), type: .number).plain(Array(text.utf8)) != nil
    }

    static func isNumber(_ text: String) -> Bool {
        isPlain(text)
            || isCandidate(text)
                && writings.contains {
                    hasKnownAffix(Array(text.utf8), $0)
                        && CellText(always: $0, type: .number).plain(Array(text.utf8)) != nil
                }
    }

    /// The number that a text means.
    static func value(_ text: String, _ writing: CellWriting) -> Double? {
        let bytes = Array(text.utf8)
        guard hasKnownAffix(bytes, writing), let plain = CellText(always: writing, type: .number).plain(bytes) else {
            return nil
        }
        return Double(String(decoding: plain, as: UTF8.self))
    }

    private static func isCandidate(_ text: String) -> Bool {
        text.utf8.count <= 40 && text.utf8.contains { (48...57).contains($0) }
    }

    private static let affixes: Set<String> = [
        "", "%", "‰", "€", "$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "kg", "t",
        "km", "m", "h", "*",
    ]

    /// Whether what stands around a number is a sign of money or share, a unit, or a flag behind a blank: `F1000` is no number.
    private static func hasKnownAffix(_ text: [UInt8], _ writing: CellWriting) -> Bool {
        guard !writing.isBare else { return true }
        let isPart: (UInt8) -> Bool = {
            (48...57).contains($0) || $0 == writing.decimalChar || $0 == 0x2D || $0 == 0x2B
        }
        let string = String(decoding: text, as: UTF8.self)
        guard let first = text.firstIndex(where: isPart), let last = text.lastIndex(where: { (48...57).contains($0) }),
            first <= last
        else { return false }
        var front = String(decoding: text[..<first], as: UTF8.self).filter { !$0.isWhitespace && $0 != "\u{2212}" }
        let back = String(decoding: text[(last + 1)...], as: UTF8.self)
        var unit = back.filter { !$0.isWhitespace }
        // Accounts write a negative number in brackets, or with its sign behind it.
        if front.hasPrefix("("), unit.hasSuffix(")") {
            front.removeFirst()
            unit.removeLast()
        } else if front.isEmpty || affixes.contains(front), let sign = unit.first, sign == "-" || sign == "\u{2212}" {
            unit.removeFirst()
        }
        let isFlag = back.first?.isWhitespace == true && unit.count <= 2 && unit.allSatisfy { $0.isLetter || $0 == "*" }
        return string.utf8.count <= 40 && affixes.contains(front) && (affixes.contains(unit) || isFlag)
    }
}

/// How the dates of a column seem to be written.
struct DateSpelling {
    /// nil for ISO 8601.
    let format: String?
    let count: Int
    private let reader: DateFormat

    private static let formats = [
        "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
        "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d. %b %Y", "%d/%b/%Y", "%d de %b de %Y", "%d.%m.%y", "%d/%m/%y",
        "%m/%d/%y",
        "%d-%m-%y", "%y-%m-%d", "%d-%b-%y", "%d %b %y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M",
        "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M",
    ]

    /// Another order of day and month that reads every one of the texts, too; nil where none does.
    let alternative: String?
    /// Years that come to be, where they are written with two digits: nobody's records are of the future.
    let latestYear: Int

    /// - Parameter latestYear: years of two digits never become a later one.
    init(of texts: [String], latestYear: Int = Self.thisYear) {
        var best: (format: String, count: Int)?
        var counts: [String: Int] = [:]
        let sample = texts.prefix(200)
        for (format, reader) in zip(Self.formats, Self.readers) {
            // Eight digits may be anything: only years of our time are taken.
            let isTight = format == "%Y%m%d"
            if sample.count(where: { reader.day(of: $0.utf8) != nil }) * 2 < sample.count { continue }
            let count = texts.count { text in
                guard reader.day(of: text.utf8) != nil else { return false }
                return !isTight || ("1850"..."2150").contains(String(text.prefix(4)))
            }
            counts[format] = count
            if count > best?.count ?? 0 { best = (format, count) }
        }
        format = best.flatMap { $0.format == DateFormat.iso ? nil : $0.format }
        count = best?.count ?? 0
        reader = format.flatMap { DateFormat($0) } ?? .plain
        self.latestYear = latestYear
        alternative = best.flatMap { best in
            counts.filter { $0.key != best.format && $0.value == best.count && best.count > 0 }.keys.sorted().first
        }
    }

    private static let thisYear =
        Int(UTCInstant(seconds: Int64(Date().timeIntervalSince1970)).description.prefix(4)) ?? 2100

    /// Whether day and month could be the other way round in every text.
    var isGuess: Bool { alternative != nil && alternative?.hasPrefix("%d") != format?.hasPrefix("%d") }

    /// Whether the file writes no century.
    var hasShortYear: Bool { reader.hasShortYear }

    private static let readers = formats.compactMap { DateFormat($0) }

    static func isDate(_ text: String) -> Bool {
        guard (6...32).contains(text.utf8.count), text.utf8.contains(where: { (48...57).contains($0) }) else {
            return false
        }
        return readers.contains { $0.day(of: text.utf8) != nil }
    }

    /// Year, month and day of a text. Of two digits the year is that of POSIX, or a century before where that is to come.
    func day(of text: String) -> Int? {
        guard let day = reader.day(of: text.utf8) else { return nil }
        guard hasShortYear, day >= Self.firstDay(of: latestYear + 1) else { return day }
        return DateFormat.sameDay(as: day, yearsLater: -100) ?? day
    }

    private static func firstDay(of year: Int) -> Int {
        DateFormat.plain.day(of: "\(String(repeating: "0", count: max(0, 4 - String(year).count)))\(year)-01-01".utf8)
            ?? .max
    }
}
