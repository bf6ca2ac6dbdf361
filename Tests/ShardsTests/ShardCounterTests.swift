import Domains
import Foundation
import PrivacyKernel
import Synchronization
import Tables
import Testing
import VectorMath

@testable import Shards

@Suite("counting by shards")
struct ShardCounterTests {
    private static func locals(_ count: Int) -> [@Sendable () throws -> any ShardLink] {
        (0..<count).map { _ in { LocalShard() } }
    }

    @Test(
        "tables of one table are those of memory, by one shard and by many, with a key and without",
        arguments: [1, 2, 3, 7], [false, true])
    func single(shards: Int, isKeyed: Bool) throws {
        let scene = ShardScene(parties: 1, rows: 5_000, isKeyed: isKeyed)
        let counter = try scene.counter(shards: Self.locals(shards))
        #expect(try scene.tables(Kernel(countedBy: counter)) == scene.tables(scene.memory(rowsPerKey: 1)))
    }

    @Test(
        "tables of a join are those of memory, to the choice among more rows of a key than count",
        arguments: [(2, 1), (2, 3), (3, 1), (3, 2)], [1, 3])
    func joined(of: (parties: Int, rowsPerKey: Int), shards: Int) throws {
        let scene = ShardScene(parties: of.parties, rows: 3_000, isKeyed: true) { party, row in
            // Keys that all tables have and some that one has; some keys with many rows where that may be.
            of.rowsPerKey == 1 ? row * (party + 1) : row % (700 + party) * row % 5
        }
        let counter = try scene.counter(rowsPerKey: of.rowsPerKey, shards: Self.locals(shards))
        let tables = try scene.tables(Kernel(countedBy: counter))
        #expect(try tables == scene.tables(scene.memory(rowsPerKey: of.rowsPerKey)))
        #expect(tables[0].reduce(0, +) > 0)
    }

    @Test("of one table with more rows a key than count the same rows stay as in memory", arguments: [2, 5])
    func chosen(rowsPerKey: Int) throws {
        let scene = ShardScene(parties: 1, rows: 4_000, isKeyed: true) { $1 % 911 % (1 + $1 % 37) }
        let counter = try scene.counter(rowsPerKey: rowsPerKey, shards: Self.locals(3))
        let tables = try scene.tables(Kernel(countedBy: counter))
        #expect(try tables == scene.tables(scene.memory(rowsPerKey: rowsPerKey)))
        #expect(tables[0].reduce(0, +) < 4_000)
    }

    @Test("a file of several blocks is cut without losing a row, and every part of it is sent")
    func blocks() throws {
        let scene = ShardScene(parties: 1, rows: 200_000, isKeyed: true)
        let counter = try scene.counter(shards: Self.locals(3))
        #expect(try scene.tables(Kernel(countedBy: counter)) == scene.tables(scene.memory(rowsPerKey: 1)))
    }

    // MARK: - What an onlooker sees

    private static func seen(_ scene: ShardScene, rowsPerKey: Int) throws -> [[[Int]]] {
        let shards = Mutex<[LocalShard]>([])
        let links: [@Sendable () throws -> any ShardLink] = (0..<3).map { _ in
            {
                let shard = LocalShard()
                shards.withLock { $0.append(shard) }
                return shard
            }
        }
        let counter = try scene.counter(rowsPerKey: rowsPerKey, shards: links)
        _ = try counter.counts([[0, 1]], further: [])
        return shards.withLock { $0.map(\.seen) }
    }

    @Test("the messages to every shard have lengths that do not depend on the keys, nor on where their rows go")
    func lengths() throws {
        // The layout names the shard's place, in one figure whichever it is.
        for (rowsPerKey, keys) in [
            (1, [{ (_, row) in row }, { (_, row) in row * 977 + 5 }]),
            (4, [{ (_, row) in row }, { (_, _) in 0 }, { (_, row) in row % 2 }]),
        ] as [(Int, [(Int, Int) -> Int])] {
            let all = try keys.flatMap { key in
                try Self.seen(
                    ShardScene(parties: 1, rows: 70_000, isKeyed: true, keyOf: key), rowsPerKey: rowsPerKey)
            }
            #expect(Set(all).count == 1 && all.count == 3 * keys.count)
        }
        let plain = try Self.seen(ShardScene(parties: 1, rows: 70_000, isKeyed: false), rowsPerKey: 1)
        #expect(Set(plain).count == 1)
        // One row more within a block changes nothing.
        #expect(try plain == Self.seen(ShardScene(parties: 1, rows: 70_001, isKeyed: false), rowsPerKey: 1))
    }

    @Test("rows that a block's messages have no room for are sent by further messages to all shards, and none is lost")
    func crowded() throws {
        // One key for all: every row is one shard's, and the file is refused when all are there.
        let scene = ShardScene(parties: 1, rows: 70_000, isKeyed: true) { _, _ in 0 }
        let shards = Mutex<[LocalShard]>([])
        let error = #expect(throws: ShardError.self) {
            try scene.counter(
                shards: (0..<3).map { _ in
                    {
                        let shard = LocalShard()
                        shards.withLock { $0.append(shard) }
                        return shard
                    }
                })
        }
        guard case .rows(_, let problems) = error else { throw Absent() }
        #expect(problems.counts == ["duplicate_key": 69_999])
        #expect(Set(shards.withLock { $0.map(\.seen) }).count == 1)
    }

    @Test("as many tables as all pairs of 400 columns have are asked for in several questions")
    func manyTables() throws {
        let scene = ShardScene(parties: 1, rows: 30, isKeyed: false)
        let counter = try scene.counter(shards: Self.locals(1))
        let tables = try counter.counts([[Int]](repeating: [0], count: 79_800), further: [])
        #expect(tables.count == 79_800 && Set(tables).count == 1 && tables[0].reduce(0, +) == 30)
    }

    // MARK: - Bad input

    @Test("a second row of a key is refused with the places of both in their file, whichever shard it is at")
    func duplicates() throws {
        let scene = ShardScene(parties: 1, rows: 1_000, isKeyed: true) { $1 == 700 ? 3 : $1 == 701 ? 4 : $1 }
        let error = #expect(throws: ShardError.self) { try scene.counter(shards: Self.locals(3)) }
        guard case .rows("p0.csv", let problems) = error else { throw Absent() }
        #expect(problems.counts == ["duplicate_key": 2])
        #expect(problems.problems.map(\.row) == [702, 703])
        #expect(problems.problems[0].hint.hasPrefix("Row 5 has the same key"))
        #expect(problems.problems[0].column == "id")
    }

    @Test("a value outside its column is told as in memory, and the shards are ended")
    func values() throws {
        let good = ShardScene(parties: 1, rows: 1_000, isKeyed: false)
        let shard = LocalShard()
        let source = ShardCounter.Source(name: "x.csv", domain: try good.joined, key: nil) { prepare in
            let reader = CSVTableReader(
                domain: try good.joined, schema: good.schemas[0], key: nil, hash: .random,
                limits: TableLimits(bytes: .max, rows: 1 << 30))
            prepare(reader)
            try reader.consume(Array((good.files[0] + "v9,w0,1\n").utf8))
            _ = try reader.finish()
            return []
        }
        let problems = #expect(throws: TableProblems.self) {
            try ShardCounter(
                [source], domain: good.joined, rowsPerKey: 1, shards: [.init(name: "a") { shard }], waits: [])
        }
        #expect(problems?.problems.map(\.row) == [1_002])
        #expect(shard.seen.last?.first == Int(ShardMessage.end.rawValue))
    }

    @Test("a column that a rule computes is refused by a sentence that says what to use")
    func computed() throws {
        let scene = ShardScene(parties: 1, rows: 10, isKeyed: false)
        let other = TableDomain(columns: try scene.joined.columns + [.categories("more", ["0", "1"])])
        let error = #expect(throws: ShardError.self) {
            try ShardCounter(
                scene.sources(rowsPerKey: 1), domain: other, rowsPerKey: 1, shards: [.init(name: "a") { LocalShard() }])
        }
        #expect("\(try #require(error))".contains("--engine memory"))
    }

    private struct Absent: Error {}

    // MARK: - Faults

    @Test("a shard that counts or sums known rows otherwise is refused by name, and nothing is released")
    func wrongSums() throws {
        let scene = ShardScene(parties: 1, rows: 500, isKeyed: false)
        let counter = try scene.counter(shards: [
            { LocalShard() }, { LocalShard(.changed(fromEnd: 8, of: .ask)) },
        ])
        let isNamed: (ShardError?) -> Bool = { if case .wrongSums("shard 1", _) = $0 { true } else { false } }
        let counted = #expect(throws: ShardError.self) { try counter.counts([[0, 1]], further: []) }
        let summed = #expect(throws: ShardError.self) { try counter.sums([1, 2, 3], of: 0, by: [1]) }
        let squared = #expect(throws: ShardError.self) { try counter.gram([0], [[1, 2, 3]], bound: 100) }
        for error in [counted, summed, squared] { #expect(isNamed(error), "\(String(describing: error))") }
        // Its own rows: known ones stand behind them, so the first cell is one of the rows'.
        let cells = 3 * 300
        let other = try scene.counter(shards: [
            { LocalShard() }, { LocalShard(.changed(fromEnd: 16 * cells, of: .ask)) },
        ])
        let own = #expect(throws: ShardError.self) { try other.counts([[0, 1]], further: []) }
        #expect(isNamed(own), "\(String(describing: own))")
        let kernel = Kernel(countedBy: other)
        #expect(throws: PrivacyError.self) { try scene.tables(kernel) }
        #expect(kernel.transcript.releases.isEmpty)
    }

    @Test("answers that are longer or shorter than they may be, and reports of other rows, are refused by name")
    func answers() throws {
        let scene = ShardScene(parties: 1, rows: 500, isKeyed: false)
        for fault in [LocalShard.Fault.length(-1, of: .ask), .length(1, of: .ask), .length(1 << 20, of: .ask)] {
            let counter = try scene.counter(shards: [{ LocalShard(fault) }])
            #expect(throws: ShardError.self, "\(fault)") { try counter.counts([[0, 1]], further: []) }
        }
        for fault in [
            LocalShard.Fault.length(-1, of: .done), .length(1 << 20, of: .done), .changed(fromEnd: 1, of: .done),
            .changed(fromEnd: 1, of: .begin),
        ] {
            #expect(throws: ShardError.self, "\(fault)") { try scene.counter(shards: [{ LocalShard(fault) }]) }
        }
    }

    @Test("a batch that comes twice is refused")
    func repeated() throws {
        let scene = ShardScene(parties: 1, rows: 500, isKeyed: false)
        let error = #expect(throws: ShardError.self) { try scene.counter(shards: [{ LocalShard(.repeated(2)) }]) }
        #expect("\(try #require(error))".contains("batch 0 came in the place of batch 1"), "\(error!)")
    }

    /// Shards of one scene, the first of which is lost after so many messages, and how often each was opened.
    private static func losing(after messages: Int, times: Int = 1) -> (
        shards: [@Sendable () throws -> any ShardLink], opened: Opened
    ) {
        let opened = Opened()
        return (
            [
                { LocalShard(opened.next() < times ? .cut(after: messages) : nil) },
                { LocalShard() },
            ], opened
        )
    }

    private final class Opened: Sendable {
        private let count = Mutex(0)

        var number: Int { count.withLock { $0 } }

        func next() -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    @Test("a shard that is lost between questions gets its rows again, and the tables are those of memory")
    func lost() throws {
        let scene = ShardScene(parties: 2, rows: 2_000, isKeyed: true) { $1 % 400 }
        let whole = try Self.messages(of: scene)
        let (shards, opened) = Self.losing(after: whole, times: 3)
        let counter = try scene.counter(rowsPerKey: 3, shards: shards, waits: [0, 0, 0])
        #expect(try scene.tables(Kernel(countedBy: counter)) == scene.tables(scene.memory(rowsPerKey: 3)))
        #expect(opened.number == 4)
    }

    /// How many messages a shard gets before the first question.
    private static func messages(of scene: ShardScene) throws -> Int {
        let shard = LocalShard()
        _ = try scene.counter(rowsPerKey: 3, shards: [{ shard }, { LocalShard() }])
        // The last one ended it.
        return shard.seen.count - 1
    }

    @Test("a shard that stays away ends the question by name; nothing is released, and nothing is later")
    func gone() throws {
        let scene = ShardScene(parties: 2, rows: 2_000, isKeyed: true) { $1 % 400 }
        let (shards, _) = Self.losing(after: try Self.messages(of: scene), times: 9)
        let counter = try scene.counter(rowsPerKey: 3, shards: shards, waits: [0])
        let kernel = Kernel(countedBy: counter)
        let error = #expect(throws: PrivacyError.self) { try scene.tables(kernel) }
        #expect("\(try #require(error))".contains("local is lost"), "\(error!)")
        #expect(throws: PrivacyError.self) { try scene.tables(kernel) }
        #expect(kernel.transcript.releases.isEmpty)
        // While rows are sent nothing was spent: it ends at once.
        let early = #expect(throws: ShardError.self) {
            try scene.counter(rowsPerKey: 3, shards: Self.losing(after: 3).shards, waits: [0, 0])
        }
        #expect(early == .lost(shard: "local", why: "the connection was closed"))
    }

    @Test("a file that changed before a lost shard got its rows again is refused")
    func changed() throws {
        let scene = ShardScene(parties: 2, rows: 2_000, isKeyed: true) { $1 % 400 }
        let (shards, _) = Self.losing(after: try Self.messages(of: scene))
        let counter = try scene.counter(rowsPerKey: 3, shards: shards, waits: [0], changed: { $0 })
        #expect(throws: ShardError.changed(table: "p0.csv")) { try counter.counts([[0, 1]], further: []) }
    }
}
