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
            self = scalar.value < 0x250 || PublicWords.values.contains(text) ? .sign : .unknown
        } else if CodeList.Period.allCases.contains(where: { $0.year(of: text) != nil }) || PrivateTexts.isPeriod(text)
        {
            self = .period
        } else if ValueRange(text) != nil {
            self = .range
        } else if text.contains("@") || PrivateTexts.isPersonal(text) || PublicPeriod.isDay(text) {
            self = .personal
        } else if PrivateTexts.isFirm(text) {
            self = .name
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

    /// Whether every word is one of classifications: `No internet service`, `5more`, `30 days`, `Stage II`.
    static func areWords(_ text: String) -> Bool {
        guard text.utf8.count <= mostBytes else { return false }
        if PublicWords.values.contains(text.lowercased()), text.unicodeScalars.count > 1 { return true }
        // `N-Port` and `S-Capital`: a letter tells whose. Before a surname it is an initial.
        let isLettered = text.dropFirst().first == "-" && text.first?.isLetter == true
        let rest = isLettered ? String(text.dropFirst(2)) : text
        if isLettered, SharedNames(rest) != nil { return false }
        let words = ColumnFacts.words(of: rest.replacing("'s", with: "").replacing("’s", with: ""))
        guard (1...mostWords).contains(words.count) else { return false }
        var known = 0
        for (place, word) in words.enumerated() {
            let rest = word.drop(while: \.isNumber)
            guard word.utf8.count - rest.utf8.count <= 3 else { return false }
            if rest.isEmpty { continue }
            if place > 0, place == words.count - 1, isCount(rest), PublicWords.counted.contains(words[0]) { continue }
            guard isKnown(rest) else { return false }
            // A letter alone is an initial.
            if rest.utf8.count > 1 { known += 1 }
        }
        return known > 0
    }

    /// A letter or a Roman number: it counts what stands before it.
    private static func isCount(_ word: Substring) -> Bool {
        word.count == 1 || word.count <= 4 && word.allSatisfy { "ivx".contains($0) }
    }

    private static func isKnown(_ word: Substring) -> Bool {
        let word = String(word)
        return PublicWords.values.contains(word)
            || word.hasSuffix("s") && word.utf8.count > 3 && PublicWords.values.contains(String(word.dropLast()))
    }
}
