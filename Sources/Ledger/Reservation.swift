internal import GRDB

/// ε and δ set aside for one task, for good: the entry that stands before the first noise.
public struct Reservation: Sendable, Equatable {
    /// The digest of the task.
    public let task: LedgerHash
    /// ε set aside: the whole price of the task.
    public let epsilon: Double
    /// δ set aside.
    public let delta: Double
    /// The mechanism plan, as the caller wrote it.
    public let plan: String
    /// Commitment to each provider's upload, by party.
    public let uploads: [String: LedgerHash]
    /// Its sequence number in the ledger.
    public let sequence: UInt64
    /// The hash of its entry.
    public let hash: LedgerHash
    /// Seconds since 1970-01-01T00:00:00Z, as the service's host told them.
    public let time: Int64

    private static let uploadPrefix = "upload."

    /// Reads the reservation back from its entry.
    init?(_ entry: LedgerEntry) {
        guard entry.kind == .reservation, let epsilon = entry.epsilon, let delta = entry.delta,
            let plan = entry.details["plan"]
        else { return nil }
        var uploads: [String: LedgerHash] = [:]
        for (key, value) in entry.details where key.hasPrefix(Self.uploadPrefix) {
            guard let hash = LedgerHash(hex: value) else { return nil }
            uploads[String(key.dropFirst(Self.uploadPrefix.count))] = hash
        }
        task = entry.task
        self.epsilon = epsilon
        self.delta = delta
        self.plan = plan
        self.uploads = uploads
        sequence = entry.sequence
        hash = entry.hash
        time = entry.time
    }

    static func details(plan: String, uploads: [String: LedgerHash]) -> [String: String] {
        var details = ["plan": plan]
        for (party, hash) in uploads { details[uploadPrefix + party] = hash.hex }
        return details
    }
}

/// What a task has spent over its whole life.
public struct SpentTotal: Sendable, Equatable {
    /// 0 before the reservation, and the task's ε from it on.
    public let epsilon: Double
    /// 0 before the reservation, and the task's δ from it on.
    public let delta: Double
}

extension Ledger {
    /// Sets ε and δ aside before the first noise. The entry is durable when this returns, and there is one a task, ever.
    ///
    /// A second call with the same uploads and terms returns the reservation that stands, as long as nothing was
    /// released from it: a crash between this entry and the first noise has spent nothing twice.
    ///
    /// - Parameters:
    ///   - plan: the mechanism plan, as text; JSON by custom.
    ///   - uploads: commitment to every provider's upload, by party.
    /// - Throws: `alreadySpent` once something was released, `otherUploads`, `otherTerms`, `invalidPrice`.
    @discardableResult
    public func reserve(
        task: LedgerHash, epsilon: Double, delta: Double, plan: String, uploads: [String: LedgerHash], time: Int64
    ) throws(LedgerError) -> Reservation {
        guard epsilon.isFinite, epsilon > 0, epsilon < 1e15, delta >= 0, delta < 1 else {
            throw .invalidPrice(epsilon: epsilon, delta: delta)
        }
        return try perform { database in
            try database.write { database in
                if let standing = try Self.reservation(of: task, in: database) {
                    let releases = try Self.transcriptEnd(of: task, in: database)?.count ?? 0
                    guard releases == 0 else { throw LedgerError.alreadySpent(releases: releases) }
                    guard standing.uploads == uploads else { throw LedgerError.otherUploads }
                    guard standing.epsilon == epsilon, standing.delta == delta, standing.plan == plan else {
                        throw LedgerError.otherTerms
                    }
                    return standing
                }
                let entry = try Self.append(
                    .reservation, task: task, epsilon: epsilon, delta: delta,
                    details: Reservation.details(plan: plan, uploads: uploads), time: time, in: database)
                guard let reservation = Reservation(entry) else {
                    throw LedgerError.tampered(sequence: entry.sequence)
                }
                return reservation
            }
        }
    }

    /// The reservation of a task, if one was ever made.
    public func reservation(of task: LedgerHash) throws(LedgerError) -> Reservation? {
        try perform { database in try database.read { try Self.reservation(of: task, in: $0) } }
    }

    /// The total over the whole life of the task: what was set aside, or nothing; of a fit that ended early, what its
    /// end says was spent.
    public func total(task: LedgerHash) throws(LedgerError) -> SpentTotal {
        guard let reservation = try reservation(of: task) else { return SpentTotal(epsilon: 0, delta: 0) }
        let early = try entries(of: task).last { $0.kind == .failed && $0.epsilon != nil }
        return SpentTotal(
            epsilon: min(early?.epsilon ?? reservation.epsilon, reservation.epsilon), delta: reservation.delta)
    }

    /// Ends a task early, for good, where less was spent than set aside. The entry is durable when this returns.
    ///
    /// - Parameter epsilon: what the releases that were drawn cost, at the reservation's δ.
    /// - Throws: `invalidPrice` for more than was set aside, and where nothing was.
    @discardableResult
    public func recordEarlyEnd(
        task: LedgerHash, epsilon: Double, details: [String: String], time: Int64
    ) throws(LedgerError) -> LedgerEntry {
        try perform { database in
            try database.write { database in
                guard let reservation = try Self.reservation(of: task, in: database), epsilon > 0,
                    epsilon <= reservation.epsilon
                else { throw LedgerError.invalidPrice(epsilon: epsilon, delta: 0) }
                return try Self.append(
                    .failed, task: task, epsilon: epsilon, delta: reservation.delta, details: details, time: time,
                    in: database)
            }
        }
    }

    static func reservation(of task: LedgerHash, in database: Database) throws -> Reservation? {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT sequence, bytes FROM entry WHERE task = ? AND kind = ?",
                arguments: [task.hex, LedgerEntry.Kind.reservation.rawValue])
        else { return nil }
        let entry = try entry(row)
        guard let reservation = Reservation(entry) else { throw LedgerError.tampered(sequence: entry.sequence) }
        return reservation
    }
}
