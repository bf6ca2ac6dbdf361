import Domains
import Foundation
import PrivacyKernel
import Synchronization
@_spi(PassedRows) import Tables
import VectorMath

/// A coordinator's side of one shard: what it was sent, and what it must therefore answer.
final class ShardLane: Sendable {
    /// Where the shard is.
    let name: String
    let layout: ShardLayout
    private let known: KnownRows
    private let open: @Sendable () throws -> any ShardLink
    private let state = Mutex(State())
    /// One message at a time: rows of several tables may come at once.
    private let turn = Mutex(())

    fileprivate struct State {
        var link: (any ShardLink)?
        /// Rows of each table that wait.
        var queues: [ShardBatch?] = []
        /// For both sides and each table the number of the next batch.
        var batches: [[Int]] = []
        /// Rows of each table that were sent.
        var sent: [Int] = []
        /// Of those that the shard holds in the place of what comes.
        var kept: [Int?] = []
        /// The rows that every table of counts adds up to; kept when a lost shard gets its rows again.
        var total: Int64?
    }

    init(_ name: String, _ layout: ShardLayout, open: @escaping @Sendable () throws -> any ShardLink) {
        (self.name, self.layout, self.open) = (name, layout, open)
        known = KnownRows(layout)
    }

    // MARK: - Rows

    /// Connects, and says what is to come.
    func begin() throws {
        let link = try open()
        let payload = try JSONEncoder().encode(layout)
        state.withLock {
            $0.link?.close()
            $0.link = link
            $0.batches = [layout.tables.map { _ in 0 }, layout.tables.map { _ in 0 }]
            $0.sent = layout.tables.map { _ in 0 }
            $0.kept = layout.tables.map { _ in nil }
            $0.queues = layout.tables.map { _ in nil }
        }
        _ = try say(.begin, Array(payload), longest: 0)
        for table in layout.tables.indices {
            var batch = known.batch(table)
            while batch.count > 0 { try send(&batch, table: table, side: 1) }
        }
    }

    /// Rows of this shard that wait for the next messages.
    func add(_ rows: [Int], of passed: PassedRows, table: Int) {
        state.withLock { state in
            // Nobody will send them.
            guard state.link != nil else { return }
            var queue = state.queues[table] ?? ShardBatch(layout.tables[table])
            state.queues[table] = nil
            state.sent[table] += rows.count
            queue.append(
                fileRows: rows.lazy.map { passed.fileRows[$0] },
                keys: rows.lazy.map { passed.keys?[$0] ?? HashedRow(hash: (0, 0), row: 0) })
            for (place, column) in passed.table.columns.enumerated() {
                queue.append(place, rows, of: column.codes, column.places)
            }
            state.queues[table] = queue
        }
    }

    /// Sends as many messages as a block has, and keeps what they have no room for.
    ///
    /// - Returns: whether rows wait.
    func flush(table: Int) throws(ShardError) -> Bool {
        var batch = state.withLock { state in
            defer { state.queues[table] = nil }
            return state.queues[table] ?? ShardBatch(layout.tables[table])
        }
        for _ in 0..<layout.messages(layout.tables[table]) { try send(&batch, table: table, side: 0) }
        let waits = batch.count > 0
        state.withLock { $0.queues[table] = waits && $0.link != nil ? batch : nil }
        return waits
    }

    private func send(_ batch: inout ShardBatch, table: Int, side: Int) throws(ShardError) {
        let number = state.withLock { state in
            defer { state.batches[side][table] += 1 }
            return state.batches[side][table]
        }
        _ = try say(.rows, batch.take(table: table, side: side, batch: number), longest: 0)
    }

    /// Says that no more rows come.
    func finish() throws(ShardError) -> ShardReport {
        try report(of: .done, [], rows: rowCounts)
    }

    /// Says that no more rows of a table come for now.
    func close(table: Int) throws(ShardError) -> ShardReport {
        try report(of: .close, Self.number(table), rows: [state.withLock { $0.sent[table] }])
    }

    /// Has the closed rows of a table take the place of those that the shard holds of it.
    func keep(table: Int) throws(ShardError) {
        _ = try say(.keep, Self.number(table), longest: 0)
        state.withLock { state in
            state.kept[table] = state.sent[table]
            state.startAnew(table)
        }
    }

    /// Has the rows of a table overwritten: those that come, or those that the shard holds.
    func drop(table: Int, held: Bool) throws(ShardError) {
        _ = try say(.drop, Self.number(table) + [held ? 1 : 0], longest: 0)
        state.withLock { state in
            if held { state.kept[table] = nil } else { state.startAnew(table) }
        }
    }

    /// Whether the shard answers.
    func check() throws(ShardError) { _ = try say(.check, [], longest: 0) }

    private static func number(_ table: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(UInt16(truncatingIfNeeded: table))
        return bytes
    }

    /// Of each table the rows that will be counted.
    private var rowCounts: [Int] { state.withLock { state in zip(state.kept, state.sent).map { $0 ?? $1 } } }

    private func report(
        of message: ShardMessage, _ payload: [UInt8], rows: [Int]
    ) throws(ShardError) -> ShardReport {
        let bytes = try say(message, payload, longest: ShardReport.longest)
        guard bytes.count == ShardReport.longest,
            let report = try? JSONDecoder().decode(ShardReport.self, from: Data(bytes))
        else {
            throw .answer(shard: name, what: "its report is none")
        }
        guard report.rows == rows, report.repeated.count == rows.count else {
            throw .wrongSums(shard: name, what: "it has other rows than it was sent")
        }
        guard zip(report.repeated, rows).allSatisfy({ $0.isPossible(of: $1) }) else {
            throw .answer(shard: name, what: "its report names rows that there are not")
        }
        return report
    }

    // MARK: - Questions

    /// The tables of this shard's rows.
    func answer(_ question: ShardQuestion, cells: [Int]) throws(ShardError) -> [[Int64]] {
        guard let payload = try? JSONEncoder().encode(question) else {
            throw .notCounted("A question that cannot be written down")
        }
        let count = cells.reduce(0, +)
        let bytes = Array(try say(.ask, Array(payload), longest: 16 * count))
        guard bytes.count == 16 * count else { throw .answer(shard: name, what: "cells are missing") }
        var place = 0
        func tables() -> [[Int64]] {
            cells.map { cells in
                (0..<cells).map { _ in
                    defer { place += 8 }
                    return Int64(bitPattern: bytes.number(at: place, UInt64.self))
                }
            }
        }
        let (own, ofKnown) = (tables(), tables())
        guard ofKnown == known.answer(question) else {
            throw .wrongSums(
                shard: name, what: "a table of \(KnownRows.count) known rows is counted otherwise than it is")
        }
        switch question {
        case .counts: try checkTotals(own)
        case .sums(let values, _, _): try check(own, within: values.reduce(0) { max($0, $1.magnitude) })
        case .gram(_, let scores, _):
            let largest = scores.joined().reduce(0) { max($0, UInt64($1.magnitude)) }
            try check(own, within: largest * largest)
        }
        return own
    }

    /// The most rows that can be counted of those that were sent.
    private var mostRows: Int64 {
        let sent = rowCounts
        guard sent.count > 1 else { return Int64(sent.first ?? 0) }
        let most = try? PrivateTable.mostRows(ofInnerJoin: sent, rowsPerKey: layout.rowsPerKey)
        return Int64(most ?? 1 << 31)
    }

    /// A sum has one value of each row that can be counted, at the most.
    private func check(_ tables: [[Int64]], within largest: UInt64) throws(ShardError) {
        let (most, isBeyond) = UInt64(mostRows).multipliedReportingOverflow(by: largest)
        guard isBeyond || tables.joined().allSatisfy({ $0.magnitude <= most }) else {
            throw .wrongSums(shard: name, what: "one of its sums is larger than its rows can make it")
        }
    }

    private func checkTotals(_ tables: [[Int64]]) throws(ShardError) {
        let most = mostRows
        let counted = rowCounts
        let first = state.withLock { state -> Int64? in
            // Of one table whose rows all count every row is known.
            let all = layout.tables.count == 1 && (layout.isUnique || !layout.tables[0].isKeyed)
            state.total = state.total ?? (all ? Int64(counted[0]) : tables.first?.reduce(0, &+))
            return state.total
        }
        for table in tables {
            // Each cell is checked first: so the total does not run over.
            guard table.allSatisfy({ (0...most).contains($0) }), table.reduce(0, &+) == first, (first ?? 0) <= most
            else {
                throw .wrongSums(
                    shard: name, what: "one of its tables has \(table.reduce(0, &+)) rows, not \(first ?? 0)")
            }
        }
    }

    /// Ends the connection at once, whatever is under way on it: the shard overwrites its rows then.
    func cut() {
        let link = state.withLock { state in
            defer { state.link = nil }
            state.queues = state.queues.map { _ in nil }
            return state.link
        }
        link?.close()
    }

    /// Has the shard overwrite its rows.
    func end() {
        _ = try? say(.end, [], longest: 0)
        cut()
    }

    private func say(_ message: ShardMessage, _ payload: [UInt8], longest: Int) throws(ShardError) -> ArraySlice<UInt8>
    {
        guard let link = state.withLock({ $0.link }) else { throw .lost(shard: name, why: "there is no connection") }
        let bytes = try turn.withLock { _ throws(ShardError) in
            try link.exchange(message.rawValue, payload, longest: 1 + max(longest, ShardAnswer.longestRefusal))
        }
        switch ShardAnswer.read(bytes) {
        case .success(let answer): return answer
        case .failure(.busy): throw .busy(shard: name)
        case .failure(let refusal): throw .refused(shard: name, why: "\(refusal)")
        case nil: throw .answer(shard: name, what: "it is of no known form")
        }
    }
}

extension ShardLane.State {
    /// The next rows of a table are the first of it.
    fileprivate mutating func startAnew(_ table: Int) {
        sent[table] = 0
        batches[0][table] = 0
        queues[table] = nil
    }
}

extension ShardLane {
    /// A lane to each shard.
    ///
    /// - Throws: `notCounted` for tables that no shard takes.
    static func lanes(
        to shards: [ShardCounter.Shard], _ tables: [(domain: TableDomain, isKeyed: Bool)], rowsPerKey: Int,
        hashKey: (UInt64, UInt64)
    ) throws(ShardError) -> [ShardLane] {
        let words: [UInt32] = [
            UInt32(truncatingIfNeeded: hashKey.0), UInt32(hashKey.0 &>> 32), UInt32(truncatingIfNeeded: hashKey.1),
            UInt32(hashKey.1 &>> 32),
        ]
        let tables = tables.map { table in
            ShardLayout.Table(
                isKeyed: table.isKeyed,
                columns: table.domain.columns.map { .init(size: $0.size, hasPlaces: $0.isBinned) })
        }
        let lanes = shards.enumerated().map { place, shard in
            ShardLane(
                shard.name,
                ShardLayout(
                    version: ShardLayout.version, shards: shards.count, place: place, rowsPerKey: rowsPerKey,
                    hashKey: words, tables: tables), open: shard.open)
        }
        do { for lane in lanes { try lane.layout.check() } } catch {
            throw .notCounted("A table of such a layout, or by so many shards,")
        }
        return lanes
    }
}
