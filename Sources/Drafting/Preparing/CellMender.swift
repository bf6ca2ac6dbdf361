internal import Domains
internal import Tables
internal import VectorMath

/// Mends the cells of one column, and counts how.
struct CellMender {
    /// What was done to a cell.
    enum What: Int, CaseIterable {
        case trimmed, converted, dated, filled, decimal, cased, missing, clipped, truth, normalised, century, guessed,
            plainDate, textual

        var text: String {
            switch self {
            case .trimmed: "blanks at the ends were removed"
            case .converted: "numbers were written plainly"
            case .dated: "dates were written in the declared order"
            case .filled: "zeros in front were restored"
            case .decimal: "a .0 behind codes was removed"
            case .cased: "capitals were made as declared"
            case .missing: "words for a missing value became empty"
            case .clipped: "values beyond the declared bounds were clipped to them"
            case .truth: "words for yes and no became true and false"
            case .normalised: "keys were normalised"
            case .century: "years of two digits got a century"
            case .guessed:
                "dates were read by a guess of whether day or month stands first: nothing in the file decides"
            case .plainDate: "dates were written as year, month and day"
            case .textual: "cells written as =\"…\", as a spreadsheet is told to read a text, became that text"
            }
        }
    }

    /// What a task declares of a column; shared, since each cell that is looked at would copy it otherwise.
    private final class Declaration {
        let field: Field
        let domain: ColumnDomain
        /// What the reader takes for missing.
        let missingTexts: Set<String>
        /// How the declaration has the cells written; nil for plainly.
        let writing: CellText?
        /// How the file writes numbers and dates of the column.
        let spelling: CellWriting?
        let dates: DateSpelling?

        init(_ field: Field, _ domain: ColumnDomain, _ facts: ColumnFacts, shared: [String]?, prefersComma: Bool) {
            self.field = field
            self.domain = domain
            writing = CellText(field.writing, type: field.type, within: domain)
            missingTexts = Set(field.missingValues ?? shared ?? [""])
            let isNumber = field.type == .number || field.type == .integer
            spelling = isNumber ? NumberSpelling(of: facts.core, prefersComma: prefersComma).writing : nil
            dates = field.type == .date ? DateSpelling(of: facts.core) : nil
        }
    }

    private enum Kind {
        /// Nothing but blanks at the ends.
        case plain
        case number(CellText)
        case date(DateSpelling)
        case key(KeyRule)
        case declared(Declaration)
    }

    private let kind: Kind
    /// What became of texts that were seen before: classifications and dates have few. nil for what stays as it is.
    private var known: [ShortText: (text: [UInt8], what: What?)] = [:]
    private static let mostKnown = 4_096
    private var room = CodeRoom()

    private var counts = [Int](repeating: 0, count: What.allCases.count)
    private var examples: [What: String] = [:]

    /// How often cells were changed and in which way, with the first of each.
    var changes: [(what: What, count: Int, example: String)] {
        What.allCases.filter { counts[$0.rawValue] > 0 }.map { ($0, counts[$0.rawValue], examples[$0] ?? "") }
    }

    /// A column that nothing is declared of: as its sample seems to be written.
    init(_ facts: ColumnFacts, prefersComma: Bool) {
        var kind = Kind.plain
        if !facts.core.isEmpty, !facts.core.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) {
            let dates = DateSpelling(of: facts.core)
            let numbers = NumberSpelling(of: facts.core, prefersComma: prefersComma)
            if dates.count * 10 >= facts.core.count * 9, dates.format != nil {
                kind = .date(dates)
            } else if numbers.count * 10 >= facts.core.count * 9, !numbers.writing.isPlain {
                kind = .number(CellText(always: numbers.writing, type: .number))
            }
        }
        self.kind = kind
    }

    /// A column of the key.
    init(key: KeyRule) { kind = .key(key) }

    /// A column that the task declares.
    init(_ field: Field, _ domain: ColumnDomain, facts: ColumnFacts, shared: [String]?, prefersComma: Bool) {
        kind = .declared(Declaration(field, domain, facts, shared: shared, prefersComma: prefersComma))
    }

    private mutating func note(_ what: What, _ old: ArraySlice<UInt8>, _ new: [UInt8]) {
        counts[what.rawValue] += 1
        if what == .missing, known.count < Self.mostKnown, counts[what.rawValue] > 1 { noteWord(old) }
        guard counts[what.rawValue] == 1 else { return }
        let (old, new) = (
            String(decoding: old.prefix(40), as: UTF8.self), String(decoding: new.prefix(40), as: UTF8.self)
        )
        examples[what] = "\"\(old)\" became \"\(new)\""
    }

    /// Every word that was taken for missing is shown, up to a few: each is a decision.
    private mutating func noteWord(_ word: ArraySlice<UInt8>) {
        let text = "\"\(String(decoding: word.prefix(40), as: UTF8.self))\""
        guard let example = examples[.missing], !example.contains(text), example.utf8.count < 120 else { return }
        examples[.missing] = text + ", " + example
    }

    static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = cell.first, let last = cell.last else { return cell }
        // Nearly all cells have no blank at an end; those of typesetting begin with 0xC2 or 0xE2.
        guard first <= 0x20 || last <= 0x20 || first == 0xC2 || first == 0xE2 || last >= 0x80 else { return cell }
        let text = String(decoding: cell, as: UTF8.self)
        let trimmed = ColumnFacts.trimmed(text)
        return trimmed.utf8.count == cell.count ? cell : Array(trimmed.utf8)[...]
    }

    /// The text of a cell by which a spreadsheet is told to read a text: `007` of `="007"`.
    static func told(_ text: String) -> String {
        text.hasPrefix("=\"") && text.hasSuffix("\"") && text.utf8.count > 2
            ? String(text.dropFirst(2).dropLast()) : text
    }

    /// The cell as it should be; as it is where nothing is known to be wrong, or nothing helps.
    mutating func mended(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = Self.trimmed(cell)
        if text.count != cell.count { note(.trimmed, cell, Array(text)) }
        if text.count > 2, text.starts(with: [0x3D, 0x22]), text.last == 0x22 {
            let inner = Self.trimmed(text.dropFirst(2).dropLast())
            note(.textual, text, Array(inner))
            text = inner
        }
        guard !text.isEmpty else { return text }
        if case .plain = kind { return text }
        if case .key(let rule) = kind { return key(text, rule) }
        let short = ShortText(text)
        if let short, let (new, what) = known[short] {
            guard let what else { return text }
            note(what, text, new)
            return new[...]
        }
        let found = changed(text)
        if let short, known.count < Self.mostKnown { known[short] = found ?? ([], nil) }
        guard let (new, what) = found else { return text }
        note(what, text, new)
        return new[...]
    }

    /// What a text becomes; nil where it stays.
    private func changed(_ text: ArraySlice<UInt8>) -> ([UInt8], What)? {
        switch kind {
        case .plain, .key: return nil
        case .number(let reader):
            guard let plain = reader.plain(text), !plain.elementsEqual(text) else { return nil }
            return (plain, .converted)
        case .date(let dates):
            return dates.day(of: String(decoding: text, as: UTF8.self)).map {
                (Array(Self.iso.text(ofDay: $0).utf8), dates.what(.plainDate))
            }
        case .declared(let declaration):
            if declaration.domain.takes(text, written: declaration.writing) { return nil }
            return declared(String(decoding: text, as: UTF8.self), declaration).map { (Array($0.utf8), $1) }
        }
    }

    private static let iso = DateFormat.plain

    // MARK: - Cells that stay

    /// Finds the cells of a block's column that are certain to stay as they are, all at once: nearly all do.
    mutating func findKept(_ rows: FieldGrid, column: Int, into kept: inout [Bool]) {
        switch kind {
        case .number, .date: for row in 0..<rows.rows { kept[row] = false }
        case .plain: Self.findTrimmed(rows, column, into: &kept)
        case .key(let rule): Self.findNormal(rows, column, rule, into: &kept)
        case .declared(let declaration):
            guard declaration.writing == nil else {
                for row in 0..<rows.rows { kept[row] = false }
                return
            }
            declaration.domain.findTaken(rows, column: column, room: &room, into: &kept)
        }
    }

    /// Cells of ASCII without blanks at the ends or a sign of equality in front, and empty ones.
    private static func findTrimmed(_ rows: FieldGrid, _ column: Int, into kept: inout [Bool]) {
        for row in 0..<rows.rows {
            let (start, end) = rows.place(row: row, column: column)
            kept[row] =
                start == end
                || rows.bytes[start] > 0x20 && rows.bytes[start] < 0x80 && rows.bytes[start] != 0x3D
                    && rows.bytes[end - 1] > 0x20
                    && rows.bytes[end - 1] < 0x80
        }
    }

    /// Keys of ASCII that no step of the normalisation changes.
    private static func findNormal(_ rows: FieldGrid, _ column: Int, _ rule: KeyRule, into kept: inout [Bool]) {
        var isChanged = [Bool](repeating: false, count: 256)
        for byte in 0x80...0xFF { isChanged[byte] = true }
        // Keys with a point may be numbers of a spreadsheet, and ="007" a text.
        for byte in [0x09, 0x20, 0x2E, 0x3D] { isChanged[byte] = true }
        var least = 1
        for step in rule.normalise {
            switch step {
            case .trim, .nfc: break
            case .upper: for byte in 0x61...0x7A { isChanged[byte] = true }
            case .lower: for byte in 0x41...0x5A { isChanged[byte] = true }
            case .zeroFill(let width): least = max(least, width)
            }
        }
        for row in 0..<rows.rows {
            let (start, end) = rows.place(row: row, column: column)
            var isKept = end - start >= least
            for place in start..<end where isChanged[Int(rows.bytes[place])] { isKept = false }
            kept[row] = isKept
        }
    }

    private mutating func key(_ cell: ArraySlice<UInt8>, _ rule: KeyRule) -> ArraySlice<UInt8> {
        let text = String(decoding: cell, as: UTF8.self)
        guard let normal = KeyGuess.normalised([text], rule.normalise).first else { return cell }
        if normal.utf8.count > 2, normal.hasSuffix(".0"), normal.dropLast(2).utf8.allSatisfy({ (48...57).contains($0) })
        {
            // Filled before the point was cut off, it would be two zeros short.
            let cut = KeyGuess.normalised([String(text.dropLast(2))], rule.normalise).first ?? normal
            note(.decimal, cell, Array(cut.utf8))
            return Array(cut.utf8)[...]
        }
        guard normal != text else { return cell }
        note(.normalised, cell, Array(normal.utf8))
        return Array(normal.utf8)[...]
    }

    // MARK: - What a task declares

    private func declared(_ text: String, _ declaration: Declaration) -> (String, What)? {
        let (field, domain, missingTexts) = (declaration.field, declaration.domain, declaration.missingTexts)
        let blank = missingTexts.contains("") ? "" : missingTexts.sorted().first
        switch field.type {
        case .string:
            if let code = code(text, domain) { return code }
        case .boolean:
            let word = text.lowercased()
            if ["yes", "y", "ja", "j", "oui", "o", "si", "sí", "1", "t", "wahr", "vrai", "true"].contains(word) {
                return (field.trueValues?.first ?? "true", .truth)
            }
            if ["no", "n", "nein", "non", "nee", "0", "f", "falsch", "faux", "false"].contains(word) {
                return (field.falseValues?.first ?? "false", .truth)
            }
        case .integer, .number:
            if let number = number(text, declaration) { return number }
        case .date:
            if let day = declaration.dates?.day(of: text) ?? Self.iso.day(of: text.utf8) {
                return date(day, declaration)
            }
        }
        guard domain.missingCode != nil, let blank, ColumnFacts.missingWords.contains(text.lowercased()),
            domain.otherCode == nil || text.count > 1
        else { return nil }
        return (blank, .missing)
    }

    /// A code of a list that lost its zeros, got a decimal point, or is written in other letters.
    private func code(_ text: String, _ domain: ColumnDomain) -> (String, What)? {
        let cut = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        if cut != text, domain.lists(cut) { return (cut, .decimal) }
        if cut.utf8.allSatisfy({ (48...57).contains($0) }) {
            for zeros in 1...6 {
                let filled = String(repeating: "0", count: zeros) + cut
                if domain.lists(filled) { return (filled, .filled) }
            }
        }
        for other in [text.uppercased(), text.lowercased(), text.capitalisedFirst]
        where other != text && domain.lists(other) {
            return (other, .cased)
        }
        let composed = text.composed
        return composed != text && domain.lists(composed) ? (composed, .cased) : nil
    }

    private func number(_ text: String, _ declaration: Declaration) -> (String, What)? {
        let (field, domain) = (declaration.field, declaration.domain)
        // The declared way first: a text that it reads is outside the bounds alone.
        let ways = [field.writing] + (declaration.spelling.map { [$0] } ?? [])
        for way in ways {
            guard let plain = CellText(always: way, type: .number).plain(text.utf8),
                let value = Double(String(decoding: plain, as: UTF8.self))
            else { continue }
            if let bounds = domain.bounds, value < bounds.lower || value > bounds.upper {
                let bound = value < bounds.lower ? bounds.lower : bounds.upper
                return (written(ColumnDomain.text(of: bound), field), .clipped)
            }
            let converted = written(String(decoding: plain, as: UTF8.self), field)
            return domain.takes(Array(converted.utf8)[...], written: declaration.writing)
                ? (converted, .converted) : nil
        }
        return nil
    }

    /// A plain number with the declared decimal sign.
    private func written(_ plain: String, _ field: Field) -> String {
        field.writing.decimalChar == UInt8(ascii: ",") ? String(plain.map { $0 == "." ? "," : $0 }) : plain
    }

    private func date(_ day: Int, _ declaration: Declaration) -> (String, What)? {
        let field = declaration.field
        guard let format = DateFormat(field.writing.dateFormat ?? DateFormat.iso) else { return nil }
        let isShort = declaration.dates?.hasShortYear == true && !format.hasShortYear
        let what = isShort ? What.century : declaration.dates?.what(.dated) ?? .dated
        guard let bounds = declaration.domain.bounds else {
            return (format.text(ofDay: day), what)
        }
        let range = Int(bounds.lower)...Int(bounds.upper)
        // Of two digits the year is the one that lies within the bounds.
        let days = [day] + (isShort ? [-100, 100].compactMap { DateFormat.sameDay(as: day, yearsLater: $0) } : [])
        if let found = days.first(where: { range.contains($0) }) {
            return (format.text(ofDay: found), what)
        }
        return (format.text(ofDay: day < range.lowerBound ? range.lowerBound : range.upperBound), .clipped)
    }
}

extension String {
    /// `Retail` of `RETAIL` and of `retail`.
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst().lowercased() }
}

extension DateSpelling {
    /// How reading dates so is told.
    fileprivate func what(_ plain: CellMender.What) -> CellMender.What {
        hasShortYear ? .century : isGuess ? .guessed : plain
    }
}

/// A text of at most sixteen bytes as a key of a dictionary: hashed in three steps instead of one for each byte.
private struct ShortText: Hashable {
    private let low: UInt64
    private let high: UInt64
    private let count: UInt8

    /// nil for a longer text.
    init?(_ text: ArraySlice<UInt8>) {
        guard text.count <= 16 else { return nil }
        var (low, high): (UInt64, UInt64) = (0, 0)
        for byte in text.prefix(8) { low = low << 8 | UInt64(byte) }
        for byte in text.dropFirst(8) { high = high << 8 | UInt64(byte) }
        (self.low, self.high, count) = (low, high, UInt8(text.count))
    }
}
