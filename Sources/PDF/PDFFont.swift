import Foundation

/// A font as a PDF embeds it: DejaVu Sans with the five hundred letters of Latin, Greek and Cyrillic that `scripts/fonts` kept.
///
/// Text is written as glyph numbers of two bytes. A table beside the font maps them to letters, so that text can be
/// searched and copied. Source: ISO 32000-1, §9.7 (composite fonts), §9.9 (embedding), §9.10 (glyphs to letters).
package struct PDFFont: Sendable {
    /// Its name in the resources of a page.
    let resource: String
    private let name: String
    /// From the font's head: left, bottom, right and top of all glyphs, in thousandths of the size.
    private let box: [Int]
    /// The TrueType file, deflated, and its length before.
    private let file: [UInt8]
    private let length: Int
    /// Of each glyph, in thousandths of the size.
    private let widths: [Int]

    package static let regular = PDFFont(
        resource: "F1", name: "ENTREP+DejaVuSans", box: [-1021, -463, 1793, 1232],
        file: PackageResources.sans_deflated, length: table.lengths[0], widths: table.regular)
    package static let bold = PDFFont(
        resource: "F2", name: "ENTREP+DejaVuSans-Bold", box: [-1069, -415, 1975, 1175],
        file: PackageResources.bold_deflated, length: table.lengths[1], widths: table.bold)

    /// The operators that show a text; each row of numbers says which letters it stands for.
    func showing(_ text: LegibleText) -> String {
        text.pieces.map { piece in
            let shown = "\(operand(piece.shown)) Tj"
            guard let actual = piece.actual else { return shown }
            return "/Span << /ActualText \(PDFFile.literal(actual)) >> BDC \(shown) EMC"
        }.joined(separator: " ")
    }

    /// The string operand of letters that the font has.
    func operand(_ letters: String) -> String {
        "<" + Self.glyphs(letters).map { Self.fourDigits($0) }.joined() + ">"
    }

    /// In points.
    func width(of text: String, size: Double) -> Double {
        Double(Self.glyphs(Self.legible(text).shown).reduce(0) { $0 + widths[$1] }) * size / 1000
    }

    /// The objects of the font without the stream of its file; the first is the font itself.
    ///
    /// - Parameters:
    ///   - first: the number of the first object; the file's number follows the last.
    ///   - letters: the number of the object that maps glyphs to letters.
    func objects(first: Int, letters: Int) -> [String] {
        [
            "<< /Type /Font /Subtype /Type0 /BaseFont /\(name) /Encoding /Identity-H "
                + "/DescendantFonts [\(first + 1) 0 R] /ToUnicode \(letters) 0 R >>",
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /\(name) /CIDToGIDMap /Identity "
                + "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
                + "/FontDescriptor \(first + 2) 0 R /W [0 [\(widths.map { "\($0)" }.joined(separator: " "))]] >>",
            "<< /Type /FontDescriptor /FontName /\(name) /Flags 4 /FontBBox [\(box[0]) \(box[1]) \(box[2]) \(box[3])] "
                + "/ItalicAngle 0 /Ascent 928 /Descent -236 /CapHeight 729 /StemV 80 /FontFile2 \(first + 3) 0 R >>",
        ]
    }

    /// The entries and the content of the stream of its file.
    var stream: (entries: String, content: [UInt8]) { ("/Filter /FlateDecode /Length1 \(length) ", file) }

    /// The map from glyphs to letters, for all fonts.
    static var letters: [UInt8] {
        let lines = table.letters.enumerated().map { "<\(fourDigits($0))> <\(fourDigits($1))>" }
        // A block holds a hundred at most.
        let blocks = stride(from: 0, to: lines.count, by: 100).map { start in
            let block = lines[start..<min(start + 100, lines.count)]
            return "\(block.count) beginbfchar\n\(block.joined(separator: "\n"))\nendbfchar\n"
        }
        return Array(
            ("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Letters def\n/CMapType 2 def\n"
                + "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                + "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n\(blocks.joined())"
                + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").utf8)
    }

    /// A text as the fonts can show it.
    static func legible(_ text: String) -> LegibleText {
        LegibleText(text) { table.numbers[$0.value] != nil }
    }

    private static func glyphs(_ letters: String) -> [Int] {
        letters.unicodeScalars.map { table.numbers[$0.value] ?? 0 }
    }

    private static func fourDigits(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension PDFFont {
    /// `glyphs.txt`, as `scripts/fonts` writes it.
    private struct Table {
        let lengths: [Int]
        let letters: [Int]
        let regular: [Int]
        let bold: [Int]
        /// The glyph of each letter.
        let numbers: [UInt32: Int]
    }

    private static let table: Table = {
        let rows = String(decoding: PackageResources.glyphs_txt, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: " ").compactMap { Int($0) }
        }
        let glyphs = rows.dropFirst()
        let letters = glyphs.map { $0[0] }
        return Table(
            lengths: rows[0], letters: letters, regular: glyphs.map { $0[1] }, bold: glyphs.map { $0[2] },
            numbers: Dictionary(uniqueKeysWithValues: letters.enumerated().map { (UInt32($1), $0) }))
    }()
}
