public import Domains
import Synchronization
public import VectorMath

/// One party's table after reading. The keys' text is gone, and nobody outside can read a code or the hash of a key:
/// there is no subscript, description, equality or encoding, and reflection shows nothing.
///
/// It holds its rows alone, until the privacy kernel takes them to join them or until they are overwritten.
public final class KeyedTable: Sendable, CustomReflectable {
    /// Public: which columns there are and what their codes mean.
    public let domain: TableDomain
    /// Number of rows of the file. For the owner only.
    public let rowCount: Int
    let held: Mutex<KeyedRows?>

    init(_ rows: consuming KeyedRows) {
        domain = rows.domain
        rowCount = rows.rowCount
        held = Mutex(rows)
    }

    // KERNEL 1.3
    /// Hands the rows over: whoever takes them is alone with them and overwrites them.
    ///
    /// - Returns: nil if they were taken or overwritten before.
    @_spi(PrivateRows) public func take() -> KeyedRows? {
        held.withLock { rows in
            defer { rows = nil }
            return rows
        }
    }

    /// Overwrites every code and hash with zero. Once is enough.
    public func wipe() {
        guard var rows = take() else { return }
        rows.wipe()
    }

    deinit { wipe() }

    /// Reflection shows no row and no key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The rows of a party's table: codes, and a keyed hash of each row's key. For the privacy kernel alone.
@_spi(PrivateRows)
public struct KeyedRows: Sendable {
    /// Which columns there are and what their codes mean.
    public let domain: TableDomain
    /// The codes of every row of the file, and behind them padding: zeros up to the table's public size.
    public private(set) var table: CodedTable
    /// How many rows the file has. Private.
    public let rowCount: Int
    /// The rows in the order of their keys' hashes, every row of every key, and the padding under keys of its own that no
    /// file has; nil for a table without a key.
    public private(set) var keys: [HashedRow]?
    /// What the keys were hashed with.
    public let hash: KeyedHash
    /// Of a linkage: the texts that its terms name, for every record, padding and one more. Empty for every other join.
    public private(set) var texts: [RecordTexts]

    init(
        domain: TableDomain, table: CodedTable, rowCount: Int, keys: [HashedRow]?, hash: KeyedHash,
        texts: [RecordTexts] = []
    ) {
        self.domain = domain
        self.table = table
        self.rowCount = rowCount
        self.keys = keys
        self.hash = hash
        self.texts = texts
    }

    // KERNEL 2.6
    /// Overwrites every code and hash with zero, in place if nothing else references the storage.
    public mutating func wipe() {
        table.wipe()
        for place in texts.indices { texts[place].wipe() }
        guard var rows = keys else { return }
        keys = nil
        for index in rows.indices { rows[index] = HashedRow(hash: (0, 0), row: 0) }
        keys = rows
    }
}
