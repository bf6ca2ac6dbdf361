public import Domains
import Synchronization
import VectorMath

/// A table that stays in its file: nobody holds its rows, and whoever may count them has them read anew, block by block. Like
/// ``KeyedTable`` it gives them to the privacy kernel alone, and once.
///
/// Its rows have no key, for keys would have to be held to be compared: each is a record of its own.
public final class StreamedTable: Sendable, CustomReflectable {
    /// Public: which columns there are and what their codes mean.
    public let domain: TableDomain
    /// Number of rows of the file. For the owner only.
    public let rowCount: Int
    private let held: Mutex<StreamedRows?>

    /// Reads the file once, to find what is wrong with it.
    ///
    /// - Parameters:
    ///   - schema: without a key.
    ///   - feed: hands the file to a reader, to its end, and gives a digest of its bytes. It is called again for each round of
    ///     questions, and throws where the file is no longer what it was.
    /// - Throws: `TableProblems`, or what `feed` throws.
    public init(
        domain: TableDomain, schema: TableSchema, limits: TableLimits,
        feed: @escaping @Sendable (CSVTableReader) throws -> [UInt8]
    ) throws {
        self.domain = domain
        let rows = StreamedRows(domain: domain, schema: schema, limits: limits, feed: feed)
        let counted = Mutex(0)
        let digest = try rows.pass { block in counted.withLock { $0 += block.rowCount } }
        rowCount = counted.withLock { $0 }
        held = Mutex(rows.expecting(rowCount, digest))
    }

    // KERNEL 1.3
    /// Hands the rows over.
    ///
    /// - Returns: nil if they were taken before.
    @_spi(PrivateRows) public func take() -> StreamedRows? {
        held.withLock { rows in
            defer { rows = nil }
            return rows
        }
    }

    /// Reflection shows no row.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// How the rows of a table are read from its file. For the privacy kernel alone.
@_spi(PrivateRows)
public struct StreamedRows: Sendable {
    /// Which columns there are and what their codes mean.
    public let domain: TableDomain
    private let schema: TableSchema
    private let limits: TableLimits
    private let feed: @Sendable (CSVTableReader) throws -> [UInt8]
    private var expected: (rows: Int, digest: [UInt8])?

    /// Why a file could not be read again. It quotes nothing of it.
    public struct Changed: Error {
        public let what: String
    }

    /// Rows of a block: few enough to lie in the processor's cache with the tables that they are counted into.
    static let blockRows = 1 << 16

    init(
        domain: TableDomain, schema: TableSchema, limits: TableLimits,
        feed: @escaping @Sendable (CSVTableReader) throws -> [UInt8]
    ) {
        self.domain = domain
        self.schema = schema
        self.limits = limits
        self.feed = feed
    }

    func expecting(_ rows: Int, _ digest: [UInt8]) -> StreamedRows {
        var copy = self
        copy.expected = (rows, digest)
        return copy
    }

    /// Reads every row once.
    ///
    /// - Parameter take: gets the blocks in the order of the file; it must keep none.
    /// - Throws: if the file cannot be read, or is not the one that was read first: what was handed over counts for nothing.
    public func read(_ take: (consuming CodedTable) -> Void) throws(Changed) {
        var rows = 0
        let digest: [UInt8]
        do {
            digest = try pass { block in
                rows += block.rowCount
                take(block)
            }
        } catch {
            throw Changed(what: "it can no longer be read, or holds what it did not hold before")
        }
        guard let expected, expected.rows == rows, expected.digest == digest else {
            throw Changed(what: "its bytes are no longer those that were checked")
        }
    }

    func pass(_ take: (consuming CodedTable) -> Void) throws -> [UInt8] {
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: nil, hash: KeyedHash(key: (0, 0)), limits: limits)
        return try withoutActuallyEscaping(take) { take in
            reader.takeBlocks(of: Self.blockRows, take)
            defer { reader.dropBlocks() }
            return try feed(reader)
        }
    }
}
