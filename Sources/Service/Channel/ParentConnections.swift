import NIOCore
import Synchronization

/// The connections of ``ParentServer``, from their arrival to their end.
///
/// A listener that closes drops connections that are set up and not handed over yet, and NIO ends a process in which such a
/// one is dropped. So no more are taken first, and the listener closes once those on their way have arrived.
final class ParentConnections: Sendable {
    private struct State {
        var free: Int
        var open: [ObjectIdentifier: any Channel] = [:]
        /// Taken, and neither handed over nor failed yet.
        var onTheirWay = 0
        var listener: (any Channel)?
        var isEnding = false

        /// The listener, where it is to be closed now.
        mutating func finished() -> (any Channel)? {
            guard isEnding, onTheirWay == 0 else { return nil }
            defer { listener = nil }
            return listener
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: how many may be open at once.
    init(limit: Int) { state = Mutex(State(free: limit)) }

    func listen(on listener: any Channel) {
        state.withLock { $0.listener = listener }
    }

    /// - Returns: whether there is a place for one more.
    func take(_ child: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isEnding, state.free > 0 else { return false }
            state.free -= 1
            state.open[ObjectIdentifier(child)] = child
            state.onTheirWay += 1
            return true
        }
    }

    /// One has ended.
    func give(_ child: any Channel) {
        state.withLock { state in
            if state.open.removeValue(forKey: ObjectIdentifier(child)) != nil { state.free += 1 }
        }
    }

    /// One was handed over, or could not be set up.
    func arrived() {
        let listener = state.withLock { state in
            state.onTheirWay -= 1
            return state.finished()
        }
        listener?.close(promise: nil)
    }

    /// Takes no more; who is idle is closed, and everybody else after the answer to come.
    func end() {
        let (children, listener) = state.withLock { state in
            state.isEnding = true
            return (Array(state.open.values), state.finished())
        }
        for child in children { child.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        listener?.close(promise: nil)
    }
}
