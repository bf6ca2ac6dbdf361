import VectorMath

/// What a shard is told before any row: how many shards there are, which one it is, and how the rows of each table look. Public.
struct ShardLayout: Codable, Sendable, Equatable {
    /// Of the messages: a shard of another version is refused.
    static let version = 1

    let version: Int
    /// Among how many shards the keys are spread.
    let shards: Int
    /// Which of them this one is.
    let place: Int
    /// Of more rows of a key some are left out.
    let rowsPerKey: Int
    /// The key of the keyed hash: it chooses which rows of a key stay.
    let hashKey: [UInt32]
    /// Several are joined on their keys.
    let tables: [Table]

    /// One party's table.
    struct Table: Codable, Sendable, Equatable {
        let isKeyed: Bool
        let columns: [Column]

        /// Bytes of one row on the wire: its place in the file, its key's hash, its codes and their places in their cells.
        var rowBytes: Int {
            4 + (isKeyed ? 12 : 0) + columns.reduce(0) { $0 + $1.width + ($1.hasPlaces ? 1 : 0) }
        }

        /// Rows of one message: so many that it stays below 4 MiB. Every message has its full length, whatever it holds.
        var slots: Int { max(1, min(1 << 12, (1 << 22) / rowBytes)) }

        /// Bytes of one message of rows.
        var messageBytes: Int { ShardBatch.headBytes + slots * rowBytes }
    }

    /// One column of codes.
    struct Column: Codable, Sendable, Equatable {
        /// Every code is below it.
        let size: Int
        /// Whether it is known where in its cell a value lies.
        let hasPlaces: Bool

        /// Bytes of a code.
        var width: Int { size <= 1 << 8 ? 1 : size <= 1 << 16 ? 2 : 4 }
    }

    /// The sizes of all columns, in the order of the joined table.
    var sizes: [Int] { tables.flatMap { $0.columns.map(\.size) } }

    /// Whether a second row of a key is refused.
    var isUnique: Bool { rowsPerKey == 1 }

    /// Rows that are read before each shard is sent as many messages as every other one.
    static let blockRows = 1 << 16

    /// How many rows of a block of the file a shard has room for: a function of public figures.
    ///
    /// Rows without a key go to the shards in turn. Keys that are there once are spread by a hash that nobody outside knows, and a
    /// shard has so many of them but for a chance of e⁻³²; what has no room waits for the next block. Where a key may have more
    /// rows, all could be of one key, and there is room for all.
    func room(_ table: Table, rows: Int = ShardLayout.blockRows) -> Int {
        let even = (rows + shards - 1) / shards
        guard table.isKeyed, shards > 1 else { return even }
        guard isUnique else { return rows }
        return min(rows, even + Int(8 * Double(even).squareRoot()) + 1)
    }

    /// The messages of a block for each shard.
    func messages(_ table: Table, rows: Int = ShardLayout.blockRows) -> Int {
        (room(table, rows: rows) + table.slots - 1) / table.slots
    }

    /// The shard of a key.
    func shard(of key: HashedRow) -> Int { Int(key.high % UInt64(shards)) }

    private static let mostShards = 64
    private static let mostTables = 64
    private static let mostColumns = 4_096
    private static let mostCodes = 1 << 24
    private static let mostRowsPerKey = 4_096

    /// - Throws: where a layout that came over the wire is none.
    func check() throws(ShardRefusal) {
        guard version == Self.version else { throw .version(version) }
        let columns = tables.flatMap(\.columns)
        let isSound =
            (1...Self.mostShards).contains(shards) && (0..<shards).contains(place) && hashKey.count == 4
            && (1...Self.mostRowsPerKey).contains(rowsPerKey) && (1...Self.mostTables).contains(tables.count)
            && (1...Self.mostColumns).contains(columns.count) && tables.allSatisfy { !$0.columns.isEmpty }
            && columns.allSatisfy { (1...Self.mostCodes).contains($0.size) }
            && (tables.count == 1 || tables.allSatisfy(\.isKeyed))
        guard isSound else { throw .malformed("layout") }
    }
}

/// Why a shard does not go on. It quotes no row.
enum ShardRefusal: Error, Codable, Sendable, Equatable {
    /// Another version of the messages.
    case version(Int)
    /// A message that does not belong where it came.
    case unexpected(String)
    /// A message that is not of its form.
    case malformed(String)
    /// A batch that came before, or of which one before is missing.
    case batch(expected: Int, found: Int)
    /// A row whose key belongs to another shard: the other end counts with another number of shards.
    case anotherShard
    /// More rows or cells than there is room for.
    case tooLarge(String)
    /// The shard counts for somebody else.
    case busy
}
