import Dispatch
public import Domains
import Foundation
import Synchronization
@_spi(PassedRows) public import Tables
import VectorMath

/// Tables that come one by one, each when its owner brings it, and stay on shards until they are counted: what a service holds in
/// the place of rows.
///
/// Rows are sent while a table is read; here is no second copy of them. Where a shard is lost after it got rows of a table that counts,
/// nothing that it held can be had again: `failure` says so, and everything later throws it.
public final class ShardIntake: Sendable {
    private struct State {
        var isOpen = false
        var hasEnded = false
        var failure: ShardError?
        /// Tables that shards hold, and tables of which rows come.
        var held: Set<Int> = []
        var coming: Set<Int> = []
    }

    private let lanes: [ShardLane]
    private let tables: [Table]
    private let rowsPerKey: Int
    private let state = Mutex(State())
    /// What is said about tables is said in the order in which it was asked for.
    private let order = DispatchQueue(label: "shards")

    /// One party's table.
    public struct Table: Sendable {
        let domain: TableDomain
        let key: KeyRule

        /// A table with the domain of its columns and the rule of its key.
        public init(domain: TableDomain, key: KeyRule) { (self.domain, self.key) = (domain, key) }
    }

    /// - Parameters:
    ///   - tables: they are joined on their keys, in this order.
    ///   - rowsPerKey: of more rows of a key some are left out; where it is 1, a second one is refused.
    ///   - hashKey: of the keyed hash that every table is read with.
    /// - Throws: `ShardError.notCounted`.
    public init(
        _ tables: [Table], rowsPerKey: Int, shards: [ShardCounter.Shard], hashKey: (UInt64, UInt64)
    ) throws(ShardError) {
        self.tables = tables
        self.rowsPerKey = max(1, rowsPerKey)
        lanes = try ShardLane.lanes(
            to: shards, tables.map { (domain: $0.domain, isKeyed: true) }, rowsPerKey: self.rowsPerKey,
            hashKey: hashKey)
    }

    deinit { cut() }

    /// Why what shards held is gone; nil as long as it is not.
    public var failure: ShardError? { state.withLock { $0.failure } }

    // MARK: - Rows

    /// Begins to send a table: what came of an earlier attempt is overwritten. Connects and verifies where that is not done. Blocks.
    ///
    /// - Throws: `ShardError`. As long as `failure` is nil the table may be brought again.
    public func begin(_ table: Int, limits: TableLimits) throws -> ShardUpload {
        try order.sync {
            try ready()
            do { try ShardCounter.together(lanes) { try $0.drop(table: table, held: false) } } catch {
                guard fail(error, sending: table) == nil else { throw error }
                // The connection ended since, and nothing lay there: another one.
                try ready()
            }
            state.withLock { _ = $0.coming.insert(table) }
        }
        return ShardUpload(self, ShardCutter(lanes, table: table), table: table, tables[table].key, limits)
    }

    /// Connects to every shard, and verifies each before it is told anything.
    private func ready() throws {
        let isOpen = try state.withLock { state in
            if let failure = state.failure { throw failure }
            guard !state.hasEnded else { throw ShardError.notCounted("A task that is over") }
            return state.isOpen
        }
        if isOpen { return }
        do { try ShardCounter.together(lanes) { try $0.begin() } } catch {
            for lane in lanes { lane.cut() }
            throw error
        }
        let isOver = state.withLock { state in
            state.isOpen = !state.hasEnded
            return state.hasEnded
        }
        if isOver {
            for lane in lanes { lane.cut() }
            throw ShardError.notCounted("A task that is over")
        }
    }

    /// Notes that a shard is lost, or errs.
    ///
    /// - Parameter table: of which rows were on their way: without them nothing is missing, if nothing else lay there.
    /// - Returns: nil where another attempt may do better.
    @discardableResult
    func fail(_ error: any Error, sending table: Int? = nil) -> ShardError? {
        guard let error = error as? ShardError, !error.isOfRows else { return nil }
        let failure: ShardError? = state.withLock { state in
            if let table { state.coming.remove(table) }
            state.isOpen = false
            guard state.failure == nil, !state.hasEnded else { return state.failure }
            guard !error.mayPass || !state.held.isEmpty || !state.coming.isEmpty else { return nil }
            state.failure = error
            return error
        }
        for lane in lanes { lane.cut() }
        return failure
    }

    /// The end of a table's rows, and what is wrong with its keys.
    func close(_ table: Int) throws {
        let reports = try ShardCounter.together(lanes) { try $0.close(table: table) }
        let repeated = reports.flatMap(\.repeated).filter { $0.count > 0 }
        guard repeated.isEmpty else { throw ShardCounter.problems(of: repeated, tables[table].key) }
    }

    // MARK: - What becomes of tables

    /// Has the rows of a table that came take the place of those that are held. It does not wait.
    public func keep(_ table: Int) {
        state.withLock { state in
            state.coming.remove(table)
            state.held.insert(table)
        }
        later { try ShardCounter.together($0) { try $0.keep(table: table) } }
    }

    /// Has the rows of a table that came overwritten. It does not wait.
    public func drop(_ table: Int) {
        state.withLock { _ = $0.coming.remove(table) }
        later { try ShardCounter.together($0) { try $0.drop(table: table, held: false) } }
    }

    /// Has the rows of a table that are held overwritten. It does not wait.
    public func remove(_ table: Int) {
        state.withLock { _ = $0.held.remove(table) }
        later { try ShardCounter.together($0) { try $0.drop(table: table, held: true) } }
    }

    private func later(_ work: @escaping @Sendable ([ShardLane]) throws -> Void) {
        order.async { [self] in
            guard state.withLock({ $0.isOpen }) else { return }
            do { try work(lanes) } catch { fail(error) }
        }
    }

    /// Whether all shards still answer. Blocks.
    ///
    /// - Throws: `failure`.
    public func check() throws(ShardError) {
        let failure: ShardError? = order.sync {
            let (isOpen, failure) = state.withLock { ($0.isOpen, $0.failure) }
            guard isOpen, failure == nil else { return failure }
            do { try ShardCounter.together(lanes) { try $0.check() } } catch { return fail(error) }
            return nil
        }
        if let failure { throw failure }
    }

    /// What counts the rows that are held, once no more come: each shard joins its own. Blocks.
    ///
    /// - Parameter domain: of the joined columns.
    /// - Throws: `ShardError`.
    public func counter(of domain: TableDomain) throws -> ShardCounter {
        guard tables.flatMap(\.domain.columns).map(\.size) == domain.sizes else {
            throw ShardError.notCounted("A column that a rule computes")
        }
        try order.sync {
            if let failure { throw failure }
            guard state.withLock({ $0.held.count == tables.count && $0.isOpen }) else {
                throw ShardError.notCounted("A join of which a table is missing")
            }
            do { try ShardCounter.together(lanes) { _ = try $0.finish() } } catch {
                fail(error)
                throw error
            }
        }
        return ShardCounter(lanes, domain: domain, rowsPerKey: rowsPerKey) { [weak self] in self?.fail($0) }
    }

    /// Has every shard overwrite its rows, and waits for it. Nothing is sent afterwards.
    public func end() {
        state.withLock { $0.hasEnded = true }
        for lane in lanes { lane.end() }
        cut()
    }

    /// Ends all connections at once: shards overwrite their rows then. Nothing is sent afterwards.
    public func cut() {
        state.withLock { state in
            (state.hasEnded, state.isOpen) = (true, false)
            (state.held, state.coming) = ([], [])
        }
        for lane in lanes { lane.cut() }
    }
}

/// One table on its way to shards. Whoever reads it is alone with it.
public final class ShardUpload {
    private let intake: ShardIntake
    private let cutter: ShardCutter
    private let table: Int
    private let limits: TableLimits

    init(_ intake: ShardIntake, _ cutter: ShardCutter, table: Int, _ key: KeyRule, _ limits: TableLimits) {
        (self.intake, self.cutter, self.table, self.limits) = (intake, cutter, table, limits)
        cutter.sendsAtOnce = false
    }

    /// What the table is read with: of its rows none are kept here, and none padded.
    public static func limits(_ limits: TableLimits) -> TableLimits {
        TableLimits(bytes: limits.bytes, rows: limits.rows)
    }

    /// Has a reader hand its rows in.
    public func take(from reader: CSVTableReader) {
        reader.passRows(blocksOf: ShardLayout.blockRows, cutter.take)
    }

    /// Whether a block of rows waits for `send`.
    public var isWaiting: Bool { cutter.isWaiting }

    /// Whether rows are sent by the thread that reads them: one that may wait.
    public func sendAtOnce() { cutter.sendsAtOnce = true }

    /// Sends the blocks that wait. Blocks.
    ///
    /// - Throws: `ShardError`.
    public func send() throws {
        cutter.send()
        try check()
    }

    /// - Throws: why a shard took no more.
    public func check() throws {
        guard let failure = cutter.failure else { return }
        intake.fail(failure, sending: table)
        throw failure
    }

    /// The end of the table: as many messages as a table of its public size has, and then whether each key has one row. Blocks.
    ///
    /// - Throws: `TableProblems` for keys, `ShardError`.
    public func finish() throws {
        do {
            try cutter.finish { [limits] in limits.size(of: $0) }
            try intake.close(table)
        } catch {
            intake.fail(error, sending: table)
            throw error
        }
    }
}
