import CProcess
import Foundation
import Synchronization

/// Long computations, apart from the threads that answer requests.
enum DedicatedThread {
    /// Whether the task that waits for a thread has been cancelled.
    final class Cancellation: Sendable {
        private let flag = Mutex(false)

        var isCancelled: Bool { flag.withLock { $0 } }
        fileprivate func cancel() { flag.withLock { $0 = true } }
    }

    /// Runs `work` on a thread of its own and waits for its end.
    static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await run(name) { (_: Cancellation) in try work() }
    }

    /// Runs `work` on a thread of its own and waits for its end. Work that may take long asks now and then whether it is
    /// still wanted. It yields to the threads that answer requests.
    static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread {
                    entrepot_yield_to_others()
                    continuation.resume(with: Result { try work(cancellation) })
                }
                thread.name = name
                thread.stackSize = 4 << 20
                thread.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
