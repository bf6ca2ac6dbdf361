import VectorMath

/// How large what three parties share and multiply may be: so that it fits the memory of each, and a message its length.
///
/// All of it follows from the task: a table that is too large is refused before a word of it is sent.
enum ShareLimits {
    /// Words of a shared table, and wide elements.
    private static let (words, wideElements) = (1 << 31, 1 << 29)
    /// Bytes of a piece of one, which is one message: the length in front of it has four bytes.
    private static let pieceBytes = 1 << 30
    /// Products of one call. `TaskSpecification.Engine.mostSharedCells` refuses what would come to more before anybody signs.
    static let cells = 1 << 26

    /// - Parameters:
    ///   - width: columns of the table; nil where there are more than a number holds.
    ///   - isWide: whether its elements are of the field of 2⁶¹ − 1.
    static func check(width: Int?, rows: Int, isWide: Bool = false) throws(PrivacyError) {
        let whole = (rows: rows, most: isWide ? wideElements : words)
        let piece = (rows: min(rows, FieldStream.pieceRows), most: pieceBytes / (isWide ? 8 : 4))
        for part in [whole, piece] {
            let elements = width?.multipliedReportingOverflow(by: max(part.rows, 1))
            guard let elements, !elements.overflow, elements.partialValue <= part.most else {
                throw .tooManyCells(
                    cells: elements.flatMap { $0.overflow ? nil : $0.partialValue }, limit: part.most)
            }
        }
    }

    /// - Parameter tables: the columns of both sides of each.
    static func check(products tables: [(one: Int, two: Int)]) throws(PrivacyError) {
        var found = 0
        for table in tables {
            let (cells, overflow) = table.one.multipliedReportingOverflow(by: table.two)
            guard !overflow, cells <= Self.cells, found + cells <= Self.cells else {
                throw .tooManyCells(cells: overflow ? nil : found + cells, limit: Self.cells)
            }
            found += cells
        }
    }
}
