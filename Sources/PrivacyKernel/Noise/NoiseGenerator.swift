import VectorMath

// KERNEL 6.1
/// Words of randomness: ChaCha20 with fast key erasure.
///
/// Each block of 8 KiB begins with the key of the next block, and a word is overwritten as it is handed out, so that
/// who sees the state learns nothing about words already used. The first key comes from the system. It cannot be
/// copied, so no word is handed out twice.
struct NoiseGenerator: ~Copyable {
    private static let blockWords = 1024
    private var words: [UInt64]
    private var position: Int

    /// Seeded by the system.
    init() {
        var system = SystemRandomNumberGenerator()
        self.init(key: (0..<4).map { _ in system.next() })
    }

    /// The words of a first key, the same each time: noise of it protects nothing from whoever has the key. For noise that two
    /// holders draw alike (``HiddenTerms``), and for tests.
    init(key: [UInt64]) {
        words = key + [UInt64](repeating: 0, count: NoiseGenerator.blockWords - key.count)
        position = NoiseGenerator.blockWords
    }

    mutating func next() -> UInt64 {
        if position == NoiseGenerator.blockWords { refill() }
        let word = words[position]
        words[position] = 0
        position += 1
        return word
    }

    private mutating func refill() {
        let key = words[0..<4].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
        Keystream(key: key, nonce: 0).fill(&words, fromBlock: 0)
        position = 4
    }
}
