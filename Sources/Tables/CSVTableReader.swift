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
/// RFC 4180 in UTF-8, with or without byte order mark, with CRLF or LF. Problems are collected, never only the first.
public final class CSVTableReader {
    public init(
        domain: TableDomain, schema: TableSchema, key: KeyRule?, hash: KeyedHash, limits: TableLimits,
        rowsPerKey: Int = 1, delimiter: UInt8 = UInt8(ascii: ",")
    ) {}

    /// Takes the next bytes of the file, cut anywhere.
    ///
    /// - Throws: where reading on is pointless (the file is too large, or no CSV file at all).
    public func consume(_ bytes: UnsafeRawBufferPointer) throws(TableProblems) {}

    public func consume(_ bytes: some Collection<UInt8>) throws(TableProblems) {}

    /// Ends the file. Call once.
    public func finish() throws(TableProblems) -> KeyedTable {
        throw TableProblems(problems: [], counts: [:])
    }
}
