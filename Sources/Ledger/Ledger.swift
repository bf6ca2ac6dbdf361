internal import Foundation
internal import GRDB

/// The append-only record of what was spent: hash-chained entries, and beside each reservation the releases drawn from
/// it.
///
/// Every call that records something has made it durable when it returns. Calls may come from any thread, and several
/// processes may share a state directory: each append reads the head inside its own write transaction. No call reads a
/// clock; time is an argument, in seconds since 1970.
public final class Ledger: Sendable {
    /// The newest entry: its place and its hash.
    public struct Head: Sendable, Equatable {
        /// 0 in an empty ledger.
        public let sequence: UInt64
        /// `LedgerHash.zero` in an empty ledger.
        public let hash: LedgerHash
    }

    let database: any DatabaseWriter
    /// The Merkle tree over the entries, kept from call to call.
    let tree = LedgerTree()

    init(_ database: any DatabaseWriter) throws(LedgerError) {
        self.database = database
        try perform { database in try database.write { try Schema.create(in: $0) } }
        try verify()
    }

    /// A ledger that lives as long as this object: for an enclave without a disk, and for tests.
    public static func inMemory() throws(LedgerError) -> Ledger {
        let queue: DatabaseQueue
        do { queue = try DatabaseQueue() } catch { throw LedgerError(error) }
        return try Ledger(queue)
    }

    /// The newest entry.
    public func head() throws(LedgerError) -> Head {
        try perform { database in try database.read { try Self.head(in: $0) } }
    }

    /// The entry at `sequence`, as it stood when it was the newest.
    public func head(at sequence: UInt64) throws(LedgerError) -> Head {
        Head(sequence: sequence, hash: try entry(sequence).hash)
    }

    /// The entry at `sequence`, counted from 1.
    ///
    /// - Throws: `LedgerError` if there is none, or if the storage fails.
    public func entry(_ sequence: UInt64) throws(LedgerError) -> LedgerEntry {
        guard let entry = try entries(from: sequence, to: sequence).first else {
            throw .noSuchEntry(sequence)
        }
        return entry
    }

    /// The entries from `first` to `last`, in order.
    public func entries(from first: UInt64 = 1, to last: UInt64 = .max) throws(LedgerError) -> [LedgerEntry] {
        try perform { database in
            try database.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT sequence, bytes FROM entry WHERE sequence BETWEEN ? AND ? ORDER BY sequence",
                    arguments: [Int64(clamping: first), Int64(clamping: last)]
                ).map { row in try Self.entry(row) }
            }
        }
    }

    /// The entries of one task, in order.
    public func entries(of task: LedgerHash) throws(LedgerError) -> [LedgerEntry] {
        try perform { database in
            try database.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT sequence, bytes FROM entry WHERE task = ? ORDER BY sequence",
                    arguments: [task.hex]
                ).map { row in try Self.entry(row) }
            }
        }
    }

    /// Records what happened. The entry is durable when this returns.
    @discardableResult
    public func append(
        _ kind: LedgerEntry.Kind, task: LedgerHash, party: String? = nil, details: [String: String] = [:], time: Int64
    ) throws(LedgerError) -> LedgerEntry {
        guard ![.reservation, .measurement, .trained, .request].contains(kind) else { throw .kindNotAppendable(kind) }
        return try perform { database in
            try database.write { database in
                try Self.append(kind, task: task, party: party, details: details, time: time, in: database)
            }
        }
    }
}

// MARK: - Inside a transaction

extension Ledger {
    static func head(in database: Database) throws -> Head {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT sequence, bytes FROM entry ORDER BY sequence DESC LIMIT 1")
        else { return Head(sequence: 0, hash: .zero) }
        let entry = try Self.entry(row)
        return Head(sequence: entry.sequence, hash: entry.hash)
    }

    static func entry(_ row: Row) throws -> LedgerEntry {
        let sequence = UInt64(clamping: row["sequence"] as Int64)
        guard let entry = LedgerEntry(canonicalBytes: Array(row["bytes"] as Data)), entry.sequence == sequence else {
            throw LedgerError.tampered(sequence: sequence)
        }
        return entry
    }

    static func append(
        _ kind: LedgerEntry.Kind, task: LedgerHash, party: String? = nil, epsilon: Double? = nil, delta: Double? = nil,
        details: [String: String] = [:], time: Int64, in database: Database
    ) throws -> LedgerEntry {
        let head = try head(in: database)
        let entry = LedgerEntry(
            sequence: head.sequence + 1, previous: head.hash, kind: kind, time: time, task: task, party: party,
            epsilon: epsilon, delta: delta, details: details)
        try database.execute(
            sql: "INSERT INTO entry (sequence, task, kind, bytes) VALUES (?, ?, ?, ?)",
            arguments: [Int64(clamping: entry.sequence), task.hex, kind.rawValue, Data(entry.canonicalBytes)])
        return entry
    }

    /// Runs `body` and turns every error into the ledger's own.
    func perform<Value>(_ body: (any DatabaseWriter) throws -> Value) throws(LedgerError) -> Value {
        do { return try body(database) } catch { throw LedgerError(error) }
    }
}

extension LedgerError {
    init(_ error: any Error) {
        switch error {
        case let error as LedgerError: self = error
        // Only the result code: messages can quote statements.
        case let error as DatabaseError: self = .storage(error.resultCode.description)
        default: self = .storage("the state directory cannot be used")
        }
    }
}
