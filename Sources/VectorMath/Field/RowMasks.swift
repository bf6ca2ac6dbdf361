/// Masks of the rows of a list, each from a key of its own: whoever gets the key of one place learns the mask of no other.
public struct RowMasks: Sendable {
    /// Four words a place.
    private let words: [UInt64]

    /// - Parameters:
    ///   - key: 32 bytes, from which the keys of all places follow.
    ///   - places: of the list.
    public init(key: [UInt8], places: Int) {
        var words = [UInt64](repeating: 0, count: 4 * places)
        Keystream(key: key, nonce: 0).fill(&words, fromBlock: 0)
        self.words = words
    }

    /// The key of one place, as eight words, the lower half of each pair first.
    public func key(_ place: Int) -> [UInt32] {
        words[(4 * place)..<(4 * place + 4)].flatMap {
            [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
        }
    }

    /// The mask of the row at one place.
    ///
    /// - Parameters:
    ///   - number: of the table: another one has another mask.
    ///   - width: elements of a row.
    public func row(_ place: Int, number: Int, width: Int) -> [UInt32] {
        Self.row(ofKey: key(place), number: number, width: width)
    }

    /// The same, from the key of the place.
    public static func row(ofKey key: some Collection<UInt32>, number: Int, width: Int) -> [UInt32] {
        FieldStream(key: bytes(of: key), number: number, pieceWords: width).piece(0, count: width)
    }

    private static func bytes(of key: some Collection<UInt32>) -> [UInt8] {
        key.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }
}

extension RowMasks {
    /// As `row(_:number:width:)`, in the field of 2⁶¹ − 1.
    ///
    /// - Parameter number: of the table, in either field.
    public func wideRow(_ place: Int, number: Int, width: Int) -> [UInt64] {
        Self.wideRow(ofKey: key(place), number: number, width: width)
    }

    /// The same, from the key of the place.
    public static func wideRow(ofKey key: some Collection<UInt32>, number: Int, width: Int) -> [UInt64] {
        WideStream(key: bytes(of: key), number: number, pieceWords: width).piece(0, count: width)
    }
}
