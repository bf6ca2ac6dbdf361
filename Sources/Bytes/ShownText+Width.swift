/// How much room a text takes on a page, and texts that take less.
extension ShownText {
    /// Columns of a fixed-width font that a character takes: two for the wide letters of East Asia and for pictures, one for
    /// others. Marks that stand above and below a letter take none, but a tower of them counts.
    public static func width(of character: Character) -> Int {
        var scalars = 0
        var isWide = false
        for scalar in character.unicodeScalars {
            scalars += 1
            isWide = isWide || wide.contains { $0.contains(scalar.value) }
        }
        return (isWide ? 2 : 1) + max(0, scalars - 4)
    }

    /// The sum over the characters of a text.
    public static func width(of text: some StringProtocol) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    /// Hangul, kana, ideographs, full-width forms, pictures (Unicode Standard Annex 11: W and F).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    /// A text on one line that takes at most so many columns: a longer one loses its middle, because names differ in how they
    /// begin and how they end.
    ///
    /// - Parameters:
    ///   - width: three at least.
    ///   - mark: stands for what is left out.
    public static func shortened(_ text: String, width: Int, mark: String = "…") -> String {
        let text = line(text)
        guard self.width(of: text) > width else { return text }
        let room = max(2, width - self.width(of: mark))
        func taken(_ characters: some Sequence<Character>, _ room: Int) -> [Character] {
            var left = room
            return Array(
                characters.prefix {
                    left -= self.width(of: $0)
                    return left >= 0
                })
        }
        let first = taken(text, room - room / 2)
        let last = taken(text.reversed(), room / 2)
        return String(first) + mark + String(last.reversed())
    }
}
