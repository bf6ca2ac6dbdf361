import Testing
import VectorMath

@testable import Tables

private let key = KeyRule(columns: ["id"])

private func numbers(_ name: String) -> TableSchema {
    TableSchema(fields: [
        Field(name: name, type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 999))
    ])
}

private func csv(_ name: String, _ rows: [(Int, Int)]) -> [UInt8] {
    Array(("id,\(name)\n" + rows.map { "\($0.0),\($0.1)\n" }.joined()).utf8)
}

private func rows(_ joined: JoinedTable) -> [[Int]] {
    (0..<joined.table.rowCount).map { row in joined.table.columns.map { $0[row] } }
}

@Suite struct JoinTests {
    @Test(
        "the join of two to five parties holds the rows of the shared keys, as a dictionary finds them",
        arguments: 0..<40)
    func oracle(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let parties = Int.random(in: 2...5, using: &random)
        let tables = (0..<parties).map { party in
            (0..<300).filter { _ in Int.random(in: 0..<10, using: &random) < 7 }.map {
                ($0, ($0 * (party + 3)) % 1_000)
            }
            .shuffled(using: &random)
        }
        let read = try tables.enumerated().map { party, rows in
            ("P\(party)", try Self.table("v", rows))
        }
        let joined = JoinedTable(joining: read, rowsPerKey: 1)
        let dictionaries = tables.map { Dictionary(uniqueKeysWithValues: $0) }
        let expected = Set(
            (0..<300).compactMap { key -> [Int]? in
                let values = dictionaries.compactMap { $0[key] }
                return values.count == parties ? values : nil
            })
        #expect(Set(rows(joined)) == expected)
        #expect(joined.table.rowCount == expected.count)
        #expect(joined.domain.columns.map(\.name) == (0..<parties).map { "P\($0)_v" })
    }

    static func table(_ name: String, _ rows: [(Int, Int)], rowsPerKey: Int = 1, hash: KeyedHash = testHash) throws
        -> KeyedTable
    {
        try read(csv(name, rows), numbers(name), key: key, rowsPerKey: rowsPerKey, hash: hash)
    }

    @Test("the order of files changes nothing, another hash key changes the order", arguments: [1, 2, 3])
    func order(rowsPerKey: Int) throws {
        var random = SplitMix64(state: 5)
        let first = (0..<500).flatMap { key in (0..<rowsPerKey + 1).map { (key, (key * 7 + $0) % 1_000) } }
        let second = (0..<500).flatMap { key in (0..<2).map { (key * 2, (key + 300 * $0) % 1_000) } }
        let firstRows = rowsPerKey == 1 ? first.filter { ($0.1 - $0.0 * 7) % 1_000 == 0 } : first
        let secondRows =
            rowsPerKey == 1
            ? Array(second.prefix { $0.0 >= 0 }.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)) : second
        func join(_ hash: KeyedHash) throws -> [[Int]] {
            rows(
                JoinedTable(
                    joining: [
                        (
                            "A",
                            try Self.table("v", firstRows.shuffled(using: &random), rowsPerKey: rowsPerKey, hash: hash)
                        ),
                        (
                            "B",
                            try Self.table("w", secondRows.shuffled(using: &random), rowsPerKey: rowsPerKey, hash: hash)
                        ),
                    ], rowsPerKey: rowsPerKey))
        }
        let one = try join(testHash)
        #expect(one.count == 250 * rowsPerKey)
        #expect(try join(testHash) == one)
        #expect(try join(testHash) == one)
        let other = KeyedHash(key: (1, 2))
        #expect(try join(other) != one)
    }

    @Test("no key has more rows than allowed, whatever the parties hold")
    func bound() throws {
        let many = (0..<40).map { (7, $0) } + [(8, 1)]
        let first = try Self.table("v", many, rowsPerKey: 10)
        let second = try Self.table("w", many, rowsPerKey: 10)
        let joined = JoinedTable(joining: [("A", first), ("B", second), ("C", first)], rowsPerKey: 4)
        #expect(joined.table.rowCount == 5)
        let one = JoinedTable(joining: [("A", first), ("B", second)], rowsPerKey: 1)
        #expect(one.table.rowCount == 2)
        #expect(JoinedTable(single: first).table.rowCount == 11)
    }

    @Test("no shared key gives a table of zero rows")
    func empty() throws {
        let first = try Self.table("v", [(1, 1), (2, 2)])
        let second = try Self.table("w", [(3, 1)])
        let none = try Self.table("x", [])
        for parties in [[first, second], [first, none], [none, none], [first, second, none]] {
            let joined = JoinedTable(joining: parties.enumerated().map { ("P\($0)", $1) }, rowsPerKey: 1)
            #expect(joined.table.rowCount == 0)
            #expect(joined.table.columns.count == parties.count)
        }
    }

    @Test(
        "rows sort by key whatever their number, and stay in order within a key",
        arguments: [0, 1, 2, 100, 5_000, 70_000])
    func sorting(count: Int) {
        var random = SplitMix64(state: UInt64(count))
        let rows = (0..<count).map { row in
            HashedRow(
                hash: Bool.random(using: &random) ? (random.next(), random.next()) : (42, 42), row: row)
        }
        var chunks = stride(from: 0, to: count, by: 999).map { Array(rows[$0..<min(count, $0 + 999)]) }
        let sorted = sortedByKey(&chunks)
        #expect(sorted == rows.sorted { $0 < $1 })
    }

    @Test("wiping leaves no code")
    func wiping() throws {
        var table = try Self.table("v", [(1, 9), (2, 8)])
        table.wipe()
        #expect((0..<2).map { table.table.columns[0][$0] } == [0, 0])
        #expect(table.keys?.allSatisfy { $0.high == 0 } == true)
    }
}
