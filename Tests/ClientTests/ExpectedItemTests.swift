import Foundation
import Synchronization
import Testing

@testable import Client
@testable import SecretSharing

/// What an office asks for by the digest of a list tells whether it has the list that the other one knows.
@Suite("Items that both ends must have alike", .serialized, .timeLimit(.minutes(2)))
struct ExpectedItemTests {
    private static func request(_ item: String) -> SumMessage {
        .request(ItemRequest(task: String(repeating: "07", count: 32), item: item, from: 0))
    }

    @Test("who asks for marks of another list than the first one is refused by name, whether it asks before or after")
    func others() async throws {
        for isBefore in [true, false] {
            let offices = try await TwoOffices()
            let mesh = offices.first
            if isBefore {
                try await offices.send(Self.request("marks b"))
                for _ in 0..<500 where mesh.state.withLock({ $0.items.awaited.isEmpty }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(mesh.refusal == nil)
            }
            mesh.expect("a", behind: "marks ")
            if !isBefore { try await offices.send(Self.request("marks b")) }
            #expect(try await offices.refusal() == .otherMembers(from: "Sudland"))
            await offices.end()
        }
    }

    @Test("who asks for the first one, or for something else, is answered, before the list is known and after")
    func alike() async throws {
        let offices = try await TwoOffices()
        let (first, second) = (offices.first, offices.second)
        first.expect("a", behind: "marks ")
        first.offer(OfficeItem(pieces: 1) { _ in [7] }, named: "columns 0 b", to: 1)
        async let marks = TwoOffices.onThread {
            try second.fetch(
                "marks a", ItemIntake("marks a", count: 2, pieceWords: 8, kind: .bytes), from: 0, resumes: true)
        }
        let columns = try await TwoOffices.onThread {
            try second.fetch(
                "columns 0 b", ItemIntake("columns 0 b", count: 1, pieceWords: 8, kind: .bytes), from: 0, resumes: true)
        }
        first.offer(OfficeItem(pieces: 1) { _ in [1, 2] }, named: "marks a", to: 1)
        #expect(try await marks == [1, 2] && columns == [7] && first.refusal == nil)
        await offices.end()
    }
}
