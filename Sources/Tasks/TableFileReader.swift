internal import Crypto
public import Domains
internal import Gzip
public import Tables
public import VectorMath

/// Reads the file of a table, for the service and on its owner's machine alike: takes its digest, unpacks it where it is
/// gzip, and hands the text to the validator. Nothing of the file but codes and hashed keys is held.
public final class TableFileReader {
    private let reader: CSVTableReader
    private var digest = SHA256()
    private var unpacking: GzipReader?
    /// The first two bytes, until both are there.
    private var start: [UInt8]? = []

    /// - Parameter reader: takes the unpacked text; it must not have taken any.
    public init(_ reader: CSVTableReader) {
        self.reader = reader
        reader.unpack = unpackPage
    }

    /// A reader of what a provider brings, on its owner's machine: it looks for rows that break the task's rules, too.
    ///
    /// - Throws: `SchemaProblems`.
    public convenience init(
        _ table: TaskSpecification.PartyTable, of task: TaskSpecification
    ) throws(SchemaProblems) {
        let domain = try table.domain()
        self.init(table, domain: domain, of: task, hash: .random)
        guard let party = task.providers.first(where: { $0.table == table }) else { return }
        let rules = task.ownRules(of: party)
        if !rules.isEmpty { reader.ruleCheck = try? RuleCheck(rules, domain: domain) }
    }

    /// - Parameters:
    ///   - domain: that of `table`.
    ///   - expectedBytes: how large the file is said to be; nil if unknown.
    ///   - limits: other ones than those of the task.
    ///   - prepare: gets what reads the rows before it has read any.
    public convenience init(
        _ table: TaskSpecification.PartyTable, domain: TableDomain, of task: TaskSpecification, hash: KeyedHash,
        expectedBytes: Int? = nil, limits: TableLimits? = nil, prepare: (CSVTableReader) -> Void = { _ in }
    ) {
        let reader = CSVTableReader(
            domain: domain, schema: table.schema, key: table.key, hash: hash,
            limits: limits ?? task.limits.table(declared: table.rows),
            rowsPerKey: task.join.rowsPerKey, dialect: table.dialect, expectedBytes: expectedBytes,
            linkage: task.join.linkage)
        prepare(reader)
        self.init(reader)
    }

    /// Rows that break the task's rules, on their owner's machine.
    public var ruleFindings: [RuleFinding] { reader.ruleCheck?.findings ?? [] }

    /// SHA-256 of the bytes taken so far.
    public var digestSoFar: [UInt8] { Array(digest.finalize()) }

    // Proof: at most two bytes are taken from the front, and not more than there are; all others are handed on within the call
    // that lends them.

    /// What the owner may not have meant, once the table has been read. For the owner only.
    public var warnings: [TableWarning] { reader.warnings }

    /// Takes the next bytes of the file, cut anywhere.
    ///
    /// - Throws: `TableProblems` or `GzipError` if reading on is pointless.
    public func consume(_ bytes: UnsafeRawBufferPointer) throws {
        digest.update(bufferPointer: bytes)
        guard var start else { return try pass(bytes) }
        let missing = min(2 - start.count, bytes.count)
        start += bytes[..<missing]
        self.start = start
        guard start.count == 2 else { return }
        self.start = nil
        if GzipReader.isGzip(start) { unpacking = try GzipReader() }
        try start.withUnsafeBytes { try pass($0) }
        try pass(UnsafeRawBufferPointer(rebasing: bytes[missing...]))
    }

    /// Takes the next bytes of a Parquet file for its digest alone: what it holds is read at its end.
    public func digest(_ bytes: UnsafeRawBufferPointer) {
        start = nil
        digest.update(bufferPointer: bytes)
    }

    /// Ends a Parquet file that lies on this machine, all of whose bytes went into the digest.
    ///
    /// - Throws: `TableProblems` if the service refuses the table.
    public func finish(reading source: ParquetSource) throws -> (table: KeyedTable, sha256: [UInt8]) {
        let table = try reader.finish(reading: source)
        guard table.rowCount > 0 else { throw Self.noRows }
        return (table, digestSoFar)
    }

    /// Ends the file. Call once.
    ///
    /// - Returns: the table, and the SHA-256 of the file's bytes.
    /// - Throws: `TableProblems` if the service refuses the table, `GzipError`.
    public func finish() throws -> (table: KeyedTable, sha256: [UInt8]) {
        if let start { try start.withUnsafeBytes { try reader.consume($0) } }
        try unpacking?.finish()
        let table = try reader.finish()
        // It would pass every check, and then ε is spent on a join of nothing.
        guard table.rowCount > 0 else { throw Self.noRows }
        return (table, digestSoFar)
    }

    private static let noRows = TableProblems(
        problems: [
            TableProblem(
                code: "no_rows", expected: "at least one row below the header",
                hint: "The file holds column names alone: check the export, and that the right file was chosen")
        ], counts: ["no_rows": 1])

    private func pass(_ bytes: UnsafeRawBufferPointer) throws {
        guard let unpacking else { return try reader.consume(bytes) }
        try unpacking.consume(bytes) { try reader.consume($0) }
    }
}
