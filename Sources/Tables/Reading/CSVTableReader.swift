public import Domains
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

/// A push parser from the bytes of a CSV or Parquet file to codes and keyed hashes of keys. Text is never kept.
///
/// ``RecordReader`` cuts text into rows. A Parquet file says at its end where its columns lie: its bytes are held until then,
/// and overwritten after. Problems are collected, never only the first.
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
    /// Unpacks the pages of a Parquet file; without it only those that are not packed are read.
    public var unpack: PageUnpacker?
    /// What the owner may not have meant, once the table has been read. For the owner only.
    public private(set) var warnings: [TableWarning] = []
    private let records: RecordReader
    private var bytesSeen = 0
    /// The first bytes, until there are enough to tell what they are the beginning of.
    private var start: [UInt8]? = []
    /// The bytes of a Parquet file.
    private var held: HeldBytes?
    private var isStopped = false
    private let keyRule: KeyRule?
    private let expectedBytes: Int?

    /// Gets the rows block by block where none is to be kept.
    private var takeBlock: ((consuming CodedTable) -> Void)?
    private var blockRows = 0
    /// Gets the rows with their keys, block by block, where somebody else is to count them.
    var passing: (rows: Int, take: (PassedRows) -> Bool)?
    private var keepsRows: Bool { takeBlock == nil && passing == nil }

    /// Most rows for which memory is reserved by the announced size; beyond them columns grow as they are filled.
    private static let mostReserved = 33_554_432.0
    /// Most bytes for which memory is reserved because they are announced.
    private static let mostHeld = 1 << 26

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
                rule: key, hash: hash, linkage: linkage, missing: linkage == nil ? [] : schema.missingValues ?? [])
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
        guard let start else { return try pass(bytes) }
        // Proof: not more bytes are taken from the front than there are.
        let missing = min(ParquetFormat.magic.count - start.count, bytes.count)
        let begun = start + bytes[..<missing]
        self.start = begun
        guard begun.count == ParquetFormat.magic.count else { return }
        try decide(begun)
        try pass(UnsafeRawBufferPointer(rebasing: bytes[missing...]))
    }

    /// Tells a Parquet file by its first bytes.
    private func decide(_ begun: [UInt8]) throws(TableProblems) {
        start = nil
        if ParquetFile.isParquet(begun) {
            held = HeldBytes(capacity: min(limits.bytes, expectedBytes ?? 0, CSVTableReader.mostHeld))
        }
        let failure: TableProblems? = begun.withUnsafeBytes { bytes in
            do throws(TableProblems) {
                try pass(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer) throws(TableProblems) {
        if let held { held.bytes.append(contentsOf: bytes) } else { try records.consume(bytes, into: self) }
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

    /// Hands rows over as soon as there are so many, and keeps none. Where the table has problems none follow.
    func takeBlocks(of rows: Int, _ take: @escaping (consuming CodedTable) -> Void) {
        blockRows = rows
        takeBlock = take
    }

    func dropBlocks() { takeBlock = nil }

    private func deliver(atLeast least: Int? = nil) throws(TableProblems) {
        if let passing, var reader = rows {
            rows = nil
            defer { rows = reader }
            return try pass(atLeast: least ?? passing.rows, passing.take, &reader)
        }
        let least = least ?? blockRows
        guard let takeBlock, let block = try rows?.block(atLeast: least, &log), log.isEmpty else { return }
        takeBlock(block)
    }

    /// Ends the file. Call once.
    ///
    /// - Throws: the problems of the table, if it has any.
    public func finish() throws(TableProblems) -> KeyedTable {
        guard !isStopped else { throw log.summary }
        if let start { try decide(start) }
        if let held {
            defer { held.wipe() }
            return try finish(reading: ParquetSource(count: held.bytes.count) { Array(held.bytes[$0]) })
        }
        guard try records.finish(into: self) else {
            throw stop(
                TableProblem(
                    code: "empty_file", expected: "a header row with the column names",
                    hint: "The file holds nothing: check that it was saved and that the right one was chosen"))
        }
        return try table()
    }

    /// Reads a Parquet file that lies elsewhere, in place of bytes that are handed in. Call once.
    ///
    /// - Throws: the problems of the table, if it has any.
    public func finish(reading source: ParquetSource) throws(TableProblems) -> KeyedTable {
        guard !isStopped else { throw log.summary }
        try read(source)
        return try table()
    }

    private func table() throws(TableProblems) -> KeyedTable {
        try deliver(atLeast: 1)
        guard var rows else { throw log.summary }
        self.rows = nil
        defer { rows.wipe() }
        warnings = rows.warnings(keys) + (ruleCheck?.findings.map(\.warning) ?? [])
        return try rows.table(
            log: &log, keys: &keys, rowsPerKey: rowsPerKey, hash: hash, publicSize: limits.size(of: rows.count))
    }

    deinit {
        records.wipe()
        held?.wipe()
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

/// The bytes of a file that is held whole, in one place, so that they can be overwritten.
private final class HeldBytes {
    var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    func wipe() { for index in bytes.indices { bytes[index] = 0 } }
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

    /// Reads the rows of a Parquet file: its columns stand in row 1, as in a CSV file of the same table.
    private func read(_ source: ParquetSource) throws(TableProblems) {
        do {
            let file = try ParquetFile(source, mostBytes: limits.bytes, unpack: unpack)
            let columns = file.footer.columns
            let header = CSVHeader(
                names: columns.map(\.name), domain: domain, schema: schema, key: keyRule,
                delimiter: records.dialect.delimiter, row: 1)
            for problem in header.problems { log.add(problem) }
            guard header.isReadable else {
                isStopped = true
                throw log.summary
            }
            let typed = columns.indices.filter { !columns[$0].isText }
            rows = RowReader(
                domain: domain, schema: schema, header: header, keyParts: keyRule?.columns.count ?? 0,
                typed: Set(typed))
            guard file.footer.rowCount <= limits.rows else { throw stop(tooManyRows) }
            if keepsRows {
                rows?.reserve(rows: min(limits.size(of: file.footer.rowCount), Int(CSVTableReader.mostReserved)))
            }
            let fields = header.roles.indices.filter { header.roles[$0] != .ignored }
            guard !fields.isEmpty else { return }
            let texts = header.roles.map { role in
                if case .column(let column) = role { ParquetTexts(domain.columns[column]) } else { ParquetTexts() }
            }
            try file.blocks(fields, texts: texts) { block in
                let count = rows?.count ?? 0
                rows?.append(block, firstRow: count + 2, rowNumbers: nil, keys: &keys, log: &log)
                if ruleCheck != nil, let rows { ruleCheck?.read(block, of: rows) { rows.fileRow(count + $0) } }
                try deliver()
                return true
            }
        } catch let fault as ParquetFault {
            throw stop(fault.problem)
        } catch let problems as TableProblems {
            throw problems
        } catch {
            throw stop(
                TableProblem(code: "file", expected: "a file that can be read", hint: "Reading it failed: \(error)"))
        }
    }

    private var tooManyRows: TableProblem {
        TableProblem(
            code: "too_many_rows", expected: "at most \(limits.rows) rows",
            hint: "Upload fewer rows, or raise limits.rows and the table's rows in the task")
    }

    package func take(
        rows grid: FieldGrid, firstRow: Int, rowNumbers: [Int]?, bytes: Int
    ) throws(TableProblems) {
        guard let count = rows?.count, grid.rows <= limits.rows - count else {
            throw stop(tooManyRows)
        }
        if count == 0, grid.rows > 0, limits.sizes.count == 1 {
            // Under a declared size memory is that of the declared rows, whatever comes.
            rows?.reserve(rows: limits.size(of: 0))
        } else if count == 0, grid.rows > 0, let expectedBytes, keepsRows {
            let expected = Double(expectedBytes) * Double(grid.rows) / Double(bytes)
            rows?.reserve(rows: min(limits.rows, Int(min(expected * 1.02, CSVTableReader.mostReserved))))
        }
        rows?.append(grid, firstRow: firstRow, rowNumbers: rowNumbers, keys: &keys, log: &log)
        if ruleCheck != nil, let rows { ruleCheck?.read(grid, of: rows) { rows.fileRow(count + $0) } }
        try deliver()
    }

    package func note(_ code: String, _ problem: () -> TableProblem) { log.add(code, column: nil, problem) }
}
