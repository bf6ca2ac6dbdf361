import Client
import Foundation
import Ledger
import Testing

/// Any computing party can halt the task, and its halt is final: three parties as processes of their own, on loopback.
@Suite("Halts of computing parties", .serialized, .timeLimit(.minutes(10)), .live)
struct HaltTests {
    private static let reason = "the contract was withdrawn"

    /// Nothing came out, the ledger says who ended it, and a new start says it again.
    private static func isOver(_ scene: ShareScene, by name: String, reserved: Bool) async throws {
        for place in 0..<3 {
            #expect(scene.result(place) == nil)
            let kinds = try scene.ledger(place)
            #expect(kinds.count { $0 == .reservation } == (reserved ? 1 : 0), "\(kinds)")
            #expect(kinds.count { $0 == .halted } == 1 && kinds.last == .halted, "\(kinds)")
            let again = try scene.start(place, patience: 1).outcome()
            #expect(again.code != 0 && again.talk.contains("\(name) halted the task: \(reason)"), "\(again.talk)")
            #expect(scene.result(place) == nil)
        }
    }

    @Test(
        "a party that never took part halts: who waits stops with its name, nothing is spent, and it is final",
        .enabled(if: Program.isBuilt, Program.absence))
    func before() async throws {
        let scene = try await ShareScene()
        let parties = try (0..<2).map { try scene.start($0) }
        for party in parties { _ = try await party.announced("waiting for ") }
        let halt = try scene.start(2, patience: 20, and: ["--halt", Self.reason]).outcome()
        #expect(halt.code == 0 && halt.talk.contains("all others have heard of it"), "\(halt.talk)")
        for party in parties {
            let outcome = party.outcome()
            #expect(outcome.code != 0 && outcome.talk.contains("Regulator halted the task"), "\(outcome.talk)")
        }
        try await Self.isOver(scene, by: "Regulator", reserved: false)
    }

    @Test(
        "a halt stops the party's own process in the middle, and the others; ε that was set aside stays spent once",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [0, 1, 2])
    func during(halting: Int) async throws {
        let scene = try await ShareScene()
        let parties = try (0..<3).map { try scene.start($0) }
        // One of the others stands still, so that nothing ends before the halt.
        let still = (halting + 1) % 3
        for party in parties { _ = try await party.announced("all 3 offices are there") }
        parties[still].pause()
        let halt = try scene.start(halting, patience: 2, and: ["--halt", Self.reason]).outcome()
        parties[still].goOn()
        guard halt.code == 0 else {
            // All was over before the party stood still.
            #expect(halt.talk.contains("too late"), "\(halt.talk)")
            for party in parties { #expect(party.outcome().code == 0) }
            return #expect(Set((0..<3).map(scene.result)).count == 1 && scene.result(0) != nil)
        }
        let name = ShareScene.names[halting]
        for party in parties {
            let outcome = party.outcome()
            #expect(
                outcome.code != 0 && outcome.talk.contains("\(name) halted the task: \(Self.reason)"), "\(outcome.talk)"
            )
        }
        try await Self.isOver(scene, by: name, reserved: true)
    }

    @Test(
        "a party that was away hears of a halt from the one that heard it, when the first is gone",
        .enabled(if: Program.isBuilt, Program.absence))
    func handedOn() async throws {
        let scene = try await ShareScene()
        let telecom = try scene.start(1)
        _ = try await telecom.announced("waiting for ")
        let halt = try scene.start(0, patience: 2, and: ["--halt", Self.reason]).outcome()
        #expect(halt.code == 0 && halt.talk.contains("Regulator did not hear of it"), "\(halt.talk)")
        _ = telecom.outcome()
        let again = try scene.start(1, patience: 20)
        let third = try scene.start(2, patience: 20).outcome()
        #expect(third.code != 0 && third.talk.contains("Bank halted the task: \(Self.reason)"), "\(third.talk)")
        #expect(again.outcome().talk.contains("all others have heard of it"))
        try await Self.isOver(scene, by: "Bank", reserved: false)
    }

    @Test(
        "after the result a halt is too late, says so, and changes nothing",
        .enabled(if: Program.isBuilt, Program.absence))
    func late() async throws {
        let scene = try await ShareScene()
        for party in try (0..<3).map({ try scene.start($0) }) { #expect(party.outcome().code == 0) }
        let before = (0..<3).map(scene.result)
        let halt = try scene.start(1, patience: 2, and: ["--halt", Self.reason]).outcome()
        #expect(halt.code == 1 && halt.talk.contains("too late"), "\(halt.talk)")
        #expect((0..<3).map(scene.result) == before && before[0] != nil)
        #expect(try !scene.ledger(1).contains(.halted))
        let again = try scene.start(1, patience: 2).outcome()
        #expect(again.code == 0, "\(again.talk)")
    }

    @Test(
        "a reason that is too long once it is written out is refused and keeps nothing; the longest one is told at each start",
        .enabled(if: Program.isBuilt, Program.absence))
    func reasons() async throws {
        let scene = try await ShareScene()
        func halt(_ reason: String) throws -> Program.Outcome {
            try scene.start(0, patience: 1, and: ["--halt", reason]).outcome()
        }
        // A joiner that nobody sees takes six characters, and a letter may have more marks than anybody reads.
        let words = String(repeating: "x", count: 194)
        for reason in [words + "y\u{200D}", String(repeating: "e\u{0301}", count: 101)] {
            let outcome = try halt(reason)
            #expect(outcome.code == 64 && outcome.talk.contains("at most 200 characters"), "\(outcome)")
        }
        #expect(!FileManager.default.fileExists(atPath: scene.path("Bank.state")))
        let outcome = try halt(words + "\u{200D}")
        #expect(outcome.code == 0, "\(outcome)")
        let again = try scene.start(0, patience: 1).outcome()
        #expect(again.code != 0 && again.talk.contains("Bank halted the task: \(words)\\u200d"), "\(again.talk)")
        #expect(try scene.ledger(0).last == .halted)
    }
}
