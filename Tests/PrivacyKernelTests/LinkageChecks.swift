import Domains
import Tables
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// A record of a small world: three blocks, a number that is compared, and a code of its own.
struct LinkedRecord: Hashable {
    var first: String
    var second: String
    var third = ""
    var number: Int
    var code: Int
}

/// Two small tables that are linked, read from CSV.
struct LinkageWorld {
    static let codes = 10
    var tables: [[LinkedRecord]]

    static func terms(passes: Int, partners: Int) -> LinkageTerms {
        LinkageTerms(
            blocking: ["first", "second", "third"].prefix(passes).map { [LinkageTerms.Text(columns: [$0])] },
            compare: [
                LinkageTerms.Comparison(
                    text: LinkageTerms.Text(columns: ["number"], normalise: []), by: .within, at: [0, 1, 2, 3],
                    weights: [8, 6, 4, 2, -1])
            ],
            partners: partners, threshold: 1)
    }

    /// A world in which few blocks hold several records each.
    static func random(_ generator: inout SplitMix64) -> LinkageWorld {
        func table() -> [LinkedRecord] {
            (0..<Int.random(in: 3...6, using: &generator)).map { number in
                LinkedRecord(
                    first: ["a", "b", "c"].randomElement(using: &generator) ?? "a",
                    second: ["p", "q", "r"].randomElement(using: &generator) ?? "p",
                    third: ["x", "y", "z"].randomElement(using: &generator) ?? "x",
                    number: Int.random(in: 0...6, using: &generator), code: number)
            }
        }
        return LinkageWorld(tables: [table(), table()])
    }

    func removing(_ table: Int, _ record: Int) -> LinkageWorld {
        var world = self
        world.tables[table].remove(at: record)
        return world
    }

    /// - Parameter sizes: declared rows of either table; as many as there are where nil.
    func read(_ terms: LinkageTerms, _ hash: KeyedHash, sizes: [Int]? = nil) throws -> [KeyedTable] {
        let schema = TableSchema(fields: [
            Field(
                name: "code", type: .string, categories: (0..<Self.codes).map { "c\($0)" },
                constraints: Constraints(required: true))
        ])
        let key = KeyRule(columns: ["first", "second", "third", "number"], normalise: [.trim])
        return try tables.map { records in
            let reader = CSVTableReader(
                domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key, hash: hash,
                limits: TableLimits(bytes: 1 << 20, rows: 1 << 16, sizes: sizes ?? []), dialect: TableDialect(),
                linkage: terms)
            var text = "first,second,third,number,code\n"
            for record in records {
                text += "\(record.first),\(record.second),\(record.third),\(record.number),c\(record.code)\n"
            }
            try reader.consume(Array(text.utf8))
            return try reader.finish()
        }
    }

    func linked(
        _ terms: LinkageTerms, _ hash: KeyedHash, sizes: [Int]? = nil, withEvidence: Bool = false
    ) throws -> PrivateRows {
        let read = try read(terms, hash, sizes: sizes)
        return PrivateRows(
            linking: zip(["A", "B"], read).map { (name: $0, rows: $1.rows) }, terms: terms, withEvidence: withEvidence)
    }

    /// The links by the codes of both records.
    static func counts(_ rows: PrivateRows) -> [Int64] { rows.counts([[0, 1]], further: [])[0] }
}

extension AuditCheck {
    /// Small worlds and every removal of one record: how many links go and come, against the bound that all noise follows
    /// from. Changing a record is removing it and adding another one.
    static let linkageNeighbours = AuditCheck(
        claim: "one record takes away and brings no more links than are recorded, in one pass, two and three"
    ) {
        let hash = KeyedHash(key: (7, 9))
        var generator = SplitMix64(state: 2)
        for (passes, partners, worlds) in [(1, 1, 40), (1, 2, 60), (2, 1, 80), (2, 2, 40), (3, 1, 60)] {
            let terms = LinkageWorld.terms(passes: passes, partners: partners)
            for _ in 0..<worlds {
                let world = LinkageWorld.random(&generator)
                let whole = try world.linked(terms, hash)
                let counts = LinkageWorld.counts(whole)
                for table in 0..<2 {
                    for record in world.tables[table].indices {
                        let rest = LinkageWorld.counts(try world.removing(table, record).linked(terms, hash))
                        let moved = zip(counts, rest).reduce(0) { $0 + abs($1.0 - $1.1) }
                        guard moved <= Int64(whole.rowsPerKey) else { return false }
                    }
                }
            }
        }
        return true
    }

    /// Chains through the blocks of two passes: what moves must not grow with them.
    static let linkageChains = AuditCheck(
        claim: "a chain of links through the blocks of two passes moves with one record no further than the bound"
    ) {
        let hash = KeyedHash(key: (3, 5))
        let terms = LinkageWorld.terms(passes: 2, partners: 1)
        // Record i of the first table meets record i in its first block and record i + 1 in its second.
        func record(_ place: Int, _ first: Int, _ second: Int) -> LinkedRecord {
            LinkedRecord(first: "f\(first)", second: "s\(second)", number: 0, code: place)
        }
        let world = LinkageWorld(tables: [
            (0..<8).map { record($0, $0, $0) }, (0..<9).map { record($0, $0, $0 - 1) },
        ])
        let counts = LinkageWorld.counts(try world.linked(terms, hash))
        for table in 0..<2 {
            for place in world.tables[table].indices {
                let rest = LinkageWorld.counts(try world.removing(table, place).linked(terms, hash))
                guard zip(counts, rest).reduce(0, { $0 + abs($1.0 - $1.1) }) <= 4 else { return false }
            }
        }
        return true
    }

    /// Where a later pass linked what the earlier ones left, a record that goes would set off changes in one pass after the
    /// other: here four links would go and three come, of the six that may.
    static let linkageCascade = AuditCheck(
        claim: "with three passes a record moves no more links than the bound, however blocks hang together"
    ) {
        let terms = LinkageWorld.terms(passes: 3, partners: 1)
        func record(_ code: Int, _ first: String, _ second: String, _ third: String) -> LinkedRecord {
            LinkedRecord(first: first, second: second, third: third, number: 0, code: code)
        }
        let world = LinkageWorld(tables: [
            [
                record(0, "1", "2", ""), record(1, "1", "3", ""), record(2, "", "2", "4"), record(3, "", "", "5"),
                record(4, "", "", "6"),
            ],
            [record(0, "1", "", ""), record(1, "", "2", "5"), record(2, "", "3", "6"), record(3, "", "", "4")],
        ])
        // Which record of a block takes part follows from the hash: with a third of all keys it is the one that goes.
        for key in UInt64(1)...12 {
            let hash = KeyedHash(key: (key, 5))
            let counts = LinkageWorld.counts(try world.linked(terms, hash))
            for table in 0..<2 {
                for place in world.tables[table].indices {
                    let rest = LinkageWorld.counts(try world.removing(table, place).linked(terms, hash))
                    guard zip(counts, rest).reduce(0, { $0 + abs($1.0 - $1.1) }) <= 6 else { return false }
                }
            }
        }
        return true
    }

    /// Every removal of a record against what the noise of agreement patterns, tallies and linked records follows from.
    static let linkageEvidence = AuditCheck(
        claim:
            "one record moves agreement patterns, tallies, linked records and histories no further than their own bounds"
    ) {
        let hash = KeyedHash(key: (5, 9))
        var generator = SplitMix64(state: 6)
        func isWithin(_ one: [Int64], _ two: [Int64], _ movement: CountMovement) -> Bool {
            let moved = zip(one, two).map { abs($0 - $1) }
            let bound = movement.sensitivity
            return moved.reduce(0, +) <= Int64(bound.linear)
                && moved.reduce(0) { $0 + $1 * $1 } <= Int64(clamping: bound.squared)
        }
        for (passes, partners, worlds) in [(1, 1, 30), (1, 2, 30), (2, 1, 30), (3, 1, 30), (3, 2, 15)] {
            let terms = LinkageWorld.terms(passes: passes, partners: partners)
            for _ in 0..<worlds {
                let world = LinkageWorld.random(&generator)
                func evidence(_ world: LinkageWorld) throws -> [[Int64]] {
                    let rows = try world.linked(terms, hash, withEvidence: true)
                    guard let evidence = rows.evidence else { return [] }
                    return [evidence.patterns, evidence.tallies, evidence.histories]
                        + (0..<2).map {
                            rows.firstLinks(evidence.sides[$0], by: [$0])
                        }
                }
                let whole = try evidence(world)
                let links = LinkageQuestion.linkMovement(passes: passes)
                let bounds = [
                    LinkageQuestion.patternMovement(passes: passes, partners: partners),
                    LinkageQuestion.tallyMovement(passes: passes), LinkageQuestion.historyMovement(passes: passes),
                    links,
                    links,
                ]
                guard whole.count == 5 else { return false }
                for table in 0..<2 {
                    for record in world.tables[table].indices {
                        let rest = try evidence(world.removing(table, record))
                        for place in bounds.indices where !isWithin(whole[place], rest[place], bounds[place]) {
                            return false
                        }
                    }
                }
            }
        }
        return true
    }

    static let linkageWork = AuditCheck(claim: "steps and bytes of a linkage depend on declared sizes and terms alone")
    {
        let hash = KeyedHash(key: (1, 2))
        let terms = LinkageWorld.terms(passes: 2, partners: 3)
        var generator = SplitMix64(state: 4)
        var works: Set<JoinWork> = []
        var worlds = (0..<6).map { _ in LinkageWorld.random(&generator) }
        worlds.append(LinkageWorld(tables: [[], []]))
        let same = (0..<40).map { LinkedRecord(first: "a", second: "p", number: 1, code: $0 % LinkageWorld.codes) }
        worlds.append(LinkageWorld(tables: [same, same]))
        for world in worlds { works.insert(JoinWork(try world.linked(terms, hash, sizes: [50]))) }
        return works.count == 1
    }
}
