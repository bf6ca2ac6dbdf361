import Bytes
import Foundation

/// A text in the letters that the fonts have.
///
/// A letter that they lack stands as its Unicode number, a row of them as `<U+6771 4EAC>`, and the letters themselves go along:
/// who copies, searches or hears the page gets them. What a person cannot see (``ShownText/hides(_:)``) stands as its number in
/// every way, so that it cannot turn the page's order around. A `<` that would look like such a row is numbered too, so no two
/// texts are shown alike. Source: ISO 32000-1, §14.9.4 (replacement text); ISO 14289-1, §7.1.
struct LegibleText: Equatable {
    struct Piece: Equatable {
        /// In letters of the fonts.
        var shown: String
        /// What is copied and heard in place of `shown`, where that is something else.
        var actual: String?
    }

    private(set) var pieces: [Piece] = []
    /// Whether a letter stands as its number.
    private(set) var hasNumbers = false

    /// - Parameter hasGlyph: whether the fonts have a letter.
    init(_ text: String, hasGlyph: (Unicode.Scalar) -> Bool) {
        // Where there are letters with their marks in one, the fonts have those.
        let scalars = Array(text.precomposedStringWithCanonicalMapping.unicodeScalars)
        var numbered: [Unicode.Scalar] = []
        func isNumbered(_ place: Int) -> Bool {
            guard scalars.indices.contains(place) else { return false }
            return !hasGlyph(Self.plain(scalars[place])) || scalars[place...].starts(with: "<U+".unicodeScalars)
        }
        for (place, scalar) in scalars.enumerated() {
            let plain = Self.plain(scalar)
            // Words of one script stay together, so that a reader keeps their order from right to left too.
            let isBetween =
                plain == " " && numbered.last.map(Self.isSpoken) == true && isNumbered(place + 1)
                && Self.isSpoken(scalars[place + 1])
            if !isBetween, !isNumbered(place) {
                close(&numbered)
                append(plain)
            } else {
                if let last = numbered.last, Self.isSpoken(last) != Self.isSpoken(scalar) { close(&numbered) }
                numbered.append(scalar)
            }
        }
        close(&numbered)
    }

    /// The whole text as it is shown.
    var shown: String { pieces.map(\.shown).joined() }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if pieces.last.map({ $0.actual == nil }) != true { pieces.append(Piece(shown: "")) }
        pieces[pieces.count - 1].shown.unicodeScalars.append(scalar)
    }

    /// Ends a row of numbers.
    private mutating func close(_ numbered: inout [Unicode.Scalar]) {
        guard let first = numbered.first else { return }
        hasNumbers = true
        let shown = numbered.split { Self.plain($0) == " " }
            .map { "<U+\($0.map(Self.number).joined(separator: " "))>" }.joined(separator: " ")
        var actual = ""
        actual.unicodeScalars.append(contentsOf: numbered)
        pieces.append(Piece(shown: shown, actual: Self.isSpoken(first) ? actual : shown))
        numbered = []
    }

    /// Whether the letter itself may stand behind its number: it can be seen, or joins letters that can.
    private static func isSpoken(_ scalar: Unicode.Scalar) -> Bool {
        !ShownText.hides(scalar) || joiners.contains(scalar)
    }

    /// What joins letters and pictures, and says in which form they are: without them a name in Hindi or Persian is misspelt.
    private static let joiners: Set<Unicode.Scalar> = ["\u{200C}", "\u{200D}", "\u{FE0E}", "\u{FE0F}"]

    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar { scalar == "\u{A0}" ? " " : scalar }

    /// Four digits at least.
    private static func number(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
