import Bytes

/// The names that a party sends, shuffled: its keys, random ones up to the declared number, and dummies of both parties.
///
/// Only keys are held; every other name follows from its number.
struct ListedNames: Sendable {
    private let keys: ByteStrings
    private let declared: Int
    /// How many dummies of either party there are, and how many of its own this party lists.
    private let dummies: (each: Int, own: Int)
    private let role: IntersectionTerms.Role
    /// What makes this party's random names its own.
    private let secret: [UInt8]
    /// For each place the number of its name: first the keys.
    private let order: [UInt32]

    /// - Parameters:
    ///   - keys: at most the declared number.
    ///   - noise: how many of this party's own dummies are listed.
    init(
        _ terms: IntersectionTerms, _ role: IntersectionTerms.Role, keys: ByteStrings, noise: Int,
        using random: inout some RandomNumberGenerator
    ) {
        self.keys = keys
        self.role = role
        declared = terms.declared(role)
        dummies = (2 * terms.reach, noise)
        secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        order = (0..<UInt32(terms.points(role))).shuffled(using: &random)
    }

    /// How many there are.
    var count: Int { order.count }

    /// The number of the party's own key at a place; nil for every other name.
    func key(_ place: Int) -> Int? { order[place] < keys.count ? Int(order[place]) : nil }

    /// The name at a place.
    func name(_ place: Int) -> (bytes: ArraySlice<UInt8>, kind: CurveName.Kind) {
        let number = Int(order[place])
        guard number >= keys.count else { return (keys[number], .listed) }
        let dummy = number - declared
        let own: CurveName.Kind = role == .listener ? .dummyOfListener : .dummyOfJoiner
        let others: CurveName.Kind = role == .listener ? .dummyOfJoiner : .dummyOfListener
        if dummy >= dummies.each { return (ArraySlice("\(dummy - dummies.each)".utf8), others) }
        if dummy >= 0, dummy < dummies.own { return (ArraySlice("\(dummy)".utf8), own) }
        return (ArraySlice(secret + "\(number)".utf8), .filler)
    }
}
