import Client
import Foundation
import Ledger
import Tasks
import Testing

/// Keys, a signed task and tables of three offices of a secure sum.
class OfficeScene {
    static let names = ["Norland", "Sudland", "Eastmark"]

    let folder = FileManager.default.temporaryDirectory.appending(path: "offices-\(UUID().uuidString)")
    let ports: [Int]

    /// - Parameters:
    ///   - terms: of the task, from ε on.
    ///   - consumer: who asks, beside the offices.
    init(
        terms: String = """
        privacy: {epsilon: 1.0, delta: 1.0e-9, unit_words: one row}
        synthesizer: {method: independent}
        queries: [{name: rows, kind: cardinality, epsilon: 0.5}]
        """, consumer: String? = nil
    ) async throws {
        ports = try await OfficeMesh.freePorts(Self.names.count)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var parties = ""
        for (place, name) in (Self.names + (consumer.map { [$0] } ?? [])).enumerated() {
            let key = try PartyPrivateKey.generate(.p256)
            try KeyFiles.write(key, name: name, directory: folder.path)
            parties += "  - name: \(name)\n    role: \(name == consumer ? "consumer" : "provider")\n"
            parties += "    public_key: \(key.publicKey.base64)\n"
            guard name != consumer else { continue }
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
            engine: {kind: secure-sum, colluding: 1}
            \(terms)
            """
        try Data(text.utf8).write(to: folder.appending(path: "task.yaml"))
        for name in Self.names {
            let signed = try await Program.run(["task", "sign", path("task.yaml"), "--key", path("\(name).key")])
            #expect(signed.code == 0, "\(signed.talk)")
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func start(
        _ place: Int, key: String? = nil, table: String? = nil, patience: Int = 60, state: String? = nil,
        and further: [String] = []
    ) throws -> Program.Running {
        let name = Self.names[place]
        let peers = Self.names.indices.filter { $0 > place }.map { "\(Self.names[$0])=127.0.0.1:\(ports[$0])" }
        let arguments = [
            "compute", "--task", path("task.yaml"), "--key", path("\(key ?? name).key"), "--listen",
            "127.0.0.1:\(ports[place])", "--peers", peers.joined(separator: ","), "--data",
            "\(key ?? name)=\(path("\(table ?? name).csv"))", "--state", path("\(state ?? name).state"), "--patience",
            "\(patience)",
        ]
        return try Program.Running(arguments + further, environment: ["XDG_STATE_HOME": path("\(name).memory")])
    }

    /// How many messages an office has on its disk.
    func messages(_ place: Int) -> Int {
        let rounds = path("\(Self.names[place]).state/rounds")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: rounds)) ?? []
        return names.count { $0.hasPrefix("share-") && !$0.hasSuffix(".part") }
    }

    func waitFor(_ isThere: () -> Bool) async throws {
        for _ in 0..<20_000 where !isThere() { try await Task.sleep(for: .milliseconds(1)) }
        #expect(isThere())
    }

    func result(_ place: Int) -> Data? {
        FileManager.default.contents(atPath: path("\(Self.names[place]).state/task.model"))
    }

    func entries(_ place: Int) throws -> [LedgerEntry] {
        try Ledger.open(directory: path("\(Self.names[place]).state")).entries()
    }
}
