import VectorMath

/// What a third party makes of two holders' lists: slots, in each of which stand two rows of one key, or two of zeros.
///
/// It sees names that say nothing to it, and finds those that both lists have. Each holder learns from which places of the *other*
/// list the slots are filled, and nothing of its own. These places are uniform for it, however many rows met: slots come in an
/// order of the third party's own, and it takes fillings in such an order too, not as they stand in the list.
public struct HiddenSlots: Sendable {
    /// Words of a place of a list: 0 and a name, or 1 and the key of a filling's mask.
    public static let placeWords = 9

    /// Of each list the place whose row stands in each slot.
    public let places: [[UInt32]]
    /// Of each place the row's number among those with a name, or −1.
    private let rows: [[Int32]]
    /// As they came.
    private let lists: [[UInt32]]

    /// What is wrong with a list.
    public enum Fault: Error, Equatable {
        /// A name stands in it twice.
        case repeatedName(side: Int)
        /// Another number of rows with a name, or of fillings, than the task gives it.
        case otherLength(side: Int)
    }

    private struct Name: Hashable {
        let low: UInt64
        let high: UInt64
    }

    /// - Parameters:
    ///   - lists: of both holders.
    ///   - named: how many rows of each have a name.
    ///   - slots: how many there are.
    ///   - seed: 32 bytes of this party alone.
    public init(_ lists: [[UInt32]], named: [Int], slots: Int, seed: [UInt8]) throws(Fault) {
        var names: [[Name: UInt32]] = []
        // In the order of their places.
        var ordered: [[(name: Name, place: UInt32)]] = []
        var rows: [[Int32]] = []
        var fillings: [[UInt32]] = []
        for (side, list) in lists.enumerated() {
            let places = named[side] + slots
            guard list.count == places * Self.placeWords else { throw .otherLength(side: side) }
            var found: [Name: UInt32] = [:]
            var order: [(name: Name, place: UInt32)] = []
            var numbers: [Int32] = []
            var free: [UInt32] = []
            for place in 0..<places {
                let words = list[(place * Self.placeWords)..<((place + 1) * Self.placeWords)]
                guard words[words.startIndex] == 0 else {
                    free.append(UInt32(place))
                    numbers.append(-1)
                    continue
                }
                let name = Name(low: Self.word(words, 1), high: Self.word(words, 3))
                guard found.updateValue(UInt32(place), forKey: name) == nil else { throw .repeatedName(side: side) }
                order.append((name, UInt32(place)))
                numbers.append(Int32(found.count - 1))
            }
            guard found.count == named[side] else { throw .otherLength(side: side) }
            names.append(found)
            ordered.append(order)
            rows.append(numbers)
            fillings.append(free)
        }
        var generator = KeystreamGenerator(key: seed, number: 0)
        // In the order of places, so that each start draws the same, and takes as long whoever met.
        let pairs = ordered[0].compactMap { row in names[1][row.name].map { [row.place, $0] } }
        guard pairs.count <= slots else { throw .otherLength(side: 0) }
        let order = (0..<slots).shuffled(using: &generator)
        places = [0, 1].map { side in
            let free = fillings[side].shuffled(using: &generator)
            let filled = pairs.map { $0[side] } + free.prefix(slots - pairs.count)
            return order.map { filled[$0] }
        }
        self.rows = rows
        self.lists = lists
    }

    private static func word(_ words: ArraySlice<UInt32>, _ place: Int) -> UInt64 {
        UInt64(words[words.startIndex + place]) | UInt64(words[words.startIndex + place + 1]) << 32
    }

    /// This party's part of a holder's rows, slot by slot: the masked row that stands there, or minus the mask of a filling.
    ///
    /// For each slot both are made, whichever it is: how long this takes shows in when the holders are answered, and they know how
    /// many dummies met.
    ///
    /// - Parameters:
    ///   - masked: the holder's rows with a name, in the order of their places.
    ///   - number: of the table.
    ///   - width: elements of a row.
    public func aligned(_ masked: [UInt32], side: Int, number: Int, width: Int) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(places[side].count * width)
        for place in places[side] {
            let row = Int(rows[side][Int(place)])
            let first = Int(place) * Self.placeWords
            let key = lists[side][(first + 1)..<(first + Self.placeWords)]
            let mask = RowMasks.row(ofKey: key, number: number, width: width)
            let start = max(row, 0) * width
            for column in 0..<width {
                let met = masked[start + column]
                let filling = mask[column] == 0 ? 0 : PrimeField.modulus - mask[column]
                words.append(row >= 0 ? met : filling)
            }
        }
        return words
    }

    /// Whether a list of places may be what a third party names: each once, and all of the list.
    public static func isRight(_ places: [UInt32], of count: Int) -> Bool {
        var seen = [Bool](repeating: false, count: count)
        for place in places {
            guard place < count, !seen[Int(place)] else { return false }
            seen[Int(place)] = true
        }
        return true
    }
}

extension HiddenSlots {
    /// As `aligned`, in the field of 2⁶¹ − 1.
    ///
    /// - Parameters:
    ///   - masked: the holder's rows with a name, in the order of their places.
    ///   - number: of the table, in either field.
    ///   - width: elements of a row.
    public func widelyAligned(_ masked: [UInt64], side: Int, number: Int, width: Int) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(places[side].count * width)
        for place in places[side] {
            let row = Int(rows[side][Int(place)])
            let first = Int(place) * Self.placeWords
            let key = lists[side][(first + 1)..<(first + Self.placeWords)]
            let mask = RowMasks.wideRow(ofKey: key, number: number, width: width)
            let start = max(row, 0) * width
            for column in 0..<width {
                let met = masked[start + column]
                let filling = WideField.difference(0, mask[column])
                words.append(row >= 0 ? met : filling)
            }
        }
        return words
    }
}
