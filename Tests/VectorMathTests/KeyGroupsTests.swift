import Testing
import VectorMath

/// Rows of keys 0, 1, … with so many rows each, numbered in order.
private func rows(_ sizes: [Int]) -> [HashedRow] {
    var rows: [HashedRow] = []
    for (key, size) in sizes.enumerated() {
        for _ in 0..<size { rows.append(HashedRow(hash: (UInt64(key + 1) &<< 40, 7), row: rows.count)) }
    }
    return rows
}

@Suite struct KeyGroupsTests {
    @Test("a key has all combinations of its rows up to the limit, none twice, and no row is used while another waits")
    func combinations() {
        for a in 1...12 {
            for b in 1...12 {
                for limit in [max(a, b), max(a, b) + 3, 50, 200] {
                    let pairs = KeyPairs(
                        KeyGroups(rows([a]), limit: limit, rowCount: a),
                        KeyGroups(rows([b]), limit: limit, rowCount: b),
                        limit: limit,
                        capacity: 300, fillers: (98, 99))
                    let kept = min(a * b, limit)
                    #expect(pairs.count == kept)
                    let found = zip(pairs.first, pairs.second).prefix(kept).map { [$0, $1] }
                    #expect(Set(found).count == kept)
                    #expect(found.allSatisfy { $0[0] < a && $0[1] < b })
                    #expect(pairs.first.dropFirst(kept).allSatisfy { $0 == 98 })
                    #expect(pairs.second.dropFirst(kept).allSatisfy { $0 == 99 })
                    // Of the side with more rows of the key each row is there as often as any other, or once more.
                    let larger = found.map { $0[a >= b ? 0 : 1] }
                    let uses = (0..<max(a, b)).map { row in larger.count { $0 == row } }
                    #expect((uses.max() ?? 0) - (uses.min() ?? 0) <= 1)
                    #expect(Set(found.map { $0[a >= b ? 1 : 0] }).count == min(a, b))
                }
            }
        }
    }

    @Test("tables of many keys meet as a dictionary finds them, pair after pair of three tables", arguments: 1...20)
    func oracle(seed: Int) {
        var random = SplitMix64(state: UInt64(seed))
        let tables = (0..<3).map { _ in (0..<60).map { _ in Int.random(in: 0...3, using: &random) } }
        let limit = 5
        let groups = tables.map { KeyGroups(rows($0), limit: limit, rowCount: 1_000) }
        let first = KeyPairs(groups[0], groups[1], limit: limit, capacity: 400, fillers: (0, 0))
        let all = KeyPairs(first.groups, groups[2], limit: limit, capacity: 400, fillers: (0, 0))
        let expected = (0..<60).map { min(limit, min(limit, tables[0][$0] * tables[1][$0]) * tables[2][$0]) }
        #expect(all.count == expected.reduce(0, +))
        // Places of the third table, by key.
        let starts = tables[2].reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        for key in 0..<60 {
            let places = UInt32(starts[key])..<UInt32(starts[key + 1])
            #expect(all.second.prefix(all.count).count(where: places.contains) == expected[key])
        }
    }

    @Test("steps and lengths are the same however many keys meet")
    func work() {
        let half = rows([Int](repeating: 1, count: 500) + [500])
        var apart = half
        for place in apart.indices { apart[place].high += 1 &<< 60 }
        let works = [half, apart].map { other in
            let pairs = KeyPairs(
                KeyGroups(half, limit: 9, rowCount: 2_000), KeyGroups(other, limit: 9, rowCount: 2_000), limit: 9,
                capacity: 3_000, fillers: (0, 0))
            return [pairs.groups.steps, pairs.first.count, pairs.second.count]
        }
        #expect(works[0] == works[1])
        let unique = [rows([Int](repeating: 1, count: 500)), Array(apart.prefix(500))].map { other in
            let (first, second, count) = matchUniqueKeys(
                rows([Int](repeating: 1, count: 400)), other, rowCounts: (400, 500), fillers: (8, 9))
            #expect(first.dropFirst(count).allSatisfy { $0 == 8 } && second.dropFirst(count).allSatisfy { $0 == 9 })
            return (first.count, second.count, count)
        }
        #expect(unique.map(\.0) == [400, 400] && unique.map(\.1) == [400, 400] && unique.map(\.2) == [400, 0])
    }

    @Test("padding meets nothing, though the same keys stand on both sides")
    func padding() {
        let keys = rows([Int](repeating: 1, count: 50))
        #expect(matchUniqueKeys(keys, keys, rowCounts: (20, 30), fillers: (0, 0)).count == 20)
        let groups = [20, 0, 50].map { KeyGroups(keys, limit: 3, rowCount: $0) }
        for (one, other, count) in [(0, 2, 20), (0, 1, 0), (2, 2, 50)] {
            let pairs = KeyPairs(groups[one], groups[other], limit: 3, capacity: 60, fillers: (0, 0))
            #expect(pairs.count == count)
        }
    }

    @Test("rows are ordered by key and rank, as a sort orders them")
    func order() {
        var random = SplitMix64(state: 4)
        let rows = rows((0..<300).map { $0 % 7 })
        let ranks = rows.map { _ in random.next() }
        let order = KeyGroups.order(rows, ranks: ranks)
        let sorted = rows.indices.sorted {
            rows[$0].hasSameKey(as: rows[$1]) ? ranks[$0] < ranks[$1] : rows[$0] < rows[$1]
        }
        #expect(order.map(Int.init) == sorted)
    }
}
