import Dispatch
import SecretSharing
import Synchronization
import Tasks

/// How an office's signed end of the task comes in, and goes on to the others.
extension OfficeMesh {
    /// Whether the signature is that of the office that the halt names, for this task.
    private func isValid(_ halt: SumHalt) -> Bool {
        guard halt.task == configuration.task, let place = configuration.names.firstIndex(of: halt.from) else {
            return false
        }
        return configuration.keys[place].isValid(Array(halt.signature), ofStatement: halt.statement)
    }

    /// Throws why this office goes on no further: what stands, or a halt that its own people laid into the state folder
    /// while it runs.
    func stopIfHalted(_ state: inout State) throws {
        if let failure = state.failure { throw failure }
        guard let halt = try journal.halt() else { return }
        // Its own people's halt comes before its signed end, or too late.
        if halt.from == configuration.names[configuration.place], journal.isEnding { return }
        guard isValid(halt) else { throw ClientError.damagedRounds(path: journal.haltPath) }
        fail(.halted(halt), &state)
        throw SumRefusal.halted(halt)
    }

    /// Another office halts the task, or hands a halt on. Whoever sends it has heard it.
    func received(_ halt: SumHalt, from peer: Int) {
        defer { news.signal() }
        guard isValid(halt) else { return receivedUnreadable(from: peer) }
        state.withLock { state in
            // After the ends of all there is a result: nobody who signed one halts.
            guard !state.isAgreed else { return }
            if state.heard.insert(peer).inserted { try? journal.keep(heardHalt: state.heard) }
            guard state.halt == nil else { return }
            // Kept before it is acted on: an office that dies now finds it at its next start.
            try? journal.keep(halt)
            fail(.halted(halt), &state)
        }
    }

    /// Waits until all others have heard of the halt that stands.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: who is not known to have.
    public func haltHeard(within seconds: Int) -> [String] {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let missing = state.withLock { state in
                configuration.names.indices
                    .filter { $0 != configuration.place && !state.heard.contains($0) }.map { configuration.names[$0] }
            }
            if missing.isEmpty || ContinuousClock.now >= end { return missing }
            _ = news.wait(timeout: .now() + .milliseconds(100))
        }
    }
}
