public import VectorMath

/// How large an upload may be.
public struct TableLimits: Sendable, Equatable, Codable {
    public var bytes: Int
    public var rows: Int
    /// Public sizes, ascending: a table is filled up to the first of them that holds its rows, so that what is done with it
    /// depends on that size alone. One size is a declared one; several say in whose reach the rows lie; none leaves a
    /// table as long as it is.
    public var sizes: [Int]

    public init(bytes: Int, rows: Int, sizes: [Int] = []) {
        self.bytes = bytes
        self.rows = rows
        self.sizes = sizes
    }

    /// The public size of a table of so many rows.
    public func size(of rows: Int) -> Int { sizes.first { $0 >= rows } ?? rows }
}

/// A push parser from CSV bytes to codes and keyed hashes of keys. Text is never kept.
///
/// ``RecordReader`` cuts the text into rows. Problems are collected, never only the first.
public final class CSVTableReader {
    let domain: TableDomain
    let schema: TableSchema
    let limits: TableLimits
    let rowsPerKey: Int
    let hash: KeyedHash
    /// Holds rules against the rows, where the owner asks for it.
    public var ruleCheck: RuleCheck?
    var keys: KeyReader?
    var log = ProblemLog()
    var rows: RowReader?
    /// What the owner may not have meant, once the table has been read. For the owner only.
    public private(set) var warnings: [TableWarning] = []
    private let records: RecordReader
    private var bytesSeen = 0
    private var isStopped = false
    private let keyRule: KeyRule?
    private let expectedBytes: Int?

    /// Most rows for which memory is reserved by the announced size; beyond them columns grow as they are filled.
    private static let mostReserved = 33_554_432.0

    /// - Parameters:
    ///   - domain: what `TableDomain(schema:keyColumns:)` made of `schema`.
    ///   - key: nil for a table that is not joined.
    ///   - hash: shared by all tables of one task, drawn afresh each boot.
    ///   - rowsPerKey: 1 refuses a second row of a key; more takes every row, and the kernel keeps so many.
    ///   - dialect: how the text is laid out.
    ///   - expectedBytes: how large the file is said to be, so that columns need not grow by copies; nil if unknown.
    ///   - linkage: what is read of the key's columns where records are linked; nil where keys are compared whole.
    public init(
        domain: TableDomain, schema: TableSchema, key: KeyRule?, hash: KeyedHash, limits: TableLimits,
        rowsPerKey: Int = 1, dialect: TableDialect, expectedBytes: Int? = nil, linkage: LinkageTerms? = nil
    ) {
        self.expectedBytes = expectedBytes
        self.domain = domain
        self.schema = schema
        self.limits = TableLimits(
            bytes: limits.bytes, rows: min(limits.rows, Int(UInt32.max) - 1), sizes: limits.sizes)
        self.rowsPerKey = max(1, rowsPerKey)
        self.keyRule = key
        self.hash = hash
        records = RecordReader(dialect)
        if let key {
            keys = try? KeyReader(
                rule: key, hash: hash, linkage: linkage, missing: schema.missingValues ?? [])
            for problem in key.problems {
                log.add(TableProblem(code: "key_pattern", expected: "a sound key rule", hint: problem.what))
            }
        }
    }

    /// A reader of a file in UTF-8 whose first row is its header.
    public convenience init(
        domain: TableDomain, schema: TableSchema, key: KeyRule?, hash: KeyedHash, limits: TableLimits,
        rowsPerKey: Int = 1, delimiter: UInt8 = UInt8(ascii: ","), expectedBytes: Int? = nil
    ) {
        self.init(
            domain: domain, schema: schema, key: key, hash: hash, limits: limits, rowsPerKey: rowsPerKey,
            dialect: TableDialect(delimiter: delimiter), expectedBytes: expectedBytes)
    }

    // Proof: bytes are handed on whole, within the call that lends them.

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
        try records.consume(bytes, into: self)
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
        guard try records.finish(into: self) else {
            throw stop(
                TableProblem(
                    code: "empty_file", expected: "a header row with the column names",
                    hint: "The file holds nothing: check that it was saved and that the right one was chosen"))
        }
        guard var rows else { throw log.summary }
        self.rows = nil
        defer { rows.wipe() }
        warnings = rows.warnings(keys) + (ruleCheck?.findings.map(\.warning) ?? [])
        return try rows.table(
            log: &log, keys: &keys, rowsPerKey: rowsPerKey, hash: hash, publicSize: limits.size(of: rows.count))
    }

    deinit {
        records.wipe()
        keys?.wipe()
        rows?.wipe()
    }

    package func stop(_ problem: TableProblem) -> TableProblems {
        log.add(problem)
        isStopped = true
        rows?.wipe()
        rows = nil
        return log.summary
    }
}

extension CSVTableReader: RecordSink {
    package func take(header names: [String], row: Int) throws(TableProblems) {
        let header = CSVHeader(
            names: names, domain: domain, schema: schema, key: keyRule, delimiter: records.dialect.delimiter, row: row)
        for problem in header.problems { log.add(problem) }
        guard header.isReadable else {
            isStopped = true
            throw log.summary
        }
        rows = RowReader(domain: domain, schema: schema, header: header, keyParts: keyRule?.columns.count ?? 0)
    }

    package func take(
        rows grid: FieldGrid, firstRow: Int, rowNumbers: [Int]?, bytes: Int
    ) throws(TableProblems) {
        guard let count = rows?.count, grid.rows <= limits.rows - count else {
            throw stop(
                TableProblem(
                    code: "too_many_rows", expected: "at most \(limits.rows) rows",
                    hint: "Upload fewer rows, or raise limits.rows and the table's rows in the task"))
        }
        if count == 0, grid.rows > 0, limits.sizes.count == 1 {
            // Under a declared size memory is that of the declared rows, whatever comes.
            rows?.reserve(rows: limits.size(of: 0))
        } else if count == 0, grid.rows > 0, let expectedBytes {
            let expected = Double(expectedBytes) * Double(grid.rows) / Double(bytes)
            rows?.reserve(rows: min(limits.rows, Int(min(expected * 1.02, CSVTableReader.mostReserved))))
        }
        rows?.append(grid, firstRow: firstRow, rowNumbers: rowNumbers, keys: &keys, log: &log)
        if ruleCheck != nil, let rows { ruleCheck?.read(grid, of: rows) { rows.fileRow(count + $0) } }
    }

    package func note(_ code: String, _ problem: () -> TableProblem) { log.add(code, column: nil, problem) }
}
