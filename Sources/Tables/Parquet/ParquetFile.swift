import Domains

/// A Parquet file whose rows are read block by block: plain columns of single values, plain and dictionary pages of versions 1
/// and 2, packed or not. It comes from a stranger: what it says of itself is held against what is there.
///
/// It holds one page a column, and of the file what the caller's `read` gives.
struct ParquetFile {
    let footer: ParquetFooter
    private let source: ParquetSource
    /// No page is larger, and all that are open are no larger than four of them.
    private let limit: Int
    private let unpack: PageUnpacker?

    /// Pages of most programs have a megabyte; some write a whole row group as one.
    private static let largestPage = 1 << 28
    private static let smallestLimit = 1 << 24
    /// Most rows of a block.
    private static let blockRows = 1 << 15

    static func isParquet(_ start: some Collection<UInt8>) -> Bool { start.starts(with: ParquetFormat.magic) }

    /// - Parameter mostBytes: how large a file may be; pages unpack to no more, unless they are small.
    /// - Throws: ``ParquetFault``, or what reading throws.
    init(_ source: ParquetSource, mostBytes: Int, unpack: PageUnpacker?) throws {
        self.source = source
        self.unpack = unpack
        limit = min(Self.largestPage, max(Self.smallestLimit, mostBytes))
        footer = try ParquetFooter(count: source.count, read: source.read)
    }

    /// Reads chosen columns of all rows, in order.
    ///
    /// - Parameters:
    ///   - fields: numbers of the columns that are wanted.
    ///   - texts: for each column of the file how its task writes what has no text.
    ///   - take: gets the next rows; false ends the reading.
    func blocks(
        _ fields: [Int], texts: [ParquetTexts], take: (ParquetBlock) throws -> Bool
    ) throws {
        var dictionaries = 0
        for group in footer.groups where group.rows > 0 {
            var chunks = fields.map { field in
                ParquetChunk(
                    footer.columns[field], chunk: group.chunks[field], texts: texts[field], limit: limit,
                    unpack: unpack, read: source.read)
            }
            var left = group.rows
            while left > 0 {
                var rows = min(left, Self.blockRows)
                for place in chunks.indices {
                    if chunks[place].rowsLeft == 0 {
                        try chunks[place].open(&dictionaries)
                        guard chunks.reduce(0, { $0 + $1.heldBytes }) <= 4 * limit else {
                            throw ParquetFault(
                                expected: "pages of at most \(4 * limit) bytes of all columns together",
                                hint: "Write the table with smaller pages (of a megabyte, as most programs do)")
                        }
                    }
                    rows = min(rows, chunks[place].rowsLeft)
                }
                var block = ParquetBlock(rows: rows, columns: footer.columns.count)
                for (place, field) in fields.enumerated() {
                    block.fields[field] = ParquetBlock.Field(
                        values: try chunks[place].take(rows), missing: texts[field].missing)
                }
                left -= rows
                guard try take(block) else { return }
            }
        }
    }
}

/// The bytes of a Parquet file, wherever they lie.
public struct ParquetSource {
    /// How many there are.
    public let count: Int
    let read: (Range<Int>) throws -> [UInt8]

    /// - Parameter read: gives the bytes of a range, which lies inside.
    public init(count: Int, read: @escaping (Range<Int>) throws -> [UInt8]) {
        self.count = count
        self.read = read
    }
}
