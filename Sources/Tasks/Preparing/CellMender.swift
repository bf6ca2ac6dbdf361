internal import Tables

/// Mends the cells of one column, and counts how.
struct CellMender {
    /// What was done to a cell.
    enum What: String {
        case trimmed = "blanks at the ends were removed"
        case converted = "numbers were written plainly"
        case dated = "dates were written in the declared order"
        case filled = "zeros in front were restored"
        case decimal = "a .0 behind codes was removed"
        case cased = "capitals were made as declared"
        case missing = "words for a missing value became empty"
        case clipped = "values beyond the declared bounds were clipped to them"
        case truth = "words for yes and no became true and false"
        case normalised = "keys were normalised"
    }

    private enum Kind {
        /// Nothing but blanks at the ends.
        case plain
        case number(CellText)
        case date(DateSpelling)
        case key(KeyRule)
        case declared(Field, ColumnDomain)
    }

    private let kind: Kind
    /// How the file writes numbers and dates of the column.
    private var spelling: CellWriting?
    private var dates: DateSpelling?
    /// What the reader takes for missing.
    private var missingTexts: Set<String> = [""]
    private var writing: CellText?
    /// What became of texts that were seen before: classifications have few.
    private var known: [ArraySlice<UInt8>: ([UInt8], What)] = [:]
    private static let mostKnown = 4_096

    private(set) var changes: [What: (count: Int, example: String)] = [:]

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
        kind = .declared(field, domain)
        writing = CellText(field.writing, type: field.type)
        missingTexts = Set(field.missingValues ?? shared ?? [""])
        switch field.type {
        case .number, .integer: spelling = NumberSpelling(of: facts.core, prefersComma: prefersComma).writing
        case .date: dates = DateSpelling(of: facts.core)
        case .string, .boolean: break
        }
    }

    /// Whether nothing but blanks at the ends can change.
    var isPlain: Bool { if case .plain = kind { true } else { false } }

    private mutating func note(_ what: What, _ old: ArraySlice<UInt8>, _ new: [UInt8]) {
        guard let made = changes[what] else {
            let (old, new) = (
                String(decoding: old.prefix(40), as: UTF8.self), String(decoding: new.prefix(40), as: UTF8.self)
            )
            changes[what] = (1, "\"\(old)\" became \"\(new)\"")
            return
        }
        changes[what] = (made.count + 1, made.example)
    }

    static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = cell.first, let last = cell.last else { return cell }
        // Nearly all cells have no blank at an end; those of typesetting begin with 0xC2 or 0xE2.
        guard first <= 0x20 || last <= 0x20 || first == 0xC2 || first == 0xE2 || last >= 0x80 else { return cell }
        let text = String(decoding: cell, as: UTF8.self)
        let trimmed = ColumnFacts.trimmed(text)
        return trimmed.utf8.count == cell.count ? cell : Array(trimmed.utf8)[...]
    }

    /// The cell as it should be; as it is where nothing is known to be wrong, or nothing helps.
    mutating func mended(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = Self.trimmed(cell)
        if text.count != cell.count { note(.trimmed, cell, Array(text)) }
        guard !text.isEmpty else { return text }
        switch kind {
        case .plain: return text
        case .number(let reader):
            guard let plain = reader.plain(text), !plain.elementsEqual(text) else { return text }
            note(.converted, text, plain)
            return plain[...]
        case .date(let dates):
            guard let day = dates.day(of: String(decoding: text, as: UTF8.self)), let iso = DateFormat(DateFormat.iso)
            else { return text }
            let plain = Array(iso.text(ofDay: day).utf8)
            note(.dated, text, plain)
            return plain[...]
        case .key(let rule): return key(text, rule)
        case .declared(let field, let domain):
            if domain.takes(text, written: writing) { return text }
            if let (plain, what) = known[text] {
                note(what, text, plain)
                return plain[...]
            }
            guard let (plain, what) = declared(String(decoding: text, as: UTF8.self), field, domain) else {
                return text
            }
            let bytes = Array(plain.utf8)
            if known.count < Self.mostKnown { known[Array(text)[...]] = (bytes, what) }
            note(what, text, bytes)
            return bytes[...]
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

    private func declared(_ text: String, _ field: Field, _ domain: ColumnDomain) -> (String, What)? {
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
            if let number = number(text, field, domain) { return number }
        case .date:
            if let day = dates?.day(of: text) ?? DateFormat(DateFormat.iso)?.day(of: text.utf8) {
                return date(day, field, domain)
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

    private func number(_ text: String, _ field: Field, _ domain: ColumnDomain) -> (String, What)? {
        // The declared way first: a text that it reads is outside the bounds alone.
        let ways = [field.writing] + (spelling.map { [$0] } ?? [])
        for way in ways {
            guard let plain = CellText(always: way, type: .number).plain(text.utf8),
                let value = Double(String(decoding: plain, as: UTF8.self))
            else { continue }
            if let bounds = domain.bounds, value < bounds.lower || value > bounds.upper {
                let bound = value < bounds.lower ? bounds.lower : bounds.upper
                return (written(ColumnDomain.text(of: bound), field), .clipped)
            }
            let converted = written(String(decoding: plain, as: UTF8.self), field)
            return domain.takes(Array(converted.utf8)[...], written: writing) ? (converted, .converted) : nil
        }
        return nil
    }

    /// A plain number with the declared decimal sign.
    private func written(_ plain: String, _ field: Field) -> String {
        field.writing.decimalChar == UInt8(ascii: ",") ? String(plain.map { $0 == "." ? "," : $0 }) : plain
    }

    private func date(_ day: Int, _ field: Field, _ domain: ColumnDomain) -> (String, What)? {
        guard let format = DateFormat(field.writing.dateFormat ?? DateFormat.iso) else { return nil }
        guard let bounds = domain.bounds else { return (format.text(ofDay: day), .dated) }
        if day < Int(bounds.lower) { return (format.text(ofDay: Int(bounds.lower)), .clipped) }
        if day > Int(bounds.upper) { return (format.text(ofDay: Int(bounds.upper)), .clipped) }
        return (format.text(ofDay: day), .dated)
    }
}

extension String {
    /// `Retail` of `RETAIL` and of `retail`.
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
