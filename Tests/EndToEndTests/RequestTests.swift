import Foundation
import Ledger
import Tasks
import Testing

/// Requests of a consumer to offices that are processes of their own, on loopback.
@Suite("Requests without a service", .serialized, .timeLimit(.minutes(20)), .live)
struct RequestTests {
    private static let exports = "{name: exports, kind: count, where: {flow: x}, epsilon: 4}"

    /// A scene whose task has its result.
    private static func computed() async throws -> RequestScene {
        let scene = try await RequestScene()
        for outcome in try scene.all() { #expect(outcome.code == 0, "\(outcome.talk)") }
        return scene
    }

    @Test(
        "an approved request is answered alike by all, verifies, and costs ε once however often it is started",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await RequestScene()
        try await scene.ask("exports", Self.exports)
        // Before the task has its own result nothing is answered.
        let early = try scene.all("exports", patience: 3)
        for outcome in early { #expect(outcome.code == 6 && outcome.talk.contains("has no result"), "\(outcome.talk)") }
        for outcome in try scene.all() { #expect(outcome.code == 0, "\(outcome.talk)") }
        for outcome in try scene.all("exports") {
            #expect(outcome.code == 0 && outcome.talk.contains("the answer for Planner"), "\(outcome.talk)")
        }
        let folders = try (0..<3).map { try #require(scene.answers($0, "exports")) }
        let results = try folders.map { try Data(contentsOf: URL(fileURLWithPath: "\($0)/task.model")) }
        #expect(Set(results).count == 1)
        let request = ["--task", scene.path("task.yaml"), "--request", scene.path("exports.request")]
        for (place, folder) in folders.enumerated() {
            for file in ["answer.json", "receipt.json", "audit.json"] {
                let verified = try await scene.call(["verify", "\(folder)/\(file)"] + request)
                #expect(verified.code == 0 && verified.output.contains("is authentic"), "\(file): \(verified.talk)")
            }
            #expect(try scene.spent(place) == [4])
            let log = try await scene.call([
                "verify", scene.path("\(RequestScene.names[place]).state/audit.json"), "--task",
                scene.path("task.yaml"),
            ])
            #expect(log.code == 0 && log.output.contains("then ε of 1 request"), "\(log.talk) \(log.output)")
        }
        let answer = try await scene.call(["verify", "\(folders[0])/answer.json"] + request)
        // The truth is 3 · 334; at ε = 4 noise of more than 60 is a matter of 10^-9.
        let figure = try #require(answer.output.firstMatch(of: /count (\d+)/).flatMap { Double($0.1) })
        #expect(abs(figure - 1002) < 60, "\(answer.output)")
        for outcome in try scene.all("exports") {
            #expect(outcome.code == 0 && outcome.talk.contains("was answered"), "\(outcome.talk)")
        }
        for place in 0..<3 { #expect(try scene.spent(place) == [4]) }
        try await Self.changed(scene, "\(folders[0])/answer.json", request)
    }

    /// An answer with anything changed, and of another request.
    private static func changed(_ scene: RequestScene, _ path: String, _ request: [String]) async throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for (old, new) in [
            ("\"estimate\" : ", "\"estimate\" : 1"), ("\"epsilon\" : 4", "\"epsilon\" : 3"),
            ("\"office\" : \"Norland\"", "\"office\" : \"Sudland\""),
            ("\"quantity\" : \"count\"", "\"quantity\" : \"sum\""),
        ] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "\(old)")
            try Data(changed.utf8).write(to: scene.folder.appending(path: "changed.json"))
            let verified = try await scene.call(["verify", scene.path("changed.json")] + request)
            #expect(verified.code == 2, "\(old): \(verified.output)")
        }
        try await scene.ask("again", Self.exports.replacingOccurrences(of: "exports", with: "again"))
        let other = try await scene.call(
            ["verify", path] + request.dropLast() + [scene.path("again.request")])
        #expect(other.code == 2 && other.talk.contains("answers request"), "\(other.talk)")
        // 4 of 6 are spent: 2 are left, and it costs 4.
        let over = try scene.all("again", patience: 20)
        #expect(over.allSatisfy { $0.code != 0 } && over.contains { $0.talk.contains("2.0 of ε left") }, "\(over)")
        for place in 0..<3 { #expect(try scene.spent(place) == [4] && scene.answers(place, "again") != nil) }
    }

    @Test(
        "where one office's ledger has less left than the others', all refuse and nothing more is set aside",
        .enabled(if: Program.isBuilt, Program.absence))
    func differing() async throws {
        let scene = try await Self.computed()
        try await scene.ask("exports", Self.exports)
        do {
            // Sudland alone paid something else.
            let ledger = try Ledger.open(directory: scene.path("Sudland.state"))
            let task = try #require(try ledger.entries().first?.task)
            try ledger.reserve(
                request: LedgerHash(of: [1]), query: "other", task: task, party: "SHA256:x", epsilon: 3, delta: 1e-12,
                of: 6,
                time: 1)
        }
        let outcomes = try scene.all("exports", patience: 20)
        // An office that comes once the others have gone learns only that they are not there.
        #expect(
            outcomes.allSatisfy { $0.code == 1 } && outcomes.contains { $0.talk.contains("Sudland has 3.0 of ε left") },
            "\(outcomes)")
        #expect(try (0..<3).map { try scene.spent($0) } == [[], [3], []])
    }

    @Test(
        "an office that is killed in a request goes on with it, and its ledger pays once",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [20, 150, 400])
    func killed(milliseconds: Int) async throws {
        let scene = try await Self.computed()
        try await scene.ask("exports", Self.exports)
        let first = try (0..<3).map { try scene.start($0, request: "exports", patience: 30) }
        _ = try await first[2].announced("listening on ")
        try await Task.sleep(for: .milliseconds(milliseconds))
        first[2].kill()
        _ = first[2].outcome()
        let back = try scene.start(2, request: "exports", patience: 30).outcome()
        for office in first.prefix(2) { _ = office.outcome() }
        #expect(back.code == 0, "\(back.talk)")
        for place in 0..<3 {
            #expect(try scene.spent(place) == [4])
            #expect(scene.answers(place, "exports") != nil)
        }
    }

    @Test(
        "what is not approved, refused, changed, of another table or in the name of somebody else spends nothing and is named",
        .enabled(if: Program.isBuilt, Program.absence))
    func refused() async throws {
        let scene = try await Self.computed()
        func office(_ place: Int, _ request: String, table: String? = nil) throws -> Program.Outcome {
            try scene.start(place, request: request, table: table, patience: 2).outcome()
        }
        try await scene.ask("exports", Self.exports, approving: 0..<2)
        let undecided = try office(0, "exports")
        #expect(undecided.code == 5 && undecided.talk.contains("Eastmark did not decide"), "\(undecided.talk)")
        try await scene.decide("exports", 2, refusing: "too few rows")
        let refused = try office(0, "exports")
        #expect(
            refused.code == 5 && refused.talk.contains("Eastmark refused the request: too few rows"), "\(refused.talk)")
        let shown = try await scene.call([
            "request", "show", scene.path("exports.request"), "--task", scene.path("task.yaml"),
        ])
        #expect(shown.output.contains("Norland: approved") && shown.output.contains("Eastmark: refused: too few rows"))
        // Approvals of one request are none of another, though it has the same name.
        try await scene.decide("exports", 2)
        try FileManager.default.removeItem(atPath: scene.path("exports.request"))
        try await scene.ask("exports", Self.exports.replacingOccurrences(of: "4}", with: "5}"), approving: 0..<0)
        let changed = try office(1, "exports")
        #expect(changed.code == 5 && changed.talk.contains("decided on request"), "\(changed.talk)")
        let stale = try await scene.call([
            "request", "show", scene.path("exports.request"), "--task", scene.path("task.yaml"),
        ])
        #expect(stale.code == 0 && stale.output.contains("Norland: has not decided on this request"), "\(stale.talk)")
        for place in 0..<3 { try await scene.decide("exports", place) }
        let table = try office(2, "exports", table: "Norland")
        #expect(table.code == 6 && table.talk.contains("not the one that the task was counted with"), "\(table.talk)")
        let absent = try office(0, "nothing")
        #expect(absent.code == 65 && absent.talk.contains("there is no file"), "\(absent.talk)")
        let alone = try office(0, "exports")
        #expect(alone.code == 1 && alone.talk.contains("said nothing"), "\(alone.talk)")
        try Data([UInt8](repeating: 0x20, count: 1 << 20)).write(to: scene.folder.appending(path: "huge.request"))
        let huge = try office(0, "huge")
        #expect(huge.code == 65 && huge.talk.contains("longer than"), "\(huge.talk)")
        let bytes = try String(contentsOfFile: scene.path("exports.request"), encoding: .utf8)
        try Data(bytes.replacingOccurrences(of: "\"epsilon\":5", with: "\"epsilon\":6").utf8)
            .write(to: scene.folder.appending(path: "forged.request"))
        let forged = try office(0, "forged")
        #expect(forged.code == 5 && forged.talk.contains("not signed with the key"), "\(forged.talk)")
        for place in 0..<3 { #expect(try scene.spent(place).isEmpty) }
    }

    @Test(
        "a halted task takes no request; a request that is halted has no answer, and the task's result stays",
        .enabled(if: Program.isBuilt, Program.absence))
    func halted() async throws {
        let scene = try await RequestScene()
        try await scene.ask("exports", Self.exports)
        _ = try scene.start(1, patience: 1, and: ["--halt", "withdrawn"]).outcome()
        let after = try scene.start(1, request: "exports", patience: 1).outcome()
        #expect(after.code != 0 && after.talk.contains("takes no requests"), "\(after.talk)")
        let second = try await Self.computed()
        try await second.ask("exports", Self.exports)
        let stopped = try second.start(0, request: "exports", patience: 1, and: ["--halt", "not now"]).outcome()
        #expect(stopped.code == 0 && stopped.talk.contains("is halted for good"), "\(stopped.talk)")
        let again = try second.start(0, request: "exports", patience: 1).outcome()
        #expect(again.code == 1 && again.talk.contains("Norland halted the request: not now."), "\(again.talk)")
        // Another office hears of it as of a request.
        let telling = try second.start(0, request: "exports", patience: 10)
        let hearing = try second.start(1, request: "exports", patience: 10).outcome()
        _ = telling.outcome()
        #expect(hearing.code == 1 && hearing.talk.contains("Norland halted the request: not now."), "\(hearing.talk)")
        #expect(!hearing.talk.contains("halted the task"), "\(hearing.talk)")
        #expect(try second.spent(0).isEmpty)
        let whole = try second.start(0, patience: 1).outcome()
        #expect(whole.code == 0 && whole.talk.contains("the task is over"), "\(whole.talk)")
    }
}
