import Foundation
import Ledger
import Testing

/// Requests to three parties on shares, who are processes of their own. The third, who brings no table, is also who asks.
@Suite("Requests on shares", .serialized, .timeLimit(.minutes(10)), .live)
struct ShareRequestTests {
    private static func all(_ scene: ShareScene, _ further: [String] = [], patience: Int = 60) throws -> [Program
        .Outcome]
    {
        try (0..<3).map { try scene.start($0, patience: patience, and: further) }.map { $0.outcome() }
    }

    private static func ask(_ scene: ShareScene, _ name: String, _ query: String, approving: [Int] = [0, 1])
        async throws
    {
        try Data(query.utf8).write(to: scene.folder.appending(path: "\(name).yaml"))
        let task = ["--task", scene.path("task.yaml"), "--key"]
        let signed = try await Program.run(
            ["request", "sign", scene.path("\(name).yaml")] + task + [scene.path("Regulator.key")])
        #expect(signed.code == 0, "\(signed.talk)")
        for place in approving {
            let decided = try await Program.run(
                ["request", "approve", scene.path("\(name).request")] + task
                    + [scene.path("\(ShareScene.names[place]).key")])
            #expect(decided.code == 0, "\(decided.talk)")
        }
    }

    private static func spent(_ scene: ShareScene, _ place: Int) throws -> [Double] {
        try Ledger.open(directory: scene.path("\(ShareScene.names[place]).state")).entries()
            .filter { $0.kind == .request }.compactMap(\.epsilon)
    }

    @Test(
        "a request is answered with the joined rows, alike by all three; each ledger pays once and no more than the part",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await ShareScene(further: "requests: {epsilon: 50}")
        for outcome in try Self.all(scene) { #expect(outcome.code == 0, "\(outcome.talk)") }
        try await Self.ask(
            scene, "pairs", "{name: pairs, kind: count, where: {Bank_y: '3', Telecom_y: '3'}, epsilon: 40}")
        let request = ["--request", scene.path("pairs.request")]
        for outcome in try Self.all(scene, request) {
            #expect(outcome.code == 0 && outcome.talk.contains("the answer for Regulator"), "\(outcome.talk)")
        }
        var answers: Set<String> = []
        for (place, name) in ShareScene.names.enumerated() {
            #expect(try Self.spent(scene, place) == [40])
            let folder = scene.path("\(name).state/requests")
            let found = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first)
            for file in ["answer.json", "receipt.json", "audit.json"] {
                let verified = try await Program.run(
                    ["verify", "\(folder)/\(found)/\(file)", "--task", scene.path("task.yaml")] + request)
                #expect(verified.code == 0 && verified.output.contains("is authentic"), "\(file): \(verified.talk)")
                let figure = verified.output.firstMatch(of: /count (\d+)/).map { String($0.1) }
                if file == "answer.json" { answers.insert(figure ?? "") }
            }
        }
        // 30 of the 300 joined rows. Each of three parties draws a variance of 6 at least (KERNEL 10.2): six deviations of their sum.
        let figure = try #require(answers.first.flatMap { Double($0) })
        #expect(answers.count == 1 && abs(figure - 30) < 26, "\(answers)")
        // Asked again nothing is spent, and what the part does not hold is refused before anything is.
        for outcome in try Self.all(scene, request) {
            #expect(outcome.code == 0 && outcome.talk.contains("was answered"), "\(outcome.talk)")
        }
        try await Self.ask(scene, "more", "{name: more, kind: cardinality, epsilon: 20}")
        let outcomes = try Self.all(scene, ["--request", scene.path("more.request")], patience: 20)
        #expect(!outcomes.contains { $0.code == 0 }, "\(outcomes)")
        // Two meet and stop; the third may come when they are gone.
        #expect(outcomes.count { $0.talk.contains("has 10.0 of ε left") } >= 2, "\(outcomes)")
        for place in 0..<3 { #expect(try Self.spent(scene, place) == [40]) }
    }

    @Test(
        "a holder with another table, and one who has not approved, are named, and nothing is spent",
        .enabled(if: Program.isBuilt, Program.absence))
    func refused() async throws {
        let scene = try await ShareScene(further: "requests: {epsilon: 50}")
        for outcome in try Self.all(scene) { #expect(outcome.code == 0, "\(outcome.talk)") }
        try await Self.ask(scene, "rows", "{name: rows, kind: cardinality, epsilon: 10}", approving: [0])
        let request = ["--request", scene.path("rows.request")]
        for outcome in try Self.all(scene, request, patience: 5) {
            #expect(outcome.code == 5 && outcome.talk.contains("Telecom"), "\(outcome.talk)")
        }
        try await Self.ask(scene, "again", "{name: again, kind: cardinality, epsilon: 10}")
        let file = scene.path("Telecom.csv")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try Data(text.replacing(",u,", with: ",v,").utf8).write(to: URL(fileURLWithPath: file))
        let outcomes = try Self.all(scene, ["--request", scene.path("again.request")], patience: 5)
        #expect(outcomes[1].code == 6 && outcomes[1].talk.contains("the table is not the one"), "\(outcomes[1].talk)")
        #expect(outcomes[0].code != 0 && outcomes[2].code != 0)
        for place in 0..<3 { #expect(try Self.spent(scene, place).isEmpty) }
    }
}
