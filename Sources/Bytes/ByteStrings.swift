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

    /// Each string once, where it stands first.
    public var distinct: ByteStrings {
        // Equal strings have equal hashes and stand side by side, the first one first; unequal ones are compared whole.
        let order = indices.map { (hash: self[$0].hashValue, place: $0) }
            .sorted { ($0.hash, $0.place) < ($1.hash, $1.place) }
        var isFirst = [Bool](repeating: true, count: count)
        var start = 0
        for place in order.indices {
            if order[place].hash != order[start].hash { start = place }
            let string = self[order[place].place]
            isFirst[order[place].place] = !order[start..<place].contains { self[$0.place] == string }
        }
        var distinct = ByteStrings()
        for place in indices where isFirst[place] { distinct.append(self[place]) }
        return distinct
    }
}
