internal import GRDB

/// What was set aside for one request, out of the part of a task's ε that waits for requests.
public struct RequestReservation: Sendable, Equatable {
    /// The request's digest.
    public let request: LedgerHash
    /// Its price.
    public let epsilon: Double
    /// Its sequence number in the ledger.
    public let sequence: UInt64

    private static let requestKey = "request"

    /// Reads it back from its entry; nil for another kind, or one that lacks something.
    public init?(_ entry: LedgerEntry) {
        guard entry.kind == .request, let epsilon = entry.epsilon, epsilon > 0, entry.delta != nil,
            let request = entry.details[Self.requestKey].flatMap({ LedgerHash(hex: $0) })
        else { return nil }
        self.request = request
        self.epsilon = epsilon
        sequence = entry.sequence
    }

    fileprivate static func details(_ request: LedgerHash, query: String) -> [String: String] {
        [requestKey: request.hex, "query": query]
    }
}

extension Ledger {
    /// In millionths of ε, in which prices add up exactly.
    ///
    /// - Throws: `notMillionths` for what is no whole number of them above 0: rounded, many small prices would cost nothing.
    private static func millionths(_ epsilon: Double) throws(LedgerError) -> Int64 {
        let count = (epsilon * 1e6).rounded()
        guard count >= 1, count <= 8192e6, count / 1e6 == epsilon else {
            throw .notMillionths(epsilon)
        }
        return Int64(count)
    }

    /// What requests have left of their part; less than nothing where it is overspent.
    private static func left(
        of part: Double, beside requests: some Sequence<RequestReservation>
    ) throws(LedgerError) -> Int64 {
        var left = try millionths(part)
        for request in requests { left -= try millionths(request.epsilon) }
        return left
    }

    /// The requests of a task for which ε was set aside, in order.
    public func requests(of task: LedgerHash) throws(LedgerError) -> [RequestReservation] {
        try perform { database in try database.read { try Self.requests(of: task, in: $0) } }
    }

    private static func requests(of task: LedgerHash, in database: Database) throws -> [RequestReservation] {
        try Row.fetchAll(
            database, sql: "SELECT sequence, bytes FROM entry WHERE task = ? AND kind = ? ORDER BY sequence",
            arguments: [task.hex, LedgerEntry.Kind.request.rawValue]
        ).map { row in
            let entry = try entry(row)
            guard let request = RequestReservation(entry) else { throw LedgerError.tampered(sequence: entry.sequence) }
            return request
        }
    }

    // KERNEL 10.5
    /// Sets ε of one request aside, for good and once: asked again, the entry that stands. The entry is durable when this returns.
    ///
    /// What is set aside is a part of the task's reservation: the total over the whole life of the task stays what it is.
    ///
    /// - Parameters:
    ///   - party: the fingerprint of whoever asked.
    ///   - query: its name.
    ///   - part: of the task's ε, for all its requests together.
    /// - Throws: `noReservation` before the task's own; `partSpent` where less than the price is left; `notMillionths` for a
    ///   price or a part that is none.
    @discardableResult
    public func reserve(
        request: LedgerHash, query: String, task: LedgerHash, party: String, epsilon: Double, delta: Double,
        of part: Double, time: Int64
    ) throws(LedgerError) -> RequestReservation {
        guard delta >= 0, delta < 1 else { throw .invalidPrice(epsilon: epsilon, delta: delta) }
        let price = try Self.millionths(epsilon)
        return try perform { database in
            try database.write { database in
                guard try Self.reservation(of: task, in: database) != nil else { throw LedgerError.noReservation }
                let standing = try Self.requests(of: task, in: database)
                if let same = standing.first(where: { $0.request == request }) {
                    guard same.epsilon == epsilon else { throw LedgerError.otherTerms }
                    return same
                }
                let left = try Self.left(of: part, beside: standing)
                guard price <= left else {
                    throw LedgerError.partSpent(asked: epsilon, left: Double(max(0, left)) / 1e6)
                }
                let entry = try Self.append(
                    .request, task: task, party: party, epsilon: epsilon, delta: delta,
                    details: RequestReservation.details(request, query: query), time: time, in: database)
                guard let reservation = RequestReservation(entry) else {
                    throw LedgerError.tampered(sequence: entry.sequence)
                }
                return reservation
            }
        }
    }

    /// What is left of a task's part for requests before one of them, in millionths of ε: without the price of that one, where it is set
    /// aside already.
    public func left(of part: Double, before request: LedgerHash, task: LedgerHash) throws(LedgerError) -> Int {
        Int(try Self.left(of: part, beside: requests(of: task).filter { $0.request != request }))
    }
}
