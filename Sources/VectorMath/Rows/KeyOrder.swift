/// A row under its key: the first 96 bits of the key's hash, and the row's number.
public struct HashedRow: Sendable, Equatable {
    /// The first 64 bits of the hash.
    public var high: UInt64
    /// 32 bits of hash above 32 bits of row.
    public var low: UInt64

    /// - Parameter row: below 2³².
    @inlinable
    public init(hash: (UInt64, UInt64), row: Int) {
        high = hash.0
        low = (hash.1 & 0xFFFF_FFFF_0000_0000) | UInt64(UInt32(truncatingIfNeeded: row))
    }

    /// The row's number.
    @inlinable public var row: Int { Int(UInt32(truncatingIfNeeded: low)) }

    /// Whether the 96 bits of both hashes are equal.
    @inlinable
    public func hasSameKey(as other: HashedRow) -> Bool {
        high == other.high && (low ^ other.low) &>> 32 == 0
    }

    /// Order by hash; rows of one key by number.
    @inlinable
    public static func < (first: HashedRow, second: HashedRow) -> Bool {
        first.high != second.high ? first.high < second.high : first.low < second.low
    }
}

/// Sorts rows by the hash of their keys.
///
/// Proof: a part is the top `bits` bits of a hash, so below 2^bits; `ends` has one place more, and is read by checked access.
/// It counts the rows of the same chunks that are then written, so the places of a part run from its border to the next
/// one's, and each of the `count` rows of the output is initialised once. `sortPart` gets the rows between two borders; its
/// parts are masked to `bits` bits, and their places count the same rows in the same way, so that they stay below `count`.
/// The insertion sort reads one place before a place above 0.
///
/// Hashes are uniform, so one scatter by the leading bits gives parts that fit the cache, and one more by the next
/// bits leaves almost nothing to an insertion sort. Both are stable: rows of one key stay in order, however many.
///
/// - Parameter chunks: emptied on the way, so that memory does not double.
public func sortedByKey(_ chunks: inout [[HashedRow]]) -> [HashedRow] {
    let count = chunks.reduce(0) { $0 + $1.count }
    guard count > 1 else { return chunks.flatMap(\.self) }
    let bits = UInt64(max(1, Int.bitWidth - count.leadingZeroBitCount - 12))
    var ends = [Int](repeating: 0, count: (1 << bits) + 1)
    for chunk in chunks {
        for row in chunk { ends[Int(row.high &>> (64 &- bits)) &+ 1] += 1 }
    }
    for part in 1..<ends.count { ends[part] += ends[part - 1] }
    let borders = ends
    let rows = [HashedRow](unsafeUninitializedCapacity: count) { output, used in
        used = count
        guard let output = output.baseAddress else { return }
        ends.withUnsafeMutableBufferPointer { places in
            for index in chunks.indices {
                chunks[index].withUnsafeBufferPointer { chunk in
                    for row in chunk {
                        let part = Int(row.high &>> (64 &- bits))
                        (output + places[part]).initialize(to: row)
                        places[part] &+= 1
                    }
                }
                chunks[index] = []
            }
        }
        var scratch: [HashedRow] = []
        for part in 0..<borders.count - 1 where borders[part + 1] - borders[part] > 1 {
            sortPart(output + borders[part], borders[part + 1] - borders[part], skipping: bits, &scratch)
        }
    }
    return rows
}

private func sortPart(
    _ rows: UnsafeMutablePointer<HashedRow>, _ count: Int, skipping: UInt64, _ scratch: inout [HashedRow]
) {
    let bits = UInt64(max(1, Int.bitWidth - count.leadingZeroBitCount))
    let shift = 64 &- skipping &- bits
    let mask = (UInt64(1) &<< bits) &- 1
    if scratch.count < count { scratch = [HashedRow](repeating: HashedRow(hash: (0, 0), row: 0), count: count) }
    scratch.withUnsafeMutableBufferPointer { scratch in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: (1 << Int(bits)) + 1) { places in
            places.initialize(repeating: 0)
            for index in 0..<count { places[Int((rows[index].high &>> shift) & mask) &+ 1] &+= 1 }
            for part in 1..<places.count { places[part] &+= places[part &- 1] }
            for index in 0..<count {
                let part = Int((rows[index].high &>> shift) & mask)
                scratch[Int(places[part])] = rows[index]
                places[part] &+= 1
            }
        }
        for index in 0..<count {
            let row = scratch[index]
            var place = index
            while place > 0, row < rows[place &- 1] {
                rows[place] = rows[place &- 1]
                place &-= 1
            }
            rows[place] = row
        }
    }
}

/// The rows of both lists whose keys meet, by a merge; no key may repeat within a list.
///
/// The merge takes as many steps as both lists have rows, and gives as many places as the shorter one has, whether few keys
/// meet or all: neither its time nor its memory says how many.
///
/// Proof: reads are at places clamped to the last of each list, neither of which is empty. Writes are at `matches`, which
/// grows by one at most where both lists move on, so that it never passes the shorter list's length; both outputs have one
/// place more than that.
///
/// - Parameters:
///   - rowCounts: rows from these numbers on are padding, and meet nothing.
///   - fillers: what stands behind the rows that meet.
/// - Returns: row numbers, and how many of them meet: private.
public func matchUniqueKeys(
    _ first: [HashedRow], _ second: [HashedRow], rowCounts: (Int, Int), fillers: (UInt32, UInt32)
) -> (first: [UInt32], second: [UInt32], count: Int) {
    let limit = min(first.count, second.count)
    var kept = [UInt32](repeating: fillers.0, count: limit + 1)
    var others = [UInt32](repeating: fillers.1, count: limit + 1)
    var matches = 0
    guard limit > 0 else { return ([], [], 0) }
    first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
            kept.withUnsafeMutableBufferPointer { kept in
                others.withUnsafeMutableBufferPointer { others in
                    var left = 0
                    var right = 0
                    for _ in 0..<(first.count + second.count) {
                        let one = first[min(left, first.count &- 1)]
                        let two = second[min(right, second.count &- 1)]
                        let isInside = left < first.count && right < second.count
                        let isRow = one.row < rowCounts.0 && two.row < rowCounts.1
                        let isSame = one.hasSameKey(as: two) && isInside && isRow
                        // Written whether or not it matches: the branch would be a coin toss, and would tell.
                        kept[matches] = isSame ? UInt32(truncatingIfNeeded: one.row) : fillers.0
                        others[matches] = isSame ? UInt32(truncatingIfNeeded: two.row) : fillers.1
                        matches &+= isSame ? 1 : 0
                        let isBefore = one.high != two.high ? one.high < two.high : one.low &>> 32 < two.low &>> 32
                        left &+= isInside && (isSame || isBefore) ? 1 : 0
                        right &+= isInside && (isSame || !isBefore) ? 1 : 0
                    }
                }
            }
        }
    }
    kept.removeLast()
    others.removeLast()
    return (kept, others, matches)
}
