/// Bloom filters of one length, and Dice's coefficient of any two: twice the bits that both have over the bits of both.
///
/// Proof: `words` holds `wordCount` words for each of `count` filters, and a filter's words begin at its number times
/// `wordCount`; both loops run below these counts, and the numbers are checked before they begin.
public struct BitFilters: Sendable {
    /// How many filters there are.
    public let count: Int
    /// Words of 64 bits of each.
    public let wordCount: Int
    private let words: [UInt64]
    private let bits: [UInt32]

    /// - Parameter filters: of equal length; a last word that is not full ends with zeros.
    /// - Returns: nil if their lengths differ.
    public init?(_ filters: [[UInt8]]) {
        let length = filters.first?.count ?? 0
        guard filters.allSatisfy({ $0.count == length }) else { return nil }
        count = filters.count
        wordCount = max(1, (length + 7) / 8)
        var words = [UInt64](repeating: 0, count: count * wordCount)
        for (number, filter) in filters.enumerated() {
            for (place, byte) in filter.enumerated() {
                words[number * wordCount + place / 8] |= UInt64(byte) &<< UInt64(8 * (place % 8))
            }
        }
        let wordCount = wordCount
        bits = (0..<count).map { filter in
            words[filter * wordCount..<(filter + 1) * wordCount].reduce(0) { $0 + UInt32($1.nonzeroBitCount) }
        }
        self.words = words
    }

    /// Dice's coefficient of one filter here and one of others; 0 where neither has a bit.
    public func dice(_ filter: Int, _ others: BitFilters, _ other: Int) -> Double {
        precondition(wordCount == others.wordCount)
        var common = 0
        for word in 0..<wordCount {
            common +=
                (words[filter * wordCount + word] & others.words[other * wordCount + word]).nonzeroBitCount
        }
        let all = Int(bits[filter]) + Int(others.bits[other])
        return all == 0 ? 0 : Double(2 * common) / Double(all)
    }

    /// All pairs whose coefficient is at least `threshold`, in the order of the filters.
    ///
    /// - Returns: of each pair the number of its filter here and among the others, and their coefficient.
    public func pairs(
        _ others: BitFilters, atLeast threshold: Double
    ) -> [(first: Int, second: Int, dice: Double)] {
        precondition(wordCount == others.wordCount)
        var pairs: [(first: Int, second: Int, dice: Double)] = []
        words.withUnsafeBufferPointer { here in
            others.words.withUnsafeBufferPointer { there in
                guard let here = here.baseAddress, let there = there.baseAddress else { return }
                var common = [UInt32](repeating: 0, count: others.count)
                for filter in 0..<count {
                    common.withUnsafeMutableBufferPointer { common in
                        guard let common = common.baseAddress else { return }
                        switch wordCount {
                        case 16: countCommon(here + filter * 16, there, others.count, 16, common)
                        default: countCommon(here + filter * wordCount, there, others.count, wordCount, common)
                        }
                    }
                    let own = bits[filter]
                    for other in 0..<others.count {
                        let all = Double(own + others.bits[other])
                        let twice = Double(2 * common[other])
                        // Division is slow, and few pairs come near.
                        guard twice > 0, twice >= threshold * all * (1 - 0x1p-50) else { continue }
                        let dice = twice / all
                        if dice >= threshold { pairs.append((filter, other, dice)) }
                    }
                }
            }
        }
        return pairs
    }
}

/// The bits that one filter shares with each of several.
@inline(__always)
private func countCommon(
    _ filter: UnsafePointer<UInt64>, _ others: UnsafePointer<UInt64>, _ count: Int, _ wordCount: Int,
    _ common: UnsafeMutablePointer<UInt32>
) {
    for other in 0..<count {
        let words = others + other &* wordCount
        var bits = 0
        for word in 0..<wordCount { bits &+= (filter[word] & words[word]).nonzeroBitCount }
        common[other] = UInt32(truncatingIfNeeded: bits)
    }
}
