import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

/// What a join did: steps of its loops, and the bytes of what it made. Two runs of the same work have equal values.
struct JoinWork: Equatable {
    let steps: Int
    let rows: Int
    let bytes: Int

    init(_ joined: PrivateRows) {
        steps = joined.steps
        rows = joined.table.rowCount
        bytes = joined.table.columns.reduce(0) { sum, column in
            sum + JoinWork.bytes(column.codes) + (column.places.map(JoinWork.bytes) ?? 0)
        }
    }

    private static func bytes(_ codes: CodeArray) -> Int {
        switch codes {
        case .bytes(let codes): reserved(codes.codes)
        case .halves(let codes): reserved(codes.codes)
        case .words(let codes): reserved(codes.codes)
        }
    }

    /// What an array keeps, without the few bytes that an allocator hands out beyond what was asked for: whether it does depends
    /// on the holes that other tests left, and not on the rows.
    private static func reserved<Element>(_ array: [Element]) -> Int {
        let stride = MemoryLayout<Element>.stride
        let (used, held) = (array.count * stride, array.capacity * stride)
        return held - used < 32 ? used : held
    }
}

/// Tables of declared sizes that a party who wants to tell something apart would choose.
struct ChosenTables {
    /// The declared rows of each party's table.
    static let declared = [700, 512, 600]

    let rowsPerKey: Int
    let tables: [KeyedTable]

    /// - Parameter rows: for each party its rows of a key and a binary value.
    init(_ rows: [[(key: String, value: Int)]], rowsPerKey: Int) throws {
        self.rowsPerKey = rowsPerKey
        tables = try rows.enumerated().map { party, rows in
            try readTable(rows, rowsPerKey: rowsPerKey, sizes: [ChosenTables.declared[party]])
        }
    }

    func joined() -> PrivateRows {
        PrivateRows(joining: parties(tables.enumerated().map { ("P\($0)", $1) }), rowsPerKey: rowsPerKey)
    }

    func united(_ unit: UnionUnit) -> PrivateRows {
        PrivateRows(uniting: tables.map(\.rows), rowsPerKey: rowsPerKey, unit: unit)
    }

    /// The worlds that no work may tell apart: no rows, all rows under one key, under keys that all share or that none does,
    /// each key once or in several rows, and each of them with one row less.
    static func worlds(parties: Int, rowsPerKey: Int) throws -> [ChosenTables] {
        func rows(_ party: Int, _ key: (Int) -> String) -> [(key: String, value: Int)] {
            (0..<declared[party]).map { (key($0), $0 % 2) }
        }
        var worlds: [[[(key: String, value: Int)]]] = [
            (0..<parties).map { _ in [] }, (0..<parties).map { party in rows(party) { "k\($0)" } },
            (0..<parties).map { party in rows(party) { "p\(party)k\($0)" } },
        ]
        if rowsPerKey > 1 {
            worlds.append((0..<parties).map { party in rows(party) { _ in "one" } })
            worlds.append((0..<parties).map { party in rows(party) { "k\($0 / rowsPerKey)" } })
            worlds.append((0..<parties).map { party in rows(party) { "k\($0 % 40)" } })
        }
        for world in worlds.dropFirst() { worlds.append([Array(world[0].dropLast())] + world.dropFirst()) }
        return try worlds.map { try ChosenTables($0, rowsPerKey: rowsPerKey) }
    }
}

extension AuditCheck {
    /// Exact counts of work, where a clock would waver: every chosen world of two and of three parties, for 1, 10 and
    /// 4,096 rows a key.
    static let joinWork = AuditCheck(claim: "steps and bytes of a join depend on declared sizes alone") {
        for partyCount in [2, 3] {
            for rowsPerKey in [1, 10, 4096] {
                let worlds = try ChosenTables.worlds(parties: partyCount, rowsPerKey: rowsPerKey)
                let joins = Set(worlds.map { JoinWork($0.joined()) })
                let unions = Set(worlds.map { JoinWork($0.united(.record)) })
                guard joins.count == 1, unions.count == 1 else { return false }
            }
        }
        return true
    }

    /// The rows that fill a table up are in no figure.
    static let paddingUncounted = AuditCheck(claim: "what fills a table up is in no count, no sum and no Gram matrix") {
        for rowsPerKey in [1, 10] {
            let rows = (0..<40).map { (key: "k\($0 / (rowsPerKey == 1 ? 1 : 3))", value: $0 % 3 == 0 ? 1 : 0) }
            func figures(_ sizes: [Int]) throws -> [[Int64]] {
                let tables = try (0..<2).map { _ in try readTable(rows, rowsPerKey: rowsPerKey, sizes: sizes) }
                let joined = PrivateRows(
                    joining: parties([("a", tables[0]), ("b", tables[1])]), rowsPerKey: rowsPerKey)
                let kernel = testKernel(joined)
                let grouping = try kernel.addGrouping(of: 0, map: [1, 0])
                let question = SumQuestion(attribute: 1, values: [3, -2], clamp: -5...5, groups: [0])
                let difference = try kernel.addDifference(
                    DifferenceQuestion(
                        first: 0, second: 1, firstNumbers: [3, 8], secondNumbers: [4, 9], edges: [-9, 0, 5],
                        others: [0, 1]))
                let coarse = try kernel.addGrouping(of: difference, map: [1, 0, 1, 0])
                return try kernel.counts(
                    [[], [0], [0, 1], [grouping], [1, grouping], [difference], [1, difference], [coarse]], in: joined)
                    + [kernel.groupedSums(question, [0], 2, joined)]
                    + [kernel.gramSums([0, 1], [[5, -7], [4, 9]], 8, joined)]
            }
            guard try figures([]) == figures([900]) else { return false }
        }
        let lines = (0..<60).map { "k\($0),\(Double($0 % 7) / 2),\(Double($0 % 11) / 3)" }
        return try placedCounts(lines, sizes: []) == placedCounts(lines, sizes: [500])
    }
}

extension JoinWork: Hashable {}
