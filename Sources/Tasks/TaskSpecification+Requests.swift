extension TaskSpecification {
    /// A part of the task's ε that fit and `queries` leave alone: it pays for queries that consumers ask for once there is a result,
    /// and that every provider approves.
    public struct Requests: Sendable, Equatable {
        /// The part: all requests together cost no more.
        public var epsilon: Double

        /// - Parameter epsilon: below the task's, in whole millionths.
        public init(epsilon: Double) { self.epsilon = epsilon }

        /// A part of ε in millionths, in which prices add up exactly whatever their order; nil for what is no whole number of them.
        public static func millionths(_ epsilon: Double) -> Int? {
            let count = (epsilon * 1e6).rounded()
            guard count >= 1, count <= 8192e6, count / 1e6 == epsilon else { return nil }
            return Int(count)
        }

        /// Millionths as a part of ε.
        public static func epsilon(ofMillionths count: Int) -> Double { Double(count) / 1e6 }
    }

    /// Which approved request a task runs, of which signed task. No file of a task can hold it, so that nobody signs one such.
    public struct Origin: Sendable, Equatable {
        /// The task that the providers signed.
        public let task: TaskDigest
        /// What its consumer signed.
        public let request: TaskDigest
    }

    /// What fit and `queries` may spend: all, or what the part for requests leaves. Both add up to the task's ε and δ, of which half
    /// is for the requests.
    public var unreserved: (epsilon: Double, delta: Double) {
        guard let requests else { return (privacy.epsilon, privacy.delta) }
        return (privacy.epsilon - requests.epsilon, privacy.delta / 2)
    }

    /// The task that one request is: of the same tables, with one query, no model, and its price for all of ε.
    ///
    /// δ of all requests is half of the task's; each has the part of it that its price is of theirs. ε and δ of several add up to no
    /// more than the whole, in whichever order and by whichever choice they come (Rogers et al. 2016, section 3: basic composition
    /// holds for prices chosen on the way).
    ///
    /// - Parameter origin: nil for a forecast.
    /// - Precondition: the task has a part for requests.
    public func asking(_ query: PermittedQuery, origin: Origin? = nil) -> TaskSpecification {
        var asked = self
        asked.privacy.epsilon = query.epsilon
        asked.privacy.delta = delta(ofPrice: query.epsilon)
        // The task's own run has counted them.
        asked.privacy.leastRows = nil
        asked.synthesizer = SynthesizerChoice(method: .named(SynthesizerChoice.none))
        asked.queries = [query]
        asked.requests = nil
        asked.origin = origin
        return asked
    }

    /// The part of δ of all requests that goes with the price of one.
    public func delta(ofPrice epsilon: Double) -> Double {
        // A little less, so that parts whose last digits were rounded up come to no more than the half.
        privacy.delta / 2 * (epsilon / (requests?.epsilon ?? privacy.epsilon)) * (1 - 0x1p-40)
    }

    /// The same of a signed request.
    public func asking(_ request: QueryRequest) -> TaskSpecification {
        asking(request.query, origin: Origin(task: digest, request: request.digest))
    }
}
