/// A small, fast generator (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014) for choices
/// that need no secrecy and must come out the same everywhere. Noise never comes from here.
@frozen
public struct SplitMix64: RandomNumberGenerator, Sendable {
    /// The counter; the generator goes on from it.
    public var state: UInt64

    /// A stream for each state. Not for secrets: whoever sees a word can compute the next.
    @inlinable
    public init(state: UInt64) { self.state = state }

    /// The next 64 bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// In 0 ..< 1, a multiple of 2⁻⁵³.
    @inlinable
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
