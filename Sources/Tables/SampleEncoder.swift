/// The formats in which samples leave.
public enum SampleFormat: String, Sendable, Codable, CaseIterable {
    /// RFC 4180 with a header row and LF.
    case csv
    /// Column-oriented as pandas writes it: `{"column": {"0": "high", "1": "med"}}`.
    case json
    /// One JSON object a line.
    case ndjson
}

/// Turns sampled codes into text.
public struct SampleEncoder: Sendable {
    /// - Parameter columns: which columns to write and in which order; nil for all.
    public init(domain: TableDomain, columns: [Int]?, format: SampleFormat) {}

    /// What stands before the first row.
    public mutating func header(into bytes: inout [UInt8]) {}

    /// The rows of a block. For `json` use `encode(rows:blocks:into:)`: that format goes column by column.
    public mutating func append(_ block: SampleBlock, into bytes: inout [UInt8]) {}

    /// What stands after the last row.
    public mutating func footer(into bytes: inout [UInt8]) {}

    /// Encodes rows from a source that can be read again, in constant memory, one piece a block.
    ///
    /// - Parameters:
    ///   - rowCount: how many rows to write.
    ///   - block: gives the rows of a range; asked once for `csv` and `ndjson`, once a column for `json`.
    ///   - write: takes the next piece of output.
    public func encode(
        rowCount: UInt64, block: (Range<UInt64>) throws -> SampleBlock, write: ([UInt8]) throws -> Void
    ) rethrows {}
}
