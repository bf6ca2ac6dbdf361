/// BLAKE2b with a key and a salt, 64 bytes of output: the hash of clkhash's encodings, which no library here offers.
///
/// It hashes what the owner of a table encodes at home, and protects no channel. Source: RFC 7693, and section 2.8 of the BLAKE2
/// paper for the salt.
struct BLAKE2b {
    private static let start: [UInt64] = [
        0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
    ]
    private static let order: [[Int]] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4], [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13], [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11], [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5], [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ]

    private let key: [UInt8]
    private let salt: [UInt8]

    /// - Parameters:
    ///   - key: at most 64 bytes; the first 64 count.
    ///   - salt: at most 16 bytes; the first 16 count.
    init(key: [UInt8], salt: [UInt8]) {
        self.key = Array(key.prefix(64))
        self.salt = Array(salt.prefix(16)) + [UInt8](repeating: 0, count: max(0, 16 - salt.count))
    }

    /// The 64 bytes of the hash.
    func hash(_ message: [UInt8]) -> [UInt8] {
        var state = Self.start
        state[0] ^= 0x0101_0000 | UInt64(key.count) << 8 | 64
        state[4] ^= Self.word(salt, 0)
        state[5] ^= Self.word(salt, 8)
        var bytes = key.isEmpty ? [] : key + [UInt8](repeating: 0, count: 128 - key.count)
        bytes += message
        let length = bytes.count
        let blocks = max(1, (length + 127) / 128)
        bytes += [UInt8](repeating: 0, count: blocks * 128 - length)
        for block in 0..<blocks {
            let isLast = block == blocks - 1
            Self.compress(
                &state, (0..<16).map { Self.word(bytes, block * 128 + 8 * $0) },
                counter: UInt64(isLast ? length : (block + 1) * 128), isLast: isLast)
        }
        return state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt64 {
        (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    }

    private static func compress(_ state: inout [UInt64], _ message: [UInt64], counter: UInt64, isLast: Bool) {
        var v = state + start
        v[12] ^= counter
        if isLast { v[14] = ~v[14] }
        for round in 0..<12 {
            let words = order[round % 10]
            for (step, lane) in lanes.enumerated() {
                mix(&v, lane, message[words[2 * step]], message[words[2 * step + 1]])
            }
        }
        for word in 0..<8 { state[word] ^= v[word] ^ v[word + 8] }
    }

    private static let lanes: [(Int, Int, Int, Int)] = [
        (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
        (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
    ]

    private static func mix(_ v: inout [UInt64], _ lane: (Int, Int, Int, Int), _ x: UInt64, _ y: UInt64) {
        let (a, b, c, d) = lane
        v[a] = v[a] &+ v[b] &+ x
        v[d] = rotated(v[d] ^ v[a], 32)
        v[c] = v[c] &+ v[d]
        v[b] = rotated(v[b] ^ v[c], 24)
        v[a] = v[a] &+ v[b] &+ y
        v[d] = rotated(v[d] ^ v[a], 16)
        v[c] = v[c] &+ v[d]
        v[b] = rotated(v[b] ^ v[c], 63)
    }

    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { (word >> count) | (word << (64 - count)) }
}
