import Domains
@_spi(PrivateRows) import Tables
import Testing
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

@Suite struct LinkageJoinTests {
    private let hash = KeyedHash(key: (11, 12))

    private func links(_ world: LinkageWorld, _ terms: LinkageTerms, sizes: [Int]? = nil) throws -> Set<[Int]> {
        let counts = LinkageWorld.counts(try world.linked(terms, hash, sizes: sizes))
        return Set(counts.indices.filter { counts[$0] > 0 }.map { [$0 / LinkageWorld.codes, $0 % LinkageWorld.codes] })
    }

    private func record(_ first: String, _ number: Int, _ code: Int, second: String = "p") -> LinkedRecord {
        LinkedRecord(first: first, second: second, number: number, code: code)
    }

    @Test("in a block the best pairs are linked first, one to one, and none below the threshold")
    func greedy() throws {
        let world = LinkageWorld(tables: [
            [record("a", 0, 0), record("a", 2, 1), record("b", 9, 2)],
            [record("a", 0, 0), record("a", 1, 1), record("b", 2, 2)],
        ])
        let terms = LinkageWorld.terms(passes: 1, partners: 10)
        #expect(try links(world, terms) == [[0, 0], [1, 1]])
        #expect(try links(world, terms, sizes: [90]) == [[0, 0], [1, 1]])
    }

    @Test("case, blanks and accents of a block do not matter; a blank block meets nobody")
    func blocks() throws {
        let world = LinkageWorld(tables: [
            [record(" Élan", 1, 0), record("", 2, 1)], [record("elan", 1, 0), record("", 2, 1)],
        ])
        #expect(try links(world, LinkageWorld.terms(passes: 1, partners: 2)) == [[0, 0]])
        #expect(try links(world, LinkageWorld.terms(passes: 2, partners: 2)) == [[0, 0], [1, 1]])
    }

    @Test("a pair that two passes find is one row; each pass may find its own")
    func passes() throws {
        let world = LinkageWorld(tables: [
            [record("a", 1, 0, second: "p"), record("b", 1, 1, second: "q")],
            [record("a", 1, 0, second: "p"), record("c", 1, 1, second: "q")],
        ])
        let terms = LinkageWorld.terms(passes: 2, partners: 3)
        let counts = LinkageWorld.counts(try world.linked(terms, hash))
        #expect(counts.reduce(0, +) == 2 && counts[0] == 1 && counts[LinkageWorld.codes + 1] == 1)
        #expect(try world.linked(terms, hash).rowsPerKey == 2 * 3 * 2)
    }

    @Test("records are counted by the passes that link them, as each pass alone does")
    func histories() throws {
        var generator = SplitMix64(state: 8)
        let terms = LinkageWorld.terms(passes: 3, partners: 2)
        var seen: Set<Int> = []
        for _ in 0..<60 {
            let world = LinkageWorld.random(&generator)
            let histories = try #require(world.linked(terms, hash, withEvidence: true).evidence).histories
            var sets = [Int](repeating: 0, count: LinkageWorld.codes)
            for pass in 0..<3 {
                var one = terms
                one.blocking = [terms.blocking[pass]]
                for link in try links(world, one) { sets[link[0]] |= 1 << pass }
            }
            #expect(histories == (1..<8).map { set in Int64(sets.count { $0 == set }) })
            seen.formUnion(sets)
        }
        #expect(seen.count == 8)
    }

    @Test("of a block no more records take part than partners, whichever file they come first in")
    func truncation() throws {
        let many = (0..<9).map { record("a", 1, $0) }
        let terms = LinkageWorld.terms(passes: 1, partners: 2)
        let found = try links(LinkageWorld(tables: [many, many]), terms)
        #expect(found.count == 2)
        #expect(try links(LinkageWorld(tables: [many.reversed(), many]), terms) == found)
    }

    @Test("every comparator links what is near and not what is far")
    func comparators() throws {
        let pairs: [(LinkageTerms.Comparator, [Double], String, String, String)] = [
            (.exact, [], "Rossi", "rossi ", "Rosso"), (.within, [2], "1965-04-03", "1965-04-05", "1965-04-06"),
            (.jaroWinkler, [0.9], "Martha", "marhta", "Jones"), (.levenshtein, [0.8], "Anderson", "Andersen", "Ander"),
            (.dice, [0.7], "Katherine", "Katharine", "Karin"), (.clk, [0.6], "/////w==", "////AA==", "AAAA/w=="),
        ]
        for (by, at, one, near, far) in pairs {
            let text = LinkageTerms.Text(columns: ["text"], normalise: by.usualNormalisation)
            let terms = LinkageTerms(
                blocking: [[LinkageTerms.Text(columns: ["block"])]],
                compare: [LinkageTerms.Comparison(text: text, by: by, at: at, weights: [5, -4])], partners: 2,
                threshold: 1)
            func count(_ other: String) throws -> Int64 {
                let rows = PrivateRows(
                    linking: try [one, other].enumerated().map {
                        (name: "P\($0)", rows: try Self.table([$1], terms, hash).rows)
                    }, terms: terms)
                return rows.counts([[]], further: [])[0][0]
            }
            #expect(try count(near) == 1, "\(by)")
            #expect(try count(far) == 0, "\(by)")
            #expect(try count("") == 0, "\(by)")
        }
    }

    private static func table(_ texts: [String], _ terms: LinkageTerms, _ hash: KeyedHash) throws -> KeyedTable {
        let schema = TableSchema(fields: [
            Field(name: "x", type: .string, categories: ["1"], constraints: Constraints(required: true))
        ])
        let key = KeyRule(columns: ["block", "text"])
        let reader = CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key, hash: hash,
            limits: TableLimits(bytes: 1 << 20, rows: 100), dialect: TableDialect(), linkage: terms)
        try reader.consume(Array(("block,text,x\n" + texts.map { "b,\($0),1\n" }.joined()).utf8))
        return try reader.finish()
    }

    @Test("tables of another number or without the texts are refused before anything is linked, and have no rows then")
    func refusals() throws {
        let terms = LinkageWorld.terms(passes: 1, partners: 2)
        let world = LinkageWorld(tables: [[record("a", 1, 0)], [record("a", 1, 0)]])
        let tables = try world.read(terms, hash)
        #expect(throws: PrivacyError.shapeMismatch(expected: 2, found: 1)) {
            _ = try PrivateTable(linking: [("A", tables[0])], terms: terms)
        }
        #expect(throws: PrivacyError.rowsAreGone) {
            _ = try PrivateTable(linking: [("A", tables[0]), ("B", tables[1])], terms: terms)
        }
        let other = try world.read(LinkageWorld.terms(passes: 2, partners: 2), hash)
        #expect(throws: PrivacyError.shapeMismatch(expected: 2, found: 3)) {
            _ = try PrivateTable(linking: [("A", other[0]), ("B", other[1])], terms: terms)
        }
    }

    @Test("what a table declares as missing is a missing text of a key: it makes no block")
    func missing() throws {
        let schema = TableSchema(
            fields: [Field(name: "code", type: .string, categories: ["c"], constraints: Constraints(required: true))],
            missingValues: ["", "NA"])
        let terms = LinkageTerms(
            blocking: [[LinkageTerms.Text(columns: ["name"])]],
            compare: [
                LinkageTerms.Comparison(
                    text: LinkageTerms.Text(columns: ["name"]), by: .exact, at: [], weights: [5, -4])
            ],
            partners: 4, threshold: 1)
        func read(_ text: String, _ linkage: LinkageTerms?) throws -> KeyedTable {
            let key = KeyRule(columns: ["name"], normalise: [.trim])
            let reader = CSVTableReader(
                domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key, hash: hash,
                limits: TableLimits(bytes: 1 << 20, rows: 1 << 16), dialect: TableDialect(), linkage: linkage)
            try reader.consume(Array(text.utf8))
            return try reader.finish()
        }
        let text = "name,code\nAnn,c\nNA,c\n NA ,c\n"
        let rows = PrivateRows(
            linking: try ["A", "B"].map { (name: $0, rows: try read(text, terms).rows) }, terms: terms)
        #expect(rows.rowCount == 1)
        // Where keys are compared whole, such a row is refused as one without a key.
        #expect(throws: TableProblems.self) { try read("name,code\nNA,c\n", nil) }
    }

    @Test("overwritten evidence has no pattern, tally or mark of a row left, and is as long as before")
    func wiping() throws {
        let terms = LinkageWorld.terms(passes: 2, partners: 2)
        // Two records that agree in everything: one pair, and one link.
        let record = LinkedRecord(first: "a", second: "p", number: 3, code: 0)
        let world = LinkageWorld(tables: [[record], [record]])
        let rows = try world.linked(terms, KeyedHash(key: (1, 2)), withEvidence: true)
        var evidence = try #require(rows.evidence)
        func marks() -> [Int] {
            evidence.sides.flatMap { side in (0..<side.isFirst.count).map { side.isFirst[$0] } }
        }
        let lengths = [evidence.patterns.count, evidence.tallies.count, marks().count, evidence.histories.count]
        #expect(evidence.patterns.contains { $0 > 0 } && evidence.tallies.contains { $0 > 0 } && marks().contains(1))
        #expect(evidence.histories == [0, 0, 1])
        evidence.wipe()
        #expect(evidence.patterns.allSatisfy { $0 == 0 } && evidence.tallies.allSatisfy { $0 == 0 })
        #expect(marks().allSatisfy { $0 == 0 } && evidence.histories == [0, 0, 0])
        #expect(
            [evidence.patterns.count, evidence.tallies.count, marks().count, evidence.histories.count] == lengths)
    }
}

extension LinkedRows {
    /// The links of two tables, without a joined table.
    init(_ parties: [KeyedRows], _ terms: LinkageTerms) {
        let ranks = parties.enumerated().map { LinkageBlocks.ranks($1, table: $0) }
        let passes = terms.blocking.indices.map { BlockedPairs(parties, terms, pass: $0, ranks: ranks) }
        self.init(parties, passes, PairScores(parties[0], parties[1], terms), ranks)
    }
}
