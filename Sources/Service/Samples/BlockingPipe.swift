import CProcess
import Dispatch
import Foundation
import Synchronization

/// Carries pieces from a thread that computes them to a task that sends them, a few at a time.
///
/// The thread waits for a slow receiver, so that a response of any length takes constant memory and the threads that
/// serve requests never compute.
final class BlockingPipe: Sendable {
    private enum Item: Sendable {
        case piece([UInt8])
        case failure(any Error)
    }

    private let places: DispatchSemaphore
    private let isCancelled = Mutex(false)
    private let stream: AsyncStream<Item>
    private let continuation: AsyncStream<Item>.Continuation

    /// - Parameter depth: how many pieces may wait.
    init(depth: Int = 4) {
        // A semaphore must not end below the value that it began with, and a pipe may end with its places taken.
        places = DispatchSemaphore(value: 0)
        for _ in 0..<depth { places.signal() }
        (stream, continuation) = AsyncStream.makeStream(of: Item.self, bufferingPolicy: .unbounded)
    }

    /// Runs `produce` on a thread of its own and hands every piece to `send`.
    ///
    /// - Throws: what either of them throws; the other one then ends too.
    func run(
        produce: @escaping @Sendable (_ put: ([UInt8]) throws -> Void) throws -> Void,
        send: ([UInt8]) async throws -> Void
    ) async throws {
        let thread = Thread { [self] in
            entrepot_yield_to_others()
            do {
                try produce { try put($0) }
            } catch is CancellationError {
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        thread.stackSize = 4 << 20
        thread.name = "samples"
        thread.start()
        defer { cancel() }
        for await item in stream {
            switch item {
            case .piece(let bytes):
                places.signal()
                try await send(bytes)
            case .failure(let error): throw error
            }
        }
    }

    /// Hands a piece over; an empty one only asks whether anybody waits.
    private func put(_ bytes: [UInt8]) throws {
        if bytes.isEmpty {
            if isCancelled.withLock({ $0 }) { throw CancellationError() }
            return
        }
        places.wait()
        guard !isCancelled.withLock({ $0 }) else { throw CancellationError() }
        continuation.yield(.piece(bytes))
    }

    private func cancel() {
        isCancelled.withLock { $0 = true }
        // One permit wakes a waiting thread; it sees the flag at its next piece at the latest.
        places.signal()
    }
}
