/// The field of p = 2³¹ − 1 elements: words below p. Shares of private tables are such words.
public enum PrimeField {
    /// p.
    public static let modulus: UInt32 = 0x7FFF_FFFF
    static let wide = UInt64(modulus)

    /// The element that a whole number stands for, modulo p.
    @inline(__always)
    public static func element(_ value: Int64) -> UInt32 {
        let rest = value % Int64(modulus)
        return UInt32(truncatingIfNeeded: rest < 0 ? rest + Int64(modulus) : rest)
    }

    /// The number nearest to zero that an element stands for: within ±(p − 1)/2.
    @inline(__always)
    public static func number(_ element: UInt32) -> Int64 {
        element > modulus / 2 ? Int64(element) - Int64(modulus) : Int64(element)
    }

    /// The element of any unsigned number.
    @inline(__always)
    public static func reduced(_ value: UInt64) -> UInt32 {
        // 2³¹ is 1 modulo p: the upper bits are added to the lower ones, until one subtraction is left.
        let once = (value & wide) &+ (value &>> 31)
        let twice = (once & wide) &+ (once &>> 31)
        return UInt32(truncatingIfNeeded: twice >= wide ? twice &- wide : twice)
    }

    /// The sum of two elements.
    @inline(__always)
    public static func sum(_ one: UInt32, _ two: UInt32) -> UInt32 { reduced(UInt64(one) &+ UInt64(two)) }

    /// The product of two elements.
    @inline(__always)
    public static func product(_ one: UInt32, _ two: UInt32) -> UInt32 { reduced(UInt64(one) &* UInt64(two)) }
}

/// Uniform elements of the field from a key, piece by piece and in any order: what hides a table from whoever lacks the key.
///
/// Each element is 31 bits of a ChaCha20 stream; the one value of 2³¹ that is no element gives way to the first element of a
/// stream of its own. So the elements are uniform to the last bit, for whoever takes ChaCha20 for random.
public struct FieldStream: Sendable {
    /// Tables are cut into pieces of so many rows.
    public static let pieceRows = 256

    private let stream: Keystream
    private let spare: Keystream
    private let pieceBlocks: UInt64
    private let pieceWords: Int

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - number: streams of different numbers below 2^62 have nothing to do with each other.
    ///   - pieceWords: how many elements a piece has at most.
    public init(key: [UInt8], number: Int, pieceWords: Int) {
        stream = Keystream(key: key, nonce: UInt64(2 * number))
        spare = Keystream(key: key, nonce: UInt64(2 * number + 1))
        self.pieceWords = pieceWords
        // 16 words a block, and eight blocks at a time.
        pieceBlocks = UInt64((pieceWords + 127) / 128 * 8)
    }

    /// The first `count` elements of a piece.
    public func piece(_ number: Int, count: Int) -> [UInt32] {
        var words = [UInt64](repeating: 0, count: (count + 1) / 2)
        stream.fill(&words, fromBlock: UInt64(number) * pieceBlocks)
        var elements = [UInt32](repeating: 0, count: count)
        var largest: UInt32 = 0
        for place in 0..<(count / 2) {
            let low = UInt32(truncatingIfNeeded: words[place]) & PrimeField.modulus
            let high = UInt32(truncatingIfNeeded: words[place] &>> 32) & PrimeField.modulus
            elements[2 &* place] = low
            elements[2 &* place &+ 1] = high
            largest = max(largest, max(low, high))
        }
        if count % 2 == 1 {
            elements[count - 1] = UInt32(truncatingIfNeeded: words[count / 2]) & PrimeField.modulus
            largest = max(largest, elements[count - 1])
        }
        if largest == PrimeField.modulus {
            for place in elements.indices where elements[place] == PrimeField.modulus {
                elements[place] = another(UInt64(number) * UInt64(pieceWords) + UInt64(place))
            }
        }
        return elements
    }

    /// Sixteen tries, all of which fail with a probability of 2^-496.
    private func another(_ block: UInt64) -> UInt32 {
        var words = [UInt64](repeating: 0, count: 8)
        spare.fill(&words, fromBlock: block)
        for word in words {
            for half in [word, word >> 32] {
                let element = UInt32(truncatingIfNeeded: half) & PrimeField.modulus
                if element != PrimeField.modulus { return element }
            }
        }
        return 0
    }
}
