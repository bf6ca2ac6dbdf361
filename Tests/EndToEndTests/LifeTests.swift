import Client
import Foundation
import Synchronization
import Tasks
import Testing

@testable import Service

@Suite("The life of a task, live", .serialized, .timeLimit(.minutes(30)), .live)
struct LifeTests {
    private func folder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
    }

    private func samples(_ live: LiveService) async throws -> [UInt8] {
        try await live.asParty("Carol") { connection in
            var bytes: [UInt8] = []
            _ = try await connection.samples(.init(rows: 50, seed: 11)) { bytes += $0 }
            return bytes
        }
    }

    @Test("signatures handed in over the wire open the collection, and are there after a restart")
    func signatures() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, signatures: [], directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let early = try await alice.upload(Cars.alice())
            #expect(early.status == 409 && early.code == "spec_unsigned")
            let first = try await live.asParty("Alice") { try await $0.sign(task.signatures[0]) }
            #expect(String(decoding: first, as: UTF8.self) == "{\"signed\":[\"Alice\"],\"missing\":[\"Bob\"]}")
            await #expect(throws: ClientError.self) {
                try await live.asParty("Alice") { try await $0.sign(task.signatures[1]) }
            }
            let other = try TestTask.workshop(method: "mst")
            let foreign = try TaskSignature.sign(
                other.specification.digest, as: "Bob", with: try #require(live.keys["Bob"]))
            let error = await #expect(throws: ClientError.self) {
                try await live.asParty("Bob") { try await $0.sign(foreign.fileBytes) }
            }
            guard case .service(let problem)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(problem.code == "hash_mismatch")
            _ = try await live.asParty("Bob") { try await $0.sign(task.signatures[1]) }
            let status = try await live.asParty("Alice") { try await $0.status() }
            #expect(status.stage == "collecting")
        }
        try await withService(task, signatures: [], directory: folder) { live in
            let status = try await live.asParty("Alice") { try await $0.status() }
            #expect(status.stage == "collecting")
        }
    }

    @Test("after a restart a trained task serves the same rows, and nothing more is spent")
    func trainedRestart() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let before = try await withService(task, directory: folder) { live in
            try await live.train()
            return try await samples(live)
        }
        try await withService(task, directory: folder) { live in
            #expect(try await samples(live) == before)
            #expect(try await RawCalls(live, as: "Alice")("/confirm_data").status == 200)
            let (total, confirmed) = try await live.asParty("Alice") { connection in
                return (try await connection.ledgerTotal(), try await connection.status())
            }
            #expect(String(decoding: total, as: UTF8.self).hasPrefix("{\"epsilon\":3.0,"))
            #expect(confirmed.isTrained)
        }
    }

    @Test("a fit that was cut short goes on from what was drawn, gives the same rows, and spends nothing more")
    func resumedFit() async throws {
        let task = try TestTask.workshop(method: "mst")
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let before = try await withService(task, directory: folder) { live in
            try await live.train()
            return try await samples(live)
        }
        // What a crash leaves that comes after the last release and before the model is written.
        try FileManager.default.removeItem(at: folder.appending(path: "state/task.model"))
        try HostDisk(of: folder).cut(after: "measurement")
        // After such a crash nobody has seen the end of the fit; who has, refuses this ledger.
        let rolledBack = await #expect(throws: ClientError.self) {
            try await withService(task, directory: folder) { live in
                _ = try await live.asParty("Alice") { try await $0.status() }
            }
        }
        #expect(rolledBack?.exitCode == 6)
        for party in ["Alice", "Bob", "Carol"] {
            try FileManager.default.removeItem(at: folder.appending(path: "\(party)-seen.json"))
        }
        try HostDisk(of: folder).cut(after: "measurement")
        try await withService(task, directory: folder) { live in
            let status = try await live.asParty("Alice") { try await $0.waitForModel(upTo: 300) }
            #expect(status.isTrained)
            #expect(try await samples(live) == before)
            let total = try await live.asParty("Alice") { try await $0.ledgerTotal() }
            #expect(String(decoding: total, as: UTF8.self).hasPrefix("{\"epsilon\":3.0,"))
        }
    }

    @Test("a model that was changed on disk is not served, nor one that is gone missed", arguments: [true, false])
    func damagedModel(isChanged: Bool) async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let before = try await withService(task, directory: folder) { live in
            try await live.train()
            return try await samples(live)
        }
        let file = folder.appending(path: "state/task.model")
        let genuine = try Data(contentsOf: file)
        if isChanged {
            var bytes = genuine
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
        } else {
            try FileManager.default.removeItem(at: file)
        }
        let after = try await withService(task, directory: folder) { try await samples($0) }
        #expect(after == before)
        #expect(try Data(contentsOf: file) == genuine)
    }

    @Test("a restart before the last confirmation asks for the tables again and has spent nothing")
    func collectingRestart() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await alice("/confirm_data").status == 200)
        }
        try await withService(task, directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/confirm_data").code == "no_upload")
            #expect(try await alice("/ledger/total").object["epsilon"] as? Double == 0)
            #expect(try await alice.upload(Cars.alice()).status == 200)
        }
    }

    @Test(
        "a reservation from which nothing is found drawn is over after a restart: its ε is spent, and nothing is measured"
    )
    func reservedRestart() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // What a crash leaves that comes after the ledger's entry and before the first noise.
        try await withService(task, directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await bob.upload(Cars.bob()).status == 200)
            let driver = live.service.driver
            let uploads = await driver.life.uploads
            #expect(uploads.values.allSatisfy { $0.count == 64 })
            try driver.ledger.reserve(plan: driver.fitter.plan, uploads: uploads)
        }
        for _ in 0..<2 {
            try await withService(task, directory: folder) { live in
                let alice = try await RawCalls(live, as: "Alice")
                #expect(try await alice("/model_status?verbose=1").object["stage"] as? String == "failed")
                #expect(try await alice.upload(Cars.alice()).code == "closed")
                #expect(try await alice("/confirm_data").status == 409)
                #expect(try await alice("/samples").code == "stage_failed")
                #expect(try await alice("/ledger/total").object["epsilon"] as? Double == 3)
                let entries = try await alice("/ledger").body
                for kind in ["reservation", "failed"] {
                    #expect(entries.components(separatedBy: "\"kind\":\"\(kind)\"").count == 2, "\(kind)")
                }
            }
        }
    }

    @Test("any provider halts the task before the release, for good")
    func halt() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await bob("/halt", ["-X", "POST"]).status == 200)
            #expect(try await alice("/model_status").body == "\"Model status: failed\"")
            #expect(try await alice("/confirm_data").status == 409)
            #expect(try await alice("/samples").code == "stage_failed")
            #expect(try await alice.upload(Cars.alice()).code == "closed")
        }
        try await withService(task, directory: folder) { live in
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/model_status?verbose=1").object["stage"] as? String == "halted")
        }
    }

    @Test("a provider takes its table back before the fit and not after")
    func withdrawal() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/data", ["-X", "DELETE"]).code == "no_upload")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await alice("/data", ["-X", "DELETE"]).status == 200)
            #expect(try await alice("/confirm_data").code == "no_upload")
            try await live.train()
            #expect(try await alice("/data", ["-X", "DELETE"]).code == "already_fitted")
            #expect(try await alice("/halt", ["-X", "POST"]).code == "already_released")
        }
    }

    @Test("deadlines end the collection and the retrieval by themselves")
    func deadlines() async throws {
        let clock = TestClock(Date(timeIntervalSince1970: 1_800_000_000))
        let upload = UTCInstant(seconds: 1_800_000_100)
        let retrieve = UTCInstant(seconds: 1_800_000_900)
        let task = try TestTask.workshop(deadlines: "{upload_by: \(upload), retrieve_by: \(retrieve)}")
        try await withService(task, clock: clock) { live in
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            clock.advance(by: 101)
            let late = try await alice.upload(Cars.alice())
            #expect(late.status == 410 && late.code == "deadline_passed")
            #expect(try await alice("/model_status?verbose=1").object["stage"] as? String == "expired")
        }
        clock.advance(by: -101)
        try await withService(task, clock: clock) { live in
            try await live.train()
            clock.advance(by: 901)
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/samples").status == 410)
            #expect(try await alice("/model_status?verbose=1").object["stage"] as? String == "closed")
        }
    }

    @Test("without a state folder all is in memory, and works")
    func memoryOnly() async throws {
        try await withService(try TestTask.workshop(), keepsState: false) { live in
            try await live.train()
            #expect(try await samples(live).count > 1000)
        }
    }

    @Test("one state folder serves one service and one task")
    func stateFolder() async throws {
        let task = try TestTask.workshop()
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { _ in
            await #expect(throws: ServiceError.self) { try await withService(task, directory: folder) { _ in } }
        }
        let other = try TestTask.workshop()
        let error = await #expect(throws: ServiceError.self) {
            try await withService(other, directory: folder) { _ in }
        }
        guard case .stateOfAnotherTask? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
