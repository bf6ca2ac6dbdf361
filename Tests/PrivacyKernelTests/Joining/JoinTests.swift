import Testing
import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

private let key = KeyRule(columns: ["id"])

private func numbers(_ name: String) -> TableSchema {
    TableSchema(fields: [
        Field(name: name, type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 999))
    ])
}

private func csv(_ name: String, _ rows: [(Int, Int)]) -> [UInt8] {
    Array(("id,\(name)\n" + rows.map { "\($0.0),\($0.1)\n" }.joined()).utf8)
}

private func rows(_ joined: PrivateRows) -> [[Int]] {
    (0..<joined.rowCount).map { row in joined.table.columns.map { $0[row] } }
}

@Suite struct JoinTests {
    @Test(
        "the join of two to five parties holds the rows of the shared keys, as a dictionary finds them",
        arguments: 0..<40)
    func oracle(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let partyCount = Int.random(in: 2...5, using: &random)
        let tables = (0..<partyCount).map { party in
            (0..<300).filter { _ in Int.random(in: 0..<10, using: &random) < 7 }.map {
                ($0, ($0 * (party + 3)) % 1_000)
            }
            .shuffled(using: &random)
        }
        let read = try tables.enumerated().map { party, rows in
            (name: "P\(party)", table: try Self.table("v", rows))
        }
        let joined = PrivateRows(joining: parties(read), rowsPerKey: 1)
        let dictionaries = tables.map { Dictionary(uniqueKeysWithValues: $0) }
        let expected = Set(
            (0..<300).compactMap { key -> [Int]? in
                let values = dictionaries.compactMap { $0[key] }
                return values.count == partyCount ? values : nil
            })
        #expect(Set(rows(joined)) == expected)
        #expect(joined.rowCount == expected.count)
        #expect(joined.domain.columns.map(\.name) == (0..<partyCount).map { "P\($0)_v" })
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
                PrivateRows(
                    joining: parties([
                        (
                            "A",
                            try Self.table("v", firstRows.shuffled(using: &random), rowsPerKey: rowsPerKey, hash: hash)
                        ),
                        (
                            "B",
                            try Self.table("w", secondRows.shuffled(using: &random), rowsPerKey: rowsPerKey, hash: hash)
                        ),
                    ]), rowsPerKey: rowsPerKey))
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
        let joined = PrivateRows(
            joining: parties([("A", first), ("B", second), ("C", first)]), rowsPerKey: 4)
        #expect(joined.rowCount == 5)
        let one = PrivateRows(joining: parties([("A", first), ("B", second)]), rowsPerKey: 1)
        #expect(one.rowCount == 2)
        #expect(PrivateRows(single: first.rows, rowsPerKey: 10).rowCount == 11)
    }

    @Test("a joined table has room for every join of tables of its sizes, and not for more than the bound says")
    func capacity() throws {
        for rowsPerKey in [1, 2, 4, 9, 16] {
            for sizes in [[20, 20], [20, 33], [7, 60], [18, 18, 18], [5, 20, 40]] {
                let room = JoinedSize.inner(sizes, rowsPerKey: rowsPerKey)
                #expect(room <= rowsPerKey * (sizes.min() ?? 0))
                // Tables that give each key a rows at one party and b at another, and so on, for every choice.
                var worst = 0
                func joined(_ parts: [Int]) {
                    if parts.count == sizes.count {
                        let keys = zip(sizes, parts).map { $0 / $1 }.min() ?? 0
                        worst = max(worst, keys * min(rowsPerKey, parts.reduce(1, *)))
                    } else {
                        for rows in 1...rowsPerKey { joined(parts + [rows]) }
                    }
                }
                joined([])
                #expect(worst <= room)
            }
        }
        // Two rows of a key on either side make four: as many as there is room for.
        #expect((80...81).contains(JoinedSize.inner([40, 40], rowsPerKey: 4)))
        #expect(
            JoinedSize.mirror([10, 10]) == 10 && JoinedSize.mirror([10, 3]) == 3 && JoinedSize.mirror([4, 5, 6]) == 7)
    }

    @Test("three parties' 2,000 rows of one key make 2,000 rows, and none that is not kept")
    func combinations() throws {
        let many = (0..<2_000).map { (7, $0 % 1_000) }
        let tables = try ["u", "v", "w"].map { try Self.table($0, many, rowsPerKey: 2_000) }
        let named = zip(["A", "B", "C"], tables).map { (name: $0, table: $1) }
        let joined = PrivateRows(joining: parties(named), rowsPerKey: 2_000)
        #expect(joined.rowCount == 2_000)
        #expect(joined.steps < 500_000)
        // Every row of each party is there once.
        for column in joined.table.columns {
            let uses = Dictionary(grouping: (0..<2_000).map { column[$0] }) { $0 }.mapValues(\.count)
            #expect(uses.count == 1_000 && uses.values.allSatisfy { $0 == 2 })
        }
        // The same row of two parties has nothing to do with each other: else all columns would be equal.
        let same = (0..<2_000).count { joined.table.columns[0][$0] == joined.table.columns[1][$0] }
        #expect(same < 40)
    }

    @Test("no shared key gives a table of zero rows")
    func empty() throws {
        let first = try Self.table("v", [(1, 1), (2, 2)])
        let second = try Self.table("w", [(3, 1)])
        let none = try Self.table("x", [])
        for tables in [[first, second], [first, none], [none, none], [first, second, none]] {
            let joined = PrivateRows(
                joining: parties(tables.enumerated().map { ("P\($0)", $1) }), rowsPerKey: 1)
            #expect(joined.rowCount == 0)
            #expect(joined.table.columns.count == tables.count)
        }
    }

    @Test("whatever a reader let through, the kernel keeps so many rows a key and says so", arguments: [1, 2, 5])
    func truncation(rowsPerKey: Int) throws {
        // A reader that allows 100 rows a key, in every order, as if it had forgotten what the task says.
        let many = (0..<40).map { (7, $0) } + [(8, 1), (8, 2)]
        for rows in [many, many.reversed()] {
            let tables = try ["v", "w"].map { try Self.table($0, rows, rowsPerKey: 100) }
            let kept = rowsPerKey + min(rowsPerKey, 2)
            let named = [(name: "A", table: tables[0]), (name: "B", table: tables[1])]
            let joined = PrivateRows(joining: parties(named), rowsPerKey: rowsPerKey)
            let combined = rowsPerKey + min(rowsPerKey, 4)
            #expect(joined.rowCount == combined)
            #expect(joined.rowsPerKey == rowsPerKey)
            let single = PrivateRows(single: tables[0].rows, rowsPerKey: rowsPerKey)
            #expect(single.rowCount == kept)
            #expect(single.rowsPerKey == rowsPerKey)
            let united = PrivateRows(uniting: tables.map(\.rows), rowsPerKey: rowsPerKey, unit: .record)
            #expect(united.rowCount == 2 * kept)
            #expect(united.rowsPerKey == rowsPerKey)
        }
    }

    @Test("rows out of the order of their keys are bounded all the same")
    func disorder() throws {
        let table = try Self.table("v", (0..<60).map { ($0 % 6, $0) }, rowsPerKey: 100)
        let keys = try #require(table.rows.keys)
        var random = SplitMix64(state: 9)
        let ordered = RowChoice(testHash).ordered(keys.shuffled(using: &random), 3, table.rows.table)
        #expect(ordered == RowChoice(testHash).ordered(keys, 3, table.rows.table))
        let filler = UInt32(table.rows.table.rowCount)
        let (rows, count) = KeyGroups.numbers(ordered, limit: 3, rowCount: table.rowCount, filler: filler)
        #expect(count == 18)
        #expect(Set(rows.prefix(18)).count == 18)
        #expect(rows.dropFirst(18).allSatisfy { $0 == filler })
    }

    @Test("a table gives its rows up for one join, and what is left of it is nothing")
    func once() throws {
        let (first, second) = (try Self.table("v", [(1, 1)]), try Self.table("w", [(1, 2)]))
        _ = try PrivateTable(joining: [("A", first), ("B", second)], rowsPerKey: 1)
        #expect(throws: PrivacyError.rowsAreGone) {
            _ = try PrivateTable(joining: [("A", first), ("B", second)], rowsPerKey: 1)
        }
        #expect(throws: PrivacyError.rowsAreGone) { _ = try PrivateTable(single: first) }
        #expect(throws: PrivacyError.rowsAreGone) { _ = try PrivateTable(uniting: [second], rowsPerKey: 1) }
        let third = try Self.table("v", [(1, 1)])
        #expect(throws: PrivacyError.rowsAreGone) {
            _ = try PrivateTable(joining: [("C", third), ("A", first)], rowsPerKey: 1)
        }
        // What was taken for a join that was not made is not given back.
        #expect(throws: PrivacyError.rowsAreGone) { _ = try PrivateTable(single: third) }
    }

    @Test("a table without a key is one record a row, whatever is asked for")
    func withoutKey() throws {
        let table = try read(Array("v\n1\n1\n2\n".utf8), numbers("v"))
        let single = PrivateRows(single: table.rows, rowsPerKey: 5)
        #expect(single.rowCount == 3)
        #expect(single.rowsPerKey == 1)
        #expect(PrivateRows(uniting: [table.rows, table.rows], rowsPerKey: 5, unit: .record).rowsPerKey == 1)
    }
}
