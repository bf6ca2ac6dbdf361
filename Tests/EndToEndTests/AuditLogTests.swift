import Foundation
import Testing

/// What an auditor reads of computing parties: each one's log, checked with the task alone.
@Suite("Logs for auditors", .serialized, .timeLimit(.minutes(10)), .live)
struct AuditLogTests {
    private static func path(_ scene: ShareScene, _ place: Int) -> String {
        scene.path("\(ShareScene.names[place]).state/audit.json")
    }

    private static func verify(_ scene: ShareScene, _ path: String, _ further: [String] = []) async throws
        -> Program.Outcome
    {
        try await Program.run(["verify", path, "--task", scene.path("task.yaml")] + further)
    }

    /// The lines of rounds without the moments, which are each party's own.
    private static func rounds(_ outcome: Program.Outcome) -> [String] {
        outcome.output.split(separator: "\n").filter { $0.hasPrefix("round ") || $0.hasPrefix("  ") }.map { line in
            String(line.replacing(/\d{4}-\d\d-\d\dT\S+/, with: "when"))
        }
    }

    @Test(
        "three parties' logs show the same messages of the same rounds, which all signed; a log with anything changed is none",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await ShareScene(hidden: true)
        for party in try (0..<3).map({ try scene.start($0) }) { #expect(party.outcome().code == 0) }
        var seen: [[String]] = []
        for place in 0..<3 {
            let outcome = try await Self.verify(scene, Self.path(scene, place), ["--details"])
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(outcome.output.contains("with the messages that all offices signed"), "\(outcome.output)")
            #expect(outcome.output.contains("a result with SHA-256"), "\(outcome.output)")
            seen.append(Self.rounds(outcome))
        }
        #expect(Set(seen).count == 1 && seen[0].count >= 4 * 5, "\(seen[0])")
        #expect(seen[0].contains { $0.contains("when  counts ") } && seen[0].contains { $0.contains("form of slots") })
        try await Self.changed(scene)
    }

    /// Each change is of one log that was authentic.
    private static func changed(_ scene: ShareScene) async throws {
        let file = URL(fileURLWithPath: path(scene, 2))
        let text = try String(contentsOf: file, encoding: .utf8)
        let others = try String(contentsOfFile: path(scene, 0), encoding: .utf8)
        let unnamed = try await Program.run(["verify", file.path])
        #expect(unnamed.code == 64 && unnamed.talk.contains("--task"), "\(unnamed.talk)")
        func entries(_ text: String) throws -> (object: [String: Any], entries: [String]) {
            let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            return (object, try #require(object["entries"] as? [String]))
        }
        func write(_ object: [String: Any], _ entries: [String]) throws {
            var object = object
            object["entries"] = entries
            try JSONSerialization.data(withJSONObject: object).write(to: file)
        }
        let (object, list) = try entries(text)
        let round = try #require(list.firstIndex { $0.contains("\"kind\":\"round\"") })
        let digest = try #require(list[round].firstMatch(of: /"message.Bank":"([0-9a-f]{64})"/)).output.1
        var wrong = list
        wrong[round] = list[round].replacingOccurrences(of: digest, with: String(digest.reversed()))
        let changes: [(String, [String: Any], [String])] = [
            ("a digest", object, wrong),
            ("an entry is left out", object, list.enumerated().filter { $0.offset != round }.map(\.element)),
            ("the last entry is left out", object, Array(list.dropLast())),
            ("two entries change places", object, list.indices.map { list[$0 == 1 ? 2 : $0 == 2 ? 1 : $0] }),
            ("another office", object.merging(["office": "Bank"]) { $1 }, list),
            ("no ends", object.merging(["closings": [Any]()]) { $1 }, list),
            ("another's entries", object, try entries(others).entries),
            (
                "another's entries and ends",
                object.merging(["closings": try entries(others).object["closings"]!]) { $1 },
                try entries(others).entries
            ),
        ]
        for (what, object, list) in changes {
            try write(object, list)
            let outcome = try await verify(scene, file.path)
            #expect(outcome.code == 2 && outcome.talk.contains("the log is not authentic"), "\(what): \(outcome.talk)")
        }
        try write(object, list)
        #expect(try await verify(scene, file.path).code == 0)
    }

    @Test(
        "the log of a halted task says who halted it and why, and no end is signed",
        .enabled(if: Program.isBuilt, Program.absence))
    func halted() async throws {
        let scene = try await ShareScene()
        let parties = try (0..<2).map { try scene.start($0) }
        for party in parties { _ = try await party.announced("waiting for ") }
        let halt = try scene.start(2, patience: 20, and: ["--halt", "the contract was withdrawn"]).outcome()
        #expect(halt.code == 0, "\(halt.talk)")
        for party in parties { _ = party.outcome() }
        for place in 0..<3 {
            let outcome = try await Self.verify(scene, Self.path(scene, place))
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(
                outcome.output.contains("Regulator halted the task: the contract was withdrawn"), "\(outcome.output)")
            #expect(outcome.output.contains("of which no end is signed"), "\(outcome.output)")
        }
    }
}
