import Foundation
import Ledger
import Testing

/// Three offices whose task sets ε aside for requests, and Planner, who asks.
final class RequestScene: OfficeScene {
    /// - Parameter deadlines: of the task, as YAML.
    init(deadlines: String = "{}") async throws {
        try await super.init(
            terms: """
                privacy: {epsilon: 8.0, delta: 1.0e-9, unit_words: one row}
                synthesizer: {method: none}
                queries: [{name: rows, kind: cardinality, epsilon: 2}]
                requests: {epsilon: 6}
                deadlines: \(deadlines)
                """, consumer: "Planner")
    }

    /// The folder of a request at an office.
    func answers(_ place: Int, _ query: String) -> String? {
        let requests = path("\(Self.names[place]).state/requests")
        return (try? FileManager.default.contentsOfDirectory(atPath: requests))?.first { $0.hasPrefix(query + ".") }
            .map { "\(requests)/\($0)" }
    }

    /// An office that answers a request.
    func start(
        _ place: Int, request: String, table: String? = nil, patience: Int = 60, and further: [String] = []
    ) throws -> Program.Running {
        try start(
            place, table: table, patience: patience, and: ["--request", path("\(request).request")] + further)
    }

    /// All offices, to their ends.
    func all(_ request: String? = nil, patience: Int = 60) throws -> [Program.Outcome] {
        let offices = try (0..<3).map { place in
            try request.map { try start(place, request: $0, patience: patience) } ?? start(place, patience: patience)
        }
        return offices.map { $0.outcome() }
    }

    func call(_ words: [String]) async throws -> Program.Outcome { try await Program.run(words) }

    /// Planner asks, and whoever is named approves.
    func ask(_ name: String, _ query: String, approving places: Range<Int> = 0..<3) async throws {
        try Data(query.utf8).write(to: folder.appending(path: "\(name).yaml"))
        let signed = try await call([
            "request", "sign", path("\(name).yaml"), "--task", path("task.yaml"), "--key", path("Planner.key"),
        ])
        #expect(signed.code == 0 && signed.output == path("\(name).request") + "\n", "\(signed.talk)")
        for place in places { try await decide(name, place) }
    }

    func decide(_ name: String, _ place: Int, refusing reason: String? = nil) async throws {
        let words = [
            "request", reason == nil ? "approve" : "refuse", path("\(name).request"), "--task", path("task.yaml"),
        ]
        let decided = try await call(
            words + ["--key", path("\(Self.names[place]).key")] + (reason.map { ["--because", $0] } ?? []))
        #expect(decided.code == 0, "\(decided.talk)")
    }

    /// The requests for which an office's ledger set ε aside.
    func spent(_ place: Int) throws -> [Double] {
        try entries(place).filter { $0.kind == .request }.compactMap(\.epsilon)
    }
}
