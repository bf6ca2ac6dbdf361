/// The ChaCha20 keystream: block `i` of a key and nonce is the same in whichever order blocks are read.
///
/// Proof: eight blocks are 64 words, of which lane l and place p write word `8 · l + p`. They go into the words where 64 are
/// left, and into scratch of 64 otherwise, all of which is then written before the words that are left are read from it. So
/// `fill` writes every word that it is handed, and `words` hands it all that it counts.
///
/// RFC 8439's function with the original layout of counter and nonce, 64 bits each (words 12–13 and 14–15), so that a
/// stream has 2^64 blocks. A block is eight 64-bit words, little-endian.
public struct Keystream: Sendable {
    private let key: SIMD8<UInt32>
    private let nonce: UInt64

    /// - Precondition: the key has 32 bytes.
    public init(key: [UInt8], nonce: UInt64) {
        precondition(key.count == 32, "a ChaCha20 key has 32 bytes")
        var words = SIMD8<UInt32>()
        for word in 0..<8 {
            for byte in 0..<4 { words[word] |= UInt32(key[4 * word + byte]) << UInt32(8 * byte) }
        }
        self.key = words
        self.nonce = nonce
    }

    /// Fills `words` from the start of a block on.
    public func fill(_ words: UnsafeMutableBufferPointer<UInt64>, fromBlock block: UInt64) {
        guard let start = words.baseAddress else { return }
        var written = 0
        var block = block
        while written &+ 64 <= words.count {
            eightBlocks(block, start + written)
            written &+= 64
            block &+= 8
        }
        guard written < words.count else { return }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { last in
            guard let from = last.baseAddress else { return }
            eightBlocks(block, from)
            for index in 0..<(words.count &- written) { start[written &+ index] = from[index] }
            for index in 0..<64 { from[index] = 0 }
        }
    }

    /// Fills an array from the start of a block on.
    public func fill(_ words: inout [UInt64], fromBlock block: UInt64) {
        words.withUnsafeMutableBufferPointer { fill($0, fromBlock: block) }
    }

    /// So many words from the start of a block on.
    public func words(_ count: Int, fromBlock block: UInt64) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: count) { words, used in
            fill(UnsafeMutableBufferPointer(rebasing: words.prefix(count)), fromBlock: block)
            used = count
        }
    }

    /// Blocks `first` to `first + 7`, one a lane.
    private func eightBlocks(_ first: UInt64, _ words: UnsafeMutablePointer<UInt64>) {
        typealias Lanes = SIMD8<UInt32>
        var low = Lanes()
        var high = Lanes()
        for lane in 0..<8 {
            let counter = first &+ UInt64(lane)
            low[lane] = UInt32(truncatingIfNeeded: counter)
            high[lane] = UInt32(truncatingIfNeeded: counter &>> 32)
        }
        let (c0, c1) = (Lanes(repeating: 0x6170_7865), Lanes(repeating: 0x3320_646e))
        let (c2, c3) = (Lanes(repeating: 0x7962_2d32), Lanes(repeating: 0x6b20_6574))
        let (k0, k1) = (Lanes(repeating: key[0]), Lanes(repeating: key[1]))
        let (k2, k3) = (Lanes(repeating: key[2]), Lanes(repeating: key[3]))
        let (k4, k5) = (Lanes(repeating: key[4]), Lanes(repeating: key[5]))
        let (k6, k7) = (Lanes(repeating: key[6]), Lanes(repeating: key[7]))
        let n0 = Lanes(repeating: UInt32(truncatingIfNeeded: nonce))
        let n1 = Lanes(repeating: UInt32(truncatingIfNeeded: nonce &>> 32))
        var (x0, x1, x2, x3) = (c0, c1, c2, c3)
        var (x4, x5, x6, x7) = (k0, k1, k2, k3)
        var (x8, x9, x10, x11) = (k4, k5, k6, k7)
        var (x12, x13, x14, x15) = (low, high, n0, n1)
        for _ in 0..<10 {
            quarterRound(&x0, &x4, &x8, &x12)
            quarterRound(&x1, &x5, &x9, &x13)
            quarterRound(&x2, &x6, &x10, &x14)
            quarterRound(&x3, &x7, &x11, &x15)
            quarterRound(&x0, &x5, &x10, &x15)
            quarterRound(&x1, &x6, &x11, &x12)
            quarterRound(&x2, &x7, &x8, &x13)
            quarterRound(&x3, &x4, &x9, &x14)
        }
        store(words, 0, x0 &+ c0, x1 &+ c1)
        store(words, 1, x2 &+ c2, x3 &+ c3)
        store(words, 2, x4 &+ k0, x5 &+ k1)
        store(words, 3, x6 &+ k2, x7 &+ k3)
        store(words, 4, x8 &+ k4, x9 &+ k5)
        store(words, 5, x10 &+ k6, x11 &+ k7)
        store(words, 6, x12 &+ low, x13 &+ high)
        store(words, 7, x14 &+ n0, x15 &+ n1)
    }

    @inline(__always)
    private func store(
        _ words: UnsafeMutablePointer<UInt64>, _ place: Int, _ low: SIMD8<UInt32>, _ high: SIMD8<UInt32>
    ) {
        for lane in 0..<8 { words[lane &* 8 &+ place] = UInt64(low[lane]) | UInt64(high[lane]) &<< 32 }
    }
}

@inline(__always)
private func rotate(_ x: SIMD8<UInt32>, _ count: UInt32) -> SIMD8<UInt32> {
    (x &<< SIMD8(repeating: count)) | (x &>> SIMD8(repeating: 32 &- count))
}

@inline(__always)
private func quarterRound(
    _ a: inout SIMD8<UInt32>, _ b: inout SIMD8<UInt32>, _ c: inout SIMD8<UInt32>, _ d: inout SIMD8<UInt32>
) {
    a = a &+ b
    d = rotate(d ^ a, 16)
    c = c &+ d
    b = rotate(b ^ c, 12)
    a = a &+ b
    d = rotate(d ^ a, 8)
    c = c &+ d
    b = rotate(b ^ c, 7)
}
