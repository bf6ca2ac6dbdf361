import Client
import Foundation
import Tasks
import Testing

@Suite("The workshop, live", .serialized, .timeLimit(.minutes(30)), .live)
struct WorkshopTests {
    @Test(
        "two providers verify, upload, confirm and get their samples",
        .enabled(if: sharedData("workshop") != nil, "the workshop's data are not here: set ENTREPOT_DATA"))
    func wholeWay() async throws {
        let alice = try #require(sharedData("workshop/alice.csv")).path
        let bob = try #require(sharedData("workshop/bob.csv")).path
        try await withService(try TestTask.workshop()) { live in
            let before = try await live.asParty("Alice") { try await $0.status() }
            #expect(before.stage == "collecting")
            var receipt = try await live.asParty("Alice") { try await $0.upload(file: alice) }
            #expect(receipt.rows == 1382 && receipt.columns == 3)
            _ = try await live.asParty("Alice") { try await $0.confirm(digest: receipt.sha256) }
            receipt = try await live.asParty("Bob") { try await $0.upload(file: bob) }
            _ = try await live.asParty("Bob") { try await $0.confirm(digest: receipt.sha256) }
            let status = try await live.asParty("Bob") { try await $0.waitForModel(upTo: 300) }
            #expect(status.isTrained)
            let output = live.directory.appending(path: "samples.csv").path
            let samples = try await live.asParty("Carol") {
                try await $0.samples(.init(rows: 100, seed: 7), file: output)
            }
            #expect(samples.seed == 7)
            let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 101)
            #expect(
                lines[0] == "Alice_buying,Alice_maint,Alice_doors,Bob_persons,Bob_lug_boot,Bob_safety,Bob_value")
        }
    }
}
