import Bytes
import Foundation

/// Text for HTML and SVG.
public enum HTML {
    /// Escapes a text for element content and for attribute values in double quotes. Ends of lines become spaces, and
    /// characters that nobody sees are written out (``ShownText``).
    public static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t", "\r": result += " "
            case _ where ShownText.hides(scalar): result += ShownText.line(String(scalar))
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// A chart: a picture, its figures as CSV, and what it shows in one sentence.
public struct Chart: Sendable {
    /// Name of the CSV file, without its ending.
    public let name: String
    /// What the chart shows, for those who do not see it.
    public let description: String
    /// The picture: one `<svg>` element.
    public let svg: String
    /// The columns of `rows`.
    public let header: [String]
    /// The figures behind the picture, one row each.
    public let rows: [[String]]
    /// Whether the first figure of each row is a range of numbers, not a name or a code.
    var hasNumbersAsNames = false

    /// RFC 4180. A text that a spreadsheet would take for a formula is led by an apostrophe.
    public var csv: String {
        ([header] + rows).map { $0.map(Self.cell).joined(separator: ",") + "\n" }.joined()
    }

    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, "=+@-\t\r".unicodeScalars.contains(first), Double(text) == nil {
            text = "'" + text
        }
        guard text.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// An SVG picture in the making. Coordinates are whole units; the picture scales with the page.
struct Picture {
    private var body = ""
    let width: Double
    let height: Double

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func add(_ element: String) { body += element }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        body +=
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\""
            + " height=\"\(Self.number(max(0, height)))\" class=\"\(style)\"/>"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, width: Double? = nil) {
        body +=
            "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\""
            + " y2=\"\(Self.number(y2))\" class=\"\(style)\""
            + (width.map { " stroke-width=\"\(Self.number($0))\"" } ?? "") + "/>"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        let label = title.map { "<title>\(HTML.escaped($0))</title>" } ?? ""
        body +=
            "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\""
            + " class=\"\(style)\">\(label)</circle>"
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String, anchor: String = "start") {
        body +=
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" class=\"\(style)\" text-anchor=\"\(anchor)\">"
            + HTML.escaped(text) + "</text>"
    }

    /// - Parameter description: replaces the picture for readers who cannot see it.
    func svg(_ description: String) -> String {
        "<svg viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" role=\"img\""
            + " aria-label=\"\(HTML.escaped(description))\" xmlns=\"http://www.w3.org/2000/svg\">\(body)</svg>"
    }

    /// One decimal, which is a tenth of a unit.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0
            ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// A text of one or more lines around a middle; the whole of it stands in its title where it had to be shortened.
    mutating func label(
        _ x: Double, _ middle: Double, _ label: Label, anchor: String = "start"
    ) {
        let title = label.isShortened ? "<title>\(HTML.escaped(label.text))</title>" : ""
        let first = middle + 4 - Double(label.lines.count - 1) * Label.lineHeight / 2
        for (index, line) in label.lines.enumerated() {
            body +=
                "<text x=\"\(Self.number(x))\" y=\"\(Self.number(first + Double(index) * Label.lineHeight))\""
                + " class=\"label\" text-anchor=\"\(anchor)\">\(title)\(HTML.escaped(line))</text>"
        }
    }
}

/// The name of a column or a value beside a picture: on as many lines as it needs, cut between its words. What does not
/// fit even so loses its middle, because names differ in how they begin and how they end.
struct Label {
    static let lineHeight = 15.0
    /// Units that a character takes, with room for capitals and for the larger letters of a phone.
    static let characterWidth = 8.2

    let text: String
    let lines: [String]
    let isShortened: Bool

    /// - Parameters:
    ///   - width: of a line, in columns of a fixed-width font.
    ///   - height: lines at most.
    ///   - full: the whole of a text that is short already.
    init(_ text: String, width: Int, height: Int = 1, full: String? = nil) {
        let shown = ShownText.line(text)
        let lines = Self.wrapped(shown, width)
        let isTooLong = lines.count > height || lines.contains { ShownText.width(of: $0) > width }
        self.text = full ?? text
        isShortened = isTooLong || (full ?? text) != text
        guard isTooLong else {
            self.lines = lines
            return
        }
        var pieces: [String] = []
        var (line, used) = ("", 0)
        for character in ShownText.shortened(shown, width: (width - 1) * height) {
            let needed = ShownText.width(of: character)
            if used + needed > width, pieces.count < height - 1 {
                pieces.append(line)
                (line, used) = ("", 0)
            }
            line.append(character)
            used += needed
        }
        self.lines = pieces + [line]
    }

    /// Units from the first to the last character of the longest line.
    var width: Double { Double(lines.map { ShownText.width(of: $0) }.max() ?? 0) * Self.characterWidth }
    var height: Double { Double(lines.count) * Self.lineHeight }

    /// Cut after spaces and after the marks that join words.
    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        guard ShownText.width(of: text) > width else { return [text] }
        var lines: [String] = []
        var line = ""
        var word = ""
        func endWord() {
            if ShownText.width(of: line) + ShownText.width(of: word.trimmingSpaces) > width, !line.isEmpty {
                lines.append(line.trimmingSpaces)
                line = ""
            }
            line += word
            word = ""
        }
        for character in text {
            word.append(character)
            if " _-/,;|".contains(character) { endWord() }
        }
        endWord()
        lines.append(line.trimmingSpaces)
        return lines
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var trimmed = Substring(self)
        while trimmed.last == " " { trimmed.removeLast() }
        return String(trimmed)
    }
}

/// Figures as people read them.
public enum Figures {
    /// A share with one decimal, and two below 1 %.
    public static func percent(_ share: Double) -> String {
        decimal(100 * share, digits: abs(share) < 0.01 ? 2 : 1) + " %"
    }

    /// With a given number of decimals.
    public static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let whole = Int((abs(value) * power).rounded())
        let sign = value < 0 && whole > 0 ? "−" : ""
        guard digits > 0 else { return sign + grouped(whole) }
        let fraction = String(whole % Int(power))
        return sign + grouped(whole / Int(power)) + "."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// A whole count, with thin spaces between thousands.
    public static func count(_ value: Double) -> String { decimal(value, digits: 0) }

    /// For machines: up to six significant decimals and no spaces.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return "" }
        let rounded = (value * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
    }

    /// A value as people say it: four figures that matter, with thin spaces between thousands.
    public static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : decimal(value, digits: 0) }
        var size = abs(value)
        if size >= 1e12 || size < 1e-4 { return String(format: "%.3g", value) }
        var digits = 3
        while size >= 10, digits > 0 {
            size /= 10
            digits -= 1
        }
        while size < 1 {
            size *= 10
            digits += 1
        }
        let text = decimal(value, digits: digits)
        guard text.contains(".") else { return text }
        var trimmed = Substring(text)
        while trimmed.last == "0" { trimmed.removeLast() }
        return String(trimmed.last == "." ? trimmed.dropLast() : trimmed)
    }

    /// Thin spaces between thousands in every whole number of a text that has more than four digits.
    static func spaced(_ text: String) -> String {
        var result = ""
        var digits = ""
        var isFraction = false
        func flush() {
            result += isFraction || digits.hasPrefix("0") ? digits : Int(digits).map(grouped) ?? digits
            digits = ""
        }
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            if !digits.isEmpty { flush() }
            isFraction = character == "."
            result.append(character)
        }
        if !digits.isEmpty { flush() }
        return result
    }

    private static func grouped(_ value: Int) -> String {
        let digits = String(value)
        guard digits.count > 4 else { return digits }
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result += "\u{202F}" }
            result.append(digit)
        }
        return result
    }
}
