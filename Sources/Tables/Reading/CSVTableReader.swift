public import VectorMath

/// How large an upload may be.
public struct TableLimits: Sendable, Equatable, Codable {
    public var bytes: Int
    public var rows: Int

    public init(bytes: Int, rows: Int) {
        self.bytes = bytes
        self.rows = rows
    }
}

/// A push parser from CSV bytes to codes and keyed hashes of keys. Text is never kept.
///
/// RFC 4180 in UTF-8, with or without byte order mark, with CRLF or LF. Text is gathered into blocks whatever the
/// chunks in which it arrives, so that the result depends only on the bytes. A block without quotes whose lines all
/// have the right number of fields takes the fast way, any other the careful one. Problems are collected, never only
/// the first.
public final class CSVTableReader {
    let domain: TableDomain
    let schema: TableSchema
    let limits: TableLimits
    let rowsPerKey: Int
    let delimiter: UInt8
    let hash: KeyedHash
    /// Holds rules against the rows, where the owner asks for it.
    public var ruleCheck: RuleCheck?
    var keys: KeyReader?
    var log = ProblemLog()
    var header: CSVHeader?
    var rows: RowReader?
    /// Text not yet read is at the front of `block.bytes`.
    private var block = FieldGrid(columns: 1)
    private var filled = 0
    /// Read on when so much has gathered; twice what the last block left, so that no text is ignored and over.
    private var nextRead = blockSize
    private var bytesSeen = 0
    /// How much text was read and dropped.
    private var bytesRead = 0
    private var nextRow = 1
    private var hasEncodingFault = false
    private var isStopped = false
    private let keyRule: KeyRule?
    private let expectedBytes: Int?

    private static let blockSize = 1 << 18
    private static let longestRecord = 1 << 20
    /// Most rows for which memory is reserved by the announced size; beyond them columns grow as they are filled.
    private static let mostReserved = 33_554_432.0

    /// - Parameters:
    ///   - domain: what `TableDomain(schema:keyColumns:)` made of `schema`.
    ///   - key: nil for a table that is not joined.
    ///   - hash: shared by all tables of one task, drawn afresh each boot.
    ///   - rowsPerKey: 1 refuses a second row of a key; more takes every row, and the kernel keeps so many.
    ///   - expectedBytes: how large the file is said to be, so that columns need not grow by copies; nil if unknown.
    public init(
        domain: TableDomain, schema: TableSchema, key: KeyRule?, hash: KeyedHash, limits: TableLimits,
        rowsPerKey: Int = 1, delimiter: UInt8 = UInt8(ascii: ","), expectedBytes: Int? = nil
    ) {
        self.expectedBytes = expectedBytes
        self.domain = domain
        self.schema = schema
        self.limits = TableLimits(bytes: limits.bytes, rows: min(limits.rows, Int(UInt32.max) - 1))
        self.rowsPerKey = max(1, rowsPerKey)
        self.delimiter = delimiter
        self.keyRule = key
        self.hash = hash
        if let key {
            keys = try? KeyReader(rule: key, hash: hash)
            for problem in key.problems {
                log.add(TableProblem(code: "key_pattern", expected: "a sound key rule", hint: problem.what))
            }
        }
    }

    // Proof of both readers of bytes: a part is a prefix of what is left, and the rest begins behind it. `FieldGrid.put` copies
    // the part within the call that lends it.

    /// Takes the next bytes of the file, cut anywhere.
    ///
    /// - Throws: if reading on is pointless: the file is too large, or no CSV file at all.
    public func consume(_ bytes: UnsafeRawBufferPointer) throws(TableProblems) {
        guard !isStopped else { throw log.summary }
        bytesSeen += bytes.count
        if bytesSeen > limits.bytes {
            throw stop(
                TableProblem(
                    code: "too_large", expected: "a file of at most \(limits.bytes) bytes",
                    hint: "Upload fewer rows, or raise limits.upload_bytes in the task"))
        }
        var rest = bytes
        while !rest.isEmpty {
            let part = rest.prefix(max(CSVTableReader.blockSize - filled, 1 << 16))
            block.put(UnsafeRawBufferPointer(rebasing: part), at: filled)
            filled += part.count
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            if filled >= nextRead { try readBlock(isLast: false) }
        }
    }

    /// Takes the next bytes of the file, cut anywhere.
    ///
    /// - Throws: if reading on is pointless.
    public func consume(_ bytes: some Collection<UInt8>) throws(TableProblems) {
        let failure: TableProblems?? = bytes.withContiguousStorageIfAvailable { bytes in
            do throws(TableProblems) {
                try consume(UnsafeRawBufferPointer(bytes))
                return nil
            } catch {
                return error
            }
        }
        if case .some(.some(let problems)) = failure { throw problems }
        if failure == nil { try consume(Array(bytes)) }
    }

    /// Ends the file. Call once.
    ///
    /// - Throws: the problems of the table, if it has any.
    public func finish() throws(TableProblems) -> KeyedTable {
        guard !isStopped else { throw log.summary }
        if filled > 0, block.bytes[filled - 1] != 0x0A {
            let lineFeed: [UInt8] = [0x0A]
            lineFeed.withUnsafeBytes { block.put($0, at: filled) }
            filled += 1
        }
        try readBlock(isLast: true)
        guard header != nil else {
            throw stop(
                TableProblem(
                    code: "empty_file", expected: "a header row with the column names",
                    hint: "The file holds nothing: check that it was saved and that the right one was chosen"))
        }
        guard var rows else { throw log.summary }
        self.rows = nil
        defer { rows.wipe() }
        return try rows.table(log: &log, keys: &keys, rowsPerKey: rowsPerKey, hash: hash)
    }

    deinit {
        block.wipe()
        rows?.wipe()
    }

    private func stop(_ problem: TableProblem) -> TableProblems {
        log.add(problem)
        isStopped = true
        rows?.wipe()
        rows = nil
        return log.summary
    }

    // MARK: - Blocks

    private func readBlock(isLast: Bool) throws(TableProblems) {
        var start = header == nil ? try readHeader(isLast: isLast) : 0
        if header != nil { start = try readRows(from: start, isLast: isLast) }
        bytesRead += start
        block.moveToFront(start..<filled)
        filled -= start
        nextRead = max(CSVTableReader.blockSize, 2 * filled)
        guard header != nil else { return }
        if filled > 0, isLast {
            throw stop(
                TableProblem(
                    code: "unclosed_quote", row: nextRow, expected: "a closing quote",
                    hint: "The quote that opens in this row never closes; write a quote inside a value twice"))
        }
        if filled >= CSVTableReader.longestRecord {
            throw stop(
                TableProblem(
                    code: "unclosed_quote", row: nextRow, expected: "rows of less than a megabyte",
                    hint: "A quote that opens in this row seems never to close; write a quote inside a value twice"))
        }
    }

    /// Reads the header, and gives the place after it.
    private func readHeader(isLast: Bool) throws(TableProblems) -> Int {
        var start = 0
        if bytesRead == 0, filled > 0 {
            if let problem = FileSignature.problem(Array(block.bytes[..<min(filled, 64)])) { throw stop(problem) }
            if filled >= 3, block.bytes[..<3].elementsEqual([0xEF, 0xBB, 0xBF]) { start = 3 }
        }
        // Leave out blank lines before the header.
        while start < filled, block.bytes[start] == 0x0A || block.bytes[start] == 0x0D {
            if block.bytes[start] == 0x0A { nextRow += 1 }
            start += 1
        }
        guard start < filled else { return start }
        var cutter = RecordCutter(columns: 1, delimiter: delimiter)
        guard let names = cutter.cutOne(block.bytes, start..<filled, row: nextRow) else {
            if isLast || filled - start >= CSVTableReader.longestRecord {
                throw stop(
                    TableProblem(
                        code: "unclosed_quote", row: nextRow, expected: "a header row",
                        hint: "The quote that opens in the header never closes"))
            }
            return start
        }
        checkEncoding(start..<cutter.consumed)
        if names.contains(where: { $0.utf8.contains(0x0D) }) {
            throw stop(
                TableProblem(
                    code: "line_ends", row: nextRow, expected: "rows that end in LF or CRLF",
                    hint: "The rows end in bare carriage returns: save the file with Unix or Windows line ends"))
        }
        let header = CSVHeader(
            names: names, domain: domain, schema: schema, key: keyRule, delimiter: delimiter, row: nextRow)
        for problem in header.problems { log.add(problem) }
        guard header.isReadable else {
            isStopped = true
            throw log.summary
        }
        self.header = header
        rows = RowReader(domain: domain, header: header, keyParts: keyRule?.columns.count ?? 0)
        block.begin(columns: names.count)
        nextRow += 1
        return cutter.consumed
    }

    /// Reads whole records, and gives the place after the last one.
    private func readRows(from start: Int, isLast: Bool) throws(TableProblems) -> Int {
        guard start < filled, let end = endOfLastLine(block.bytes, start..<filled) else { return start }
        let traits = byteTraits(block.bytes, start..<end)
        if !traits.hasQuote {
            if !traits.isASCII { checkEncoding(start..<end) }
            block.endsInCarriageReturn = traits.hasCarriageReturn
            if cutLines(&block, start..<end, lines: traits.lineFeeds, delimiter: delimiter) {
                try takeRows(block, rowNumbers: nil)
                return end
            }
        }
        return try readCarefully(start..<end, isASCII: traits.isASCII || !traits.hasQuote)
    }

    private func readCarefully(_ range: Range<Int>, isASCII: Bool) throws(TableProblems) -> Int {
        var cutter = RecordCutter(columns: block.columns, delimiter: delimiter)
        cutter.cut(block.bytes, range, firstRow: nextRow)
        if !isASCII { checkEncoding(range.lowerBound..<cutter.consumed) }
        for (row, flaw) in cutter.flaws {
            log.add(flaw.code, column: nil) { problem(flaw, row) }
        }
        try takeRows(cutter.grid, rowNumbers: cutter.rowNumbers)
        nextRow = cutter.nextRow
        return cutter.consumed
    }

    private func takeRows(_ grid: FieldGrid, rowNumbers: [Int]?) throws(TableProblems) {
        guard let count = rows?.count, grid.rows <= limits.rows - count else {
            throw stop(
                TableProblem(
                    code: "too_many_rows", expected: "at most \(limits.rows) rows",
                    hint: "Upload fewer rows, or raise limits.rows in the task"))
        }
        if count == 0, grid.rows > 0, let expectedBytes {
            let expected = Double(expectedBytes) * Double(grid.rows) / Double(filled)
            rows?.reserve(rows: min(limits.rows, Int(min(expected * 1.02, CSVTableReader.mostReserved))))
        }
        rows?.read(grid, firstRow: nextRow, rowNumbers: rowNumbers, keys: &keys, log: &log)
        if ruleCheck != nil, let rows, let header {
            ruleCheck?.read(grid, roles: header.roles) { rows.fileRow(count + $0) }
        }
        if rowNumbers == nil { nextRow += grid.rows }
    }

    private func problem(_ flaw: RecordCutter.Flaw, _ row: Int) -> TableProblem {
        switch flaw {
        case .ragged(let fields):
            TableProblem(
                code: flaw.code, row: row, value: "\(fields) fields",
                expected: "\(block.columns) fields, as in the header",
                hint: fields > block.columns
                    ? "Quote values that contain the delimiter (a decimal comma is one), or remove the extra fields"
                    : "Add the missing fields; a row may also be cut short by a line break that is not quoted")
        case .textAfterQuote:
            TableProblem(
                code: flaw.code, row: row, expected: "a delimiter after the closing quote",
                hint: "Write a quote inside a quoted value twice, or close the quote that opens in this row")
        }
    }

    private func checkEncoding(_ range: Range<Int>) {
        guard !hasEncodingFault, let place = UTF8Check.firstFault(block.bytes, range) else { return }
        hasEncodingFault = true
        let row = nextRow + block.bytes[range.lowerBound..<place].count { $0 == 0x0A }
        let byte = String(block.bytes[place], radix: 16, uppercase: true)
        log.add(
            TableProblem(
                code: "encoding", row: row, value: "byte 0x\(byte) at offset \(bytesRead + place)",
                expected: "text in UTF-8",
                hint: "This looks like Windows-1252 or another one-byte encoding: save the file as UTF-8"))
    }
}
