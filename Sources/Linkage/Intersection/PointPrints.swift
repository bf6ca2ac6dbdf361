import Synchronization

/// What must be known of many points to find those that two lists share: of each the first half of its x-coordinate, in the order
/// in which they came.
///
/// Two of a million points agree in it with a probability below 2^-88. A class, since a value would be copied whole where it comes
/// out of a task that ran beside others.
public final class PointPrints: Sendable {
    private let held = Mutex<[Print]>([])

    /// None, with room for so many.
    public init(capacity: Int) { held.withLock { $0.reserveCapacity(capacity) } }

    /// Adds points of 32 bytes each; what is left over counts for nothing.
    public func append(_ points: [UInt8]) { append(points) { _ in true } }

    /// The same of those whose first byte is wanted.
    func append(_ points: [UInt8], where isWanted: (UInt8) -> Bool) {
        held.withLock { prints in
            for place in 0..<(points.count / CurveName.size) where isWanted(points[place * CurveName.size]) {
                prints.append(Print(points, place))
            }
        }
    }

    /// How many there are.
    var count: Int { held.withLock { $0.count } }

    /// Whether a point stands there twice. Sorted in place.
    func sortedHaveRepeats() -> Bool {
        held.withLock { prints in
            prints.sort()
            return Self.hasRepeats(prints)
        }
    }

    private static func hasRepeats(_ sorted: [Print]) -> Bool {
        sorted.indices.dropFirst().contains { sorted[$0] == sorted[$0 - 1] }
    }

    /// How many points both have; nil where these have one twice. Sorted in place.
    func common(_ others: PointPrints) -> Int? {
        guard !sortedHaveRepeats() else { return nil }
        return held.withLock { prints in
            others.held.withLock { others in
                others.sort()
                var (count, place) = (0, 0)
                for print in others {
                    while place < prints.count, prints[place] < print { place += 1 }
                    count += place < prints.count && prints[place] == print ? 1 : 0
                }
                return count
            }
        }
    }

    /// The places of those that the others have too, ascending; nil where these have one twice.
    func members(_ others: PointPrints) -> [Int]? {
        let own = held.withLock { $0.enumerated().sorted { $0.element < $1.element } }
        guard !own.indices.dropFirst().contains(where: { own[$0].element == own[$0 - 1].element }) else { return nil }
        return others.held.withLock { others in
            others.sort()
            var members: [Int] = []
            var place = 0
            for (number, print) in own {
                while place < others.count, others[place] < print { place += 1 }
                if place < others.count, others[place] == print { members.append(number) }
            }
            return members.sorted()
        }
    }

    private struct Print: Sendable, Comparable {
        private let high: UInt64
        private let low: UInt64

        init(_ bytes: [UInt8], _ place: Int) {
            let start = place * CurveName.size
            high = (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
            low = (8..<16).reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
        }

        static func < (one: Print, two: Print) -> Bool {
            one.high != two.high ? one.high < two.high : one.low < two.low
        }
    }
}
