import VectorMath

/// Normal numbers by the polar method, for draws that need no secrecy.
struct NormalNumbers {
    private var words: SplitMix64
    private var spare: Double?

    init(seed: UInt64) { words = SplitMix64(state: seed) }

    mutating func next() -> UInt64 { words.next() }

    mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (2 * words.unit() - 1, 2 * words.unit() - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * naturalLogarithm(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }
}
