import Synchronization

/// Gives each caller so many calls of each kind at once as its bounds say, and lets a few more wait. No caller waits for
/// another's.
final class CallLimiter: Sendable {
    private struct Key: Hashable {
        let caller: String
        let endpoint: Endpoint
    }

    private let queues = Mutex([Key: (semaphore: AsyncSemaphore, users: Int)]())

    /// Runs the work of a call once there is a place for it.
    ///
    /// - Parameter name: who calls: a party's name, or a stranger's address.
    /// - Throws: 429 if too many calls of the caller wait.
    func run<Value: Sendable>(
        _ endpoint: Endpoint, of name: String, _ work: () async throws -> Value
    ) async throws -> Value {
        let key = Key(caller: name, endpoint: endpoint)
        let bounds = endpoint.bounds
        let semaphore = queues.withLock { queues in
            let queue = queues[key] ?? (AsyncSemaphore(places: bounds.atOnce, waiting: bounds.waiting), 0)
            queues[key] = (queue.semaphore, queue.users + 1)
            return queue.semaphore
        }
        defer {
            // What nobody uses is forgotten: strangers have many addresses.
            queues.withLock { queues in
                guard let queue = queues[key] else { return }
                queues[key] = queue.users == 1 ? nil : (queue.semaphore, queue.users - 1)
            }
        }
        guard await semaphore.enter() else {
            throw Problem.busy("Too many of your calls to \(endpoint.path) wait.", retryAfter: 1)
        }
        defer { semaphore.leave() }
        return try await work()
    }
}
