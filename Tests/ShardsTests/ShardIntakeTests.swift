import Domains
import PrivacyKernel
import Synchronization
import Tables
import Testing

@testable import Shards

@Suite("tables that come one by one and stay on shards")
struct ShardIntakeTests {
    /// Three shards of this process; each connection is a session of its own.
    final class Place: Sendable {
        let links = Mutex<[[LocalShard]]>([[], [], []])
        /// What is wrong with the connections of a shard, in the order in which they are made.
        let faults = Mutex<[Int: [LocalShard.Fault?]]>([:])

        func open(_ shard: Int) -> @Sendable () throws -> any ShardLink {
            { [self] in
                let fault = faults.withLock { faults -> LocalShard.Fault? in
                    guard var next = faults[shard], !next.isEmpty else { return nil }
                    defer { faults[shard] = next }
                    return next.removeFirst()
                }
                let link = LocalShard(fault)
                links.withLock { $0[shard].append(link) }
                return link
            }
        }

        var opened: [Int] { links.withLock { $0.map(\.count) } }
        func last(_ shard: Int) -> LocalShard? { links.withLock { $0[shard].last } }
    }

    private static func intake(
        _ scene: ShardScene, _ place: Place, rowsPerKey: Int = 1
    ) throws -> ShardIntake {
        try ShardIntake(
            scene.files.indices.map { ShardIntake.Table(domain: try scene.domain($0), key: ShardScene.key) },
            rowsPerKey: rowsPerKey,
            shards: (0..<3).map { ShardCounter.Shard(name: "shard \($0)", open: place.open($0)) },
            hashKey: ShardScene.hashKey)
    }

    /// Brings a table as the service does it, in pieces.
    private static func bring(
        _ party: Int, of scene: ShardScene, to intake: ShardIntake, text: String? = nil, rowsPerKey: Int = 1,
        sizes: [Int] = []
    ) throws {
        let upload = try intake.begin(party, limits: TableLimits(bytes: .max, rows: 1 << 30, sizes: sizes))
        let reader = try scene.reader(party, rowsPerKey: rowsPerKey)
        upload.take(from: reader)
        let bytes = Array((text ?? scene.files[party]).utf8)
        for start in stride(from: 0, to: bytes.count, by: 1 << 18) {
            try reader.consume(bytes[start..<min(bytes.count, start + 1 << 18)])
            if upload.isWaiting { try upload.send() }
        }
        upload.sendAtOnce()
        do { _ = try reader.finish() } catch {
            try upload.check()
            throw error
        }
        try upload.finish()
    }

    private static func tables(_ scene: ShardScene, _ intake: ShardIntake) throws -> [[Int64]] {
        try scene.tables(Kernel(countedBy: intake.counter(of: scene.joined)))
    }

    @Test(
        "the counts of the join are those of one machine, whichever table came first and however often it was replaced",
        arguments: [1, 3])
    func equal(rowsPerKey: Int) throws {
        let scene = ShardScene(parties: 2, rows: 70_000, isKeyed: true) { $1 / rowsPerKey + 9 * $0 }
        let other = ShardScene(parties: 2, rows: 500, isKeyed: true, seed: 9) { $1 + $0 }
        let place = Place()
        let intake = try Self.intake(scene, place, rowsPerKey: rowsPerKey)
        try Self.bring(1, of: scene, to: intake, text: other.files[1], rowsPerKey: rowsPerKey)
        intake.keep(1)
        try Self.bring(0, of: scene, to: intake, rowsPerKey: rowsPerKey)
        intake.keep(0)
        try Self.bring(1, of: scene, to: intake, rowsPerKey: rowsPerKey)
        intake.keep(1)
        // One that is not kept changes nothing.
        try Self.bring(0, of: scene, to: intake, text: other.files[0], rowsPerKey: rowsPerKey)
        intake.drop(0)
        try intake.check()
        #expect(try Self.tables(scene, intake) == scene.tables(scene.memory(rowsPerKey: rowsPerKey)))
        #expect(place.opened == [1, 1, 1] && intake.failure == nil)
    }

    @Test("two tables may come at once")
    func together() async throws {
        let scene = ShardScene(parties: 2, rows: 140_000, isKeyed: true)
        let intake = try Self.intake(scene, Place())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for party in 0..<2 {
                group.addTask {
                    try Self.bring(party, of: scene, to: intake)
                    intake.keep(party)
                }
            }
            try await group.waitForAll()
        }
        #expect(try Self.tables(scene, intake) == scene.tables(scene.memory(rowsPerKey: 1)))
    }

    @Test("a second row of a key is refused with its place, and what was held stays")
    func duplicate() throws {
        let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
        let intake = try Self.intake(scene, Place())
        for party in 0..<2 {
            try Self.bring(party, of: scene, to: intake)
            intake.keep(party)
        }
        let lines = scene.files[0].split(separator: "\n")
        let problems = #expect(throws: TableProblems.self) {
            try Self.bring(0, of: scene, to: intake, text: (lines + [lines[7]]).joined(separator: "\n") + "\n")
        }
        #expect(problems?.problems.map(\.row) == [lines.count + 1] && problems?.problems[0].code == "duplicate_key")
        intake.drop(0)
        #expect(try Self.tables(scene, intake) == scene.tables(scene.memory(rowsPerKey: 1)))
    }

    @Test("a task that ends while shards are connected to sends no row, and its connections end")
    func endedEarly() throws {
        let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
        let place = Place()
        let made = Mutex<ShardIntake?>(nil)
        let intake = try ShardIntake(
            scene.files.indices.map { ShardIntake.Table(domain: try scene.domain($0), key: ShardScene.key) },
            rowsPerKey: 1,
            shards: (0..<3).map { shard in
                ShardCounter.Shard(name: "shard \(shard)") {
                    if shard == 2 { made.withLock { $0 }?.cut() }
                    return try place.open(shard)()
                }
            }, hashKey: ShardScene.hashKey)
        made.withLock { $0 = intake }
        #expect(throws: ShardError.self) { try Self.bring(0, of: scene, to: intake) }
        #expect(throws: ShardError.self) { try intake.counter(of: scene.joined) }
        made.withLock { $0 = nil }
    }

    @Test("a table that is taken back, or never came, is not counted")
    func withdrawn() throws {
        let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
        let intake = try Self.intake(scene, Place())
        for party in 0..<2 {
            try Self.bring(party, of: scene, to: intake)
            intake.keep(party)
        }
        intake.remove(1)
        #expect(throws: ShardError.self) { try intake.counter(of: scene.joined) }
        try Self.bring(1, of: scene, to: intake)
        intake.keep(1)
        #expect(try Self.tables(scene, intake) == scene.tables(scene.memory(rowsPerKey: 1)))
    }

    @Test(
        "a shard that is lost before any table counts is tried again; later the rows are gone, and it is told which shard it was"
    )
    func lost() throws {
        let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
        let place = Place()
        place.faults.withLock { $0 = [1: [.cut(after: 5)]] }
        let intake = try Self.intake(scene, place)
        #expect(throws: ShardError.self) { try Self.bring(0, of: scene, to: intake) }
        #expect(intake.failure == nil)
        try Self.bring(0, of: scene, to: intake)
        intake.keep(0)
        try intake.check()
        #expect(place.opened == [2, 2, 2])
        let seen = try #require(place.last(2)?.seen.count)
        place.last(2)?.state.withLock { $0.fault = .cut(after: seen) }
        let error = #expect(throws: ShardError.self) { try Self.bring(1, of: scene, to: intake) }
        #expect(error == .lost(shard: "local", why: "the connection was closed"))
        #expect(intake.failure == error)
        #expect(error?.publicSentence == "The shard local was lost, and with it the rows that it held.")
        // Nothing later does better.
        #expect(throws: ShardError.self) { try intake.check() }
        #expect(throws: ShardError.self) { try Self.bring(1, of: scene, to: intake) }
        #expect(throws: ShardError.self) { try intake.counter(of: scene.joined) }
        #expect(place.opened == [2, 2, 2])
    }

    @Test("a shard that is lost while tables are counted is not sent them again, and one that miscounts is refused")
    func lostInFit() throws {
        for fault in [LocalShard.Fault.changed(fromEnd: 8, of: .ask), .length(-8, of: .ask)] {
            let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
            let place = Place()
            place.faults.withLock { $0 = [1: [fault]] }
            let intake = try Self.intake(scene, place)
            for party in 0..<2 {
                try Self.bring(party, of: scene, to: intake)
                intake.keep(party)
            }
            let kernel = Kernel(countedBy: try intake.counter(of: scene.joined))
            #expect(throws: PrivacyError.self) { try scene.tables(kernel) }
            #expect(kernel.transcript.releases.isEmpty && place.opened == [1, 1, 1])
            #expect(intake.failure?.publicSentence.contains("shard 1") == true, "\(String(describing: intake.failure))")
        }
    }

    @Test("what all parties read of a shard has no figure and no row in it")
    func sentences() {
        let errors: [ShardError] = [
            .lost(shard: "s", why: "4711"), .unreached(shard: "s", why: "4711"), .untrusted(shard: "s", why: "4711"),
            .refused(shard: "s", why: "4711"), .answer(shard: "s", what: "4711"), .wrongSums(shard: "s", what: "4711"),
            .notCounted("4711"), .changed(table: "4711"),
            .rows(table: "4711", TableProblems(problems: [], counts: ["4711": 4711])),
        ]
        for error in errors { #expect(!error.publicSentence.contains("4711"), "\(error)") }
    }

    @Test("of tables of one declared size each shard is sent the same messages, however many rows they have")
    func shapes() throws {
        var seen: [[[Int]]] = []
        for rows in [1, 40_000, 131_000] {
            let scene = ShardScene(parties: 1, rows: rows, isKeyed: true, seed: UInt64(rows))
            let place = Place()
            let intake = try Self.intake(scene, place)
            try Self.bring(0, of: scene, to: intake, sizes: [131_072])
            intake.keep(0)
            try intake.check()
            seen += (0..<3).map { place.last($0)?.seen ?? [] }
        }
        #expect(seen[0].count > 10)
        for other in seen { #expect(other == seen[0]) }
    }

    @Test("connections that are cut are not made anew, and nothing is kept")
    func cut() throws {
        let scene = ShardScene(parties: 1, rows: 30, isKeyed: true)
        let place = Place()
        let intake = try Self.intake(scene, place)
        try Self.bring(0, of: scene, to: intake)
        intake.cut()
        intake.keep(0)
        #expect(throws: ShardError.self) { try Self.bring(0, of: scene, to: intake) }
        #expect(place.opened == [1, 1, 1])
    }
}
