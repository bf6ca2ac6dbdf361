/// The beginning of a message: what a long one is, before any more of it is taken into memory.
///
/// An office that has proved its key may say that a message of any length follows. What a round or an item can have is known
/// beforehand, so that a longer one is refused by its head.
public enum FrameHead: Sendable, Equatable {
    /// Of a round, with so many values.
    case share(round: Int, count: Int)
    /// Of an item, by the digest of its name.
    case piece(item: [UInt8])
    /// Evidence of what the sender runs.
    case evidence
    /// Any other message, none of which is long.
    case other

    /// So many bytes of a message tell what it is.
    public static let bytes = SumMessage.shareHead

    /// - Parameter bytes: at least ``bytes`` of the beginning.
    /// - Returns: nil for what no message begins with.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.bytes, let kind = SumMessage.kind(bytes) else { return nil }
        switch kind {
        case 1:
            let numbers = SumBytes.words(Array(bytes[(Self.bytes - 16)..<Self.bytes]))
            guard numbers[0] < UInt64(SumShare.mostRounds), numbers[1] < 1 << 40 else { return nil }
            self = .share(round: Int(numbers[0]), count: Int(numbers[1]))
        case 6: self = .piece(item: Array(bytes[(SumMessage.markBytes + 32)..<(SumMessage.markBytes + 64)]))
        case 9: self = .evidence
        default: self = .other
        }
    }
}

/// What becomes of a long message.
public enum FrameRoom: Sendable, Equatable {
    /// It is what the round or the item has.
    case wanted
    /// It belongs to a round that this office has not begun: it waits outside.
    case later
    /// It was asked for and is here, or comes over a connection that counts no more: its bytes are passed over.
    case passedOver
}
