/// Deals codes and places out among the rows of a stretch, in the order of groups and of numbers of the rows.
///
/// Proof: a stretch has at most `longest` rows, which lie inside the three arrays of rows, as checked; its largest code is compared with
/// the number of groups. So keys and their scratch, which have room for `longest`, hold as many as there are rows; a row's own number
/// within its stretch is below `longest` and takes its key's lowest bits, which sorting moves and never changes. Of the three arrays of
/// keys one is free at each sort: the scratch, or once it holds the order, what held that before. The sort counts the
/// digits of all keys and then gives each key the next place of its digit, so places are below the number of keys.
public struct Dealing: Sendable {
    /// Rows that are dealt out among each other.
    public static let longest = 1 << rowBits
    private static let rowBits: UInt64 = 10
    private static let heightBits: UInt64 = 16
    /// Numbers as far as this from zero keep their order, in steps of this many to one.
    private static let reach: Float = 8
    private static let stepsPerUnit: Float = 4095

    private var order = [UInt64](repeating: 0, count: longest)
    private var places = [UInt64](repeating: 0, count: longest)
    private var scratch = [UInt64](repeating: 0, count: longest)
    private var starts = [UInt32](repeating: 0, count: 256)

    public init() {}

    /// - Parameters:
    ///   - groups: of each code; below zero where its rows are left as they are.
    ///   - fractions: one a row, not negative, or none.
    public mutating func deal(
        _ numbers: [Float], groups: [Int32], codes: inout [UInt32], fractions: inout [Float], rows: Range<Int>
    ) {
        precondition(rows.count <= Self.longest && rows.lowerBound >= 0 && rows.upperBound <= codes.count)
        precondition(rows.upperBound <= numbers.count && (fractions.isEmpty || rows.upperBound <= fractions.count))
        let (first, hasFractions) = (rows.lowerBound, !fractions.isEmpty)
        withRoom { room in
            codes.withUnsafeMutableBufferPointer { codes in
                fractions.withUnsafeMutableBufferPointer { fractions in
                    numbers.withUnsafeBufferPointer { numbers in
                        groups.withUnsafeBufferPointer { groups in
                            guard !rows.isEmpty, let numbers = numbers.baseAddress.map({ $0 + first }),
                                let codes = codes.baseAddress.map({ $0 + first })
                            else { return }
                            var largest: UInt32 = 0
                            for row in 0..<rows.count { largest = max(largest, codes[row]) }
                            precondition(Int(largest) < groups.count)
                            guard let groups = groups.baseAddress else { return }
                            let fractions = hasFractions ? fractions.baseAddress.map { $0 + first } : nil
                            room.deal(numbers, groups, codes, fractions, rows.count)
                        }
                    }
                }
            }
        }
    }

    private mutating func withRoom(_ body: (Room) -> Void) {
        order.withUnsafeMutableBufferPointer { order in
            places.withUnsafeMutableBufferPointer { places in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    starts.withUnsafeMutableBufferPointer { starts in
                        guard let order = order.baseAddress, let places = places.baseAddress,
                            let scratch = scratch.baseAddress, let starts = starts.baseAddress
                        else { return }
                        body(Room(order: order, places: places, scratch: scratch, starts: starts))
                    }
                }
            }
        }
    }

    /// The arrays of a dealing, opened.
    private struct Room {
        let order: UnsafeMutablePointer<UInt64>
        let places: UnsafeMutablePointer<UInt64>
        let scratch: UnsafeMutablePointer<UInt64>
        let starts: UnsafeMutablePointer<UInt32>

        func deal(
            _ numbers: UnsafePointer<Float>, _ groups: UnsafePointer<Int32>, _ codes: UnsafeMutablePointer<UInt32>,
            _ fractions: UnsafeMutablePointer<Float>?, _ rows: Int
        ) {
            var count = 0
            for row in 0..<rows {
                let code = codes[row]
                let group = groups[Int(code)]
                let sum = numbers[row] + Dealing.reach
                let height = UInt64(heightSteps(sum))
                let key = UInt64(UInt32(bitPattern: group)) &<< (Dealing.rowBits &+ Dealing.heightBits)
                order[count] = key | height &<< Dealing.rowBits | UInt64(truncatingIfNeeded: row)
                let fraction = fractions.map { $0[row].bitPattern } ?? 0
                places[count] = UInt64(code) &<< 32 | UInt64(fraction)
                count &+= group >= 0 ? 1 : 0
            }
            // The row's own bits and the lowest of a fraction may stay in any order.
            let order = sorted(order, count, from: Dealing.rowBits, by: scratch)
            let free = order == scratch ? self.order : scratch
            let places = sorted(places, count, from: fractions == nil ? 32 : 14, by: free)
            let mask = UInt64(Dealing.longest) &- 1
            if let fractions {
                for place in 0..<count {
                    let row = Int(order[place] & mask)
                    codes[row] = UInt32(truncatingIfNeeded: places[place] &>> 32)
                    fractions[row] = Float(bitPattern: UInt32(truncatingIfNeeded: places[place]))
                }
            } else {
                for place in 0..<count {
                    codes[Int(order[place] & mask)] = UInt32(truncatingIfNeeded: places[place] &>> 32)
                }
            }
        }

        @inline(__always)
        private func heightSteps(_ sum: Float) -> Int32 {
            let height = sum < 2 * Dealing.reach ? (sum > 0 ? sum : 0) : 2 * Dealing.reach
            return Int32(height * Dealing.stepsPerUnit)
        }

        /// Sorts by the bits from one on, eight at a time, the lowest first; equal ones stay in order. Bits that all keys share are
        /// passed over.
        ///
        /// - Returns: the keys or the scratch, whichever holds them in order.
        private func sorted(
            _ keys: UnsafeMutablePointer<UInt64>, _ count: Int, from lowest: UInt64,
            by scratch: UnsafeMutablePointer<UInt64>
        ) -> UnsafeMutablePointer<UInt64> {
            var (from, to) = (keys, scratch)
            var differing: UInt64 = 0
            for index in 0..<count { differing |= keys[index] ^ keys[0] }
            differing &= UInt64.max &<< lowest
            while differing != 0 {
                let shift = UInt64(truncatingIfNeeded: differing.trailingZeroBitCount)
                starts.update(repeating: 0, count: 256)
                for index in 0..<count { starts[Int((from[index] &>> shift) & 0xFF)] &+= 1 }
                var sum: UInt32 = 0
                for digit in 0..<256 {
                    let size = starts[digit]
                    starts[digit] = sum
                    sum &+= size
                }
                for index in 0..<count {
                    let key = from[index]
                    let digit = Int((key &>> shift) & 0xFF)
                    to[Int(starts[digit])] = key
                    starts[digit] &+= 1
                }
                swap(&from, &to)
                differing &= shift >= 56 ? 0 : UInt64.max &<< (shift &+ 8)
            }
            return from
        }
    }
}
