/// SipHash-2-4 with 128 bits of output: a keyed hash. Without the key, collisions cannot be chosen.
///
/// Proof: whole words are loaded at multiples of eight below the greatest one that the text holds; the rest is read by
/// checked access to a slice. Of texts of one row each, both arrays are equally long and the output is not shorter, as
/// checked; rows run below that length.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, and the authors' reference
/// implementation for the 128-bit variant.
public struct KeyedHash: Sendable {
    let key: (UInt64, UInt64)

    /// One with a given key.
    public init(key: (UInt64, UInt64)) { self.key = key }

    /// One with a fresh key.
    public static var random: KeyedHash {
        var generator = SystemRandomNumberGenerator()
        return KeyedHash(key: (generator.next(), generator.next()))
    }

    /// Both halves of the hash, each read as the little-endian word that the reference writes.
    public func hash(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        var state = SipState(key)
        let whole = bytes.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) &<< 56
        for (index, byte) in bytes[whole...].enumerated() { last |= UInt64(byte) &<< UInt64(8 * index) }
        state.absorb(last)
        return state.finish()
    }

    /// The hash of an array's bytes.
    public func hash(_ bytes: [UInt8]) -> (UInt64, UInt64) {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// Hashes texts of up to fifteen bytes, one a row. No branch depends on a text, so that the loop becomes vectors: the
    /// rounds of one text wait for each other, those of four do not.
    ///
    /// - Parameters:
    ///   - words: the first eight bytes of each text; they count where a text has so many.
    ///   - lasts: the bytes behind the last whole word, under the number of all bytes in the highest byte.
    func hash(
        words: [UInt64], lasts: [UInt64], firstRow: Int, into output: UnsafeMutableBufferPointer<HashedRow>
    ) {
        precondition(words.count == lasts.count && output.count >= lasts.count)
        guard let output = output.baseAddress else { return }
        let fresh = SipState(key)
        words.withUnsafeBufferPointer { words in
            lasts.withUnsafeBufferPointer { lasts in
                for row in 0..<lasts.count {
                    var state = fresh
                    state.absorb(words[row])
                    let isLong = lasts[row] &>> 59 != 0
                    state.v0 = isLong ? state.v0 : fresh.v0
                    state.v1 = isLong ? state.v1 : fresh.v1
                    state.v2 = isLong ? state.v2 : fresh.v2
                    state.v3 = isLong ? state.v3 : fresh.v3
                    state.absorb(lasts[row])
                    output[row] = HashedRow(hash: state.finish(), row: firstRow &+ row)
                }
            }
        }
    }
}

extension KeyedHash {
    /// A keyed rank of each row by its key and its codes, and by whose it is.
    ///
    /// - Parameters:
    ///   - rows: keys with the numbers of their rows.
    ///   - columns: no shorter than the largest of these numbers.
    ///   - table: tables of different numbers rank the same row differently.
    public func ranks(_ rows: [HashedRow], _ columns: [CodeArray], table: Int) -> [UInt64] {
        rows.map { row in
            var state = SipState(key)
            state.absorb(UInt64(truncatingIfNeeded: table))
            state.absorb(row.high)
            state.absorb(row.low &>> 32)
            for column in columns { state.absorb(UInt64(truncatingIfNeeded: column[row.row])) }
            return state.finish().0
        }
    }
}

/// SipHash between two words.
private struct SipState {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    @inline(__always)
    init(_ key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> (UInt64, UInt64) {
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = rotateLeft(v1, 13) ^ v0
        v0 = rotateLeft(v0, 32)
        v2 = v2 &+ v3
        v3 = rotateLeft(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotateLeft(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotateLeft(v1, 17) ^ v2
        v2 = rotateLeft(v2, 32)
    }

    @inline(__always)
    private func rotateLeft(_ word: UInt64, _ count: UInt64) -> UInt64 {
        (word &<< count) | (word &>> (64 &- count))
    }
}
