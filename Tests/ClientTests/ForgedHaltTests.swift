import Foundation
import Synchronization
import Tasks
import Testing

@testable import Client
@testable import SecretSharing

/// An end of the task that an office believes is one that a computing party signed for this task, whoever brings it.
@Suite("Forged and replayed halts", .serialized)
struct ForgedHaltTests {
    private static let task = String(repeating: "07", count: 32)
    private static let reason = "the contract was withdrawn"

    private static func halt(
        from name: String, by key: PartyPrivateKey, task: String = task, reason: String = reason
    ) throws -> SumHalt {
        var halt = SumHalt(from: name, task: task, reason: reason)
        halt.signature = Data(try key.signature(ofStatement: halt.statement))
        return halt
    }

    private func kept(_ offices: TwoOffices) throws -> SumHalt? {
        try OfficeJournal(directory: offices.folder.appending(path: "0").path).halt()
    }

    /// What a party of the connection sends that is no halt: who is named, whose key signs, for which task, and what is changed then.
    enum Forgery: CaseIterable {
        case strangersKey, ownKeyInAnothersName, ownKeyInAStrangersName, anotherTask, anotherTaskRelabelled, otherReason
        case otherName, noSignature, cutSignature

        func halt(_ keys: [PartyPrivateKey]) throws -> SumHalt {
            let other = String(repeating: "08", count: 32)
            switch self {
            case .strangersKey: return try ForgedHaltTests.halt(from: "Norland", by: .generate(.p256))
            case .ownKeyInAnothersName: return try ForgedHaltTests.halt(from: "Norland", by: keys[1])
            case .ownKeyInAStrangersName: return try ForgedHaltTests.halt(from: "Eastmark", by: keys[1])
            case .anotherTask: return try ForgedHaltTests.halt(from: "Sudland", by: keys[1], task: other)
            case .anotherTaskRelabelled:
                // Signed for another task of the same party, and sent as of this one.
                var halt = try ForgedHaltTests.halt(from: "Sudland", by: keys[1], task: other)
                halt.task = ForgedHaltTests.task
                return halt
            case .otherReason:
                var halt = try ForgedHaltTests.halt(from: "Sudland", by: keys[1])
                halt.reason = "the contract was extended"
                return halt
            case .otherName:
                var halt = try ForgedHaltTests.halt(from: "Sudland", by: keys[1])
                halt.from = "Norland"
                return halt
            case .noSignature:
                return SumHalt(from: "Sudland", task: ForgedHaltTests.task, reason: ForgedHaltTests.reason)
            case .cutSignature:
                var halt = try ForgedHaltTests.halt(from: "Sudland", by: keys[1])
                halt.signature = halt.signature.dropLast()
                return halt
            }
        }
    }

    @Test(
        "a halt that no party signed for this task is none: its sender is named, nothing is kept, and a new start goes on",
        arguments: Forgery.allCases)
    func forged(_ forgery: Forgery) async throws {
        let offices = try await TwoOffices()
        try await offices.send(.halt(try forgery.halt(offices.keys)))
        #expect(try await offices.refusal() == .unreadable(from: "Sudland"))
        #expect(offices.first.refusal?.isTemporary == true)
        #expect(try kept(offices) == nil)
        #expect(offices.first.state.withLock { $0.halt } == nil)
        await offices.end()
    }

    @Test("a halt that its party signed ends the task by its name, is kept, and is handed on by whoever has it")
    func genuine() async throws {
        let offices = try await TwoOffices()
        // Norland's own word comes back over Sudland's connection: its signature counts, not who brings it.
        for (place, name) in ["Norland", "Sudland"].enumerated() {
            let scene = place == 0 ? offices : try await TwoOffices()
            let halt = try Self.halt(from: name, by: scene.keys[place])
            try await scene.send(.halt(halt))
            #expect(try await scene.refusal() == .halted(halt))
            #expect(try kept(scene) == halt)
            let first = scene.first
            await #expect(throws: SumRefusal.halted(halt)) {
                try await TwoOffices.onThread { try first.open([1], question: "one") }
            }
            #expect(SumRefusal.halted(halt).isTemporary == false)
            await scene.end()
        }
    }

    @Test("a halt that was changed in the state folder stops its office with the file's name, and is nobody's word")
    func changedOnDisk() async throws {
        let offices = try await TwoOffices()
        let journal = try OfficeJournal(directory: offices.folder.appending(path: "0").path)
        var halt = try Self.halt(from: "Sudland", by: offices.keys[1])
        halt.reason = "another reason"
        try journal.keep(halt)
        let first = offices.first
        await #expect(throws: ClientError.damagedRounds(path: journal.haltPath)) {
            try await TwoOffices.onThread { try first.open([1], question: "one") }
        }
        #expect(first.state.withLock { $0.halt } == nil)
        await offices.end()
    }
}
