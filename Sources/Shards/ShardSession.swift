import Foundation

/// What a coordinator may say to a shard. Every message has exactly one answer.
public enum ShardMessage: UInt8, Sendable {
    /// The layout (JSON). Once.
    case begin = 1
    /// A batch of rows.
    case rows
    /// No more rows come.
    case done
    /// A question (JSON).
    case ask
    /// The rows are overwritten.
    case end
    /// No more rows of a table come for now: its number, two bytes. The answer is its report.
    case close
    /// The closed rows of a table take the place of those that are held of it: its number.
    case keep
    /// Rows of a table are overwritten: its number, and a byte that is 1 for those that are held, 0 for those that come.
    case drop
    /// Whether the shard is still there.
    case check
}

/// One coordinator's use of a shard, as a value of its messages: it takes rows, then questions, and gives whole numbers. No socket and
/// no clock is in it.
///
/// Whoever asks brought the rows: the tables go to the end of the connection over which every row came, and to nobody else.
public final class ShardSession {
    private enum State {
        case fresh
        /// Rows come.
        case filling(ShardLayout)
        case counting(sizes: [Int])
        case over
    }

    /// The rows of one table: those that come, those of which no more come, and those that will be counted.
    private struct Held {
        var coming: ShardTable
        var closed: ShardTable.Finished?
        var kept: ShardTable.Finished?

        mutating func wipeComing(_ table: ShardLayout.Table) {
            coming = ShardTable(table)
            closed?.wipe()
            closed = nil
        }

        mutating func wipeKept() {
            kept?.wipe()
            kept = nil
        }
    }

    private var state = State.fresh
    // Not part of the state: whoever looks at that would hold the rows too, and have them copied.
    private var held: [Held] = []
    private var known: [ShardTable] = []
    private var rows: [ShardRows] = []

    private static let longestLayout = 1 << 20
    private static let longestQuestion = 1 << 26

    /// What a further coordinator is told while one is counted for.
    public static let busy = ShardAnswer.refused(.busy)

    /// A session that nothing was said in.
    public init() {}

    deinit { wipe() }

    /// How long a message of this kind may be at this time: whatever announces more is not read.
    public func longest(_ kind: UInt8) -> Int {
        switch (ShardMessage(rawValue: kind), state) {
        case (.begin, .fresh): Self.longestLayout
        case (.rows, .filling(let layout)): layout.tables.reduce(0) { max($0, $1.messageBytes) }
        case (.close, .filling), (.keep, .filling): 2
        case (.drop, .filling): 3
        case (.ask, .counting): Self.longestQuestion
        default: 0
        }
    }

    /// The answer to a message, and whether it is the last one. After a refusal the rows are gone.
    public func answer(_ kind: UInt8, _ payload: [UInt8]) -> (bytes: [UInt8], isLast: Bool) {
        do throws(ShardRefusal) {
            guard let message = ShardMessage(rawValue: kind) else { throw .unexpected("message \(kind)") }
            guard payload.count <= longest(kind) else { throw .tooLarge("bytes of a message") }
            return (ShardAnswer.taken(try answer(message, payload)), message == .end)
        } catch {
            wipe()
            return (ShardAnswer.refused(error), true)
        }
    }

    /// The answer to a message that announces more bytes than it can have. The rows are gone.
    public func refuseLength() -> [UInt8] {
        wipe()
        return ShardAnswer.refused(.tooLarge("bytes of a message"))
    }

    private func answer(_ message: ShardMessage, _ payload: [UInt8]) throws(ShardRefusal) -> [UInt8] {
        switch (message, state) {
        case (.begin, .fresh):
            let layout = try Self.read(ShardLayout.self, payload, "layout")
            try layout.check()
            held = layout.tables.map { Held(coming: ShardTable($0)) }
            known = layout.tables.map { ShardTable($0) }
            state = .filling(layout)
            return []
        case (.rows, .filling(let layout)):
            try take(payload, layout)
            return []
        case (.close, .filling(let layout)):
            let table = try Self.number(payload, 2, layout)
            guard held[table].closed == nil else { throw .unexpected("an end of a table that has ended") }
            return Self.json(Self.report([try close(table, layout)]))
        case (.keep, .filling(let layout)):
            let table = try Self.number(payload, 2, layout)
            guard let closed = held[table].closed else { throw .unexpected("a table that has not ended") }
            held[table].closed = nil
            held[table].wipeKept()
            held[table].kept = closed
            return []
        case (.drop, .filling(let layout)):
            let table = try Self.number(payload, 3, layout)
            if payload[2] == 1 { held[table].wipeKept() } else { held[table].wipeComing(layout.tables[table]) }
            return []
        case (.check, .filling), (.check, .counting):
            return []
        case (.done, .filling(let layout)):
            state = .over
            return try finish(layout)
        case (.ask, .counting(let sizes)):
            let question = try Self.read(ShardQuestion.self, payload, "question")
            _ = try question.cells(sizes)
            return rows.reduce(into: []) { bytes, side in
                for table in side.answer(question) { for number in table { bytes.append(UInt64(bitPattern: number)) } }
            }
        case (.end, _):
            wipe()
            return []
        default: throw .unexpected("\(message)")
        }
    }

    private func take(_ payload: [UInt8], _ layout: ShardLayout) throws(ShardRefusal) {
        guard payload.count >= ShardBatch.headBytes else { throw .malformed("batch") }
        let table = Int(payload.number(at: 0, UInt16.self))
        guard layout.tables.indices.contains(table), payload[2] <= 1, payload[3] == 0,
            payload.count == layout.tables[table].messageBytes
        else { throw .malformed("batch") }
        guard payload[2] == 0 else { return try known[table].append(payload, layout: layout) }
        guard held[table].closed == nil else { throw .unexpected("rows of a table that has ended") }
        try held[table].coming.append(payload, layout: layout)
    }

    /// Puts the rows that came of a table in order.
    private func close(_ table: Int, _ layout: ShardLayout) throws(ShardRefusal) -> ShardTable.Finished {
        let whole = try held[table].coming.finished(isUnique: layout.isUnique)
        held[table].coming = ShardTable(layout.tables[table])
        held[table].closed = whole
        return whole
    }

    private func finish(_ layout: ShardLayout) throws(ShardRefusal) -> [UInt8] {
        var own: [ShardTable.Finished] = []
        for table in held.indices {
            if let kept = held[table].kept {
                held[table].wipeComing(layout.tables[table])
                own.append(kept)
            } else if let closed = held[table].closed {
                own.append(closed)
            } else {
                own.append(try close(table, layout))
            }
        }
        held = []
        let report = Self.report(own)
        rows.append(try ShardRows(&own, layout))
        var others: [ShardTable.Finished] = []
        for table in known.indices { others.append(try known[table].finished(isUnique: layout.isUnique)) }
        known = []
        rows.append(try ShardRows(&others, layout))
        if report.repeated.allSatisfy({ $0.count == 0 }) { state = .counting(sizes: layout.sizes) } else { wipe() }
        return Self.json(report)
    }

    private static func report(_ tables: [ShardTable.Finished]) -> ShardReport {
        ShardReport(
            rows: tables.map(\.rowCount),
            repeated: tables.map { table in
                let shown = table.repeated.sorted { $0.second < $1.second }.prefix(ShardReport.listed)
                return .init(count: table.repeated.count, first: shown.map(\.first), second: shown.map(\.second))
            })
    }

    /// The table that a message names.
    private static func number(
        _ payload: [UInt8], _ count: Int, _ layout: ShardLayout
    ) throws(ShardRefusal) -> Int {
        guard payload.count == count else { throw .malformed("number of a table") }
        let table = Int(payload.number(at: 0, UInt16.self))
        guard layout.tables.indices.contains(table), payload.dropFirst(2).allSatisfy({ $0 <= 1 }) else {
            throw .malformed("number of a table")
        }
        return table
    }

    /// Of one length whatever it says, so that nobody who sees messages pass learns how many rows there are, or how many are repeated.
    private static func json(_ report: ShardReport) -> [UInt8] {
        let bytes = Array((try? JSONEncoder().encode(report)) ?? Data())
        return bytes + [UInt8](repeating: UInt8(ascii: " "), count: max(0, ShardReport.longest - bytes.count))
    }

    private static func read<Value: Decodable>(
        _: Value.Type, _ payload: [UInt8], _ name: String
    ) throws(ShardRefusal) -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(payload)) } catch { throw .malformed(name) }
    }

    private func wipe() {
        state = .over
        for table in held.indices {
            held[table].closed?.wipe()
            held[table].wipeKept()
        }
        (held, known) = ([], [])
        for side in rows.indices { rows[side].wipe() }
        rows = []
    }
}

/// What a shard says once all rows came.
struct ShardReport: Codable, Sendable, Equatable {
    /// Of each table.
    var rows: [Int]
    /// Of each table the rows whose key came before, where a key may have one row.
    var repeated: [Repeated]

    /// Rows of the file: the first few pairs, and how many there are.
    struct Repeated: Codable, Sendable, Equatable {
        let count: Int
        let first: [UInt32]
        let second: [UInt32]

        /// Whether a table of so many rows can have it: what comes from another machine is added up and shown.
        func isPossible(of rows: Int) -> Bool {
            (0...rows).contains(count) && first.count == second.count && first.count == min(count, ShardReport.listed)
        }
    }

    static let listed = 20
    /// Bytes of one: a coordinator reads no more.
    static let longest = 1 << 16
}

/// An answer: its first byte says whether the message was taken.
enum ShardAnswer {
    static func taken(_ bytes: [UInt8]) -> [UInt8] { [0] + bytes }

    static func refused(_ refusal: ShardRefusal) -> [UInt8] { [1] + ((try? JSONEncoder().encode(refusal)) ?? Data()) }

    /// - Returns: nil where it is neither.
    static func read(_ bytes: [UInt8]) -> Result<ArraySlice<UInt8>, ShardRefusal>? {
        switch bytes.first {
        case 0: return .success(bytes.dropFirst())
        case 1:
            return (try? JSONDecoder().decode(ShardRefusal.self, from: Data(bytes.dropFirst()))).map { .failure($0) }
        default: return nil
        }
    }

    /// Bytes of a refusal: a coordinator reads as many at least.
    static let longestRefusal = 1 << 12
}
