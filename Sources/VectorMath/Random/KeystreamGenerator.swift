/// Words of a ChaCha20 keystream, one after the other: random to whoever lacks the key, and the same whenever they are drawn.
public struct KeystreamGenerator: RandomNumberGenerator, Sendable {
    private static let ahead = 512

    private let stream: Keystream
    private var words: [UInt64] = []
    private var place = 0
    private var block: UInt64 = 0

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - number: other numbers give other words.
    public init(key: [UInt8], number: UInt64) { stream = Keystream(key: key, nonce: number) }

    public mutating func next() -> UInt64 {
        if place == words.count {
            if words.isEmpty { words = [UInt64](repeating: 0, count: Self.ahead) }
            stream.fill(&words, fromBlock: block)
            // Eight words a block.
            block += UInt64(Self.ahead / 8)
            place = 0
        }
        defer { place += 1 }
        return words[place]
    }

    /// The first 32 bytes of a stream: a key for one purpose, from which none of another purpose follows.
    public static func key(from key: [UInt8], number: UInt64) -> [UInt8] {
        var generator = KeystreamGenerator(key: key, number: number)
        return (0..<4).flatMap { _ in
            let word = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
    }
}
