import Foundation
@_spi(PassedRows) import Tables

/// Cuts the rows of one table to the shards of their keys. After each block every shard is sent as many messages as every other one.
final class ShardCutter {
    /// Whether rows are sent as soon as a block of them is there, by whoever hands them in; otherwise `send` is called for that.
    var sendsAtOnce = true
    private let lanes: [ShardLane]
    private let layout: ShardLayout
    private let table: Int
    private var rows = 0
    /// Blocks that are there, and those that were sent.
    private var blocks = 0
    private var sent = 0
    /// Why a shard takes no more.
    private(set) var failure: (any Error)?

    /// - Parameter lanes: of all shards, or of some of them.
    init(_ lanes: [ShardLane], table: Int) {
        (self.lanes, layout, self.table) = (lanes, lanes[0].layout, table)
    }

    /// Whether a block waits to be sent.
    var isWaiting: Bool { failure == nil && sent < blocks }

    /// - Returns: false where reading on is pointless.
    func take(_ passed: PassedRows) -> Bool {
        var start = 0
        while failure == nil, start < passed.table.rowCount {
            let end = min(passed.table.rowCount, start + ShardLayout.blockRows - rows % ShardLayout.blockRows)
            var parts = [[Int]](repeating: [], count: layout.shards)
            for row in start..<end {
                let shard = passed.keys.map { layout.shard(of: $0[row]) } ?? (rows + row - start) % layout.shards
                parts[shard].append(row)
            }
            for lane in lanes { lane.add(parts[lane.layout.place], of: passed, table: table) }
            rows += end - start
            start = end
            if rows % ShardLayout.blockRows == 0 {
                blocks += 1
                if sendsAtOnce { send() }
            }
        }
        return failure == nil
    }

    /// Sends the blocks that wait.
    func send() { while isWaiting { _ = flush() } }

    /// The last block counts as a whole one. As long as rows of any shard wait, all shards are sent further messages: which one they
    /// wait for is not seen.
    ///
    /// - Parameter padding: of so many rows in all the messages are as many as they would be of so many; nil for none.
    func finish(padding: ((Int) -> Int)? = nil) throws {
        send()
        while failure == nil, flush() {}
        let whole = padding.map { $0(rows) / ShardLayout.blockRows + 1 } ?? 0
        while failure == nil, sent < whole { _ = flush() }
        if let failure { throw failure }
    }

    /// - Returns: whether rows wait.
    private func flush() -> Bool {
        let table = table
        sent += 1
        do { return try ShardCounter.together(lanes) { try $0.flush(table: table) }.contains(true) } catch {
            failure = error
            return false
        }
    }
}
