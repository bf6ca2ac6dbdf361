/// SipHash-2-4 with 128 bits of output: a keyed hash whose collisions nobody without the key can choose.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, and the authors' reference
/// implementation for the 128-bit variant.
public struct KeyedHash: Sendable {
    let key: (UInt64, UInt64)

    public init(key: (UInt64, UInt64)) { self.key = key }

    /// One with a fresh key.
    public static var random: KeyedHash {
        var generator = SystemRandomNumberGenerator()
        return KeyedHash(key: (generator.next(), generator.next()))
    }

    /// Both halves of the hash, each read as the little-endian word that the reference writes.
    public func hash(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        sipHash128(bytes.baseAddress, bytes.count, key.0, key.1)
    }

    /// The hash of an array's bytes.
    public func hash(_ bytes: [UInt8]) -> (UInt64, UInt64) {
        bytes.withUnsafeBytes { hash($0) }
    }
}

@inline(__always)
private func rotateLeft(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 &- count))
}

@inline(__always)
private func sipRound(_ v0: inout UInt64, _ v1: inout UInt64, _ v2: inout UInt64, _ v3: inout UInt64) {
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
func sipHash128(_ start: UnsafeRawPointer?, _ count: Int, _ key0: UInt64, _ key1: UInt64) -> (UInt64, UInt64) {
    var v0 = key0 ^ 0x736f_6d65_7073_6575
    var v1 = key1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
    var v2 = key0 ^ 0x6c79_6765_6e65_7261
    var v3 = key1 ^ 0x7465_6462_7974_6573
    var offset = 0
    var last = UInt64(truncatingIfNeeded: count) &<< 56
    if let start {
        while offset &+ 8 <= count {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            v3 ^= word
            sipRound(&v0, &v1, &v2, &v3)
            sipRound(&v0, &v1, &v2, &v3)
            v0 ^= word
            offset &+= 8
        }
        var shift: UInt64 = 0
        while offset < count {
            last |= UInt64(start.load(fromByteOffset: offset, as: UInt8.self)) &<< shift
            shift &+= 8
            offset &+= 1
        }
    }
    v3 ^= last
    sipRound(&v0, &v1, &v2, &v3)
    sipRound(&v0, &v1, &v2, &v3)
    v0 ^= last
    v2 ^= 0xee
    for _ in 0..<4 { sipRound(&v0, &v1, &v2, &v3) }
    let first = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xdd
    for _ in 0..<4 { sipRound(&v0, &v1, &v2, &v3) }
    return (first, v0 ^ v1 ^ v2 ^ v3)
}
