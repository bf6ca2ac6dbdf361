import Attestation
import Client
import Foundation
import Ledger
import Tasks
import Testing

/// Three parties on shares, of whom the third must prove which program it runs.
@Suite("A computing party that proves what it runs", .serialized, .timeLimit(.minutes(10)), .live)
struct AttestedPartyTests {
    /// A task that asks the third party for this very program.
    ///
    /// - Parameter change: of the measurements.
    private static func scene(_ change: @escaping (inout [String: String]) -> Void = { _ in }) async throws
        -> ShareScene
    {
        try await ShareScene(attested: { folder in
            // A shard is the same program: it tells its measurements, and makes the root of simulated evidence.
            let shard = try Program.Running([
                "shard", "--coordinator", folder.appending(path: "Regulator.pub").path, "--attester", "simulated",
                "--state",
                folder.appending(path: "Regulator.state").path, "--listen", "127.0.0.1:0",
            ])
            let file = try await shard.announced("measurements of this process: ")
            shard.stop()
            let manifest = try ReleaseManifest(json: Data(contentsOf: URL(fileURLWithPath: file)))
            var measurements = try #require(manifest.releases.first?.measurements["simulated"])
            change(&measurements)
            let list = measurements.map { "\($0): '\($1)'" }.joined(separator: ", ")
            return ", attested: {Regulator: {evidence: simulated, measurements: {\(list)}}}"
        })
    }

    private static func start(_ scene: ShareScene, attester: Bool = true, root: Bool = true) throws -> [Program.Running]
    {
        let trust = ["--simulated-root", scene.path("Regulator.state/simulated-root/root.pem")]
        return try (0..<3).map { place in
            let proof = attester ? ["--attester", "simulated"] : []
            return try scene.start(place, patience: 20, and: place == 2 ? proof : root ? trust : [])
        }
    }

    @Test(
        "with the program that the task names the three have one result, and each log says who proved what to whom",
        .enabled(if: Program.isBuilt, Program.absence))
    func right() async throws {
        let scene = try await Self.scene()
        for (place, party) in try Self.start(scene).enumerated() {
            let outcome = party.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(outcome.talk.contains("Regulator has proved that it runs") == (place < 2), "\(outcome.talk)")
        }
        #expect(scene.result(0) != nil && Set((0..<3).map(scene.result)).count == 1)
        for place in 0..<3 {
            let kinds = try scene.ledger(place)
            #expect(kinds.count { $0 == .attested } == (place < 2 ? 1 : 0))
            let state = "\(ShareScene.names[place]).state"
            let log = try await Program.run([
                "verify", scene.path("\(state)/audit.json"), "--task", scene.path("task.yaml"),
            ])
            #expect(log.code == 0, "\(log.talk)")
            let line = log.output.split(separator: "\n").first { $0.hasPrefix("proved ") }
            #expect((line != nil) == (place < 2), "\(log.output)")
            guard place < 2, let line else { continue }
            #expect(kinds.firstIndex(of: .attested)! < kinds.firstIndex(of: .reservation)!)
            // What lies there is evidence that others can verify.
            let evidence = scene.path("\(state)/\(line.split(separator: " ").last ?? "")")
            let verified = try await Program.run([
                "verify", evidence, "--allow-simulated", "--allow-debug", "--simulated-root",
                scene.path("Regulator.state/simulated-root/root.pem"), "--measurements",
                scene.path("Regulator.state/simulated-root/measurements.json"),
            ])
            #expect(verified.code == 0, "\(verified.talk)")
        }
    }

    @Test(
        "another program is refused with 3 and an unknown root with 2, by name and before anything is set aside",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [true, false])
    func refused(isRootKnown: Bool) async throws {
        let scene = try await Self.scene { if isRootKnown { $0["PCR0"] = String(repeating: "ab", count: 48) } }
        let outcomes = try Self.start(scene, root: isRootKnown).map { $0.outcome() }
        let codes = outcomes.prefix(2).map(\.code)
        // Whoever looks second may have heard it of the first.
        #expect(codes.contains(isRootKnown ? 3 : 2) && !codes.contains(0), "\(outcomes)")
        for outcome in outcomes {
            #expect(outcome.code != 0 && outcome.talk.contains("Regulator has not proved"), "\(outcome.talk)")
            #expect(
                outcome.talk.contains(isRootKnown ? "in no accepted release" : "--simulated-root"), "\(outcome.talk)")
        }
        for place in 0..<3 { #expect(try !scene.ledger(place).contains(.reservation)) }
    }

    @Test(
        "a party that must prove something does not start without an attester, and one that need not with one",
        .enabled(if: Program.isBuilt, Program.absence))
    func unstarted() async throws {
        let scene = try await Self.scene()
        let without = try scene.start(2).outcome()
        #expect(without.code == 64 && without.talk.contains("with --attester"), "\(without.talk)")
        let needless = try scene.start(0, and: ["--attester", "simulated"]).outcome()
        #expect(needless.code == 64 && needless.talk.contains("leave --attester out"), "\(needless.talk)")
    }
}
