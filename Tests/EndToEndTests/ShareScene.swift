import Client
import Foundation
import Ledger
import Tasks
import Testing

/// Keys, a signed task and tables of three parties on shares.
final class ShareScene {
    static let names = ["Bank", "Telecom", "Regulator"]

    let folder = FileManager.default.temporaryDirectory.appending(path: "shares-\(UUID().uuidString)")
    let ports: [Int]

    /// - Parameters:
    ///   - hidden: whether neither holder learns whose keys both have.
    ///   - further: lines of the task behind all others.
    ///   - attested: what the task says of proofs, by the folder in which the parties' keys lie.
    init(hidden: Bool = false, further: String = "", attested: (URL) async throws -> String = { _ in "" }) async throws
    {
        ports = try await OfficeMesh.freePorts(3)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var parties = ""
        for (place, name) in Self.names.enumerated() {
            let key = try PartyPrivateKey.generate(.p256)
            try KeyFiles.write(key, name: name, directory: folder.path)
            parties += "  - name: \(name)\n    role: \(place < 2 ? "provider" : "consumer")\n"
            parties += "    public_key: \(key.publicKey.base64)\n"
            guard place < 2 else { continue }
            parties += """
                    table:
                      key: {column: id}
                      rows: 500
                      fields:
                        - {name: x, type: string, categories: [u, v], constraints: {required: true}}
                        - {name: y, type: integer, constraints: {minimum: 0, maximum: 9, required: true}}

                """
            // 300 of 400 keys are in both.
            let rows = (100 * place..<400 + 100 * place).reversed().map { row in
                "k\(row),\(row % 3 == 0 ? "u" : "v"),\(row % 10)\n"
            }
            try Data(("id,x,y\n" + rows.joined()).utf8).write(to: folder.appending(path: "\(name).csv"))
        }
        let proofs = try await attested(folder)
        let members = hidden ? ", members: hidden, members_epsilon: 2" : ""
        let text = """
            entrepot: 1
            task: shares
            purpose: a test
            parties:
            \(parties)
            join: \(hidden ? "{kind: inner}" : "{kind: inner, reveal: own}")
            privacy: {epsilon: 200.0, delta: 1.0e-9, unit_words: one row, accept_high_epsilon: a test}
            engine: {kind: secret-sharing, computing: [Bank, Telecom, Regulator], model: passive, majority: honest\(members)\(proofs)}
            synthesizer: {method: mst}
            queries:
              - {name: rows, kind: cardinality, epsilon: 20}
              - {name: both, kind: histogram, columns: [Bank_y, Telecom_y], epsilon: 90}
              - {name: total, kind: sum, columns: [Telecom_y], by: [\(hidden ? "Telecom_x" : "Bank_x")], epsilon: 20}
            \(further)
            """
        try Data(text.utf8).write(to: folder.appending(path: "task.yaml"))
        for name in Self.names {
            let signed = try await Program.run(["task", "sign", path("task.yaml"), "--key", path("\(name).key")])
            #expect(signed.code == 0, "\(signed.talk)")
        }
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func start(_ place: Int, patience: Int = 60, and further: [String] = []) throws -> Program.Running {
        let name = Self.names[place]
        let peers = Self.names.indices.filter { $0 > place }.map {
            "\(Self.names[$0])=127.0.0.1:\(ports[$0])"
        }
        let data = place < 2 ? ["--data", "\(name)=\(path("\(name).csv"))"] : []
        return try Program.Running(
            [
                "compute", "--task", path("task.yaml"), "--key", path("\(name).key"), "--listen",
                "127.0.0.1:\(ports[place])", "--peers", peers.joined(separator: ","), "--state",
                path("\(name).state"), "--patience", "\(patience)",
            ] + data + further, environment: ["XDG_STATE_HOME": path("\(name).memory")])
    }

    func result(_ place: Int) -> Data? {
        FileManager.default.contents(atPath: path("\(Self.names[place]).state/task.model"))
    }

    func ledger(_ place: Int) throws -> [LedgerEntry.Kind] {
        try Ledger.open(directory: path("\(Self.names[place]).state")).entries().map(\.kind)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
