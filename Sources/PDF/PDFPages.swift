/// Lays text, tables and bars on pages, from top to bottom.
package struct PDFPages {
    private static let margin = 50.0
    private static let lineWidth = Double(PDFFile.width) - 2 * margin
    /// Where the bars begin.
    private static let barStart = 255.0
    private var content: [String] = [""]
    private var y = Double(PDFFile.height) - margin
    private let footer: String
    private let watermark: String

    /// - Parameters:
    ///   - footer: one line at the foot of every page.
    ///   - watermark: large, light and slanted behind the text of every page.
    package init(footer: String, watermark: String) {
        self.footer = footer
        self.watermark = watermark
    }

    package mutating func heading(_ text: String, size: Double = 11) {
        space(size)
        need(3 * size)
        for line in Self.lines(text, .bold, size: size) { draw(line, .bold, size: size) }
        space(4)
    }

    /// A paragraph, broken between words.
    package mutating func paragraph(_ text: String, _ font: PDFFont = .regular, size: Double = 8.5) {
        for line in Self.lines(text, font, size: size) { draw(line, font, size: size) }
    }

    /// Names with their values, one below the other.
    package mutating func list(_ values: [(name: String, value: String)], size: Double = 7) {
        for (name, value) in values {
            need(size * 1.35)
            show(value, .regular, size: size, x: Self.margin + 50)
            draw(name, .regular, size: size)
        }
    }

    /// An interval beside its label; `scale` is the largest magnitude of all bars.
    package mutating func bar(_ label: String, estimate: Double, lower: Double, upper: Double, scale: Double) {
        // A label that would run into the bar is placed above it.
        let fits = PDFFont.regular.width(of: label, size: 7.5) <= Self.barStart - Self.margin
        if !fits { paragraph(label, size: 7.5) }
        need(12)
        let (middle, reach) = (Self.barStart + 145, 140.0)
        func x(_ value: Double) -> String { Self.number(middle + reach * min(max(value / scale, -1), 1)) }
        let line = Self.number(y - 5)
        content[content.count - 1] +=
            "0.8 G \(Self.number(middle)) \(Self.number(y - 10)) m \(Self.number(middle)) \(Self.number(y)) l S "
            + "0.2 0.4 0.7 RG 1.5 w \(x(lower)) \(line) m \(x(upper)) \(line) l S "
            + "3 w \(x(estimate - scale / 150)) \(line) m \(x(estimate + scale / 150)) \(line) l S 1 w 0 G\n"
        draw(fits ? label : "", .regular, size: 7.5)
    }

    package mutating func space(_ points: Double) { y -= points }

    /// The content stream of each page.
    package func streams() -> [[UInt8]] {
        content.enumerated().map { number, text in
            let behind =
                "q 0.9 g BT /F2 22 Tf 0.643 0.766 -0.766 0.643 90 120 Tm \(PDFFont.bold.shown(watermark)) Tj ET Q\n"
            let foot =
                "BT 0.4 g /F1 6.5 Tf 1 0 0 1 \(Self.number(Self.margin)) 28 Tm "
                + "\(PDFFont.regular.shown("\(footer)  \(number + 1)/\(content.count)")) Tj ET\n"
            return Array((behind + text + foot).utf8)
        }
    }

    private mutating func draw(_ text: String, _ font: PDFFont, size: Double) {
        need(size * 1.35)
        show(text, font, size: size, x: Self.margin)
        y -= size * 1.35
    }

    private mutating func show(_ text: String, _ font: PDFFont, size: Double, x: Double) {
        content[content.count - 1] +=
            "BT 0 g /\(font.resource) \(Self.number(size)) Tf 1 0 0 1 \(Self.number(x)) \(Self.number(y - size)) Tm "
            + "\(font.shown(text)) Tj ET\n"
    }

    private mutating func need(_ points: Double) {
        guard y - points < Self.margin else { return }
        content.append("")
        y = Double(PDFFile.height) - Self.margin
    }

    private static func lines(_ text: String, _ font: PDFFont, size: Double) -> [String] {
        func fits(_ line: some StringProtocol) -> Bool { font.width(of: String(line), size: size) <= lineWidth }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ").flatMap({ pieces(of: $0, fits) }) {
            if !line.isEmpty, !fits("\(line) \(word)") {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A word that is longer than a line, in lines.
    private static func pieces(of word: Substring, _ fits: (Substring) -> Bool) -> [Substring] {
        var rest = word
        var pieces: [Substring] = []
        while !rest.isEmpty {
            var piece = rest
            while piece.count > 1, !fits(piece) { piece = piece.prefix(piece.count * 9 / 10) }
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    /// Hundredths of a point.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(hundredths < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
