import Client
import FittedModels
import Foundation
import PrivacyKernel
import Shards
import Synchronization
import Tasks
import Testing

@testable import Service

/// The life of a task whose rows lie on shards, with a live service and shards of this process.
@Suite("A service's shards", .serialized, .timeLimit(.minutes(20)), .live)
struct ShardLifeTests {
    private static func task() throws -> TestTask { try TestTask.workshop(engine: LocalShards.engine) }

    private static func upload(
        _ live: LiveService, _ party: String, _ text: String, confirms: Bool = false
    ) async throws {
        let file = try live.file("\(party).csv", text)
        try await live.asParty(party) { connection in
            let receipt = try await connection.upload(file: file)
            if confirms { _ = try await connection.confirm(digest: receipt.sha256) }
        }
    }

    /// What the ledger's entries say.
    private static func ledger(_ live: LiveService) async throws -> String {
        try await live.asParty("Alice") { String(decoding: try await $0.ledger(), as: UTF8.self) }
    }

    private static func status(_ live: LiveService) async throws -> TaskStatus {
        try await live.asParty("Olaf") { try await $0.status() }
    }

    @Test(
        "a task is trained, its reservation and its report say who counted, and shards overwrite their rows after the fit"
    )
    func trained() async throws {
        let shards = LocalShards()
        try await withService(try Self.task(), shards: shards.access) { live in
            try await live.train()
            for address in LocalShards.addresses {
                #expect(shards.heard(address).last == .end)
                #expect(shards.heard(address).filter { $0 == .keep }.count == 2)
            }
            #expect(shards.state.withLock { $0.ended.count } == 3)
            #expect(try await Self.ledger(live).contains("3 shards at one.example:8450, two.example:8450"))
            let calls = try await RawCalls(live, as: "Alice")
            #expect(try await calls("/report.json").body.contains("\"countedBy\":\"3 shards at one.example:8450"))
            #expect(try await calls("/samples?format=csv&num_samples=5").status == 200)
        }
    }

    @Test("a second row of a key is refused as ever, and a table may be replaced and taken back")
    func uploads() async throws {
        let shards = LocalShards()
        try await withService(try Self.task(), shards: shards.access) { live in
            let calls = try await RawCalls(live, as: "Alice")
            let doubled = try await calls.upload(Cars.alice() + "7,low,low,2\n")
            #expect(doubled.status == 400 && doubled.code == "id_duplicate", "\(doubled.body)")
            #expect(doubled.body.contains("Row 8 has the same key"), "\(doubled.body)")
            let wrong = try await calls.upload(Cars.alice() + "99,low,low,17\n")
            #expect(wrong.status == 400 && wrong.code == "schema_mismatch", "\(wrong.body)")
            #expect(try await calls.upload(Cars.alice(1..<21)).status == 200)
            #expect(try await calls.upload(Cars.alice()).status == 200)
            try await live.asParty("Alice") { _ = try await $0.withdraw() }
            let dropped = shards.heard(LocalShards.addresses[1]).filter { $0 == .drop }.count
            #expect(dropped >= 2)
            try await live.train()
        }
    }

    @Test("a shard that nobody reaches keeps a table from being taken, and the next attempt goes on")
    func absent() async throws {
        let shards = LocalShards()
        shards.state.withLock { $0.absent = LocalShards.addresses[2] }
        try await withService(try Self.task(), shards: shards.access) { live in
            let calls = try await RawCalls(live, as: "Alice")
            let refused = try await calls.upload(Cars.alice())
            #expect(refused.status == 503 && refused.code == "shard_unavailable", "\(refused.body)")
            #expect(refused.detail?.contains("three.example:8450 does not answer") == true, "\(refused.body)")
            #expect(try await Self.status(live).stage == "collecting")
            shards.state.withLock { $0.absent = nil }
            try await live.train()
        }
    }

    @Test(
        "a shard that is lost with rows ends the task before anything is set aside, and everybody reads which one it was",
        arguments: [ShardMessage.rows, .close, .check])
    func lostBefore(message: ShardMessage) async throws {
        let shards = LocalShards()
        let task = try Self.task()
        let folder = FileManager.default.temporaryDirectory.appending(path: "shards-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder, shards: shards.access) { live in
            try await Self.upload(live, "Alice", Cars.alice(), confirms: true)
            shards.state.withLock { $0.lost = (LocalShards.addresses[1], message) }
            await #expect(throws: ClientError.self) { try await Self.upload(live, "Bob", Cars.bob(), confirms: true) }
            let status = try await Self.status(live)
            #expect(status.stage == "failed")
            #expect(
                status.reason
                    == "The shard two.example:8450 was lost, and with it the rows that it held. Nothing was spent.")
            let ledger = try await Self.ledger(live)
            #expect(!ledger.contains("reservation") && ledger.contains("two.example:8450 was lost"), "\(ledger)")
            #expect(shards.state.withLock { $0.ended.count } == 3)
        }
        // A restart says the same and takes nothing.
        shards.state.withLock { $0.lost = nil }
        try await withService(task, directory: folder, shards: shards.access) { live in
            let status = try await Self.status(live)
            #expect(status.stage == "failed" && status.reason?.contains("two.example:8450") == true)
            await #expect(throws: ClientError.self) { try await Self.upload(live, "Alice", Cars.alice()) }
        }
    }

    @Test(
        "a shard that is lost or lies in the fit ends it with its name, ε stays spent, and a restart asks no shard again"
    )
    func lostInFit() async throws {
        for isLie in [false, true] {
            let shards = LocalShards()
            let task = try Self.task()
            let folder = FileManager.default.temporaryDirectory.appending(path: "shards-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try await withService(task, directory: folder, shards: shards.access) { live in
                shards.state.withLock { state in
                    if isLie {
                        state.lies = (LocalShards.addresses[0], .ask)
                    } else {
                        state.lost = (LocalShards.addresses[0], .ask)
                    }
                }
                for (party, text) in [("Alice", Cars.alice()), ("Bob", Cars.bob())] {
                    try await Self.upload(live, party, text, confirms: true)
                }
                let status = try await live.asParty("Olaf") { try await $0.waitForModel(upTo: 120) }
                #expect(status.stage == "failed")
                #expect(
                    status.reason
                        == (isLie
                            ? "The shard one.example:8450 counts wrongly: nothing of it was used."
                            : "The shard one.example:8450 was lost, and with it the rows that it held.")
                        + " What was spent stays spent.")
                let ledger = try await Self.ledger(live)
                #expect(ledger.contains("reservation") && !ledger.contains("measurement"), "\(ledger)")
            }
            let connections = shards.state.withLock { $0.connections }
            try await withService(task, directory: folder, shards: shards.access) { live in
                let status = try await Self.status(live)
                #expect(status.stage == "failed")
            }
            #expect(shards.state.withLock { $0.connections } == connections)
        }
    }

    @Test("a restart fits from the recorded releases and asks no shard")
    func restarted() async throws {
        let shards = LocalShards()
        let task = try Self.task()
        let folder = FileManager.default.temporaryDirectory.appending(path: "shards-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let before = try await withService(task, directory: folder, shards: shards.access) { live in
            try await live.train()
            return try await RawCalls(live, as: "Carol")("/samples?format=csv&num_samples=20&seed=3").body
        }
        shards.state.withLock { $0.absent = LocalShards.addresses[0] }
        try await withService(task, directory: folder, shards: shards.access) { live in
            #expect(try await Self.status(live).isTrained)
            let after = try await RawCalls(live, as: "Carol")("/samples?format=csv&num_samples=20&seed=3").body
            #expect(after == before && before.split(separator: "\n").count >= 20)
        }
    }

    @Test("an upload that breaks goes on where it broke, and every row of it is counted once")
    func broken() async throws {
        let shards = LocalShards()
        let (rows, bytes) = (150_000, 1_500_000)
        let task = try TestTask.workshop(
            limits: "{upload_bytes: 20000000, rows: 200000}", engine: LocalShards.engine,
            privacy: "{epsilon: 8000, delta: 0, unit: record, accept_high_epsilon: a test of equal counts}")
        try await withService(task, shards: shards.access) { live in
            let file = try live.file("alice.csv", Cars.alice(1..<(rows + 1)))
            let line = try await CutLine.start(before: live.port, cuts: [bytes])
            var configuration = live.client("Alice")
            configuration.address = ServiceAddress(host: "127.0.0.1", port: line.port)
            var breaks = 0
            let upload = PatientUpload(configuration, file: file, pauses: [Double](repeating: 0.2, count: 1_000))
            let receipt = try await upload.run { if case .broke = $0 { breaks += 1 } }.receipt
            try await line.stop()
            // Once by the cut; on a busy machine the service may still be at the first part when the rest comes.
            #expect(breaks >= 1 && receipt.rows == rows)
            _ = try await live.asParty("Alice") { try await $0.confirm(digest: receipt.sha256) }
            // One that goes on had no new beginning.
            #expect(shards.state.withLock { $0.connections } == 3)
            try await Self.upload(live, "Bob", Cars.bob(1..<(rows + 1)), confirms: true)
            let path = live.directory.appending(path: "joined.model").path
            try await live.asParty("Alice") { connection in
                #expect(try await connection.waitForModel(upTo: 300).isTrained)
                _ = try await connection.model(file: path)
            }
            let model = try FittedModel(encoded: Array(Data(contentsOf: URL(fileURLWithPath: path))))
            let counts = model.transcript.releases.flatMap { release -> [[Int64]] in
                if case .marginals(let marginals) = release.answer { marginals.map(\.counts) } else { [] }
            }
            #expect(counts.count == 7 && counts.allSatisfy { $0.reduce(0, +) == rows })
            #expect(counts.first == [37_500, 37_500, 37_500, 37_500])
        }
    }

    @Test("the last party cannot confirm while an upload of its own is under way, and can when that has ended")
    func confirmedMeanwhile() async throws {
        let shards = LocalShards()
        let task = try TestTask.workshop(
            limits: "{upload_bytes: 20000000, rows: 200000}", engine: LocalShards.engine)
        try await withService(task, shards: shards.access) { live in
            try await Self.upload(live, "Alice", Cars.alice(), confirms: true)
            try await Self.upload(live, "Bob", Cars.bob())
            let bob = try await RawCalls(live, as: "Bob")
            try Data(Cars.bob(1..<150_001).utf8).write(to: bob.directory.appending(path: "long.csv"))
            func messages() -> Int { shards.heard(LocalShards.addresses[0]).filter { $0 == .rows }.count }
            let before = messages()
            async let late = bob(
                "/upload_data",
                ["-H", "Content-Type: text/csv", "--limit-rate", "400k", "--data-binary", "@long.csv"])
            for _ in 0..<400 where messages() == before { try await Task.sleep(for: .milliseconds(25)) }
            #expect(messages() > before)
            // Rows that still come would reach shards that count by then.
            let early = try await RawCalls(live, as: "Bob")("/confirm_data")
            #expect(early.status == 429, "\(early.body)")
            #expect(try await late.status == 200)
            #expect(try await RawCalls(live, as: "Bob")("/confirm_data").status == 200)
            let end = try await live.asParty("Olaf") { try await $0.waitForModel(upTo: 120) }
            #expect(end.isTrained, "\(end)")
        }
    }

    @Test("what came of an upload that nobody goes on with is overwritten on the shards after a quarter of an hour")
    func forgotten() async throws {
        let shards = LocalShards()
        let clock = TestClock(Date())
        try await withService(try Self.task(), clock: clock, shards: shards.access) { live in
            func drops() -> Int { shards.heard(LocalShards.addresses[0]).filter { $0 == .drop }.count }
            let calls = try await RawCalls(live, as: "Alice")
            let text = Cars.alice()
            try Data(text.utf8.prefix(500)).write(to: calls.directory.appending(path: "part.csv"))
            let range = "Content-Range: bytes 0-\(text.utf8.count - 1)/\(text.utf8.count)"
            let part = try await calls(
                "/upload_data", ["-H", "Content-Type: text/csv", "-H", range, "--data-binary", "@part.csv"])
            #expect(part.code == "incomplete", "\(part.body)")
            #expect(try await calls("/upload_data/standing").object["received"] as? Int == 500)
            let before = drops()
            clock.advance(by: 1_000)
            for _ in 0..<100 where drops() == before { try await Task.sleep(for: .milliseconds(50)) }
            #expect(drops() == before + 1)
            #expect(try await calls("/upload_data/standing").object["received"] as? Int == 0)
        }
    }

    @Test(
        "a service that is started anew before the reservation asks for the tables again, and the shards have nothing of the first"
    )
    func startedAnew() async throws {
        let shards = LocalShards()
        let task = try Self.task()
        let folder = FileManager.default.temporaryDirectory.appending(path: "shards-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder, shards: shards.access) { live in
            let calls = try await RawCalls(live, as: "Alice")
            #expect(try await calls.upload(Cars.alice()).status == 200)
        }
        try await withService(task, directory: folder, shards: shards.access) { live in
            let status = try await Self.status(live)
            #expect(status.stage == "collecting")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await bob.upload(Cars.bob()).status == 200)
            #expect(try await bob("/confirm_data").status == 200)
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/confirm_data").code == "no_upload")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await alice("/confirm_data").status == 200)
            let end = try await live.asParty("Carol") { try await $0.waitForModel(upTo: 120) }
            #expect(end.isTrained)
        }
        #expect(shards.state.withLock { $0.connections } == 6)
    }

    @Test("rows on shards end with a halt, and with a deadline")
    func ended() async throws {
        for isHalt in [true, false] {
            let shards = LocalShards()
            let task = try TestTask.workshop(
                deadlines: "{upload_by: 2030-01-01T00:00:00Z}", engine: LocalShards.engine)
            let clock = TestClock(Date(timeIntervalSince1970: 1_890_000_000))
            try await withService(task, clock: clock, shards: shards.access) { live in
                let calls = try await RawCalls(live, as: "Alice")
                #expect(try await calls.upload(Cars.alice()).status == 200)
                #expect(shards.state.withLock { $0.ended.isEmpty })
                if isHalt {
                    #expect(try await calls("/halt", ["-X", "POST"]).status == 200)
                } else {
                    clock.advance(by: 10_000_000)
                }
                try await shards.waitForEnd(.end)
                #expect(shards.state.withLock { $0.ended.count } == 3)
            }
        }
    }

    @Test("a task that lists shards is not served by a program that reaches none, nor fitted on one that lacks them")
    func unreachable() async throws {
        await #expect(throws: ServiceError.self) { try await withService(try Self.task()) { _ in } }
    }
}
