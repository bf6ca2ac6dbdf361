import Client
import FittedModels
import Foundation
import PrivacyKernel
import Testing

/// The plan is one value: what the ledger says beforehand is what the fit spends, whatever the shares are.
@Suite("A task's plan, live", .serialized, .timeLimit(.minutes(30)), .live)
struct PlanTests {
    /// The shares in the ledger's entry, and the part of the whole that each release cost.
    private func run(_ planted: PlantedServiceBug?) async throws -> (planned: [Double], spent: [Double]) {
        let task = try TestTask.workshop(method: "mst")
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let ledger = try await PlantedServiceBug.$active.withValue(planted) {
            try await withService(task, directory: folder) { live in
                try await live.train()
                return try await live.asParty("Olaf") { try await $0.ledger() }
            }
        }
        let plan = try reservedPlan(ledger)
        let model = try FittedModel(
            encoded: Array(Data(contentsOf: folder.appending(path: "state/task.model"))))
        #expect(model.plan == plan)
        let spent = model.transcript.releases.map { Double($0.spent) }
        return (plan.steps.map(\.share), spent.map { $0 / spent.reduce(0, +) })
    }

    private func reservedPlan(_ ledger: [UInt8]) throws -> MechanismPlan {
        let body = try #require(try JSONSerialization.jsonObject(with: Data(ledger)) as? [String: Any])
        let entries = try #require(body["entries"] as? [[String: Any]])
        let reservation = try #require(entries.first { $0["kind"] as? String == "reservation" })
        let details = try #require(reservation["details"] as? [String: String])
        return try JSONDecoder().decode(MechanismPlan.self, from: Data(try #require(details["plan"]).utf8))
    }

    @Test(
        "a task's forecast is of no more joined rows than it declares", .enabled(if: Program.isBuilt, Program.absence))
    func declaredRows() async throws {
        let scene = try await ShareScene()
        let outcome = try await Program.run(["task", "plan", scene.path("task.yaml"), "--epsilon", "1"])
        #expect(outcome.output.contains("Expected errors for 500 joined rows"), "\(outcome.talk)")
    }

    @Test("where a step of the plan has another share, the ledger says so and the step gets that much")
    func movedShares() async throws {
        let right = try await run(nil)
        let moved = try await run(.sharesMoved)
        #expect(abs(moved.planned[0] - right.planned[0] / 2) < 1e-9)
        #expect(abs(moved.planned[1] - right.planned[1] - right.planned[0] / 2) < 1e-9)
        for (planned, spent) in [right, moved] {
            #expect(abs(planned.reduce(0, +) - 1) < 1e-9)
            // The first step makes one release, the second another.
            #expect(abs(spent[0] - planned[0]) < 1e-6 && abs(spent[1] - planned[1]) < 1e-6, "\(planned) \(spent)")
        }
    }
}
