import Client
import Foundation
import Ledger
import Tasks
import Testing

/// Three offices whose task sets ε aside for requests, and Planner, who asks.
final class RequestScene {
    static let names = ["Norland", "Sudland", "Eastmark"]

    let folder = FileManager.default.temporaryDirectory.appending(path: "requests-\(UUID().uuidString)")
    let ports: [Int]

    init() async throws {
        ports = try await OfficeMesh.freePorts(3)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var parties = ""
        for (place, name) in (Self.names + ["Planner"]).enumerated() {
            let key = try PartyPrivateKey.generate(.p256)
            try KeyFiles.write(key, name: name, directory: folder.path)
            parties += "  - name: \(name)\n    role: \(place < 3 ? "provider" : "consumer")\n"
            parties += "    public_key: \(key.publicKey.base64)\n"
            guard place < 3 else { continue }
            parties += """
                    table:
                      key: {column: id}
                      rows: 2000
                      fields:
                        - {name: flow, type: string, categories: [x, m], constraints: {required: true}}
                        - {name: value, type: integer, constraints: {minimum: 0, maximum: 9, required: true}}

                """
            // 334 of 1,000 rows of each office are x.
            let rows = (0..<1000).map { "\($0),\($0 % 3 == 0 ? "x" : "m"),\(($0 + place) % 10)\n" }
            try Data(("id,flow,value\n" + rows.joined()).utf8).write(to: folder.appending(path: "\(name).csv"))
        }
        let text = """
            entrepot: 1
            task: offices
            purpose: a test
            parties:
            \(parties)
            join: {kind: union}
            privacy: {epsilon: 8.0, delta: 1.0e-9, unit_words: one row}
            engine: {kind: secure-sum, colluding: 1}
            synthesizer: {method: none}
            queries: [{name: rows, kind: cardinality, epsilon: 2}]
            requests: {epsilon: 6}
            """
        try Data(text.utf8).write(to: folder.appending(path: "task.yaml"))
        for name in Self.names {
            let signed = try await Program.run(["task", "sign", path("task.yaml"), "--key", path("\(name).key")])
            #expect(signed.code == 0, "\(signed.talk)")
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The folder of a request at an office.
    func answers(_ place: Int, _ query: String) -> String? {
        let requests = path("\(Self.names[place]).state/requests")
        return (try? FileManager.default.contentsOfDirectory(atPath: requests))?.first { $0.hasPrefix(query + ".") }
            .map { "\(requests)/\($0)" }
    }

    func start(
        _ place: Int, request: String? = nil, table: String? = nil, patience: Int = 60, and further: [String] = []
    ) throws -> Program.Running {
        let name = Self.names[place]
        let peers = Self.names.indices.filter { $0 > place }.map { "\(Self.names[$0])=127.0.0.1:\(ports[$0])" }
        let arguments = [
            "compute", "--task", path("task.yaml"), "--key", path("\(name).key"), "--listen",
            "127.0.0.1:\(ports[place])", "--peers", peers.joined(separator: ","), "--data",
            "\(name)=\(path("\(table ?? name).csv"))", "--state", path("\(name).state"), "--patience", "\(patience)",
        ]
        return try Program.Running(
            arguments + (request.map { ["--request", path("\($0).request")] } ?? []) + further,
            environment: ["XDG_STATE_HOME": path("\(name).memory")])
    }

    /// All offices, to their ends.
    func all(_ request: String? = nil, patience: Int = 60) throws -> [Program.Outcome] {
        let offices = try (0..<3).map { try start($0, request: request, patience: patience) }
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
        try Ledger.open(directory: path("\(Self.names[place]).state")).entries().filter { $0.kind == .request }
            .compactMap(\.epsilon)
    }
}
