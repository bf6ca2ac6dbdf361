import Bytes
import Client
import Crypto
import Foundation
import Ledger
import Queries
import Tasks
import Testing

/// Requests that come out of step, late, to a folder that lacks something, or whose answer an office made up.
@Suite("Requests without a service, attacked", .serialized, .timeLimit(.minutes(20)), .live)
struct RequestAttackTests {
    private static func query(_ name: String, _ price: String) -> String {
        "{name: \(name), kind: count, where: {flow: x}, epsilon: \(price)}"
    }

    private static func computed(_ deadlines: String = "{}") async throws -> RequestScene {
        let scene = try await RequestScene(deadlines: deadlines)
        for outcome in try scene.all() { #expect(outcome.code == 0, "\(outcome.talk)") }
        return scene
    }

    @Test(
        "two requests in two orders at two offices spend nothing until all answer the same one",
        .enabled(if: Program.isBuilt, Program.absence))
    func order() async throws {
        let scene = try await Self.computed()
        for name in ["one", "two"] { try await scene.ask(name, Self.query(name, "1")) }
        let mixed = try ["one", "two", "two"].enumerated().map {
            try scene.start($0.offset, request: $0.element, patience: 4)
        }
        let outcomes = mixed.map { $0.outcome() }
        #expect(outcomes.allSatisfy { $0.code == 1 }, "\(outcomes)")
        #expect(outcomes.contains { $0.talk.contains("or of another request") }, "\(outcomes)")
        #expect(try (0..<3).map { try scene.spent($0) } == [[], [], []])
        for name in ["two", "one"] {
            for outcome in try scene.all(name) { #expect(outcome.code == 0, "\(outcome.talk)") }
        }
        #expect(try (0..<3).map { try scene.spent($0) } == [[1, 1], [1, 1], [1, 1]])
    }

    @Test(
        "an office that leaves after it set the price aside holds nobody up in the next request, and what it left is what counts",
        .enabled(if: Program.isBuilt, Program.absence))
    func withheld() async throws {
        let scene = try await Self.computed()
        for (name, price) in [("one", "4"), ("two", "3"), ("three", "2")] {
            try await scene.ask(name, Self.query(name, price))
        }
        do {
            // Eastmark paid, and never said its share.
            let request = try QueryRequest(
                fileBytes: Array(Data(contentsOf: URL(fileURLWithPath: scene.path("one.request")))),
                of: TaskSpecification(yaml: String(contentsOfFile: scene.path("task.yaml"), encoding: .utf8)))
            let ledger = try Ledger.open(directory: scene.path("Eastmark.state"))
            try ledger.reserve(
                request: try #require(LedgerHash(bytes: request.digest.bytes)), query: "one",
                task: try #require(ledger.entries().first?.task),
                party: "SHA256:x", epsilon: 4, delta: 1e-12, of: 6, time: 1)
        }
        let over = try scene.all("two", patience: 4)
        #expect(over.contains { $0.talk.contains("Eastmark has 2.0 of ε left") }, "\(over)")
        for name in ["three", "one"] {
            let outcomes = try scene.all(name, patience: 20)
            #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes)")
        }
        #expect(try (0..<3).map { try scene.spent($0).sorted() } == [[2, 4], [2, 4], [2, 4]])
    }

    @Test(
        "a folder that lacks the receipt of the task's own run pays nothing, and an undecided request can be halted",
        .enabled(if: Program.isBuilt, Program.absence))
    func lacking() async throws {
        let scene = try await Self.computed()
        try await scene.ask("one", Self.query("one", "1"))
        let receipt = scene.path("Norland.state/receipt.json")
        try FileManager.default.moveItem(atPath: receipt, toPath: receipt + ".away")
        let outcomes = try scene.all("one", patience: 4)
        #expect(outcomes[0].code == 6 && outcomes[0].talk.contains("lay it back"), "\(outcomes[0].talk)")
        #expect(try (0..<3).map { try scene.spent($0) } == [[], [], []])
        try FileManager.default.moveItem(atPath: receipt + ".away", toPath: receipt)
        for outcome in try scene.all("one") { #expect(outcome.code == 0, "\(outcome.talk)") }
        try await scene.ask("two", Self.query("two", "1"), approving: 0..<1)
        let halted = try scene.start(1, request: "two", patience: 1, and: ["--halt", "not now"]).outcome()
        #expect(halted.code == 0 && halted.talk.contains("the request is halted for good"), "\(halted.talk)")
        for place in 0..<3 { try await scene.decide("two", place) }
        let after = try scene.start(1, request: "two", patience: 1).outcome()
        #expect(after.code == 1 && after.talk.contains("not now"), "\(after.talk)")
        // What belongs to a request, verified as the task's own, and the other way round.
        let task = ["--task", scene.path("task.yaml")]
        let folder = try #require(scene.answers(0, "one"))
        for file in ["receipt.json", "audit.json"] {
            let unnamed = try await scene.call(["verify", "\(folder)/\(file)"] + task)
            #expect(unnamed.code == 2 && unnamed.talk.contains("is verified with --request"), "\(unnamed.talk)")
            let named = try await scene.call(
                ["verify", scene.path("Norland.state/\(file)"), "--request", scene.path("one.request")] + task)
            #expect(named.code == 2 && named.talk.contains("is verified without --request"), "\(named.talk)")
        }
        for (file, kind) in [("one.request", "is a request"), ("one.Norland.decision", "is a decision on a request")] {
            let asked = try await scene.call(["verify", scene.path(file)] + task)
            #expect(asked.code == 65 && asked.talk.contains(kind), "\(asked.talk)")
        }
        try await Self.madeUp(scene, "\(folder)/answer.json")
    }

    /// An office signs an answer of its own making: it says nothing but what stands in it, and no line of its own.
    private static func madeUp(_ scene: RequestScene, _ path: String) async throws {
        struct Answer: Codable {
            var answer: QueryAnswer
            let request: String
            let task: String
            let office: String
            var result: String
            let closings: [Closing]
            var signature: Data

            struct Closing: Codable {
                let from, task: String
                let rounds: Int
                let chain, reservation: String
                let signature: Data
            }
        }
        let key = try KeyFiles.privateKey(at: scene.path("Norland.key"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var made = try JSONDecoder().decode(Answer.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        func verify() async throws -> Program.Outcome {
            let digest = Hex.encode(Array(SHA256.hash(data: try encoder.encode(made.answer))))
            let text = "ENTREPOT-ANSWER1\0\(made.task)\0\(made.request)\0\(made.office)\0\(made.result)\0\(digest)"
            made.signature = Data(try key.signature(ofStatement: Array(text.utf8)))
            try encoder.encode(made).write(to: scene.folder.appending(path: "made.json"))
            return try await scene.call([
                "verify", scene.path("made.json"), "--task", scene.path("task.yaml"), "--request",
                scene.path("one.request"),
            ])
        }
        let same = try await verify()
        #expect(same.code == 0, "\(same.talk)")
        made.answer.notes = ["\u{1B}[2J\nthe answer is authentic: God signed it"]
        let noted = try await verify()
        #expect(
            noted.code == 0 && !noted.output.contains("\u{1B}")
                && !noted.output.contains("\nthe answer is authentic: God"))
        made.result = "0\nthe answer is authentic: God signed it, and all offices signed the same totals"
        let lines = try await verify()
        #expect(lines.code == 2 && lines.talk.contains("no SHA-256"), "\(lines.output)")
    }

    @Test(
        "after the task's deadlines what was signed still verifies and shows, and nothing new begins",
        .enabled(if: Program.isBuilt, Program.absence))
    func late() async throws {
        let end = Int64(Date().timeIntervalSince1970) + 75
        let scene = try await Self.computed(
            "{upload_by: \(UTCInstant(seconds: end - 15)), compute_by: \(UTCInstant(seconds: end))}")
        for name in ["one", "two"] { try await scene.ask(name, Self.query(name, "1")) }
        for outcome in try scene.all("one") { #expect(outcome.code == 0, "\(outcome.talk)") }
        let left = Double(end) - Date().timeIntervalSince1970
        try await Task.sleep(for: .seconds(max(0, left) + 1))
        let task = ["--task", scene.path("task.yaml")]
        let folder = try #require(scene.answers(0, "one"))
        for file in ["answer.json", "receipt.json", "audit.json"] {
            let verified = try await scene.call(
                ["verify", "\(folder)/\(file)", "--request", scene.path("one.request")] + task)
            #expect(verified.code == 0, "\(file): \(verified.talk)")
        }
        let own = try await scene.call(["verify", scene.path("Norland.state/receipt.json")] + task)
        #expect(own.code == 0, "\(own.talk)")
        for words in [
            ["request", "show", scene.path("two.request")] + task, ["task", "show", scene.path("task.yaml")],
        ] {
            let shown = try await scene.call(words)
            #expect(shown.code == 0, "\(shown.talk)")
        }
        for outcome in [
            try scene.start(0, patience: 1).outcome(), try scene.start(0, request: "one", patience: 1).outcome(),
        ] {
            #expect(outcome.code == 0, "\(outcome.talk)")
        }
        for outcome in try scene.all("two", patience: 2) {
            #expect(outcome.code == 65 && outcome.talk.contains("compute_by"), "\(outcome.talk)")
        }
        let approved = try await scene.call(
            ["request", "approve", scene.path("two.request"), "--key", scene.path("Norland.key")] + task)
        #expect(approved.code == 65 && approved.talk.contains("compute_by"), "\(approved.talk)")
        let signed = try await scene.call(["task", "sign", scene.path("task.yaml"), "--key", scene.path("Norland.key")])
        #expect(signed.code == 65 && signed.talk.contains("has passed"), "\(signed.talk)")
        #expect(try (0..<3).map { try scene.spent($0) } == [[1], [1], [1]])
    }
}
