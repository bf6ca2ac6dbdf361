import Foundation
import Testing

@testable import Client
@testable import SecretSharing

@Suite("Long messages between offices", .serialized)
struct LongMessageTests {
    /// As many values as make a message long.
    private static let part = [Int64](repeating: 3, count: 20_000)

    private static func head(of round: Int, count: Int) -> [UInt8] {
        let share = SumShare(
            task: [UInt8](repeating: 7, count: 32), session: [UInt8](repeating: 0, count: 32), round: round,
            question: [UInt8](repeating: 0, count: 32), chain: [UInt8](repeating: 0, count: 32), values: [])
        let bytes = SumMessage.share(share).bytes.dropLast(8)
        return bytes + (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }

    @Test("an office that is a round ahead sends its long message, which waits until the round begins")
    func ahead() async throws {
        let offices = try await TwoOffices()
        let (first, second) = (offices.first, offices.second)
        async let ahead = TwoOffices.onThread {
            try [
                second.open(Self.part, question: "one"), second.open(Self.part, question: "two"),
            ]
        }
        try await Task.sleep(for: .milliseconds(300))
        let totals = try await TwoOffices.onThread { () throws -> [[Int64]] in
            let one = try first.open(Self.part, question: "one")
            Thread.sleep(forTimeInterval: 0.3)
            return [one, try first.open(Self.part, question: "two")]
        }
        #expect(totals == [[Int64]](repeating: [Int64](repeating: 6, count: 20_000), count: 2))
        #expect(try await ahead == totals)
        await offices.end()
    }

    @Test("a message of a round that announces more than the round has is refused by its head, and its sender named")
    func tooLong() async throws {
        let offices = try await TwoOffices()
        let count = 1 << 28
        try await offices.announce(SumMessage.bytes(ofShare: count), Self.head(of: 0, count: count))
        try await Task.sleep(for: .milliseconds(200))
        // Before the round has begun nobody knows how long it is.
        #expect(offices.first.refusal == nil)
        let first = offices.first
        await #expect(throws: SumRefusal.otherSize(from: "Sudland", round: 0, expected: 20_000, found: count)) {
            try await TwoOffices.onThread { try first.open(Self.part, question: "one") }
        }
        await offices.end()
    }

    @Test("what announces length without being a message of a round or an item is refused at once")
    func strange() async throws {
        for bytes in [[UInt8](repeating: 9, count: 200), SumMessage.failure(String(repeating: "x", count: 400)).bytes] {
            let offices = try await TwoOffices()
            try await offices.announce(400 << 20, bytes)
            #expect(try await offices.refusal() == .unreadable(from: "Sudland"))
            await offices.end()
        }
        let offices = try await TwoOffices()
        try await offices.announce(SumMessage.bytes(ofShare: 9 << 20), Self.head(of: 5, count: 9 << 20))
        #expect(try await offices.refusal() == .roundNotBegun(from: "Sudland", round: 5))
        await offices.end()
    }

    @Test("a long piece that nobody asked for is passed over, and what follows is read")
    func unasked() async throws {
        let offices = try await TwoOffices()
        let piece = SumMessage.piece(
            ItemPiece(
                task: [UInt8](repeating: 7, count: 32), item: ItemIntake.digest(of: "points"), number: 0,
                words: [UInt32](repeating: 1, count: 100_000))
        ).bytes
        try await offices.announce(piece.count, piece)
        let (first, second) = (offices.first, offices.second)
        async let other = TwoOffices.onThread { try second.open([1, 2], question: "one") }
        #expect(try await TwoOffices.onThread { try first.open([3, 4], question: "one") } == [4, 6])
        #expect(try await other == [4, 6])
        await offices.end()
    }
}
