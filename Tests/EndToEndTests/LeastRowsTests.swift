import Client
import Foundation
import Tasks
import Testing

@testable import Service

/// A task that asks for so many joined rows, and tables that have no key in common.
@Suite("Too few rows end a task", .serialized, .timeLimit(.minutes(10)), .live) struct LeastRowsTests {
    private static func task(least: Int) throws -> TestTask {
        try TestTask.workshop(
            privacy: "{epsilon: 3.0, delta: 1.0e-9, unit: record, unit_words: one joined record, least_rows: \(least)}")
    }

    private static func alice(_ keys: Range<Int>) -> String {
        "id,buying,maint,doors\n" + keys.map { "\($0),low,\($0 % 2 == 0 ? "med" : "high"),2\n" }.joined()
    }

    private static func bob(_ keys: Range<Int>) -> String {
        "id,persons,lug_boot,safety,value\n" + keys.map { "\($0),2,\($0 % 3 == 0 ? "big" : "med"),low,acc\n" }.joined()
    }

    /// Both parties upload and confirm; what the status says then.
    private static func fit(_ live: LiveService, _ alice: String, _ bob: String) async throws -> TaskStatus {
        for (party, text) in [("Alice", alice), ("Bob", bob)] {
            let file = try live.file("\(party).csv", text)
            try await live.asParty(party) { connection in
                let receipt = try await connection.upload(file: file)
                _ = try await connection.confirm(digest: receipt.sha256)
            }
        }
        _ = try await live.asParty("Alice") { try await $0.waitForModel(upTo: 120) }
        return try await live.asParty("Carol") { try await $0.status() }
    }

    private static func total(_ live: LiveService) async throws -> (epsilon: Double, changing: Double) {
        let bytes = try await live.asParty("Olaf") { try await $0.ledgerTotal() }
        let body = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let readings = try #require(body["readings"] as? [String: Any])
        return (try #require(body["epsilon"] as? Double), try #require(readings["change_one"] as? Double))
    }

    @Test("tables without a common key end the task, everybody is told why, and the count alone is spent; also later")
    func nothingInCommon() async throws {
        let task = try Self.task(least: 500)
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await withService(task, directory: folder) { live -> Double in
            let status = try await Self.fit(live, Self.alice(0..<1_000), Self.bob(2_000..<3_000))
            #expect(status.stage == "failed")
            #expect(status.reason?.contains("Fewer than 500 rows") == true)
            let total = try await Self.total(live)
            // A hundredth of ρ is about a tenth of ε.
            #expect(total.epsilon > 0.1 && total.epsilon < 0.6)
            #expect(total.changing > total.epsilon && total.changing < 1)
            let samples = try await RawCalls(live, as: "Carol")("/samples?num_samples=1")
            #expect(samples.status == 409 && samples.code == "stage_failed")
            return total.epsilon
        }
        let again = try await withService(task, directory: folder) { live -> Double in
            let status = try await live.asParty("Bob") { try await $0.status() }
            #expect(status.stage == "failed")
            #expect(status.reason?.contains("Fewer than 500 rows") == true)
            return try await Self.total(live).epsilon
        }
        #expect(again == first)
    }

    @Test("with rows enough the task is trained, and its first step is the count")
    func enough() async throws {
        try await withService(try Self.task(least: 500)) { live in
            let status = try await Self.fit(live, Self.alice(0..<1_000), Self.bob(0..<1_000))
            #expect(status.stage == "trained")
            let total = try await Self.total(live)
            #expect(total.epsilon == 3)
            let ledger = try await live.asParty("Olaf") { try await $0.ledger() }
            let plan = String(decoding: ledger, as: UTF8.self)
            #expect(plan.contains(#"number of joined rows\",\"share\":0.01"#))
        }
    }
}
