/// Ends work that takes too long.
enum Deadline {
    /// Runs `work` and cancels it after so many seconds.
    ///
    /// - Parameter seconds: nil for work without a limit.
    /// - Throws: `Problem.tooLong`, as soon as the cancelled work has ended.
    static func run<Value: Sendable>(
        seconds: Int?, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let seconds else { return try await work() }
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Problem.tooLong
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
