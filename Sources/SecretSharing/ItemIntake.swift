import Bytes
import Crypto
import Foundation
import VectorMath

/// What is coming of one item that was asked for, judged piece by piece: no socket, no clock.
///
/// The length follows from public sizes, so that a piece which is cut, repeated, missing before a later one, or of another item is
/// refused before it is used.
public struct ItemIntake: Sendable {
    /// Words of a piece, but for the last one.
    public let pieceWords: Int
    /// Of the whole item.
    public let count: Int
    private let digest: [UInt8]
    private let kind: Kind
    private(set) var words: [UInt32] = []

    /// - Parameters:
    ///   - item: its name.
    ///   - count: how many words it has.
    ///   - pieceWords: how many of them come at once.
    ///   - kind: what the words are.
    public init(_ item: String, count: Int, pieceWords: Int, kind: Kind) {
        self.count = count
        self.pieceWords = max(1, pieceWords)
        self.kind = kind
        digest = Self.digest(of: item)
    }

    /// What the words of an item are.
    public enum Kind: Sendable {
        /// Any bytes.
        case bytes
        /// Elements of the field of 2³¹ − 1.
        case field
        /// Elements of the field of 2⁶¹ − 1, two words each, the lower one first.
        case wideField

        func isRight(_ words: [UInt32]) -> Bool {
            switch self {
            case .bytes: true
            case .field: words.allSatisfy { $0 < PrimeField.modulus }
            case .wideField:
                words.count % 2 == 0 && ItemPiece.wide(of: words).allSatisfy { $0 < WideField.modulus }
            }
        }
    }

    /// By which pieces name their item.
    public static func digest(of item: String) -> [UInt8] { Array(SHA256.hash(data: Data(item.utf8))) }

    /// Whether all of it is here.
    public var isComplete: Bool { words.count == count }

    /// How many pieces are here.
    public var pieces: Int { isComplete && count > 0 ? (count - 1) / pieceWords + 1 : words.count / pieceWords }

    /// Begins anew.
    public mutating func restart() { words = [] }

    /// The whole, which is not kept.
    public mutating func takeWords() -> [UInt32] {
        defer { words = [] }
        return words
    }

    /// - Parameter name: who sent it.
    public mutating func receive(_ piece: ItemPiece, from name: String) throws(SumRefusal) {
        guard piece.item == digest else { throw .otherPiece(from: name) }
        // One that comes twice changes nothing.
        guard piece.number >= pieces else { return }
        guard piece.number == pieces, piece.words.count == min(pieceWords, count - words.count), !piece.words.isEmpty
        else { throw .otherPiece(from: name) }
        guard kind.isRight(piece.words) else { throw .unreadable(from: name) }
        if words.isEmpty { words.reserveCapacity(count) }
        words += piece.words
    }
}
