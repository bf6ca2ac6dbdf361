package import Domains
package import VectorMath

/// What takes the records of a file as a ``RecordReader`` finds them.
package protocol RecordSink: AnyObject {
    /// The column names, those without a name at the end of the row left out.
    ///
    /// - Parameter row: the line of the file.
    func take(header names: [String], row: Int) throws(TableProblems)

    /// Rows of as many cells as there are names.
    ///
    /// - Parameters:
    ///   - rowNumbers: for each its row in the file; nil where they follow each other from `firstRow`.
    ///   - bytes: how much text the block holds that these rows are of.
    func take(rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?, bytes: Int) throws(TableProblems)

    /// Something is wrong, and reading goes on.
    func note(_ code: String, _ problem: () -> TableProblem)

    /// Something is wrong, and reading on is pointless: gives what is to be thrown.
    func stop(_ problem: TableProblem) -> TableProblems
}

/// The one reader of delimited text: from bytes, cut anywhere, to rows of cells. Whoever reads a table reads through it.
///
/// RFC 4180 in UTF-8, with or without byte order mark, with CRLF or LF; or as the dialect declares. Text is gathered into
/// blocks whatever the pieces in which it arrives, so that the result depends only on the bytes. A block without quotes
/// whose lines all have the right number of cells takes the fast way, any other the careful one.
///
/// A row may have more cells than there are names if those are blank: many programs end each row with a delimiter.
package final class RecordReader {
    package let dialect: TableDialect
    /// Text not yet read is at the front of `block.bytes`.
    private var block = FieldGrid(columns: 1)
    /// Rows of the block without their quotes.
    private var unquoted = FieldGrid(columns: 1)
    private var filled = 0
    /// Read on when so much has gathered; twice what the last block left, so that no text is looked at over and over.
    private var nextRead = blockSize
    /// How much text was read and dropped.
    private var bytesRead = 0
    private var nextRow = 1
    private var hasHeader = false
    /// The row below the header.
    private var firstDataRow = 0
    private var hasEncodingFault = false
    private var hasZero = false
    private var decoder: TextDecoder?

    static let blockSize = 1 << 18
    /// No row has more bytes.
    package static let longestRecord = 1 << 20
    /// No header has more names.
    package static let mostColumns = 20_000

    package init(_ dialect: TableDialect) {
        self.dialect = dialect
        decoder = dialect.needsDecoding ? TextDecoder(dialect) : nil
    }

    // Proof of both readers of bytes: a part is a prefix of what is left, and the rest begins behind it. `FieldGrid.put` copies
    // the part within the call that lends it.

    /// Takes the next bytes of the file, cut anywhere.
    package func consume(_ bytes: UnsafeRawBufferPointer, into sink: some RecordSink) throws(TableProblems) {
        guard decoder != nil else { return try gather(bytes, into: sink) }
        var rest = bytes
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.blockSize))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            try gather(decoder?.decode(part) ?? [], into: sink)
        }
    }

    /// Ends the file. Call once.
    ///
    /// - Returns: whether there was a header.
    package func finish(into sink: some RecordSink) throws(TableProblems) -> Bool {
        try gather(decoder?.finish() ?? [], into: sink)
        if filled > 0, block.bytes[filled - 1] != 0x0A { append(0x0A) }
        try readBlock(isLast: true, into: sink)
        return hasHeader
    }

    /// Overwrites the text that was not read yet.
    package func wipe() {
        block.wipe()
        unquoted.wipe()
    }

    private func gather(_ text: [UInt8], into sink: some RecordSink) throws(TableProblems) {
        let failure: TableProblems? = text.withUnsafeBytes { bytes in
            do throws(TableProblems) {
                try gather(bytes, into: sink)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func gather(_ bytes: UnsafeRawBufferPointer, into sink: some RecordSink) throws(TableProblems) {
        var rest = bytes
        while !rest.isEmpty {
            let part = rest.prefix(max(Self.blockSize - filled, 1 << 16))
            block.put(UnsafeRawBufferPointer(rebasing: part), at: filled)
            filled += part.count
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            if filled >= nextRead { try readBlock(isLast: false, into: sink) }
        }
    }

    private func append(_ byte: UInt8) {
        [byte].withUnsafeBytes { block.put($0, at: filled) }
        filled += 1
    }

    // MARK: - Blocks

    private func readBlock(isLast: Bool, into sink: some RecordSink) throws(TableProblems) {
        var start = hasHeader ? 0 : try readHeader(isLast: isLast, into: sink)
        if hasHeader { start = try readRows(from: start, isLast: isLast, into: sink) }
        bytesRead += start
        block.moveToFront(start..<filled)
        filled -= start
        nextRead = max(Self.blockSize, 2 * filled)
        guard hasHeader else { return }
        if filled > 0, isLast {
            throw sink.stop(
                TableProblem(
                    code: "unclosed_quote", row: nextRow, expected: "a closing quote",
                    hint: "The quote that opens in this row never closes; write a quote inside a value twice"))
        }
        if filled >= Self.longestRecord {
            throw sink.stop(unended(0..<filled, expected: "rows of less than a megabyte"))
        }
    }

    /// Text in which no record ends: a quote that never closes, or a line that is none of a table.
    private func unended(_ range: Range<Int>, expected: String) -> TableProblem {
        guard nextRow >= dialect.headerRow else {
            return TableProblem(
                code: "header", row: nextRow, expected: "a header row",
                hint: "The file ends, or has a line of a megabyte, before the header's row \(dialect.headerRow)")
        }
        guard byteTraits(block.bytes, range).hasQuote else {
            return TableProblem(
                code: "long_line", row: nextRow, expected: expected,
                hint: "The line does not end within a megabyte: check that this is a CSV file and how its lines end")
        }
        return TableProblem(
            code: "unclosed_quote", row: nextRow, expected: expected,
            hint: hasHeader
                ? "A quote that opens in this row seems never to close; write a quote inside a value twice"
                : "The quote that opens in the header never closes")
    }

    /// Reads the header, and gives the place after it.
    private func readHeader(isLast: Bool, into sink: some RecordSink) throws(TableProblems) -> Int {
        var start = 0
        if bytesRead == 0, filled > 0 {
            let signs = Array(block.bytes[..<min(filled, 64)])
            if let problem = FileSignature.problem(signs, isDecoded: decoder != nil) { throw sink.stop(problem) }
            if filled >= 3, block.bytes[..<3].elementsEqual([0xEF, 0xBB, 0xBF]) { start = 3 }
        }
        start = placeOfHeader(from: start)
        guard start < filled else { return start }
        let isWaiting = nextRow < dialect.headerRow
        guard !isWaiting, let (found, end) = cutNames(from: start) else {
            if isLast || filled - start >= Self.longestRecord {
                throw sink.stop(unended(start..<filled, expected: "a header row"))
            }
            return start
        }
        var names = found
        checkEncoding(start..<end, sink)
        if byteTraits(block.bytes, start..<end).hasZero { noteZero(start..<end, sink) }
        if names.contains(where: { $0.utf8.contains(0x0D) && !$0.utf8.contains(0x0A) }) {
            throw sink.stop(
                TableProblem(
                    code: "line_ends", row: nextRow, expected: "rows that end in LF or CRLF",
                    hint:
                        "The rows end in bare carriage returns: save the file with Unix or Windows line ends, or declare "
                        + "dialect.lineTerminator: cr in the task"))
        }
        while names.count > 1, names.last?.allSatisfy(\.isWhitespace) == true { names.removeLast() }
        guard names.count <= Self.mostColumns else {
            throw sink.stop(
                TableProblem(
                    code: "header", row: nextRow, expected: "at most \(Self.mostColumns) columns",
                    hint: "The header names \(names.count) columns: check that this is the file"))
        }
        hasHeader = true
        try sink.take(header: names, row: nextRow)
        block.begin(columns: names.count)
        nextRow += dialect.headerRowCount
        firstDataRow = nextRow
        return end
    }

    /// The names, and the place behind them; nil if their rows do not end yet. Where several rows hold them, those of a column
    /// follow each other behind a blank.
    private func cutNames(from start: Int) -> (names: [String], end: Int)? {
        var (names, end): ([String], Int) = ([], start)
        for row in 0..<dialect.headerRowCount {
            var cutter = RecordCutter(columns: 1, dialect: dialect)
            guard let cells = cutter.cutOne(block.bytes, end..<filled, row: nextRow + row) else { return nil }
            end = cutter.consumed
            guard row > 0 else {
                names = cells
                continue
            }
            names += [String](repeating: "", count: max(0, cells.count - names.count))
            for (place, cell) in cells.enumerated() where !cell.allSatisfy(\.isWhitespace) {
                names[place] += names[place].allSatisfy(\.isWhitespace) ? cell : " " + cell
            }
        }
        return (names, end)
    }

    /// Leaves out the lines above the header: those that the dialect says, comments, and blank ones.
    private func placeOfHeader(from first: Int) -> Int {
        var start = first
        while start < filled {
            let isReturn = block.bytes[start] == 0x0D
            if isReturn, start + 1 < filled, block.bytes[start + 1] != 0x0A {
                start += 1
                continue
            }
            let isBlank = isReturn || block.bytes[start] == 0x0A
            guard nextRow < dialect.headerRow || isBlank || block.bytes[start] == dialect.commentChar else { break }
            var end = start
            while end < filled, block.bytes[end] != 0x0A { end += 1 }
            // A line of which the end has not come; of a blank one the carriage return is enough.
            guard end < filled else { return isBlank && nextRow >= dialect.headerRow ? end : start }
            nextRow += 1
            start = end + 1
        }
        return start
    }

    /// Reads whole records, and gives the place after the last one.
    private func readRows(
        from start: Int, isLast: Bool, into sink: some RecordSink
    ) throws(TableProblems) -> Int {
        guard start < filled, var end = endOfLastLine(block.bytes, start..<filled) else { return start }
        if dialect.footerRows > 0 {
            end = placeOfFooter(start..<end)
            guard end > start else { return isLast ? filled : start }
        }
        let consumed = try readRows(start..<end, into: sink)
        return isLast && dialect.footerRows > 0 && consumed == end ? filled : consumed
    }

    private func readRows(_ range: Range<Int>, into sink: some RecordSink) throws(TableProblems) -> Int {
        let traits = byteTraits(block.bytes, range)
        if traits.hasZero { noteZero(range, sink) }
        if !traits.hasQuote {
            if !traits.isASCII { checkEncoding(range, sink) }
            block.endsInCarriageReturn = traits.hasCarriageReturn
            if dialect.commentChar == nil,
                cutLines(&block, range, lines: traits.lineFeeds, delimiter: dialect.delimiter)
            {
                try sink.take(rows: block, firstRow: nextRow, rowNumbers: nil, bytes: filled)
                nextRow += block.rows
                return range.upperBound
            }
        }
        let isChecked = traits.isASCII || !traits.hasQuote
        let start = try readQuoted(range, lines: traits.lineFeeds, isASCII: isChecked, into: sink)
        guard start < range.upperBound else { return start }
        return try readCarefully(start..<range.upperBound, isASCII: isChecked, into: sink)
    }

    /// Reads the rows in front that need no care, and gives the place after them.
    private func readQuoted(
        _ range: Range<Int>, lines: Int, isASCII: Bool, into sink: some RecordSink
    ) throws(TableProblems) -> Int {
        unquoted.begin(columns: block.columns)
        let end = cutQuoted(
            block.bytes, range, lines: lines, delimiter: dialect.delimiter, commentChar: dialect.commentChar,
            into: &unquoted)
        guard unquoted.rows > 0 else { return range.lowerBound }
        if !isASCII { checkEncoding(range.lowerBound..<end, sink) }
        let first = nextRow
        try sink.take(
            rows: unquoted, firstRow: first, rowNumbers: nil, bytes: end - range.lowerBound)
        nextRow = first + unquoted.rows
        return end
    }

    private func readCarefully(
        _ range: Range<Int>, isASCII: Bool, into sink: some RecordSink
    ) throws(TableProblems) -> Int {
        var cutter = RecordCutter(columns: block.columns, dialect: dialect)
        cutter.cut(block.bytes, range, firstRow: nextRow)
        if !isASCII { checkEncoding(range.lowerBound..<cutter.consumed, sink) }
        for (row, flaw) in cutter.flaws {
            sink.note(flaw.code) { problem(flaw, row) }
        }
        try sink.take(rows: cutter.grid, firstRow: nextRow, rowNumbers: cutter.rowNumbers, bytes: filled)
        nextRow = cutter.nextRow
        return cutter.consumed
    }

    /// The place before the last lines that are no rows, in text that ends behind a line feed.
    private func placeOfFooter(_ range: Range<Int>) -> Int {
        var left = dialect.footerRows
        var place = range.upperBound
        while left > 0, place > range.lowerBound {
            var start = place - 1
            while start > range.lowerBound, block.bytes[start - 1] != 0x0A { start -= 1 }
            let isBlank = block.bytes[start..<place].allSatisfy { [0x0A, 0x0D, 0x20].contains($0) }
            place = start
            if !isBlank { left -= 1 }
        }
        return place
    }

    private func problem(_ flaw: RecordCutter.Flaw, _ row: Int) -> TableProblem {
        switch flaw {
        case .ragged(let fields) where row == firstDataRow:
            TableProblem(
                code: flaw.code, row: row, value: "\(fields) fields",
                expected: "\(block.columns) fields, as in the header",
                hint: fields > block.columns
                    ? "The header of row \(row - 1) names \(block.columns) columns and this row has \(fields) cells: write a name for "
                        + "each column into the header, or quote values that contain the delimiter (a decimal comma is one)"
                    : "The header of row \(row - 1) names \(block.columns) columns and this row has \(fields) cells: remove the name "
                        + "that no cell belongs to, or add the missing cells")
        case .ragged(let fields):
            TableProblem(
                code: flaw.code, row: row, value: "\(fields) fields",
                expected: "\(block.columns) fields, as in the header",
                hint: fields > block.columns
                    ? "Quote values that contain the delimiter (a decimal comma is one), or remove the extra fields"
                    : "Add the missing fields; a row may also be cut short by a line break that is not quoted, or be a note "
                        + "below the table (dialect.footerRows in the task)")
        case .textAfterQuote:
            TableProblem(
                code: flaw.code, row: row, expected: "a delimiter after the closing quote",
                hint: "Write a quote inside a quoted value twice, or close the quote that opens in this row")
        }
    }

    /// Says once where the first byte of zero stands: whatever else is wrong with its row follows from it.
    private func noteZero(_ range: Range<Int>, _ sink: some RecordSink) {
        guard !hasZero, let place = range.first(where: { block.bytes[$0] == 0 }) else { return }
        hasZero = true
        let row = nextRow + block.bytes[range.lowerBound..<place].count { $0 == 0x0A }
        let first = decoder == nil ? ", the first at byte \(bytesRead + place + 1)" : ""
        sink.note("encoding") {
            TableProblem(
                code: "encoding", row: row, expected: "a text file",
                hint: "The file holds bytes of zero\(first), which no text has: check that it is a CSV file and whole")
        }
    }

    private func checkEncoding(_ range: Range<Int>, _ sink: some RecordSink) {
        guard !hasEncodingFault, let place = UTF8Check.firstFault(block.bytes, range) else { return }
        hasEncodingFault = true
        let row = nextRow + block.bytes[range.lowerBound..<place].count { $0 == 0x0A }
        let byte = String(block.bytes[place], radix: 16, uppercase: true)
        let offset = bytesRead + place
        sink.note("encoding") {
            TableProblem(
                code: "encoding", row: row, value: "byte 0x\(byte) at offset \(offset)", expected: "text in UTF-8",
                hint: "This looks like Windows-1252 or another one-byte encoding: save the file as UTF-8, declare "
                    + "encoding: windows-1252 in the task, or run `entrepot prepare`")
        }
    }
}
