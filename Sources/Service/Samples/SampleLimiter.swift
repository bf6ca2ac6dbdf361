import Synchronization

/// Limits how many draws run at once, for each caller alone, and remembers what was drawn before.
final class SampleLimiter: Sendable {
    private struct Known {
        var records: [String: SampleRecord] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private static let remembered = 1024
    private let places: Mutex<[String: AsyncSemaphore]>
    private let placesOfCaller: Int
    private let known = Mutex(Known())

    /// - Parameter recipients: how many parties may have rows. Each has its own share of 128 places, at least 16.
    init(recipients: Int = 1) {
        placesOfCaller = max(16, 128 / max(1, recipients))
        places = Mutex([:])
    }

    /// A running draw; its place is free again when the last reference goes.
    final class Place: Sendable {
        private let places: AsyncSemaphore

        fileprivate init(_ places: AsyncSemaphore) { self.places = places }

        deinit { places.leave() }
    }

    /// - Throws: 429 if too many draw at once.
    func enter(as caller: String = "") async throws -> Place {
        let places = places.withLock { all in
            let one = all[caller] ?? AsyncSemaphore(places: placesOfCaller, waiting: 0)
            all[caller] = one
            return one
        }
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
