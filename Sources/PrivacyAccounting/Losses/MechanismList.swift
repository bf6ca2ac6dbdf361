/// Mechanisms, with how often each is there, in the order of their first use: sums over them are the same to the last bit
/// for the same releases.
struct MechanismList {
    private(set) var mechanisms: [(mechanism: LossMechanism, count: Int)] = []
    private var places: [LossMechanism: Int] = [:]
    /// Figures whose noise was taken for continuous.
    private(set) var smoothed = 0

    mutating func add(_ mechanism: LossMechanism, count: Int = 1) {
        if let place = places[mechanism] {
            mechanisms[place].count += count
        } else {
            places[mechanism] = mechanisms.count
            mechanisms.append((mechanism, count))
        }
    }
    mutating func smooth(_ figures: Int) { smoothed += figures }

    mutating func add(_ other: MechanismList) {
        for (mechanism, count) in other.mechanisms { add(mechanism, count: count) }
        smooth(other.smoothed)
    }

    var composed: ComposedLoss { ComposedLoss(self) }
}
