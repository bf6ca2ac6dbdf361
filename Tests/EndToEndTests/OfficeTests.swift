import Client
import Foundation
import Ledger
import PrivacyKernel
import Tasks
import Testing

/// Offices of a secure sum as processes of their own, on loopback.
@Suite("Offices without a service", .serialized, .timeLimit(.minutes(10)), .live)
struct OfficeTests {
    @Test(
        "three offices have one result, a receipt that all signed, and one reservation each before any figure",
        .enabled(if: Program.isBuilt, Program.absence))
    func together() async throws {
        let scene = try await OfficeScene()
        let offices = try (0..<3).map { try scene.start($0) }
        for office in offices {
            let outcome = office.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
            #expect(outcome.output.contains("\"kind\":\"reserve\"") || outcome.output.contains("\"epsilon\":1"))
        }
        #expect(scene.result(0) != nil)
        #expect(Set((0..<3).map(scene.result)).count == 1)
        for place in 0..<3 {
            let kinds = try scene.entries(place).map(\.kind)
            #expect(kinds.count { $0 == .reservation } == 1)
            #expect(kinds.firstIndex(of: .reservation)! < kinds.firstIndex(of: .measurement)!)
            #expect(kinds.last == .trained)
        }
        try await Self.verify(scene)
        let again = try await Self.outcome(scene.start(0))
        #expect(again.code == 0 && again.talk.contains("the task is over"))
    }

    /// The receipt of a sum, and one with anything changed.
    private static func verify(_ scene: OfficeScene) async throws {
        let path = scene.path("Norland.state/receipt.json")
        let arguments = ["verify", path, "--task", scene.path("task.yaml")]
        let right = try await Program.run(arguments)
        #expect(right.code == 0 && right.output.contains("the receipt is authentic"), "\(right.talk)")
        let unnamed = try await Program.run(["verify", path])
        #expect(unnamed.code == 64 && unnamed.talk.contains("--task"))
        let other = try await Program.run(arguments + ["--file", scene.path("Norland.csv")])
        #expect(other.code == 2 && other.talk.contains("file is another one"), "\(other.talk)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for (old, new) in [
            ("\"rounds\" : 2", "\"rounds\" : 3"), ("\"epsilon\" : 1", "\"epsilon\" : 2"),
            ("\"from\" : \"Sudland\"", "\"from\" : \"Norland\""),
            ("\"office\" : \"Norland\"", "\"office\" : \"Sudland\""),
        ] where text.contains(old) {
            try Data(text.replacingOccurrences(of: old, with: new).utf8).write(to: URL(fileURLWithPath: path))
            let changed = try await Program.run(arguments)
            #expect(changed.code == 2, "\(old): \(changed.talk)")
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test(
        "an office that is killed and started again takes the same part, and ε is set aside once",
        .enabled(if: Program.isBuilt, Program.absence))
    func killed() async throws {
        let scene = try await OfficeScene()
        let first = try (0..<2).map { try scene.start($0) }
        let third = try scene.start(2)
        _ = try await third.announced("listening on ")
        try await Task.sleep(for: .milliseconds(60))
        third.kill()
        _ = third.outcome()
        let back = try await Self.outcome(scene.start(2))
        for office in first { #expect(office.outcome().code == 0) }
        #expect(back.code == 0, "\(back.talk)")
        #expect(Set((0..<3).map(scene.result)).count == 1 && scene.result(0) != nil)
        for place in 0..<3 { #expect(try scene.entries(place).count { $0.kind == .reservation } == 1) }
    }

    @Test(
        "an office that stays away is named, nothing opens, and nothing is spent",
        .enabled(if: Program.isBuilt, Program.absence))
    func away() async throws {
        let scene = try await OfficeScene()
        let offices = try (0..<2).map { try scene.start($0, patience: 3) }
        for (place, office) in offices.enumerated() {
            let outcome = office.outcome()
            #expect(outcome.code != 0)
            #expect(outcome.talk.contains("Eastmark"), "\(outcome.talk)")
            #expect(try !scene.entries(place).contains { $0.kind == .reservation })
        }
    }

    @Test(
        "a stranger is not heard, a key that is no provider's and another table are refused by name",
        .enabled(if: Program.isBuilt, Program.absence))
    func strangers() async throws {
        let scene = try await OfficeScene()
        let stranger = try PartyPrivateKey.generate(.p256)
        try KeyFiles.write(stranger, name: "stranger", directory: scene.folder.path)
        let refused = try await Self.outcome(scene.start(2, key: "stranger", table: "Eastmark"))
        #expect(refused.code == 5 && refused.talk.contains("lists no party"))
        let other = try await Self.outcome(
            scene.start(2, key: "Eastmark", table: "Norland", patience: 2))
        #expect(other.code != 0)
        // The table that the office began with is the one that counts.
        let changed = try await Self.outcome(scene.start(2, patience: 2))
        #expect(changed.code == 6 && changed.talk.contains("not the one"), "\(changed.talk)")
    }

    @Test(
        "one process works in a folder; another folder is refused before anything is sent, until the user means it",
        .enabled(if: Program.isBuilt, Program.absence))
    func folders() async throws {
        let scene = try await OfficeScene()
        let offices = try (0..<2).map { try scene.start($0) }
        _ = try await offices[1].announced("listening on ")
        let second = try await Self.outcome(scene.start(1))
        #expect(second.code == 1 && second.talk.contains("Another `entrepot compute` works"), "\(second.talk)")
        let taken = try await Self.outcome(scene.start(1, state: "free"))
        #expect(taken.code == 1 && taken.talk.contains("choose another port"), "\(taken.talk)")
        let third = try scene.start(2)
        for office in offices + [third] {
            let outcome = office.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
        }
        let elsewhere = try await Self.outcome(scene.start(2, patience: 2, state: "elsewhere"))
        #expect(elsewhere.code == 6 && elsewhere.talk.contains("--measure-again"), "\(elsewhere.talk)")
        let meant = try await Self.outcome(
            scene.start(2, patience: 2, state: "elsewhere", and: ["--measure-again"]))
        #expect(meant.code == 1 && meant.talk.contains("said nothing"), "\(meant.talk)")
    }

    @Test(
        "an older copy of one office's folder, or a damaged message in it, opens nothing again",
        .enabled(if: Program.isBuilt, Program.absence), arguments: [true, false])
    func older(isCopy: Bool) async throws {
        let scene = try await OfficeScene()
        let first = try (0..<3).map { try scene.start($0) }
        try await scene.waitFor { scene.messages(2) >= 1 || !first[2].isRunning }
        for office in first where office.isRunning { office.pause() }
        let (state, copy) = (scene.path("Eastmark.state"), scene.path("copy"))
        try FileManager.default.copyItem(atPath: state, toPath: copy)
        for office in first where office.isRunning { office.goOn() }
        try await scene.waitFor { (0..<3).allSatisfy { scene.messages($0) >= 2 } || !first.allSatisfy(\.isRunning) }
        for office in first {
            office.kill()
            _ = office.outcome()
        }
        // Where the offices were quicker than the test there is nothing to open again.
        guard (0..<3).allSatisfy({ scene.result($0) == nil }), scene.messages(2) >= 2 else { return }
        if isCopy {
            try FileManager.default.removeItem(atPath: state)
            try FileManager.default.moveItem(atPath: copy, toPath: state)
        } else {
            let file = URL(fileURLWithPath: "\(state)/rounds/share-0")
            try Data(contentsOf: file).dropLast(3).write(to: file)
        }
        let again = try (0..<3).map { try scene.start($0, patience: 4) }
        let outcomes = again.map { $0.outcome() }
        if isCopy {
            // The copy may be whole up to a message that nobody has: then it goes on, with what was sent.
            let results = Set((0..<3).compactMap(scene.result))
            #expect(results.count <= 1)
            if results.isEmpty {
                #expect(outcomes[2].talk.contains("the state folder here is an older copy"), "\(outcomes[2].talk)")
            }
        } else {
            #expect(outcomes[2].code == 6 && outcomes[2].talk.contains("share-0"), "\(outcomes[2].talk)")
            #expect((0..<3).compactMap(scene.result).isEmpty)
        }
    }

    @Test(
        "an office that was killed when all rounds were over has its result from the others' next start",
        .enabled(if: Program.isBuilt, Program.absence))
    func late() async throws {
        let scene = try await OfficeScene()
        let offices = try (0..<3).map { try scene.start($0, patience: 5) }
        try await scene.waitFor { offices[2].talk.contains("figures opened") || !offices[2].isRunning }
        offices[2].kill()
        _ = offices[2].outcome()
        for office in offices.prefix(2) { _ = office.outcome() }
        let again = try (0..<3).map { try scene.start($0) }
        for office in again {
            let outcome = office.outcome()
            #expect(outcome.code == 0, "\(outcome.talk)")
        }
        #expect(scene.result(2) != nil && Set((0..<3).map(scene.result)).count == 1)
    }

    @Test(
        "hundreds of strangers who connect and say nothing do not take an office's files",
        .enabled(if: Program.isBuilt, Program.absence))
    func flood() async throws {
        let scene = try await OfficeScene()
        let office = try scene.start(2, patience: 6)
        _ = try await office.announced("listening on ")
        let before = office.openFiles
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        for _ in 0..<400 {
            let end = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(end)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(scene.ports[2]).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(end, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(connected == 0)
        }
        try await Task.sleep(for: .seconds(1))
        #expect(office.isRunning && office.openFiles <= before + 80, "\(before), then \(office.openFiles)")
        let outcome = office.outcome()
        #expect(outcome.code == 1 && outcome.talk.contains("said nothing"), "\(outcome.talk)")
    }

    private static func outcome(_ running: Program.Running) async -> Program.Outcome {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: running.outcome()) }
        }
    }
}
