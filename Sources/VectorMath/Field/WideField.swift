/// The field of p = 2⁶¹ − 1 elements: words below p. Sums of values, which 31 bits do not hold, are shared in it.
public enum WideField {
    /// p.
    public static let modulus: UInt64 = (1 << 61) - 1

    /// The element that a whole number stands for, modulo p.
    @inline(__always)
    public static func element(_ value: Int64) -> UInt64 {
        let rest = value % Int64(modulus)
        return UInt64(rest < 0 ? rest + Int64(modulus) : rest)
    }

    /// The number nearest to zero that an element stands for: within ±(p − 1)/2.
    @inline(__always)
    public static func number(_ element: UInt64) -> Int64 {
        element > modulus / 2 ? Int64(element) - Int64(modulus) : Int64(element)
    }

    /// The element of any unsigned number.
    @inline(__always)
    public static func reduced(_ value: UInt64) -> UInt64 {
        // 2⁶¹ is 1 modulo p: the three upper bits are added to the lower ones.
        let once = (value & modulus) &+ (value &>> 61)
        return once >= modulus ? once &- modulus : once
    }

    /// The sum of two elements.
    @inline(__always)
    public static func sum(_ one: UInt64, _ two: UInt64) -> UInt64 { reduced(one &+ two) }

    /// What is left of an element where another one is taken away.
    @inline(__always)
    public static func difference(_ one: UInt64, _ two: UInt64) -> UInt64 { reduced(one &+ (modulus &- two)) }

    /// The product of two elements.
    @inline(__always)
    public static func product(_ one: UInt64, _ two: UInt64) -> UInt64 {
        // Below 2¹²²: the upper word has 58 bits.
        let (high, low) = one.multipliedFullWidth(by: two)
        return reduced((low & modulus) &+ (high &<< 3 | low &>> 61))
    }
}

/// Uniform elements of the wide field from a key, piece by piece and in any order, as `FieldStream` has them of the other field.
///
/// Each element is 61 bits of a ChaCha20 stream; the one value that is no element gives way to the first element of a stream of
/// its own.
public struct WideStream: Sendable {
    private let stream: Keystream
    private let spare: Keystream
    private let pieceBlocks: UInt64
    private let pieceWords: Int

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - number: streams of different numbers below 2^62 have nothing to do with each other, in either field.
    ///   - pieceWords: how many elements a piece has at most.
    public init(key: [UInt8], number: Int, pieceWords: Int) {
        stream = Keystream(key: key, nonce: UInt64(2 * number))
        spare = Keystream(key: key, nonce: UInt64(2 * number + 1))
        self.pieceWords = pieceWords
        // Eight words a block, and eight blocks at a time.
        pieceBlocks = UInt64((pieceWords + 63) / 64 * 8)
    }

    /// The first `count` elements of a piece.
    public func piece(_ number: Int, count: Int) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        stream.fill(&words, fromBlock: UInt64(number) * pieceBlocks)
        for place in words.indices {
            words[place] &= WideField.modulus
            if words[place] == WideField.modulus {
                words[place] = another(UInt64(number) * UInt64(pieceWords) + UInt64(place))
            }
        }
        return words
    }

    /// Eight tries, all of which fail with a probability of 2^-488.
    private func another(_ block: UInt64) -> UInt64 {
        var words = [UInt64](repeating: 0, count: 8)
        spare.fill(&words, fromBlock: block)
        return words.lazy.map { $0 & WideField.modulus }.first { $0 != WideField.modulus } ?? 0
    }
}
