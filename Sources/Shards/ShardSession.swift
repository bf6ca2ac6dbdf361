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

    private var state = State.fresh
    /// Of the table and of the known one. Not part of the state: whoever looks at that would hold the rows too, and have them copied.
    private var sides: [[ShardTable]] = []
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
            let tables = layout.tables.map { ShardTable($0) }
            sides = [tables, tables]
            state = .filling(layout)
            return []
        case (.rows, .filling(let layout)):
            guard payload.count >= ShardBatch.headBytes else { throw .malformed("batch") }
            let (table, side) = (Int(payload.number(at: 0, UInt16.self)), Int(payload[2]))
            guard layout.tables.indices.contains(table), sides.indices.contains(side), payload[3] == 0,
                payload.count == layout.tables[table].messageBytes
            else { throw .malformed("batch") }
            try sides[side][table].append(payload, layout: layout)
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

    private func finish(_ layout: ShardLayout) throws(ShardRefusal) -> [UInt8] {
        var report = ShardReport(rows: [], repeated: [])
        for side in sides.indices {
            var finished: [ShardTable.Finished] = []
            for table in sides[side].indices {
                let whole = try sides[side][table].finished(isUnique: layout.isUnique)
                finished.append(whole)
                guard side == 0 else { continue }
                let shown = whole.repeated.sorted { $0.second < $1.second }.prefix(ShardReport.listed)
                report.rows.append(whole.rowCount)
                report.repeated.append(
                    .init(count: whole.repeated.count, first: shown.map(\.first), second: shown.map(\.second)))
            }
            rows.append(try ShardRows(&finished, layout))
        }
        sides = []
        if report.repeated.allSatisfy({ $0.count == 0 }) { state = .counting(sizes: layout.sizes) } else { wipe() }
        return Array((try? JSONEncoder().encode(report)) ?? Data())
    }

    private static func read<Value: Decodable>(
        _: Value.Type, _ payload: [UInt8], _ name: String
    ) throws(ShardRefusal) -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(payload)) } catch { throw .malformed(name) }
    }

    private func wipe() {
        state = .over
        sides = []
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
