import Dispatch
import NIOCore
import SecretSharing
import Synchronization

/// Which long messages are taken into memory.
extension OfficeMesh {
    /// What becomes of a message that is longer than any but a round's or an item's.
    ///
    /// - Parameters:
    ///   - channel: over which it comes. Of one that another has replaced nothing counts, so that the office is not blamed for it.
    ///   - goOn: called when this office has begun its next round, where the message is one of it.
    /// - Returns: nil where it is refused: the task ends here with a sentence.
    func room(
        for head: FrameHead?, bytes: Int, from peer: Int, over channel: any Channel,
        atNextRound goOn: @escaping @Sendable () -> Void
    ) -> FrameRoom? {
        do throws(SumRefusal) {
            return try state.withLock { (state) throws(SumRefusal) -> FrameRoom in
                guard state.channels[peer] === channel else { return .passedOver }
                let name = configuration.names[peer]
                if head == .evidence {
                    let isAwaited =
                        state.proving[peer]?.awaits == true
                        && bytes <= SumMessage.bytes(ofEvidence: SumMessage.mostEvidence)
                    guard isAwaited else { throw .unreadable(from: name) }
                    return .wanted
                }
                guard let head, state.ready.contains(peer) else { throw .unreadable(from: name) }
                switch head {
                case .other, .evidence: throw .unreadable(from: name)
                case .share(let round, let count):
                    guard bytes == SumMessage.bytes(ofShare: count) else { throw .unreadable(from: name) }
                    let room = try state.rounds.room(forRound: round, count: count, from: peer)
                    if room == .later { state.waiting.append(goOn) }
                    return room
                case .piece(let item):
                    guard let words = state.items.mostWords(of: item, from: peer) else { return .passedOver }
                    guard bytes <= SumMessage.bytes(ofPiece: words) else { throw .otherPiece(from: name) }
                    return .wanted
                }
            }
        } catch {
            fail(error)
            news.signal()
            return nil
        }
    }

    /// What waited for the round that this office has begun is looked at again.
    func beginReading() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in waiting { call() }
    }

    func receivedUnreadable(from peer: Int) {
        fail(.unreadable(from: configuration.names[peer]))
        news.signal()
    }
}
