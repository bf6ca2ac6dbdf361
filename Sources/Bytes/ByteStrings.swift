/// Many short strings of bytes, one behind the other in one piece of memory: an array of arrays takes some fifty bytes more for
/// each of them.
public struct ByteStrings: Sendable, RandomAccessCollection {
    private var bytes: [UInt8] = []
    /// Where each string ends.
    private var ends: [Int] = []

    /// None.
    public init() {}

    /// The same strings in the same order.
    public init(_ strings: some Sequence<some Sequence<UInt8>>) {
        for string in strings { append(string) }
    }

    /// Adds one behind the others.
    public mutating func append(_ string: some Sequence<UInt8>) {
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { ends.count }

    public subscript(place: Int) -> ArraySlice<UInt8> { bytes[(place > 0 ? ends[place - 1] : 0)..<ends[place]] }

    /// Each string once, where it stands first, in no more memory than they take.
    ///
    /// There are fewer than 2³² strings.
    public var distinct: ByteStrings {
        let isFirst = areFirst
        var distinct = ByteStrings()
        let kept = indices.lazy.filter { isFirst[$0] }
        distinct.bytes.reserveCapacity(kept.reduce(0) { $0 + self[$1].count })
        distinct.ends.reserveCapacity(kept.reduce(0) { count, _ in count + 1 })
        for place in kept { distinct.append(self[place]) }
        return distinct
    }

    /// For each string whether none before it is equal.
    private var areFirst: [Bool] {
        // Half a hash and a place in one word, of which a million take 8 MB. Equal strings stand side by side, the first one
        // first; those whose half hashes are equal are compared whole.
        var order: [UInt64] = []
        order.reserveCapacity(count)
        for place in indices {
            order.append(UInt64(UInt(bitPattern: self[place].hashValue)) << 32 | UInt64(UInt32(place)))
        }
        order.sort()
        var isFirst = [Bool](repeating: true, count: count)
        var start = 0
        for number in order.indices {
            if order[number] >> 32 != order[start] >> 32 { start = number }
            let place = Int(UInt32(truncatingIfNeeded: order[number]))
            isFirst[place] = !order[start..<number].contains {
                self[Int(UInt32(truncatingIfNeeded: $0))] == self[place]
            }
        }
        return isFirst
    }
}
