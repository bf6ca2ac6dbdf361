import Bytes
import Testing

@Suite("Texts of others, as a person sees them")
struct ShownTextTests {
    /// What an author could put into a text so that a person sees something else than what is there.
    static let hostile = [
        "\u{1B}[2K\u{1B}[1A", "\u{1B}]0;title\u{7}", "\u{9B}31m", "a\rb", "a\nb", "a\r\nb", "a\tb", "\u{0}", "\u{7F}",
        "\u{85}",
        "\u{2028}", "\u{2029}", "\u{B}\u{C}", "a\u{8}b", "\u{202E}9.9\u{202C}", "\u{2066}x\u{2069}", "\u{200E}",
        "\u{200F}", "\u{61C}",
        "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\u{FEFF}", "\u{AD}", "\u{34F}", "\u{115F}", "\u{3164}",
        "\u{FFA0}", "\u{180E}",
        "\u{FE0F}", "\u{E0041}", "\u{E0100}", "\u{E000}", "\u{F0000}", "\u{FFFE}", "\u{378}", "\u{FFF9}", "\u{206A}",
        "\u{2063}", "\u{17B4}",
        "\u{1D173}",
    ]

    @Test("every hostile text is known as such and written out, on one line", arguments: hostile)
    func escapes(text: String) {
        #expect(ShownText.hasHidden(text))
        let shown = ShownText.line("ε = 0.1" + text)
        #expect(!ShownText.hasHidden(shown) && shown.hasPrefix("ε = 0.1") && shown.contains("\\u"))
        #expect(ShownText.line(shown) == shown)
    }

    @Test("lines and tabulators of a block stay, and nothing else hidden does", arguments: hostile)
    func blocks(text: String) {
        let shown = ShownText.block("a\n\tb" + text)
        #expect(shown.hasPrefix("a\n\tb"))
        #expect(!shown.unicodeScalars.contains { ShownText.hides($0) && $0 != "\n" && $0 != "\t" })
    }

    @Test(
        "what people write stays as it is",
        arguments: [
            "", "Synthetic joined declarations, for planning analyses.", "ε = 1.0, δ = 1e-9", "Zürich – Genève",
            "日本 税関", "Ελλάδα",
            "العربية", "हिन्दी", "e\u{301}", "a\u{A0}b\u{202F}c", "100 €", "\\u001b", "👍", "½ ≤ ∞ √",
        ])
    func plain(text: String) {
        #expect(!ShownText.hasHidden(text) && ShownText.line(text) == text && ShownText.block(text) == text)
    }

    @Test("escapes are those of JSON")
    func forms() {
        #expect(ShownText.line("\u{1B}[0m\u{202E}\u{E0041}") == "\\u001b[0m\\u202e\\udb40\\udc41")
    }
}
