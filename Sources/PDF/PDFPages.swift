import Bytes

/// Lays text, tables and bars on pages, from top to bottom, and notes what each piece is, for those who hear a page.
///
/// Every piece of text belongs to an element of the structure tree by its number on its page; footers and the watermark are
/// artifacts. Letters that the fonts lack stand as their numbers (``LegibleText``), and a page that has such says so at its
/// foot. Source: ISO 32000-1, §14.7 and §14.8 (tagged PDF); ISO 14289-1 (PDF/UA-1).
package struct PDFPages {
    /// What a piece of the pages is.
    enum Tag: String {
        case title = "H1"
        case heading = "H2"
        case paragraph = "P"
        case figure = "Figure"
    }

    /// One element of the structure tree, with its pieces in the order in which they are read.
    struct Element {
        let tag: Tag
        /// What a figure shows, in words.
        var alternative: String?
        /// Left, bottom, right and top of a figure, in points.
        var box: String?
        var pieces: [(page: Int, number: Int)] = []
    }

    private(set) var elements: [Element] = []
    /// How many numbered pieces each page has.
    private(set) var pieceCounts = [0]
    /// The pages on which a letter stands as its number.
    private var numbered: Set<Int> = []

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
        begin(elements.isEmpty ? .title : .heading)
        for line in Self.lines(text, .bold, size: size) { draw(line, .bold, size: size) }
        space(4)
    }

    /// A paragraph, broken between words.
    package mutating func paragraph(_ text: String, _ font: PDFFont = .regular, size: Double = 8.5) {
        begin(.paragraph)
        for line in Self.lines(text, font, size: size) { draw(line, font, size: size) }
    }

    /// Names with their values, one below the other.
    package mutating func list(_ values: [(name: String, value: String)], size: Double = 7) {
        for (name, value) in values {
            need(size * 1.35)
            begin(.paragraph)
            show(name, .regular, size: size, x: Self.margin)
            show(value, .regular, size: size, x: Self.margin + 50)
            y -= size * 1.35
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
        if fits {
            begin(.paragraph)
            show(label, .regular, size: 7.5, x: Self.margin)
        }
        begin(.figure)
        elements[elements.count - 1].alternative =
            "A bar that shows \(ShownText.line(label.split(separator: " ").joined(separator: " ")))"
        elements[elements.count - 1].box =
            "\(Self.number(Self.barStart)) \(Self.number(y - 10)) \(Self.number(middle + reach + 2)) \(Self.number(y))"
        piece(
            "0.8 G \(Self.number(middle)) \(Self.number(y - 10)) m \(Self.number(middle)) \(Self.number(y)) l S "
                + "0.2 0.4 0.7 RG 1.5 w \(x(lower)) \(line) m \(x(upper)) \(line) l S "
                + "3 w \(x(estimate - scale / 150)) \(line) m \(x(estimate + scale / 150)) \(line) l S 1 w 0 G")
        y -= 7.5 * 1.35
    }

    package mutating func space(_ points: Double) { y -= points }

    /// What the foot of a page says where letters stand as their numbers.
    static let numbersNote =
        "<U+4E2D> stands for a letter that the fonts of this file lack, by its Unicode number. Whoever copies, searches or hears "
        + "the page gets the letter."

    /// The content stream of each page.
    func streams() -> [[UInt8]] {
        content.enumerated().map { number, text in
            let behind =
                "/Artifact << /Type /Background >> BDC "
                + "q 0.9 g BT /F2 22 Tf 0.643 0.766 -0.766 0.643 90 120 Tm "
                + "\(PDFFont.bold.operand(PDFFont.legible(watermark).shown)) Tj ET Q EMC\n"
            let lines =
                ["\(PDFFont.legible(footer).shown)  \(number + 1)/\(content.count)"]
                + (numbered.contains(number) ? [Self.numbersNote] : [])
            let foot = lines.enumerated().map { line, words in
                "BT 0.4 g /F1 6.5 Tf 1 0 0 1 \(Self.number(Self.margin)) \(28 - 9 * line) Tm "
                    + "\(PDFFont.regular.operand(words)) Tj ET "
            }
            let artifact = "/Artifact << /Type /Pagination /Subtype /Footer >> BDC \(foot.joined())EMC\n"
            return Array((behind + text + artifact).utf8)
        }
    }

    private mutating func draw(_ text: String, _ font: PDFFont, size: Double) {
        need(size * 1.35)
        show(text, font, size: size, x: Self.margin)
        y -= size * 1.35
    }

    private mutating func show(_ text: String, _ font: PDFFont, size: Double, x: Double) {
        guard !text.isEmpty else { return }
        let legible = PDFFont.legible(text)
        if legible.hasNumbers { numbered.insert(content.count - 1) }
        piece(
            "BT 0 g /\(font.resource) \(Self.number(size)) Tf 1 0 0 1 \(Self.number(x)) \(Self.number(y - size)) Tm "
                + "\(font.showing(legible)) ET")
    }

    /// What is drawn next belongs to a new element.
    private mutating func begin(_ tag: Tag) { elements.append(Element(tag: tag)) }

    /// Draws a piece of the element that was begun last.
    private mutating func piece(_ drawing: String) {
        let page = content.count - 1
        let number = pieceCounts[page]
        pieceCounts[page] += 1
        elements[elements.count - 1].pieces.append((page, number))
        content[page] += "/\(elements[elements.count - 1].tag.rawValue) << /MCID \(number) >> BDC \(drawing) EMC\n"
    }

    private mutating func need(_ points: Double) {
        guard y - points < Self.margin else { return }
        content.append("")
        pieceCounts.append(0)
        y = Double(PDFFile.height) - Self.margin
    }

    private static func lines(_ text: String, _ font: PDFFont, size: Double) -> [String] {
        func fits(_ line: some StringProtocol) -> Bool { font.width(of: String(line), size: size) <= lineWidth }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            for (number, piece) in pieces(of: word, fits).enumerated() {
                // Nothing stands between the pieces of one word.
                let gap = line.isEmpty || number > 0 ? "" : " "
                if !line.isEmpty, !fits("\(line)\(gap)\(piece)") {
                    lines.append(line)
                    line = String(piece)
                } else {
                    line += gap + piece
                }
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A word that is longer than a line, in lines: broken between letters, and within one only where its marks alone fill a
    /// line. Each line is found by doubling, so that a word costs as much as it is long.
    private static func pieces(of word: Substring, _ fits: (Substring) -> Bool) -> [Substring] {
        var rest = word
        var pieces: [Substring] = []
        while !rest.isEmpty {
            func first(_ count: Int) -> Substring { Substring(rest.unicodeScalars.prefix(count)) }
            var (fitting, tooMany) = (1, 2)
            while first(fitting).endIndex < rest.endIndex, fits(first(tooMany)) {
                (fitting, tooMany) = (tooMany, 2 * tooMany)
            }
            while tooMany - fitting > 1 {
                let middle = (fitting + tooMany) / 2
                if fits(first(middle)) { fitting = middle } else { tooMany = middle }
            }
            var piece = first(fitting)
            let last = piece.index(before: piece.endIndex)
            if last > piece.startIndex, rest.index(after: last) > piece.endIndex { piece = piece[..<last] }
            pieces.append(piece)
            rest = rest[piece.endIndex...]
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
