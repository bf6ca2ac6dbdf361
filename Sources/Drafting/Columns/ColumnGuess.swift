internal import Bytes
internal import Domains
internal import Foundation
internal import Tables
internal import Tasks

/// What one column of a sample file seems to be, as the lines of a task that declare it.
///
/// A value of the sample stands in the text only where it is a value of a classification, and is marked there. Bounds are
/// rounded outward to values that look public (1, 2 or 5 times a power of ten; whole years and decades), since the exact
/// extremes of a sample are somebody's data.
struct ColumnGuess {
    /// The lines, without indentation; those of a column that is not declared are comments.
    private(set) var lines: [String] = []
    /// How many values of the sample they hold.
    private(set) var sampleValues = 0
    private(set) var isDeclared = true
    /// What the person who drafts should know about the sample itself; it may quote it, so it never goes into the task.
    private(set) var remarks: [String] = []

    static let mark = "# to be confirmed"
    static let valueMark = "# value of the sample"

    private let name: String
    private let facts: ColumnFacts
    /// What is said of a name that may itself be a value.
    private let nameNote: String

    /// - Parameters:
    ///   - rowNumbers: of each value its row in the file.
    ///   - parent: the column of which this one is the beginning.
    init(
        _ facts: ColumnFacts, _ kind: ColumnKind, rowNumbers: [Int],
        derivedFrom parent: (name: String, prefix: Int, isRequired: Bool)? = nil
    ) {
        name = Self.quoted(facts.name)
        self.facts = facts
        nameNote = HeaderLook.mayBeName(facts.name) ? "; is its name somebody's? \(Self.valueMark.dropFirst(2))" : ""
        if let parent {
            let required = facts.blanks == 0 && facts.missing.isEmpty && parent.isRequired
            declare(
                "type: string, derivedFrom: {field: \(Self.quoted(parent.name)), prefix: \(parent.prefix)}",
                note: "always the first \(parent.prefix) characters of \(parent.name)?", isRequired: required)
            return
        }
        switch kind {
        case .empty: leaveOut("it holds nothing")
        case .leftOut(let why): leaveOut(why)
        case .boolean: declare("type: boolean", note: "type", missing: facts.missing)
        case .date(let dates): declare(dates, rowNumbers)
        case .years: declareYears(rowNumbers)
        case .number(let numbers): declare(numbers, rowNumbers)
        case .listed(let list, let others):
            declare(
                "type: string, codeList: \(list)\(others > 0 ? ", other: OTHER" : "")",
                note: others > 0 ? "list; \(others) rows have other values" : "list", missing: facts.missing)
        case .categories(let values, let others): declare(values, others: others)
        }
        remarks += OddCells.remarks(facts, rowNumbers: rowNumbers)
    }

    /// A column whose name is itself somebody's: the name does not stand in the text.
    ///
    /// - Parameter number: of the column in the file, from 1.
    init(unnamed number: Int, facts: ColumnFacts) {
        name = ""
        nameNote = ""
        self.facts = facts
        isDeclared = false
        lines.append(
            "# column \(number) is left out: its name looks like a value, such as a date, a number or an address")
    }

    // MARK: - Declaring

    private func blankNote(_ isRequired: Bool) -> String { isRequired ? "" : ", blanks" }

    /// One line.
    ///
    /// - Parameter missing: texts that mean "no value", beside an empty cell.
    private mutating func declare(
        _ rest: String, _ constraints: [String] = [], note: String, missing: [String] = [], isRequired: Bool? = nil
    ) {
        let required = isRequired ?? (facts.blanks == 0 && missing.isEmpty)
        let all = constraints + (required ? ["required: true"] : [])
        let tail = all.isEmpty ? "" : ", constraints: {\(all.joined(separator: ", "))}"
        let texts = missing.isEmpty ? "" : ", missingValues: ['', \(missing.map(Self.quoted).joined(separator: ", "))]"
        // A word such as NA is everybody's; a number that stands for "unknown" is a value of the sample.
        let own = missing.filter { !ColumnFacts.missingWords.contains($0.lowercased()) }
        sampleValues += own.count + (nameNote.isEmpty ? 0 : 1)
        let said =
            nameNote
            + (own.isEmpty
                ? "" : "; does \(own.joined(separator: ", ")) stand for unknown? \(Self.valueMark.dropFirst(2))")
        for text in own {
            let rows = facts.values.count { $0 == text }
            remarks.append(
                "\(facts.name): \(text) stands in \(rows) \(rows == 1 ? "row" : "rows"), far from all others, and is proposed as a "
                    + "missing value: take it out of missingValues if it is a value")
        }
        lines.append("- {name: \(name), \(rest)\(tail)\(texts)}  \(Self.mark): \(note)\(blankNote(required))\(said)")
    }

    private mutating func leaveOut(_ why: String) {
        isDeclared = false
        lines.append("# \(name) is left out: \(why)\(nameNote)")
        if !nameNote.isEmpty { sampleValues += 1 }
    }

    /// A classification, one value a line.
    private mutating func declare(_ values: [String], others: Int) {
        let required = facts.blanks == 0 && facts.missing.isEmpty
        lines.append("- name: \(name)" + (nameNote.isEmpty ? "" : "  \(Self.mark): \(nameNote.dropFirst(2))"))
        if !nameNote.isEmpty { sampleValues += 1 }
        lines.append("  type: string")
        if !facts.missing.isEmpty {
            lines.append("  missingValues: ['', \(facts.missing.map(Self.quoted).joined(separator: ", "))]")
        }
        if required { lines.append("  constraints: {required: true}") }
        if others > 0 {
            let text = values.contains("OTHER") ? "OTHER*" : "OTHER"
            lines.append("  other: \(Self.quoted(text))  \(Self.mark): \(others) rows have values that few rows have")
        }
        lines.append(
            "  categories:  \(Self.mark): take them from a public list, not from the sample\(blankNote(required))")
        for value in values { lines.append("    - \(Self.quoted(value))  \(Self.valueMark)") }
        sampleValues += values.count
    }

    private mutating func declare(_ dates: DateSpelling, _ rowNumbers: [Int]) {
        var days: [(text: String, day: Int)] = []
        var odd: [Int] = []
        for (row, text) in facts.values.enumerated() where !text.isEmpty && !facts.missing.contains(text) {
            if let day = dates.day(of: text) { days.append((text, day)) } else { odd.append(row) }
        }
        let (sentinels, slips) = Self.farDates(days)
        let slipRows = facts.values.indices.filter { slips.contains(facts.values[$0]) }
        if !slipRows.isEmpty {
            remarks.append(
                "\(facts.name): \(slipRows.count) \(slipRows.count == 1 ? "date is" : "dates are") far from all others "
                    + "(\(OddCells.rows(slipRows, rowNumbers))), and the bounds hold \(slipRows.count == 1 ? "it" : "them"): where "
                    + "it is a slip, mend the file and draft again")
        }
        let oddTexts = oddMissing(odd, rowNumbers, what: "no date")
        let kept = days.filter { !sentinels.contains($0.text) }.map(\.day)
        var (first, last) = ColumnKind.publicYears(Self.year(kept.min() ?? 0), Self.year(kept.max() ?? 0))
        // A bound that is itself one of the dates would be somebody's.
        if !facts.isTiny {
            let plain = DateFormat.plain
            if kept.min().map({ plain.text(ofDay: $0).hasSuffix("-01-01") && Self.year($0) == first }) == true {
                first -= 1
            }
            if kept.max().map({ plain.text(ofDay: $0).hasSuffix("-12-31") && Self.year($0) == last }) == true {
                last += 1
            }
        }
        // Two digits name one year within a hundred.
        if dates.hasShortYear { (first, last) = (max(first, dates.latestYear - 99), min(last, dates.latestYear)) }
        let format = dates.format.map { ", format: '\($0)'" } ?? ""
        declare(
            "type: date\(format)", ["minimum: '\(Self.padded(first))-01-01'", "maximum: '\(Self.padded(last))-12-31'"],
            note: "type, \(dates.format == nil ? "" : "format, ")bounds"
                + (dates.hasShortYear ? "; years of two digits: is the century right?" : "")
                + (dates.alternative == nil ? "" : "; or is the month first?"),
            missing: facts.missing + oddTexts + sentinels,
            isRequired: facts.blanks == 0 && facts.missing.isEmpty && odd.isEmpty && sentinels.isEmpty)
    }

    private mutating func declareYears(_ rowNumbers: [Int]) {
        let sentinels = ColumnKind.yearSentinels(facts).sorted()
        let years = facts.core.filter { ColumnKind.isYear($0) }.compactMap { Int($0) }
        let odd = facts.values.indices.filter { row in
            let text = facts.values[row]
            return !text.isEmpty && !facts.missing.contains(text) && !ColumnKind.isYear(text)
                && !sentinels.contains(text)
        }
        _ = oddMissing(odd, rowNumbers, what: "no year")
        var (first, last) = ColumnKind.publicYears(years.min() ?? 2000, years.max() ?? 2000)
        if !facts.isTiny {
            if first == years.min() { first -= 5 }
            if last == years.max() { last += 5 }
        }
        declare(
            "type: integer", ["minimum: \(first)", "maximum: \(last)"], note: "years, bounds",
            missing: facts.missing + sentinels.prefix(8))
    }

    /// Of columns of numbers.
    private static let binCount = 32

    private mutating func declare(_ spelling: NumberSpelling, _ rowNumbers: [Int]) {
        let writing = spelling.writing
        var numbers: [(text: String, value: Double)] = []
        var odd: [Int] = []
        for (row, text) in facts.values.enumerated() where !text.isEmpty && !facts.missing.contains(text) {
            if let value = NumberSpelling.value(text, writing), value.isFinite {
                numbers.append((text, value))
            } else {
                odd.append(row)
            }
        }
        let sentinels = isNumbered(numbers.map(\.text)) ? [] : Self.sentinels(numbers)
        let oddTexts = oddMissing(odd, rowNumbers, what: "no number")
        if let far = OddCells.outliers(
            facts, spelling, rowNumbers: rowNumbers, except: Set(sentinels).union(facts.missing))
        {
            remarks.append(far)
        }
        let kept = numbers.filter { !sentinels.contains($0.text) }.map(\.value).sorted()
        let (low, high) = (kept.first ?? 0, kept.last ?? 0)
        let isWhole = kept.allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 }
        let span = Self.span(low, high, isWhole: isWhole)
        let bounds = [
            "minimum: \(Self.text(span.minimum, isWhole: isWhole))",
            "maximum: \(Self.text(span.maximum, isWhole: isWhole))",
        ]
        let isNarrow = isWhole && span.maximum - span.minimum <= 1024
        let middle = kept.isEmpty ? 0 : kept[kept.count / 2]
        // Equal widths would put half of the rows and more into the first two bins.
        let isHeavy =
            span.minimum >= 0 && middle - span.minimum < 2 * (span.maximum - span.minimum) / Double(Self.binCount)
        let bins = isNarrow ? "" : ", bins: {count: \(Self.binCount), scale: \(isHeavy ? "log" : "linear")}"
        var written = ""
        if writing.decimalChar == UInt8(ascii: ",") { written += ", decimalChar: ','" }
        if let group = writing.groupChar { written += ", groupChar: \(Self.groupText(group))" }
        if !writing.isBare { written += ", bareNumber: false" }
        declare(
            "type: \(isWhole ? "integer" : "number")\(written)\(bins)", bounds,
            note: "type, bounds\(isNarrow ? "" : ", bins")\(written.isEmpty ? "" : ", how the numbers are written")",
            missing: facts.missing + oddTexts + sentinels,
            isRequired: facts.blanks == 0 && facts.missing.isEmpty && odd.isEmpty && sentinels.isEmpty)
    }

    /// Whether whole numbers are numbers of somebody or something, among which 99999 may be one as good as any other: by their
    /// name, or since nearly all differ and have as many digits.
    private func isNumbered(_ texts: [String]) -> Bool {
        let isNamed = facts.isCalled([
            "id", "nr", "no", "number", "num", "nummer", "key", "code", "ref", "account", "acct", "konto", "customer",
            "client", "case", "member", "serial",
        ])
        if isNamed || PrivateNames.isIdentifier(facts) { return true }
        guard !facts.isCalled(KeyGuess.measures), texts.count > ColumnFacts.tiny else { return false }
        let distinct = Set(texts)
        let width = distinct.first { Set($0) != ["9"] }?.utf8.count ?? 0
        return width >= 4 && distinct.count * 10 >= texts.count * 6
            && distinct.count { $0.utf8.count == width && $0.utf8.allSatisfy { (48...57).contains($0) } } * 10
                >= distinct.count * 9
    }

    /// Of cells that do not fit: those that are short words, to be declared as missing. Every one is named to the person who
    /// drafts, by its row; what is not a short word never goes into the text.
    private mutating func oddMissing(_ odd: [Int], _ rowNumbers: [Int], what: String) -> [String] {
        guard !odd.isEmpty else { return [] }
        let texts = Dictionary(odd.map { (facts.values[$0], 1) }, uniquingKeysWith: +)
        // Any other word may be somebody's: it is pointed at, and the owner writes it down or mends it.
        let words = texts.keys.filter { ColumnFacts.missingWords.contains($0.lowercased()) }.sorted()
        let rows = odd.prefix(5).map { String(rowNumbers[$0]) }.joined(separator: ", ") + (odd.count > 5 ? ", …" : "")
        let proposed = words.isEmpty ? "" : "; \(words.joined(separator: ", ")) became missing values"
        remarks.append(
            "\(facts.name): \(odd.count) \(odd.count == 1 ? "cell is" : "cells are") \(what) (row \(rows))\(proposed)")
        return Array(words.prefix(16))
    }
}

// MARK: - Values that stand for "unknown"

extension ColumnGuess {
    /// Numbers of nines, or negative ones among positive numbers, that are far from all others and stand in several rows.
    private static func sentinels(_ numbers: [(text: String, value: Double)]) -> [String] {
        func isCandidate(_ value: Double) -> Bool {
            guard value == value.rounded(), abs(value) < 1e15 else { return false }
            let digits = String(Int(abs(value)))
            return Set(digits) == ["9"] && (digits.count >= 3 || value < 0) || value == -1 || value == -8 || value == -7
        }
        let candidates = numbers.filter { isCandidate($0.value) }
        guard !candidates.isEmpty else { return [] }
        let others = numbers.lazy.filter { !isCandidate($0.value) }.map(\.value)
        guard let low = others.min(), let high = others.max() else { return [] }
        let counts = Dictionary(candidates.map { ($0.text, 1) }, uniquingKeysWith: +)
        return counts.filter { text, count in
            guard let value = candidates.first(where: { $0.text == text })?.value, count >= 2 else { return false }
            return value < 0 ? low >= 0 : value > 2 * max(high, 1) || value > high && count * 50 >= numbers.count
        }.keys.sorted()
    }

    /// Days far from all others, of years such as 9999 and 1900: what stands for "unknown", by being a day that programs write for
    /// it or by coming often; and the rest, which are somebody's and stand in no text.
    private static func farDates(_ days: [(text: String, day: Int)]) -> (sentinels: [String], slips: Set<String>) {
        let candidates = days.filter { [9999, 1900, 1899, 1111, 1, 2099, 2999].contains(year($0.day)) }
        let texts = Set(candidates.map(\.text))
        let others = days.filter { !texts.contains($0.text) }.map(\.day)
        guard let low = others.min(), let high = others.max() else { return ([], []) }
        let far = candidates.filter { $0.day > high + 30 * 365 || $0.day < low - 15 * 365 }
        let counts = Dictionary(far.map { ($0.text, 1) }, uniquingKeysWith: +)
        let sentinels = Set(
            far.filter { text, day in
                let iso = DateFormat.plain.text(ofDay: day)
                let count = counts[text] ?? 0
                return ["-01-01", "-12-31", "1899-12-30", "1111-11-11"].contains { iso.hasSuffix($0) }
                    || count >= 2 && count * 50 >= days.count
            }.map(\.text))
        return (sentinels.sorted(), Set(counts.keys).subtracting(sentinels))
    }
}

// MARK: - Bounds

extension ColumnGuess {
    private static func year(_ day: Int) -> Int {
        Int(DateFormat(DateFormat.iso)?.text(ofDay: day).prefix(4) ?? "") ?? 0
    }

    private static func padded(_ year: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
    }

    private static func groupText(_ group: String) -> String {
        let scalars = group.unicodeScalars
        guard let scalar = scalars.first, scalar.value > 0x7E else { return quoted(group) }
        return "\"\\u\(String(scalar.value + 0x10000, radix: 16).suffix(4))\""
    }
}

extension ColumnGuess {
    /// Single-quoted, unless it is a plain word.
    static func quoted(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
        // Words that some YAML reader takes for something else.
        let taken = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ""]
        guard isWord, !taken.contains(text.lowercased()) else {
            if ShownText.hasHidden(text) {
                return ShownText.line(String(decoding: JSONValue.text(text).canonicalBytes, as: UTF8.self))
            }
            return "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
        }
        return text
    }

    /// Round bounds around numbers, neither of them itself a number of the sample but zero.
    static func span(_ low: Double, _ high: Double, isWhole: Bool) -> (minimum: Double, maximum: Double) {
        func above(_ value: Double) -> Double {
            let round = roundedUp(value)
            guard round == value, value != 0 else { return round }
            let next = value > 0 ? nextRound(after: value) : -largestRound(notAbove: -value * 0.9999999)
            return isWhole ? next.rounded(.up) + 0 : next
        }
        return (-above(-low) + 0, above(high))
    }

    /// The next value of 0, ±(1, 2, 5)·10^k that is not below `value`.
    static func roundedUp(_ value: Double) -> Double {
        if value == 0 { return 0 }
        if value < 0 { return -largestRound(notAbove: -value) }
        let below = largestRound(notAbove: value)
        return below == value ? value : nextRound(after: below)
    }

    private static func largestRound(notAbove value: Double) -> Double {
        let power = floor(log10(value))
        return [10.0, 5, 2, 1].map { decimal($0, power) }.first { $0 <= value } ?? decimal(5, power - 1)
    }

    private static func nextRound(after round: Double) -> Double {
        let power = floor(log10(round * 1.0000001))
        return [1.0, 2, 5, 10].map { decimal($0, power) }.first { $0 > round * 1.0000001 } ?? decimal(2, power + 1)
    }

    /// `factor`·10^`power` as its decimal text reads, so that 0.2 is 0.2.
    private static func decimal(_ factor: Double, _ power: Double) -> Double {
        Double("\(Int(factor))e\(Int(power))") ?? factor * pow(10, power)
    }

    static func text(_ value: Double, isWhole: Bool) -> String {
        isWhole && abs(value) < 1e15 ? String(Int(value)) : JSONValue.shortestText(of: value)
    }
}
