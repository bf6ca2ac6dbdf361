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

    /// - Parameter recipients: how many parties may have rows. Each has its own share of 96 places, at least 16.
    init(recipients: Int = 1) {
        placesOfCaller = max(16, 96 / max(1, recipients))
        places = Mutex([:])
    }

    /// A running draw; its place is free again when it leaves, or when the last reference goes.
    final class Place: Sendable {
        private let places: AsyncSemaphore
        private let isLeft = Mutex(false)

        fileprivate init(_ places: AsyncSemaphore) { self.places = places }

        /// Gives the place back, once.
        func leave() {
            if !isLeft.withLock({ left in
                defer { left = true }
                return left
            }) {
                places.leave()
            }
        }

        deinit { leave() }
    }

    /// As `enter(as:)`, and waits up to two seconds for a place: a draw that was read to its end gives its own back a little
    /// later, when its thread has ended.
    func enterSoon(as caller: String) async throws -> Place {
        for _ in 0..<40 {
            if let place = try? await enter(as: caller) { return place }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await enter(as: caller)
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
