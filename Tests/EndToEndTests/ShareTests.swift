import Client
import Foundation
import Ledger
import Tasks
import Testing

/// Two holders of columns and a third party that count on shares, as processes of their own, on loopback.
@Suite("Three parties on shares", .serialized, .timeLimit(.minutes(10)), .live)
struct ShareTests {
    @Test(
        "three parties have one result with the counts of the joined rows, one receipt and one reservation each",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await ShareScene()
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
                "verify", scene.path("\(ShareScene.names[place]).state/receipt.json"), "--task",
                scene.path("task.yaml"),
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
        "with hidden members three parties have one result with the counts of the joined rows, and nobody says how many keys meet",
        .enabled(if: Program.isBuilt, Program.absence))
    func hiddenMembers() async throws {
        let scene = try await ShareScene(hidden: true)
        let parties = try (0..<3).map { try scene.start($0) }
        for party in parties {
            let outcome = party.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(!outcome.talk.contains("keys are in both") && !outcome.talk.contains("300"), "\(outcome.talk)")
            // All of it together: what is released, and the third party's count.
            #expect(outcome.talk.contains("ε = 200.0 is set aside"), "\(outcome.talk)")
        }
        #expect(scene.result(0) != nil && Set((0..<3).map(scene.result)).count == 1)
        for place in 0..<3 {
            #expect(try scene.ledger(place).count { $0 == .reservation } == 1)
            let receipt = try await Program.run([
                "verify", scene.path("\(ShareScene.names[place]).state/receipt.json"), "--task",
                scene.path("task.yaml"),
            ])
            #expect(receipt.code == 0 && receipt.output.contains("the receipt is authentic"), "\(receipt.talk)")
        }
        let rows = try await Program.run([
            "sample", scene.path("Bank.state/task.model"), "--rows", "300", "--seed", "1",
        ])
        let same = rows.output.split(separator: "\n").dropFirst().count { line in
            let cells = line.split(separator: ",")
            return cells.count == 4 && cells[1] == cells[3]
        }
        #expect(same > 200, "\(same) of 300 rows have the same digit at both holders")
    }

    @Test(
        "a killed party that starts again takes the same part, members hidden or not, and ε is set aside once",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [0, 1, 2], [false, true])
    func killed(victim: Int, hidden: Bool) async throws {
        let scene = try await ShareScene(hidden: hidden)
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
        "what goes wrong with a party's own file is told to its own people, and the others hear that it stopped",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [false, true])
    func ownTrouble(hidden: Bool) async throws {
        let scene = try await ShareScene(hidden: hidden)
        let bank = try scene.start(0, patience: 20)
        _ = try await bank.announced("waiting for ")
        try FileManager.default.removeItem(atPath: scene.path("Bank.csv"))
        let others = try (1..<3).map { try scene.start($0, patience: 20) }
        let outcome = bank.outcome()
        #expect(outcome.code != 0 && outcome.talk.contains("Bank.csv"), "\(outcome.talk)")
        for other in others {
            let outcome = other.outcome()
            #expect(outcome.code != 0 && !outcome.talk.contains("Bank.csv"), "\(outcome.talk)")
            #expect(
                outcome.talk.contains("Bank stopped: ") || outcome.talk.contains("Bank said nothing"), "\(outcome.talk)"
            )
        }
    }

    @Test(
        "of a file that was put in a table's place while its party waited no key leaves, and with the table itself the task goes on",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [0, 1])
    func otherFile(of place: Int) async throws {
        let scene = try await ShareScene()
        let path = scene.path("\(ShareScene.names[place]).csv")
        let waiting = try scene.start(place, patience: 40)
        _ = try await waiting.announced("waiting for ")
        let table = try String(contentsOfFile: path, encoding: .utf8)
        try Data((table.split(separator: "\n").prefix(150).joined(separator: "\n") + "\n").utf8).write(
            to: URL(fileURLWithPath: path))
        let others = try (0..<3).filter { $0 != place }.map { try scene.start($0, patience: 40) }
        let outcome = waiting.outcome()
        #expect(outcome.code != 0 && outcome.talk.contains("changed while it was read"), "\(outcome.talk)")
        #expect(!outcome.talk.contains("in both tables"), "\(outcome.talk)")
        for other in others { #expect(other.outcome().code != 0) }
        try Data(table.utf8).write(to: URL(fileURLWithPath: path))
        for (number, party) in try (0..<3).map({ try scene.start($0) }).enumerated() {
            let outcome = party.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(outcome.talk.contains("300 keys are in both tables") == (number < 2), "\(outcome.talk)")
        }
    }

    @Test(
        "a party that stays away is named and nothing is spent; a table of a party that brings none is refused",
        .enabled(if: Program.isBuilt, Program.absence))
    func away() async throws {
        let scene = try await ShareScene()
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
