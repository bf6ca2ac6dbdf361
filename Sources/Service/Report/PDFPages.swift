/// Lays text, tables and bars on pages, from top to bottom.
struct PDFPages {
    private static let margin = 50.0
    private static let labelLimit = 52
    private var content: [String] = [""]
    private var y = Double(PDFFile.height) - margin
    private let footer: String
    private let watermark: String

    /// - Parameters:
    ///   - footer: one line at the foot of every page.
    ///   - watermark: large, light and slanted behind the text of every page.
    init(footer: String, watermark: String) {
        self.footer = footer
        self.watermark = watermark
    }

    mutating func heading(_ text: String, size: Double = 12) {
        space(size)
        need(3 * size)
        for line in Self.lines(text, width: Int(850 / size)) { draw(line, font: "F2", size: size) }
        space(4)
    }

    /// A paragraph, broken between words.
    mutating func paragraph(_ text: String, size: Double = 9) {
        for line in Self.lines(text, width: Int(990 / size)) { draw(line, font: "F1", size: size) }
    }

    /// Lines as they stand, in a font whose letters are equally wide.
    mutating func fixed(_ lines: [String], size: Double = 7) {
        for line in lines { draw(String(PDFText.plain(line).prefix(Int(820 / size))), font: "F3", size: size) }
    }

    /// An interval beside its label; `scale` is the largest magnitude of all bars.
    mutating func bar(_ label: String, estimate: Double, lower: Double, upper: Double, scale: Double) {
        // A label that would run into the bar stands above it.
        let fits = PDFText.plain(label).count <= Self.labelLimit
        if !fits { paragraph(label, size: 8) }
        need(12)
        let (middle, reach) = (395.0, 140.0)
        func x(_ value: Double) -> String { Self.number(middle + reach * min(max(value / scale, -1), 1)) }
        let line = Self.number(y - 5)
        content[content.count - 1] +=
            "0.8 G \(Self.number(middle)) \(Self.number(y - 10)) m \(Self.number(middle)) \(Self.number(y)) l S "
            + "0.2 0.4 0.7 RG 1.5 w \(x(lower)) \(line) m \(x(upper)) \(line) l S "
            + "3 w \(x(estimate - scale / 150)) \(line) m \(x(estimate + scale / 150)) \(line) l S 1 w 0 G\n"
        draw(fits ? label : "", font: "F1", size: 8)
    }

    mutating func space(_ points: Double) { y -= points }

    /// The content stream of each page.
    func streams() -> [[UInt8]] {
        content.enumerated().map { number, text in
            let behind =
                "q 0.9 g BT /F2 22 Tf 0.643 0.766 -0.766 0.643 90 120 Tm \(PDFText.literal(watermark)) Tj ET Q\n"
            let foot =
                "BT 0.4 g /F3 6.5 Tf 1 0 0 1 \(Self.number(Self.margin)) 28 Tm "
                + "\(PDFText.literal("\(footer)  \(number + 1)/\(content.count)")) Tj ET\n"
            return Array((behind + text + foot).utf8)
        }
    }

    private mutating func draw(_ text: String, font: String, size: Double) {
        need(size * 1.35)
        content[content.count - 1] +=
            "BT 0 g /\(font) \(Self.number(size)) Tf 1 0 0 1 \(Self.number(Self.margin)) \(Self.number(y - size)) Tm "
            + "\(PDFText.literal(text)) Tj ET\n"
        y -= size * 1.35
    }

    private mutating func need(_ points: Double) {
        guard y - points < Self.margin else { return }
        content.append("")
        y = Double(PDFFile.height) - Self.margin
    }

    private static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ").flatMap({ pieces(of: $0, width: width) }) {
            if !line.isEmpty, PDFText.plain(line).count + PDFText.plain(String(word)).count + 1 > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A word that is longer than a line, in lines.
    private static func pieces(of word: Substring, width: Int) -> [Substring] {
        guard PDFText.plain(String(word)).count > width else { return [word] }
        var rest = word
        var pieces: [Substring] = []
        while !rest.isEmpty {
            var length = min(rest.count, width)
            while length > 1, PDFText.plain(String(rest.prefix(length))).count > width { length -= 1 }
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
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
