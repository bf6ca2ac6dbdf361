import Domains
import Foundation
import Testing
import VectorMath

@testable import Shards

@Suite("what a shard is told")
struct ShardSessionTests {
    private static func layout(
        shards: Int = 2, place: Int = 0, rowsPerKey: Int = 1, version: Int = 1, sizes: [Int] = [3, 4], tables: Int = 1,
        isKeyed: Bool = true, hashKey: [UInt32] = [1, 2, 3, 4]
    ) -> ShardLayout {
        ShardLayout(
            version: version, shards: shards, place: place, rowsPerKey: rowsPerKey, hashKey: hashKey,
            tables: (0..<tables).map { _ in
                .init(isKeyed: isKeyed, columns: sizes.map { .init(size: $0, hasPlaces: true) })
            })
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

    private static func refusal(_ bytes: [UInt8]) -> ShardRefusal? {
        if case .failure(let refusal) = ShardAnswer.read(bytes) { refusal } else { nil }
    }

    /// A session that has a layout, and what it is sent next.
    private static func begun(_ layout: ShardLayout = layout()) throws -> ShardSession {
        let session = ShardSession()
        #expect(try session.answer(ShardMessage.begin.rawValue, json(layout)).bytes == [0])
        return session
    }

    private static func batch(
        _ layout: ShardLayout = layout(), number: Int = 0, side: Int = 0, high: UInt64 = 4, code: UInt32 = 0
    ) -> [UInt8] {
        var batch = ShardBatch(layout.tables[0])
        batch.append(fileRows: [2], keys: [HashedRow(hash: (high, 0), row: 0)])
        let codes = CodeArray(narrowing: [code], below: 256)!
        for column in layout.tables[0].columns.indices { batch.append(column, [0], of: codes, codes) }
        return batch.take(table: 0, side: side, batch: number)
    }

    @Test("a layout of another version, or beyond what any table has, is refused")
    func layouts() throws {
        for wrong in [
            Self.layout(version: 2), Self.layout(shards: 0), Self.layout(shards: 65), Self.layout(place: 2),
            Self.layout(place: -1), Self.layout(rowsPerKey: 0), Self.layout(rowsPerKey: .max), Self.layout(sizes: []),
            Self.layout(sizes: [0]), Self.layout(sizes: [.max]), Self.layout(tables: 0),
            Self.layout(tables: 2, isKeyed: false), Self.layout(sizes: [Int](repeating: 2, count: 5_000)),
            Self.layout(tables: 65), Self.layout(hashKey: [1]),
        ] {
            let answer = ShardSession().answer(ShardMessage.begin.rawValue, try Self.json(wrong))
            #expect(Self.refusal(answer.bytes) != nil && answer.isLast, "\(wrong)")
        }
    }

    @Test("what is said of a table at its end has one length, whatever rows came")
    func oneLength() throws {
        let (empty, full) = (try Self.begun(), try Self.begun())
        #expect(full.answer(ShardMessage.rows.rawValue, Self.batch()).bytes == [0])
        let answers = [empty, full].map { $0.answer(ShardMessage.close.rawValue, [0, 0]).bytes }
        #expect(answers[0].first == 0 && answers[0] != answers[1])
        #expect(answers.map(\.count) == [1 + ShardReport.longest, 1 + ShardReport.longest])
    }

    @Test("each message has its time, and one that comes at another, or is of no known kind, ends the session")
    func order() throws {
        for kind in [UInt8](0...7) + [0x45, 255] where kind != ShardMessage.begin.rawValue {
            let session = ShardSession()
            let answer = session.answer(kind, [])
            #expect(
                answer.isLast && (Self.refusal(answer.bytes) != nil || kind == ShardMessage.end.rawValue), "\(kind)")
            // It takes nothing afterwards.
            #expect(Self.refusal(session.answer(1, try Self.json(Self.layout())).bytes) != nil)
        }
        let begun = try Self.begun()
        #expect(Self.refusal(begun.answer(ShardMessage.begin.rawValue, try Self.json(Self.layout())).bytes) != nil)
        let asked = try Self.begun()
        let question = try Self.json(ShardQuestion.counts(cliques: [[0]], further: []))
        #expect(Self.refusal(asked.answer(ShardMessage.ask.rawValue, question).bytes) != nil)
    }

    @Test("how long a message may be is known before it is read, and no longer one is taken")
    func lengths() throws {
        let session = ShardSession()
        #expect(session.longest(ShardMessage.begin.rawValue) == 1 << 20)
        for kind in [UInt8](2...255) { #expect(session.longest(kind) == 0, "\(kind)") }
        let begun = try Self.begun()
        #expect(begun.longest(ShardMessage.rows.rawValue) == Self.batch().count)
        #expect(begun.longest(ShardMessage.begin.rawValue) == 0 && begun.longest(ShardMessage.ask.rawValue) == 0)
        #expect(begun.refuseLength().first == 1)
        #expect(Self.refusal(begun.answer(ShardMessage.rows.rawValue, Self.batch()).bytes) != nil)
        // Of the widest layout a batch stays within 5 MiB.
        let widest = Self.layout(sizes: [Int](repeating: 1 << 24, count: 4_096))
        #expect(widest.tables[0].messageBytes < 5 << 20)
        try widest.check()
    }

    @Test("a batch of another length, of a table or side that there is not, or out of turn is refused")
    func batches() throws {
        let whole = Self.batch()
        for wrong in [
            Array(whole.dropLast()), whole + [0], [], Array(whole.prefix(3)), Self.batch(number: 1),
            Self.batch(side: 2), [1, 0] + whole.dropFirst(2), [0, 0, 0, 1] + whole.dropFirst(4),
        ] {
            let answer = try Self.begun().answer(ShardMessage.rows.rawValue, wrong)
            #expect(Self.refusal(answer.bytes) != nil && answer.isLast, "\(wrong.prefix(8))")
        }
        let session = try Self.begun()
        #expect(session.answer(ShardMessage.rows.rawValue, whole).bytes == [0])
        #expect(
            Self.refusal(session.answer(ShardMessage.rows.rawValue, whole).bytes) == .batch(expected: 1, found: 0))
    }

    @Test("a table ends once, is kept only after that, and takes no rows in between")
    func staged() throws {
        func say(_ session: ShardSession, _ message: ShardMessage, _ payload: [UInt8]) -> ShardRefusal? {
            Self.refusal(session.answer(message.rawValue, payload).bytes)
        }
        let session = try Self.begun()
        #expect(say(session, .rows, Self.batch()) == nil && say(session, .close, [0, 0]) == nil)
        #expect(say(session, .keep, [0, 0]) == nil)
        // What is kept is counted, not what came later.
        #expect(say(session, .rows, Self.batch(code: 1)) == nil)
        #expect(say(session, .drop, [0, 0, 0]) == nil)
        #expect(say(session, .rows, Self.batch(code: 2)) == nil && say(session, .check, []) == nil)
        #expect(say(session, .done, []) == nil && say(session, .check, []) == nil)
        let question = try Self.json(ShardQuestion.counts(cliques: [[0]], further: []))
        #expect(session.answer(ShardMessage.ask.rawValue, question).bytes.prefix(25).dropFirst().first == 1)
        for (wrong, words) in [
            ([(.keep, [0, 0])], "has not ended"), ([(.close, [0, 0]), (.close, [0, 0])], "has ended"),
            ([(.close, [0, 0]), (.rows, Self.batch())], "has ended"), ([(.close, [1, 0])], "number of a table"),
            ([(.close, [0])], "number of a table"), ([(.drop, [0, 0, 2])], "number of a table"),
            ([(.drop, [0, 0])], "number of a table"),
            ([(.keep, [0, 0, 0])], "bytes of a message"), ([(.check, [0])], "bytes of a message"),
        ] as [([(ShardMessage, [UInt8])], String)] {
            let session = try Self.begun()
            let refusals = wrong.map { say(session, $0.0, $0.1) }
            #expect(refusals.last??.description.contains(words) == true, "\(wrong)")
        }
    }

    @Test("a row whose key is another shard's tells that the numbers of shards differ")
    func anotherShard() throws {
        let answer = try Self.begun().answer(ShardMessage.rows.rawValue, Self.batch(high: 5))
        #expect(Self.refusal(answer.bytes) == .anotherShard)
    }

    @Test("a code outside its column is refused when all rows are there, before anything is counted")
    func codes() throws {
        let session = try Self.begun()
        #expect(session.answer(ShardMessage.rows.rawValue, Self.batch(code: 3)).bytes == [0])
        #expect(Self.refusal(session.answer(ShardMessage.done.rawValue, []).bytes) == .malformed("code of a column"))
    }

    /// A session that counts one row.
    private static func counting() throws -> ShardSession {
        let session = try begun()
        #expect(session.answer(ShardMessage.rows.rawValue, batch(code: 2)).bytes == [0])
        #expect(session.answer(ShardMessage.done.rawValue, []).bytes.first == 0)
        return session
    }

    @Test("a question that no such columns have is refused, and none of them ends the program")
    func questions() throws {
        let (sizes, many) = ([3, 4], [Int](repeating: 1, count: 40))
        func difference(
            _ columns: [Int], _ numbers: [[Int32]], _ edges: [Int32], _ others: [UInt32]
        ) throws -> ShardQuestion.Difference {
            let parts: [String: Any] = ["columns": columns, "numbers": numbers, "edges": edges, "others": others]
            return try JSONDecoder().decode(
                ShardQuestion.Difference.self, from: JSONSerialization.data(withJSONObject: parts))
        }
        let sound = try difference([0, 1], [[1, 2, 3], [1, 2, 3, 4]], [0, 1, 2], [0, 0, 0, 0])
        let tables: [ShardQuestion] = [
            .counts(cliques: [[2]], further: []), .counts(cliques: [[-1]], further: []),
            .counts(cliques: [many], further: []),
            .counts(cliques: [[Int]](repeating: [], count: 1 << 17), further: []),
            .counts(cliques: [[Int]](repeating: [0, 1, 0, 1, 0, 1], count: 1 << 16), further: []),
            .counts(cliques: [[2]], further: [.grouping(of: 2, map: [0])]),
            .counts(cliques: [[2]], further: [.grouping(of: 0, map: [0, 1])]),
            .counts(cliques: [[2]], further: [.grouping(of: 0, map: [0, 1, .max])]),
        ]
        let (three, four): ([Int32], [Int32]) = ([1, 2, 3], [1, 2, 3, 4])
        let none: [UInt32] = [0, 0, 0, 0]
        var differences: [ShardQuestion.Difference] = []
        differences.append(try difference([0], [[]], [], []))
        differences.append(try difference([0, 0], [three, three], [0, 1], [0, 0, 0]))
        differences.append(try difference([0, 9], [three, [1]], [0, 1], [0]))
        differences.append(try difference([0, 1], [three, three], [0, 1], none))
        differences.append(try difference([0, 1], [three, four], [1, 1], none))
        differences.append(try difference([0, 1], [three, four], [0], none))
        differences.append(try difference([0, 1], [three, four], [0, 1], [0, 0, 0, .max]))
        let sums: [ShardQuestion] = [
            .sums(values: [], attribute: 0, groups: []), .sums(values: [1, 2], attribute: 0, groups: []),
            .sums(values: [Int64](repeating: 1, count: 9), attribute: 0, groups: []),
            .sums(values: [1, 2, 3], attribute: 7, groups: []), .sums(values: [1, 2, 3], attribute: 0, groups: [5]),
            .gram(attributes: [0], scores: [], bound: 1), .gram(attributes: [0], scores: [[1]], bound: 1),
            .gram(attributes: [9], scores: [[1]], bound: 1), .gram(attributes: [0], scores: [[1, 2, 3]], bound: 0),
            .gram(attributes: [0], scores: [[1, 2, .min]], bound: 1),
            .gram(attributes: [0], scores: [[1, 2, 3]], bound: .max),
        ]
        for wrong in tables + sums + differences.map({ .counts(cliques: [], further: [.difference($0)]) }) {
            #expect(throws: ShardRefusal.self, "\("\(wrong)".prefix(200))") { try wrong.cells(sizes) }
        }
        for right in [
            .counts(
                cliques: [[], [0], [2], [0, 3]], further: [.grouping(of: 0, map: [0, 1, 1]), .difference(sound)]),
            .sums(values: [1, 2, 3], attribute: 0, groups: [1, 1]),
            .gram(attributes: [0, 1, 0], scores: [[1, 2, 3], [1, 2, 3, 4], [3, 2, 1]], bound: 3),
        ] as [ShardQuestion] {
            let cells = try right.cells(sizes).reduce(0, +)
            let answer = try Self.counting().answer(ShardMessage.ask.rawValue, Self.json(right))
            #expect(answer.bytes.count == 1 + 16 * cells && answer.bytes.first == 0 && !answer.isLast)
        }
    }

    @Test("whatever bytes come, at whatever time, a session answers and goes on or ends")
    func fuzzed() throws {
        var random = SplitMix64(state: 11)
        let questions = [
            try Self.json(ShardQuestion.counts(cliques: [[0, 1]], further: [.grouping(of: 0, map: [0, 1, 1])])),
            try Self.json(ShardQuestion.sums(values: [1, 2, 3], attribute: 0, groups: [1])),
            try Self.json(ShardQuestion.gram(attributes: [0], scores: [[1, 2, 3]], bound: 5)),
            try Self.json(Self.layout()), Self.batch(), [],
        ]
        for round in 0..<600 {
            let session = try [ShardSession(), Self.begun(), Self.counting()][round % 3]
            for _ in 0..<3 {
                var payload = questions[Int(random.next() % UInt64(questions.count))]
                for _ in 0..<(random.next() % 4) where !payload.isEmpty {
                    payload[Int(random.next() % UInt64(payload.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.next() % 5 == 0 { payload.removeLast(payload.count / 2) }
                let kind = UInt8(truncatingIfNeeded: random.next() % 12)
                let answer = session.answer(kind, payload)
                #expect(ShardAnswer.read(answer.bytes) != nil)
            }
        }
    }

    @Test("a batch on the wire is what this page of numbers says")
    func written() {
        let layout = ShardLayout(
            version: 1, shards: 1, place: 0, rowsPerKey: 1, hashKey: [0, 0, 0, 0],
            tables: [
                .init(
                    isKeyed: true,
                    columns: [.init(size: 300, hasPlaces: false), .init(size: 9, hasPlaces: true)])
            ])
        var batch = ShardBatch(layout.tables[0])
        batch.append(fileRows: [0x0102], keys: [HashedRow(hash: (0x0807_0605_0403_0201, 0x0D0C_0B0A << 32), row: 7)])
        batch.append(0, [0], of: CodeArray(narrowing: [0x0110], below: 300)!, nil)
        batch.append(1, [1], of: CodeArray(narrowing: [0, 5], below: 9)!, CodeArray(narrowing: [0, 6], below: 256)!)
        let bytes = batch.take(table: 3, side: 1, batch: 0x0201)
        let slots = layout.tables[0].slots
        #expect(bytes.count == 8 + slots * (4 + 12 + 2 + 2))
        var expected = [UInt8](repeating: 0, count: bytes.count)
        for (place, run) in [
            (0, [3, 0, 1, 0, 1, 2, 0, 0]), (8, [2, 1]), (8 + 4 * slots, [1, 2, 3, 4, 5, 6, 7, 8]),
            (8 + 12 * slots, [10, 11, 12, 13]), (8 + 16 * slots, [0x10, 1]), (8 + 18 * slots, [5]),
            (8 + 19 * slots, [6]),
        ] as [(Int, [UInt8])] { expected.replaceSubrange(place..<(place + run.count), with: run) }
        #expect(bytes == expected)
        #expect(batch.count == 0)
    }
}
