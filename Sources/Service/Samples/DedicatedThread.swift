import Foundation

/// Long computations, apart from the threads that answer requests.
enum DedicatedThread {
    /// Runs `work` on a thread of its own and waits for its end.
    static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try work() }) }
            thread.name = name
            thread.stackSize = 4 << 20
            thread.start()
        }
    }
}
