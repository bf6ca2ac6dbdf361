import VectorMath

/// How long the lists are in which two holders bring their rows where nobody may learn whose keys both have: public.
///
/// The third party puts rows of one key together, and so counts how many there are. So both lists have a number of dummies in
/// common, drawn by both holders from one seed: what the third counts is differentially private. Neither holder sees this count,
/// so that the noise may be known to both.
public struct HiddenTerms: Sendable, Equatable {
    /// The declared rows of either table.
    public let rows: [Int]
    /// ε of the third party's count, in units of 2^-32.
    private let units: UInt64
    /// How far either side of the noise reaches: beyond it lies less than δ.
    public let reach: Int

    /// - Parameters:
    ///   - rows: the declared rows of both tables.
    ///   - privacy: what the third party's count of common keys may tell of one key, δ above 0.
    public init(rows: [Int], privacy: PrivacyParameters) {
        self.rows = rows
        let units = max(1, (privacy.epsilon * 0x1p32).rounded(.down))
        self.units = UInt64(min(units, 0x1p63))
        reach = Int(min((naturalLogarithm(1 / privacy.delta) * 0x1p32 / units).rounded(.up), 0x1p40))
    }

    /// How many of either list are dummies.
    public var dummies: Int { 2 * reach }

    /// How many rows the joined table has, most of them zero: no fewer than keys and dummies that both lists have.
    public var slots: Int { (rows.min() ?? 0) + dummies }

    /// Rows of a list that have a name, by which they may meet one of the other list.
    public func named(_ side: Int) -> Int { rows[side] + dummies }

    /// Rows of a list: those with a name, and as many of zeros as there are slots.
    public func places(_ side: Int) -> Int { named(side) + slots }

    // KERNEL 11.7
    /// How many dummies both lists have in common: s + DLap(ε), cut to 0...2s.
    ///
    /// - Parameter seed: 32 bytes of both holders.
    func matches(from seed: [UInt8]) -> Int {
        var words = KeystreamGenerator(key: seed, number: 0)
        var generator = NoiseGenerator(key: (0..<4).map { _ in words.next() })
        let noise = TextbookSampler.laplace(numerator: units, denominator: 1 << 32, &generator)
        return Int(min(max(Int64(reach) &+ noise, 0), Int64(2 * reach)))
    }
}

/// What one holder draws its list from: the same at each start, so that a list goes out in one order alone.
public struct HiddenKeys: Sendable {
    /// Of the masks of each holder's rows: both holders have both.
    public let masks: [[UInt8]]
    /// Both holders name rows of one key alike.
    let names: [UInt8]
    let dummies: [UInt8]
    let noise: [UInt8]
    /// This holder's alone.
    let order: [UInt8]
    let blanks: [UInt8]

    /// - Parameters:
    ///   - common: 32 bytes that both holders have and the third party has not.
    ///   - own: 32 bytes that nobody else has.
    public init(common: [UInt8], own: [UInt8]) {
        masks = [0, 1].map { KeystreamGenerator.key(from: common, number: $0) }
        names = KeystreamGenerator.key(from: common, number: 2)
        dummies = KeystreamGenerator.key(from: common, number: 3)
        noise = KeystreamGenerator.key(from: common, number: 4)
        order = KeystreamGenerator.key(from: own, number: 0)
        blanks = KeystreamGenerator.key(from: own, number: 1)
    }
}
