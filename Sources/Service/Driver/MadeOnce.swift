import Synchronization

/// What follows from the released figures alone, and may take minutes: made once, on a thread of its own, for whoever asks first.
/// Everybody else waits for the same.
final class MadeOnce<Value: Sendable>: Sendable {
    private enum State {
        case unasked
        case underWay
        case made(Result<Value, any Error>)
    }

    private let name: String
    private let state = Mutex(State.unasked)

    /// How often one who waits looks, in milliseconds. A wait for a task would not end when the call that waits is cancelled.
    private static var patience: Int { 20 }

    /// - Parameter name: of the thread.
    init(_ name: String) { self.name = name }

    /// - Parameter work: is not done again where it throws: what it works on does not change.
    /// - Throws: what `work` threw, or `CancellationError` where the caller no longer waits; the work goes on.
    func value(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let isFirst = state.withLock { state in
            guard case .unasked = state else { return false }
            state = .underWay
            return true
        }
        if isFirst {
            Task { [self] in
                let result: Result<Value, any Error>
                do { result = .success(try await DedicatedThread.run(name, work)) } catch { result = .failure(error) }
                state.withLock { $0 = .made(result) }
            }
        }
        while true {
            if case .made(let result) = state.withLock({ $0 }) { return try result.get() }
            try await Task.sleep(for: .milliseconds(Self.patience))
        }
    }
}
