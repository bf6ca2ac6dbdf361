/// The rows of one table in groups of one key each, in the order of the keys' hashes.
///
/// Everything here takes a number of steps and a number of bytes that follow from the numbers of rows that go in and from
/// `capacity`, which the caller computes from public sizes: no loop ends early, no branch depends on a key or on how many rows
/// it has, and each array has its full length from the start. What is not decided by these numbers is which addresses are
/// read. Indices are checked; nothing here is unsafe.
public struct KeyGroups: Sendable {
    /// One row of each group, and from place `count` on a key above all others.
    fileprivate var keys: [HashedRow]
    /// Where the rows of a group begin in the table's order.
    fileprivate var starts: [UInt32]
    /// How many of its rows count.
    fileprivate var sizes: [UInt32]
    /// How many groups there are: private.
    fileprivate var count: Int
    /// How many loop steps the making took: the audit compares them.
    public fileprivate(set) var steps: Int

    /// Above every hash of a key.
    fileprivate static let above = HashedRow(hash: (.max, .max), row: Int(UInt32.max))

    /// How many groups there can be at most: public.
    fileprivate var room: Int { keys.count - 1 }

    fileprivate init(room: Int) {
        keys = [HashedRow](repeating: KeyGroups.above, count: room + 1)
        starts = [UInt32](repeating: 0, count: room + 1)
        sizes = [UInt32](repeating: 1, count: room + 1)
        count = 0
        steps = 0
    }

    /// - Parameters:
    ///   - rows: in the order of their keys' hashes.
    ///   - limit: of more rows than this under one key the first count.
    ///   - rowCount: rows from this number on are padding, under keys that no row has. They make no group.
    public init(_ rows: [HashedRow], limit: Int, rowCount: Int) {
        self.init(room: rows.count)
        let most = UInt32(clamping: max(1, limit))
        var group = -1
        var start: UInt32 = 0
        for (place, row) in rows.enumerated() {
            let isNew = place == 0 || !row.hasSameKey(as: rows[max(place, 1) - 1])
            let isRow = row.row < rowCount
            group += isNew && isRow ? 1 : 0
            start = isNew ? UInt32(truncatingIfNeeded: place) : start
            // What is not counted is written behind the groups.
            let target = isRow ? max(group, 0) : rows.count
            keys[target] = row
            starts[target] = start
            sizes[target] = min(UInt32(truncatingIfNeeded: place) - start + 1, most)
            steps += 1
        }
        (keys[rows.count], starts[rows.count], sizes[rows.count]) = (KeyGroups.above, 0, 1)
        count = group + 1
    }

    /// The places of numbers in ascending order; equal ones keep theirs. Four passes over 16 bits each, which take as many steps
    /// whatever the numbers are.
    ///
    /// - Parameter numbers: fewer than 2^32.
    public static func ascending(_ numbers: [UInt64]) -> [UInt32] {
        var order = numbers.indices.map { UInt32(truncatingIfNeeded: $0) }
        var next = order
        var places = [Int](repeating: 0, count: 1 << 16)
        for shift in stride(from: UInt64(0), to: 64, by: 16) {
            for digit in places.indices { places[digit] = 0 }
            for number in numbers { places[Int((number &>> shift) & 0xFFFF)] += 1 }
            var sum = 0
            for digit in places.indices {
                let count = places[digit]
                places[digit] = sum
                sum += count
            }
            for place in order {
                let digit = Int((numbers[Int(place)] &>> shift) & 0xFFFF)
                next[places[digit]] = place
                places[digit] += 1
            }
            swap(&order, &next)
        }
        return order
    }

    /// The order of rows by key and, within a key, by rank: places in `rows`.
    ///
    /// The ranks are put in order, and the rows back under their keys; both are stable.
    ///
    /// - Parameter ranks: one for each of `rows`.
    public static func order(_ rows: [HashedRow], ranks: [UInt64]) -> [UInt32] {
        precondition(ranks.count == rows.count)
        let order = ascending(ranks)
        var next = order
        // Of each row the first place of its key, then of each key the next free place.
        var firsts = [UInt32](repeating: 0, count: rows.count)
        var taken = [UInt32](repeating: 0, count: rows.count)
        var first: UInt32 = 0
        for place in rows.indices {
            let isNew = place == 0 || !rows[place].hasSameKey(as: rows[max(place, 1) - 1])
            first = isNew ? UInt32(truncatingIfNeeded: place) : first
            firsts[place] = first
        }
        for row in order {
            let start = Int(firsts[Int(row)])
            next[start + Int(taken[start])] = row
            taken[start] += 1
        }
        return next
    }

    /// The numbers of the rows that count, in the order of keys; behind them `filler`, up to one number a row.
    ///
    /// - Parameters:
    ///   - limit: of more rows than this under one key the first count.
    ///   - rowCount: rows from this number on are padding.
    /// - Returns: the numbers, and how many of them count: private.
    public static func numbers(
        _ rows: [HashedRow], limit: Int, rowCount: Int, filler: UInt32
    ) -> (rows: [UInt32], count: Int) {
        var numbers = [UInt32](repeating: filler, count: rows.count + 1)
        var count = 0
        var start = 0
        for place in rows.indices {
            let isNew = place == 0 || !rows[place].hasSameKey(as: rows[max(place, 1) - 1])
            start = isNew ? place : start
            let isCounted = place - start < limit && rows[place].row < rowCount
            numbers[count] = isCounted ? UInt32(truncatingIfNeeded: rows[place].row) : filler
            count += isCounted ? 1 : 0
        }
        numbers.removeLast()
        return (numbers, count)
    }
}

/// The pairs of rows of two tables that have the same key, at most so many a key.
public struct KeyPairs: Sendable {
    /// The pairs of each key, as rows of a table that can be joined again.
    public let groups: KeyGroups
    /// Of each pair the place of its row in the first table's order; behind the pairs the filler.
    public let first: [UInt32]
    /// The same of the second table.
    public let second: [UInt32]
    /// How many pairs there are: private.
    public let count: Int

    /// A key with a rows in one table and b in the other has min(a · b, limit) pairs. Pair number s takes row s mod a of the
    /// table with more rows of the key, and row (s div a + s mod a) mod b of the other. That is one-to-one on the a · b
    /// numbers: s mod a and, with it, s div a can be read off the pair. So the pairs are the first of a permutation of all
    /// combinations. Where the rows of a key come in a keyed pseudorandom order, each combination is as likely as any other
    /// to be among them; and of either table each row is among them before one is there too often. No combination is made
    /// that is not kept.
    ///
    /// - Parameters:
    ///   - limit: the most pairs of a key.
    ///   - capacity: no less than the pairs that there can be, from public sizes.
    ///   - fillers: places for what is left of the capacity.
    public init(
        _ left: KeyGroups, _ right: KeyGroups, limit: Int, capacity: Int, fillers: (UInt32, UInt32)
    ) {
        let matches = KeyMatches(left, right, limit: limit)
        var first = [UInt32](repeating: fillers.0, count: capacity)
        var second = [UInt32](repeating: fillers.1, count: capacity)
        // Where in the matches, and in the pairs of its key.
        var (match, pair): (Int, UInt32) = (0, 0)
        var (fast, slow, turn): (UInt32, UInt32, UInt32) = (0, 0, 0)
        var count = 0
        for slot in 0..<capacity {
            let isPair = match < matches.count
            let (a, b) = (matches.firstSizes[match], matches.secondSizes[match])
            let (more, fewer) = (max(a, b), min(a, b))
            let (one, two) = a >= b ? (fast, slow) : (slow, fast)
            first[slot] = isPair ? matches.firstStarts[match] &+ one : fillers.0
            second[slot] = isPair ? matches.secondStarts[match] &+ two : fillers.1
            count += isPair ? 1 : 0
            let isLast = pair &+ 1 == matches.groups.sizes[match]
            let wraps = fast &+ 1 == more
            let nextTurn = turn &+ (wraps ? 1 : 0)
            let nextSlow = wraps ? nextTurn : slow &+ 1 == fewer ? 0 : slow &+ 1
            pair = isLast ? 0 : pair &+ 1
            turn = isLast ? 0 : nextTurn
            slow = isLast ? 0 : nextSlow
            fast = isLast || wraps ? 0 : fast &+ 1
            match = min(match + (isPair && isLast ? 1 : 0), matches.count)
        }
        groups = matches.groups.counting(steps: capacity)
        self.first = first
        self.second = second
        self.count = count
    }
}

/// The keys that two tables share.
private struct KeyMatches {
    /// The pairs of each key: their number, and where they begin.
    var groups: KeyGroups
    var firstStarts: [UInt32]
    var firstSizes: [UInt32]
    var secondStarts: [UInt32]
    var secondSizes: [UInt32]

    var count: Int { groups.count }

    /// A merge of as many steps as both tables have room for keys: each passes one key at least.
    init(_ left: KeyGroups, _ right: KeyGroups, limit: Int) {
        let room = min(left.room, right.room)
        groups = KeyGroups(room: room)
        firstStarts = [UInt32](repeating: 0, count: room + 1)
        firstSizes = [UInt32](repeating: 1, count: room + 1)
        secondStarts = firstStarts
        secondSizes = firstSizes
        let most = UInt64(max(1, limit))
        var (one, two, match) = (0, 0, 0)
        var start: UInt32 = 0
        for _ in 0..<(left.room + right.room) {
            let (key, other) = (left.keys[one], right.keys[two])
            let isSame = key.hasSameKey(as: other) && one < left.count && two < right.count
            let isBefore = !isSame && key < other
            let pairs = UInt64(left.sizes[one]) &* UInt64(right.sizes[two])
            // Written whether or not it matches: what is not counted is written over.
            groups.keys[match] = isSame ? key : KeyGroups.above
            groups.starts[match] = start
            groups.sizes[match] = isSame ? UInt32(truncatingIfNeeded: min(pairs, most)) : 1
            firstStarts[match] = left.starts[one]
            firstSizes[match] = isSame ? left.sizes[one] : 1
            secondStarts[match] = right.starts[two]
            secondSizes[match] = isSame ? right.sizes[two] : 1
            start = start &+ (isSame ? groups.sizes[match] : 0)
            match += isSame ? 1 : 0
            one = min(one + (isSame || isBefore ? 1 : 0), left.room)
            two = min(two + (isSame || !isBefore ? 1 : 0), right.room)
        }
        groups.count = match
        groups.steps = left.steps + right.steps + left.room + right.room
    }
}

extension KeyGroups {
    /// The same after so many steps more.
    fileprivate func counting(steps more: Int) -> KeyGroups {
        var groups = self
        groups.steps += more
        return groups
    }
}
