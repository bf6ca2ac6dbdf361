import Testing

@testable import Service

@Suite("Pieces from a thread to a task")
struct BlockingPipeTests {
    private struct Gone: Error {}

    @Test("every piece arrives once and in order")
    func order() async throws {
        var received: [[UInt8]] = []
        try await BlockingPipe().run { put in
            for number in 0..<200 { try put([UInt8(number)]) }
        } send: {
            received.append($0)
        }
        #expect(received == (0..<200).map { [UInt8($0)] })
    }

    @Test("a receiver that goes away ends the thread, wherever it stands, and nothing traps", arguments: 0..<40)
    func receiverGone(pieces: Int) async throws {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        await #expect(throws: Gone.self) {
            var received = 0
            try await BlockingPipe(depth: 4).run { put in
                defer { continuation.finish() }
                while true { try put([1]) }
            } send: { _ in
                received += 1
                if received > pieces { throw Gone() }
            }
        }
        // Ends only once the thread has left its loop.
        for await _ in ends {}
    }

    @Test("what the thread throws reaches the receiver after the pieces before it")
    func producerFails() async throws {
        var received = 0
        await #expect(throws: Gone.self) {
            try await BlockingPipe().run { put in
                for _ in 0..<10 { try put([1]) }
                throw Gone()
            } send: { _ in
                received += 1
            }
        }
        #expect(received == 10)
    }
}
