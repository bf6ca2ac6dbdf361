import Testing
import VectorMath

@testable import Domains
@testable import Tables

/// The fast way of quoted text beside the careful one, record by record.
@Suite("The cut of quoted text")
struct QuotedCutTests {
    private static func cells(_ grid: FieldGrid) -> [[String]] {
        (0..<grid.rows).map { row in
            (0..<grid.columns).map { column in
                grid.withField(row: row, column: column) { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    private static func quick(_ text: [UInt8], columns: Int, commentChar: UInt8? = nil) -> (FieldGrid, consumed: Int) {
        var grid = FieldGrid(columns: columns)
        let padded = text + [UInt8](repeating: 0x22, count: FieldGrid.padding)
        let consumed = cutQuoted(
            padded, 0..<text.count, lines: text.count { $0 == 0x0A }, delimiter: 0x2C, commentChar: commentChar,
            into: &grid)
        return (grid, consumed)
    }

    @Test("of any text the rows are those of the careful way, from the first to where it stops")
    func property() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "\"", "\"\"", ",", "\n", "\r\n", "\r", "a", "bcdefghij", " ", "#", "é", "\"x\",\"y,z\"\n", "1,\"2\",\n",
            "=", "=\"",
        ]
        var cutRows = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &random)
            let text = (0..<length).flatMap { _ in Array((pieces.randomElement(using: &random) ?? "").utf8) }
            let columns = Int.random(in: 1...3, using: &random)
            let commentChar: UInt8? = Bool.random(using: &random) ? UInt8(ascii: "#") : nil
            var dialect = TableDialect()
            dialect.commentChar = commentChar
            var cutter = RecordCutter(columns: columns, dialect: dialect)
            cutter.cut(text, 0..<text.count, firstRow: 1)
            let (grid, consumed) = Self.quick(text, columns: columns, commentChar: commentChar)
            let words = String(decoding: text, as: UTF8.self).debugDescription
            #expect(
                Self.cells(grid) == Array(Self.cells(cutter.grid).prefix(grid.rows)), "\(words), \(columns) columns")
            #expect(cutter.rowNumbers.prefix(grid.rows).elementsEqual(1..<(1 + grid.rows)), "\(words)")
            // What is left is cut by the careful way just as if the whole had been.
            var rest = RecordCutter(columns: columns, dialect: dialect)
            rest.cut(text, consumed..<text.count, firstRow: 1 + grid.rows)
            #expect(Self.cells(grid) + Self.cells(rest.grid) == Self.cells(cutter.grid), "\(words)")
            #expect(rest.consumed == cutter.consumed && rest.nextRow == cutter.nextRow, "\(words)")
            #expect(rest.flaws.map(\.row) == cutter.flaws.map(\.row), "\(words)")
            cutRows += grid.rows
        }
        #expect(cutRows > 1_000)
    }

    @Test("text whose records are as they should be is cut to its end", arguments: ["\n", "\r\n", ",\n", ", ,\r\n"])
    func whole(end: String) {
        let rows = (0..<50).map { row in
            "\"\(row)\",\"a \"\"b\"\", c\nd\",\(row * 7),\"\(String(repeating: "é", count: row))\"" + end
        }
        let text = Array(rows.joined().utf8)
        let (grid, consumed) = Self.quick(text, columns: 4)
        #expect(consumed == text.count)
        #expect(grid.rows == 50 && !grid.isPlain)
        #expect(Self.cells(grid)[3] == ["3", "a \"b\", c\nd", "21", "ééé"])
    }

    @Test("cells are plain exactly where none holds a delimiter, a quote or a line's end")
    func plain() {
        for (cell, isPlain) in [
            ("abcdefghijk", true), ("", true), ("a,b", false), ("abcdefgh,", false), ("a\"\"b", false), ("a\nb", false),
            ("abcdefgh\rb", false), ("ab\tc", true),
        ] {
            let (grid, _) = Self.quick(Array("\"x\",\"\(cell)\"\n\"y\",\"z,\"".utf8), columns: 2)
            #expect(grid.rows == 1 && grid.isPlain == isPlain, "\(cell)")
        }
    }
}
