import Foundation
import Testing

@testable import Service

/// Two tasks whose tables are neighbours must look the same to everybody but the owner of the table.
@Suite("What others can see", .serialized, .timeLimit(.minutes(30)), .live)
struct MetricsTests {
    private struct View: Equatable {
        var metrics: [String] = []
        var health: [String] = []
        var status: [String] = []
        var ledger: [String] = []
    }

    /// What Bob and strangers see while Alice uploads one table or another.
    private func view(_ table: String, tries: [String]) async throws -> View {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            let nobody = try await RawCalls(live, as: nil)
            var view = View()
            func look() async throws {
                view.metrics.append(try await bob("/metrics").body)
                view.health.append(try await nobody("/healthz").body + (try await nobody("/readyz").body))
                view.status.append(try await bob("/model_status").body)
                let entries = try await bob("/ledger").object["entries"] as? [[String: Any]] ?? []
                view.ledger.append(entries.compactMap { $0["kind"] as? String }.joined(separator: " "))
            }
            for text in tries { _ = try await alice.upload(text) }
            try await look()
            #expect(try await alice.upload(table).status == 200)
            #expect(try await alice("/confirm_data").status == 200)
            try await look()
            #expect(try await bob.upload(Cars.bob()).status == 200)
            #expect(try await bob("/confirm_data").status == 200)
            try await waitForModel(bob)
            try await look()
            return view
        }
    }

    @Test("metrics, health, stages and kinds of ledger entries are the same for neighbouring tables")
    func neighbours() async throws {
        let whole = try await view(Cars.alice(), tries: [])
        let without = try await view(Cars.alice(2..<51), tries: [])
        let none = try await view(Cars.alice(90..<91), tries: [])
        for (index, text) in whole.metrics.enumerated() {
            // How often the status was asked while the fit went on is the asker's own doing.
            func own(_ text: String) -> String {
                text.split(separator: "\n").filter { !$0.contains("/model_status") }.joined(separator: "\n")
            }
            #expect(own(text) == own(without.metrics[index]))
            #expect(own(text) == own(none.metrics[index]))
        }
        #expect(whole.health == without.health && whole.health == none.health)
        #expect(whole.status == without.status && whole.status == none.status)
        #expect(whole.ledger == without.ledger && whole.ledger == none.ledger)
    }

    @Test("whether a table was good or bad is for its owner alone to know")
    func refusals() async throws {
        let good = try await view(Cars.alice(), tries: [Cars.alice(1..<30)])
        let bad = try await view(Cars.alice(), tries: ["id,buying,maint,doors\n1,cheap,low,2\n"])
        #expect(good.metrics.first == bad.metrics.first)
        #expect(good.status == bad.status && good.health == bad.health)
    }
}
