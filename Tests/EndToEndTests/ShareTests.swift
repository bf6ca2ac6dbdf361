import Client
import Foundation
import Ledger
import PrivacyKernel
import Tasks
import Testing

/// Two holders of columns and a third party that count on shares, as processes of their own, on loopback.
@Suite("Three parties on shares", .serialized, .timeLimit(.minutes(10)), .live)
struct ShareTests {
    private static let names = ["Bank", "Telecom", "Regulator"]

    /// Keys, a signed task and tables.
    private final class Scene {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shares-\(UUID().uuidString)")
        let ports: [Int]

        init() async throws {
            ports = try await OfficeMesh.freePorts(3)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            var parties = ""
            for (place, name) in ShareTests.names.enumerated() {
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
            let text = """
                entrepot: 1
                task: shares
                purpose: a test
                parties:
                \(parties)
                join: {kind: inner, reveal: own}
                privacy: {epsilon: 200.0, delta: 1.0e-9, unit_words: one row, accept_high_epsilon: a test}
                engine: {kind: secret-sharing, computing: [Bank, Telecom, Regulator], model: passive, majority: honest}
                synthesizer: {method: mst}
                queries:
                  - {name: rows, kind: cardinality, epsilon: 20}
                  - {name: both, kind: histogram, columns: [Bank_y, Telecom_y], epsilon: 90}
                  - {name: total, kind: sum, columns: [Telecom_y], by: [Bank_x], epsilon: 20}
                """
            try Data(text.utf8).write(to: folder.appending(path: "task.yaml"))
            for name in ShareTests.names {
                let signed = try await Program.run(["task", "sign", path("task.yaml"), "--key", path("\(name).key")])
                #expect(signed.code == 0, "\(signed.talk)")
            }
        }

        func path(_ name: String) -> String { folder.appending(path: name).path }

        func start(_ place: Int, patience: Int = 60, and further: [String] = []) throws -> Program.Running {
            let name = ShareTests.names[place]
            let peers = ShareTests.names.indices.filter { $0 > place }.map {
                "\(ShareTests.names[$0])=127.0.0.1:\(ports[$0])"
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
            FileManager.default.contents(atPath: path("\(ShareTests.names[place]).state/task.model"))
        }

        func ledger(_ place: Int) throws -> [LedgerEntry.Kind] {
            try Ledger.open(directory: path("\(ShareTests.names[place]).state")).entries().map(\.kind)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    @Test(
        "three parties have one result with the counts of the joined rows, one receipt and one reservation each",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await Scene()
        let parties = try (0..<3).map { try scene.start($0) }
        for (place, party) in parties.enumerated() {
            let outcome = party.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(outcome.talk.contains("300 keys are in both tables") == (place < 2), "\(outcome.talk)")
        }
        #expect(scene.result(0) != nil && Set((0..<3).map(scene.result)).count == 1)
        for place in 0..<3 {
            let kinds = try scene.ledger(place)
            #expect(kinds.count { $0 == .reservation } == 1)
            #expect(kinds.firstIndex(of: .reservation)! < kinds.firstIndex(of: .measurement)!)
            #expect(kinds.last == .trained)
            let receipt = try await Program.run([
                "verify", scene.path("\(Self.names[place]).state/receipt.json"), "--task", scene.path("task.yaml"),
            ])
            #expect(receipt.code == 0 && receipt.output.contains("the receipt is authentic"), "\(receipt.talk)")
        }
        // At this ε the noise has a deviation of about four: the 30 rows of each digit stand on the diagonal alone.
        let asked = try await Program.run([
            "query", "both", "--model", scene.path("Regulator.state/task.model"), "--task", scene.path("task.yaml"),
            "--json",
        ])
        #expect(asked.code == 0, "\(asked.talk)")
        let again = scene.path("Bank.state/task.model")
        let rows = try await Program.run(["sample", again, "--rows", "300", "--seed", "1"])
        let same = rows.output.split(separator: "\n").dropFirst().count { line in
            let cells = line.split(separator: ",")
            return cells.count == 4 && cells[1] == cells[3]
        }
        #expect(same > 200, "\(same) of 300 rows have the same digit at both holders")
    }

    @Test(
        "a party that is killed and started again takes the same part, holder or not, and ε is set aside once",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [1, 2])
    func killed(victim: Int) async throws {
        let scene = try await Scene()
        let parties = try (0..<3).map { try scene.start($0) }
        _ = try await parties[victim].announced("all 3 offices ")
        parties[victim].kill()
        _ = parties[victim].outcome()
        let back = try scene.start(victim).outcome()
        for place in 0..<3 where place != victim {
            let outcome = parties[place].outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
        }
        #expect(back.code == 0, "\(back.talk)")
        #expect(scene.result(0) != nil && Set((0..<3).map(scene.result)).count == 1)
        for place in 0..<3 { #expect(try scene.ledger(place).count { $0 == .reservation } == 1) }
    }

    @Test(
        "a party that stays away is named and nothing is spent; a table of a party that brings none is refused",
        .enabled(if: Program.isBuilt, Program.absence))
    func away() async throws {
        let scene = try await Scene()
        let third = try scene.start(2, and: ["--data", "Regulator=\(scene.path("Bank.csv"))"]).outcome()
        #expect(third.code == 64 && third.talk.contains("brings no table"), "\(third.talk)")
        let parties = try (0..<2).map { try scene.start($0, patience: 2) }
        for (place, party) in parties.enumerated() {
            let outcome = party.outcome()
            #expect(outcome.code != 0 && outcome.talk.contains("Regulator"), "\(outcome.talk)")
            #expect(try !scene.ledger(place).contains(.reservation))
        }
    }
}
