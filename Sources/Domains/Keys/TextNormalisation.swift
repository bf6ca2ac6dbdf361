@_spi(_Unicode) import Swift

/// One step that makes texts alike which mean the same, before they are compared.
public enum TextNormalisation: String, Sendable, CaseIterable, Codable {
    /// Blanks at both ends go, and several inside become one.
    case trim
    /// Lower case.
    case lower
    /// Characters in their composed form (Unicode NFC).
    case nfc
    /// Letters without accents and other marks: é becomes e, ø o, ß ss.
    case diacritics
    /// Words in alphabetical order: `Rossi, Anna` and `Anna Rossi` become the same where `letters` comes first.
    case words
    /// What is neither a letter nor a digit becomes a blank.
    case letters
    /// American Soundex: a letter and three digits, alike for names that sound alike in English.
    case soundex

    /// Applies steps in the order given.
    public static func apply(_ steps: [TextNormalisation], to text: String) -> String {
        steps.reduce(text) { $1.applied(to: $0) }
    }

    private func applied(to text: String) -> String {
        switch self {
        case .trim: text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        case .lower: text.lowercased()
        case .nfc: Self.collected(text._nfc)
        case .diacritics: Self.withoutMarks(text)
        case .words: text.split(whereSeparator: \.isWhitespace).map(String.init).sorted().joined(separator: " ")
        case .soundex: Self.soundex(text)
        case .letters:
            Self.collected(
                text.unicodeScalars.map { scalar in
                    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                        || scalar.properties.generalCategory == .nonspacingMark ? scalar : " "
                })
        }
    }

    private static func withoutMarks(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text._nfd where scalar.properties.generalCategory != .nonspacingMark {
            if let letters = plainLetters[scalar] {
                scalars.append(contentsOf: letters.unicodeScalars)
            } else {
                scalars.append(scalar)
            }
        }
        // What the decomposition took apart and is no mark, syllables of Hangul for one, goes together again.
        return collected(String(scalars)._nfc)
    }

    /// As the National Archives of the United States describe it: consonants of one kind in a row count once, also with an h or
    /// a w between them. What is no letter of the English alphabet is left out; a text without one has none.
    private static func soundex(_ text: String) -> String {
        let letters = withoutMarks(text).uppercased().utf8.filter { (0x41...0x5A).contains($0) }
        guard let first = letters.first else { return "" }
        func digit(_ letter: UInt8) -> UInt8 { soundexDigits[Int(letter - 0x41)] }
        var code = [first]
        var last = digit(first)
        for letter in letters.dropFirst() where code.count < 4 {
            let next = digit(letter)
            if next != 0x30, next != last { code.append(next) }
            if letter != UInt8(ascii: "H"), letter != UInt8(ascii: "W") { last = next }
        }
        return String(decoding: code + [UInt8](repeating: 0x30, count: 4 - code.count), as: UTF8.self)
    }

    /// Of A to Z; 0 for vowels, h, w and y.
    private static let soundexDigits = Array("01230120022455012623010202".utf8)

    private static func collected(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Letters that Unicode does not take apart, as registers without them write them.
    private static let plainLetters: [Unicode.Scalar: String] = [
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N",
        "ŧ": "t", "Ŧ": "T",
    ]
}
