import Bytes
import Crypto
import Foundation
import Tasks
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
        try await Self.forged(scene)
        // A party that was cut off before it wrote its log writes it at its next start.
        try FileManager.default.removeItem(atPath: Self.path(scene, 2))
        #expect(try scene.start(2).outcome().code == 0)
        #expect(try await Self.verify(scene, Self.path(scene, 2)).code == 0)
    }

    /// Logs that their holder changes and signs anew, each entry linked to the one before.
    private static func forged(_ scene: ShareScene) async throws {
        let file = URL(fileURLWithPath: path(scene, 2))
        let right = try Data(contentsOf: file)
        defer { try? right.write(to: file) }
        let object = try #require(JSONSerialization.jsonObject(with: right) as? [String: Any])
        let list = try #require(object["entries"] as? [String])
        let task = try #require(object["task"] as? String)
        let pem = try #require(FileManager.default.contents(atPath: scene.path("Regulator.key")))
        let key = try PartyPrivateKey(file: Array(pem))
        func log(_ entries: [String], ends: Bool = true, form: Int = 1) throws -> Data {
            var (linked, previous): ([String], String) = ([], String(repeating: "0", count: 64))
            for entry in entries {
                linked.append(
                    entry.replacing(/"previous":"[^"]*","sequence":[0-9]+/) { _ in
                        "\"previous\":\"\(previous)\",\"sequence\":\(linked.count + 1)"
                    })
                previous = Hex.encode(Array(SHA256.hash(data: Data(linked[linked.count - 1].utf8))))
            }
            let head = linked.isEmpty ? "" : previous
            let statement = Array("ENTREPOT-AUDIT1\0\(task)\0Regulator\0\(linked.count)\0\(head)".utf8)
            var log = object
            log["audit"] = form
            log["entries"] = linked
            log["signature"] = Data(try key.signature(ofStatement: statement)).base64EncodedString()
            if !ends { log["closings"] = [Any]() }
            return try JSONSerialization.data(withJSONObject: log)
        }
        let word = Array("ENTREPOT-SUM-HALT1\0\(task)\0Regulator\0why".utf8)
        let halt = Hex.encode(try key.signature(ofStatement: word))
        let halted = """
            {"details":{"by":"Regulator","cause":"Bank halted the task: it is a thief","reason":"why","signature":"\(halt)"},\
            "kind":"halted","previous":"","sequence":0,"task":"\(task)","time":1796076155}
            """
        let few = """
            {"details":{"cause":"too few rows by a noisy count","least_rows":"500"},"kind":"failed","previous":"","sequence":0,\
            "task":"\(task)","time":1796076155}
            """
        let trained = try #require(list.last)
        let reserved = try #require(list.firstIndex { $0.contains("\"kind\":\"reservation\"") })
        let words = list.map { $0.replacing(/"asked":"counts [^"]*"/) { _ in "\"asked\":\"the number of rows\"" } }
        let table = list.map { $0.replacing(/"commitment":"[^"]*"/) { _ in "\"commitment\":\"\(task)\"" } }
        let unnamed = list.map { $0.replacing(/"model_sha256":"[^"]*"/) { _ in "\"model_sha256\":\"the best\"" } }
        #expect(words != list && table != list && unnamed != list)
        let forgeries: [(String, Data)] = [
            ("other words of the questions that all signed", try log(words)),
            ("a halt behind the result", try log(list + [halted])),
            ("a halt in place of the result, with the ends", try log(list.dropLast() + [halted])),
            ("two results", try log(list + [trained])),
            ("rounds behind the end", try log(list.dropLast() + [halted, trained])),
            ("a result that is none", try log(unnamed)),
            ("cut behind the reservation", try log(Array(list.prefix(reserved + 2)), ends: false)),
            ("the table of another commitment", try log(table)),
            ("too few rows for a task that asks for none", try log(list.dropLast() + [few])),
            ("no entries", try log([], ends: false)),
            ("another form", try log(list, form: 2)),
        ]
        for (what, forgery) in forgeries {
            try forgery.write(to: file)
            let outcome = try await verify(scene, file.path)
            #expect(outcome.code == 2 && outcome.talk.contains("the log is not authentic"), "\(what): \(outcome.talk)")
        }
        try log(list).write(to: file)
        #expect(try await verify(scene, file.path).code == 0)
        // Who halted is read from what was signed, whatever stands beside it.
        try log(Array(list.prefix(reserved + 2)) + [halted], ends: false).write(to: file)
        let outcome = try await verify(scene, file.path)
        #expect(outcome.code == 0 && outcome.output.contains("Regulator halted the task: why"), "\(outcome.talk)")
        #expect(!outcome.output.contains("Bank halted"))
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
