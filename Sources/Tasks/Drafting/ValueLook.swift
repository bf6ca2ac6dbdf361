internal import Domains
internal import Tables

/// What one text looks like, whatever the column is called: a column's name proves nothing about what is in it.
enum ValueLook: Equatable {
    /// Made of words that stand in many classifications.
    case words
    /// A country, a region or a large city.
    case place
    /// A month or a quarter of a year.
    case period
    /// `18-24`, `65+`, `<1000`.
    case range
    /// A single letter or digit.
    case sign
    /// Digits, or letters and digits: nothing tells what they mean.
    case code
    /// A date, a number that can be called, an address, …
    case personal
    /// Words with capitals that no classification has.
    case name
    /// More words than the label of a class has.
    case sentence
    case unknown

    /// Whether somebody who knows nobody of the table could have written it.
    var isPublic: Bool {
        switch self {
        case .words, .place, .period, .range, .sign: true
        case .code, .personal, .name, .sentence, .unknown: false
        }
    }

    /// Whether a reader would take it for somebody's.
    var isPrivate: Bool { self == .personal || self == .name || self == .sentence }

    init(_ text: String) {
        if text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first {
            self = scalar.value < 0x250 ? .sign : .unknown
        } else if CodeList.Period.allCases.contains(where: { $0.year(of: text) != nil }) || PrivateTexts.isPeriod(text)
        {
            self = .period
        } else if ValueRange(text) != nil {
            self = .range
        } else if text.contains("@") || PrivateTexts.isPersonal(text) {
            self = .personal
        } else if Self.areWords(text) {
            self = .words
        } else if PublicPlaces.isPlace(text) {
            self = .place
        } else {
            self = Self.stranger(text)
        }
    }

    /// What a text is that nothing public is known of.
    private static func stranger(_ text: String) -> ValueLook {
        let words = text.split(whereSeparator: \.isWhitespace)
        if words.count > mostWords || text.utf8.count > mostBytes { return .sentence }
        if text.contains(where: \.isNumber) { return .code }
        let letters = text.count(where: \.isLetter)
        if words.count == 1, letters <= 3, text.utf8.allSatisfy({ $0 < 0x80 }) { return .code }
        let areNames = words.allSatisfy { word in
            word.first.map { $0.isUppercase || $0.isLetter && !$0.isCased } ?? false
                && word.allSatisfy { $0.isLetter || "-'’.,".contains($0) }
        }
        return areNames ? .name : .unknown
    }

    /// No label of a class has more.
    private static let mostWords = 4
    private static let mostBytes = 48

    /// Whether every word is one of classifications: `No internet service`, `5more`, `30 days`.
    static func areWords(_ text: String) -> Bool {
        guard text.utf8.count <= mostBytes else { return false }
        // `N-Port` and `S-Capital`: a letter tells whose.
        let isLettered = text.dropFirst().first == "-" && text.first?.isLetter == true
        let words = ColumnFacts.words(of: isLettered ? String(text.dropFirst(2)) : text)
        guard (1...mostWords).contains(words.count) else { return false }
        var known = 0
        for word in words {
            let rest = word.drop(while: \.isNumber)
            guard word.utf8.count - rest.utf8.count <= 3 else { return false }
            if rest.isEmpty { continue }
            guard isKnown(rest) else { return false }
            // A letter alone is an initial.
            if rest.utf8.count > 1 { known += 1 }
        }
        return known > 0
    }

    private static func isKnown(_ word: Substring) -> Bool {
        let word = String(word)
        return PublicWords.values.contains(word)
            || word.hasSuffix("s") && word.utf8.count > 3 && PublicWords.values.contains(String(word.dropLast()))
    }
}

/// A range of numbers as classes of age or size have it.
struct ValueRange: Equatable {
    /// The first and the last number; nil where it is open.
    let lower, upper: Double?

    /// - Returns: nil for a text that is no range.
    init?(_ text: String) {
        guard text.utf8.count <= 24, text.contains(where: \.isNumber) else { return nil }
        var text = ColumnFacts.trimmed(text)
        for sign in ["<=", ">=", "<", ">", "≤", "≥"] where text.hasPrefix(sign) {
            text.removeFirst(sign.count)
            guard let number = Self.number(ColumnFacts.trimmed(text)) else { return nil }
            let isUpper = sign.first == "<" || sign == "≤"
            lower = isUpper ? nil : number
            upper = isUpper ? number : nil
            return
        }
        if text.hasSuffix("+") {
            guard let number = Self.number(ColumnFacts.trimmed(String(text.dropLast()))) else { return nil }
            (lower, upper) = (number, nil)
            return
        }
        for between in [" to ", " bis ", " à ", " - ", "–", "-"] {
            let parts = text.split(separator: between, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            guard let first = Self.number(String(parts[0])), let last = Self.number(String(parts[1])), first < last
            else {
                return nil
            }
            (lower, upper) = (first, last)
            return
        }
        return nil
    }

    /// Up to seven digits, and no zero in front of another digit: the parts of a date or of an identifier have them.
    private static func number(_ text: String) -> Double? {
        let digits = text.utf8.filter { (48...57).contains($0) }
        guard !digits.isEmpty, digits.count <= 7, digits.count == 1 || digits.first != 48 || text.hasPrefix("0.") else {
            return nil
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 0x2E || $0 == 0x20 || $0 == 0x27 }) else {
            return nil
        }
        return Double(text.filter { $0.isNumber || $0 == "." })
    }

    /// Whether ranges follow each other as classes do: at most their ends are the same.
    static func areClasses(_ ranges: [ValueRange]) -> Bool {
        let sorted = ranges.sorted {
            ($0.lower ?? -.infinity, $0.upper ?? .infinity) < ($1.lower ?? -.infinity, $1.upper ?? .infinity)
        }
        return zip(sorted, sorted.dropFirst()).allSatisfy { one, next in
            (one.upper ?? .infinity) <= (next.lower ?? -.infinity)
        }
    }
}
