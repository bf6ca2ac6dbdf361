import Synchronization

/// Limits how many draw samples at once, and remembers what was drawn before.
final class SampleLimiter: Sendable {
    private struct Known {
        var records: [String: SampleRecord] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private static let remembered = 1024
    private let places = AsyncSemaphore(places: 96, waiting: 0)
    private let known = Mutex(Known())

    /// A running draw; its place is free again when the last reference goes.
    final class Place: Sendable {
        private let places: AsyncSemaphore

        fileprivate init(_ places: AsyncSemaphore) { self.places = places }

        deinit { places.leave() }
    }

    /// - Throws: 429 if too many draw at once.
    func enter() async throws -> Place {
        guard await places.enter() else {
            throw Problem.busy("Too many draw samples at once.", retryAfter: 2)
        }
        return Place(places)
    }

    /// What is known about the samples with this tag.
    func record(of tag: String) -> SampleRecord? { known.withLock { $0.records[tag] } }

    func keep(_ record: SampleRecord, of tag: String) {
        known.withLock { known in
            if known.records.updateValue(record, forKey: tag) == nil { known.order.append(tag) }
            guard known.order.count > SampleLimiter.remembered else { return }
            known.records[known.order.removeFirst()] = nil
        }
    }
}
