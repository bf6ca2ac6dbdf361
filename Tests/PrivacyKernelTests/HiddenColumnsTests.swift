import Domains
import Foundation
import SecretSharing
import Synchronization
import Tables
import Testing
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// Tables of two holders, by how their keys meet.
struct Meeting: Sendable, CustomTestStringConvertible {
    let name: String
    let keys: [Range<Int>]
    let declared: [Int]
    var testDescription: String { name }

    static let all = [
        Meeting(name: "some meet", keys: [0..<300, 120..<520], declared: [300, 450]),
        Meeting(name: "all meet", keys: [0..<90, 0..<90], declared: [90, 90]),
        Meeting(name: "none meets", keys: [0..<90, 90..<180], declared: [100, 95]),
        Meeting(name: "one side is empty", keys: [0..<0, 0..<80], declared: [50, 80]),
        Meeting(name: "both are empty", keys: [0..<0, 0..<0], declared: [1, 1]),
        Meeting(name: "one row each, of one key", keys: [5..<6, 5..<6], declared: [1, 300]),
        Meeting(name: "a short list in a long one", keys: [40..<47, 0..<700], declared: [9, 700]),
    ]

    func tables(_ sizes: [[Int]], seed: UInt64 = 1) -> [HiddenWorld.Table] {
        [0, 1].map { HiddenWorld.random(keys[$0], sizes: sizes[$0], seed: seed + UInt64($0)) }
    }
}

@Suite("Columns at two holders of whom neither knows the members")
struct HiddenColumnsTests {
    private static let privacy = try! PrivacyParameters(epsilon: 1, delta: 1e-6)

    static func terms(_ rows: [Int]) -> HiddenTerms { HiddenTerms(rows: rows, privacy: privacy) }

    @Test("the parts of three parties conform, whoever's keys meet", arguments: Meeting.all)
    func conformance(_ meeting: Meeting) throws {
        for sizes in [[[3], [4, 5]], [[3, 4], [5]]] {
            let tables = meeting.tables(sizes)
            let world = HiddenWorld(Self.terms(meeting.declared))
            let sources = try world.sources(tables, sizes: sizes)
            let faults = try IntegerSourceConformance(
                domain: sources[0].domain, rows: HiddenWorld.joined(tables), sources: sources, isField: true
            ).faults()
            #expect(faults == [], "\(sizes)")
        }
    }

    /// What a fit asks: tables within and across the holders, of groups, and of more columns than two on either side.
    private static func ask(_ kernel: Kernel) throws -> [[Int64]] {
        var budget = try testBudget(2, 1e-9, .gaussian)
        let coarse = try kernel.addGrouping(of: 3, map: [0, 1, 1, 0, 2, 2])
        let coarser = try kernel.addGrouping(of: coarse, map: [1, 0, 0])
        let other = try kernel.addGrouping(of: 0, map: [0, 0, 1])
        let cliques = [
            [], [0], [3], [0, 1], [2, 3], [0, 3], [1, 2], [0, coarse], [3, coarse], [coarse, other], [1, coarser],
            [coarse, coarser], [0, 1, 2], [1, 2, 3], [0, 1, 2, 3], [2, 3, coarser], [2, coarser, other],
            [0, 1, coarser],
            [0, 1, other],
        ]
        let counts = try kernel.measure(cliques, spending: budget.take(.fraction(1, 2)))
        let again = try kernel.measure([[1, 3], [0, 3]], spending: budget.take(.fraction(1, 4)))
        let (sums, gram) = try askValues(kernel, &budget)
        return (counts + again).map(\.counts) + sums.map(\.sums) + [gram.entries]
    }

    /// Sums whose groups lie at either holder, at both or at none, and scores of both.
    private static func askValues(_ kernel: Kernel, _ budget: inout Budget) throws -> ([NoisySums], NoisyGram) {
        let sums = try kernel.sums(
            [
                SumQuestion(
                    attribute: 3, values: [5, -3, 0, 1 << 30, 100, 7], clamp: -10...(1 << 29), groups: [0, 2]),
                SumQuestion(attribute: 0, values: [1, 0, 1], clamp: 0...1, groups: [3, 1]),
                SumQuestion(attribute: 1, values: [1, 9, -9, 2], clamp: -9...9),
                SumQuestion(attribute: 2, values: [8, -8, 40, 41, -41], clamp: -41...41, groups: [3]),
                SumQuestion(attribute: 3, values: [1, 2, 3, 4, 5, 6], clamp: 0...6, groups: [0, 1]),
            ], spending: budget.take(.fraction(1, 8)))
        let gram = try kernel.gram(
            of: [3, 0, 0, 1], scores: [[-900, 0, 900, 7, 7, 0], [1, 0, 5], [0, 8, 0], [-3, 3, 1, 2]], bound: 8192,
            spending: budget.take(.fraction(1, 16)))
        return (sums, gram)
    }

    @Test("noise off, every table is that of memory's inner join, to the last integer", arguments: 1...4)
    func exact(seed: Int) throws {
        let sizes = [[3, 4], [5, 6]]
        let meeting = Meeting(name: "", keys: [0..<1_000, 300..<1_900], declared: [1_000, 1_600])
        let tables = meeting.tables(sizes, seed: UInt64(10 * seed))
        let world = HiddenWorld(Self.terms(meeting.declared), seed: UInt8(seed))
        let sources = try world.sources(tables, sizes: sizes)
        let apart = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: .noiseLeftOut) { place, _ in
            try Self.ask(Kernel(rows: sources[place], generator: NoiseGenerator()))
        }
        let read = try zip(["A", "B"], zip(tables, sizes)).map {
            (name: $0, table: try HiddenWorld.table($1.0, sizes: $1.1))
        }
        let whole = try PlantedBug.$active.withValue(.noiseLeftOut) {
            try Self.ask(Kernel(table: PrivateTable(joining: read, rowsPerKey: 1)))
        }
        for party in apart { #expect(party == whole) }
    }

    @Test("through the kernel's own door, a table is taken once, and one longer than declared is refused")
    func door() throws {
        let sizes = [[3], [4]]
        let world = HiddenWorld(Self.terms([5, 5]))
        let domain = try HiddenWorld.domain(sizes)
        let table = try HiddenWorld.table(HiddenWorld.random(0..<5, sizes: [3], seed: 1), sizes: [3])
        let kernel = try Kernel(hiding: ("A", table), in: domain, first: 1, world.terms, sharing: world.party(0))
        #expect(kernel.rowsBound == 1)
        #expect(throws: PrivacyError.rowsAreGone) {
            _ = try Kernel(hiding: ("A", table), in: domain, first: 1, world.terms, sharing: world.party(0))
        }
        for (rows, columns) in [(6, [3]), (2, [4])] {
            let other = try HiddenWorld.table(HiddenWorld.random(0..<rows, sizes: columns, seed: 1), sizes: columns)
            #expect(throws: PrivacyError.self) {
                _ = try Kernel(hiding: ("A", other), in: domain, first: 1, world.terms, sharing: world.party(0))
            }
        }
        // What shares cannot give says so, before anything opens.
        let third = try Kernel(hiding: nil, in: domain, first: 1, world.terms, sharing: world.party(2))
        var budget = try testBudget(1, 1e-9, .gaussian)
        // Longer rows than any bound of a Gram matrix allows.
        let long = [[Int32]](repeating: [1 << 13, 0, 0], count: 5)
        #expect(throws: PrivacyError.self) {
            _ = try third.gram(of: [0, 0, 0, 0, 0], scores: long, bound: 9, spending: budget.take(.fraction(1, 2)))
        }
        #expect(third.transcript.releases.isEmpty)
    }

    @Test(
        "a table whose rows weigh a thousand, are of two values, or zero in one group alone opens nothing, at any of the three",
        arguments: [PlantedBug.hiddenRowHeavy, .hiddenRowTwice, .hiddenGroupZero])
    func malformed(_ bug: PlantedBug) throws {
        let sizes = [[3, 4], [5]]
        let tables = Meeting.all[1].tables(sizes)
        let world = HiddenWorld(Self.terms([90, 90]))
        let sources = try world.sources(tables, sizes: sizes)
        let outcomes = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: bug) { place, _ in
            let kernel = Kernel(rows: sources[place], generator: NoiseGenerator())
            var budget = try testBudget(1, 1e-9, .gaussian)
            let counts = try? kernel.measure([[0, 1]], spending: budget.take(.fraction(1, 4)))
            // As one group a row of zeros stands for a key that nobody has, at both holders here.
            let cliques = bug == .hiddenGroupZero ? [[1]] : [[0, 1, 2]]
            let wide = try? kernel.measure(cliques, spending: budget.take(.fraction(1, 4)))
            // The digits of a value are several groups, and so are the scores of two columns.
            let sums = try? kernel.sums(
                [
                    SumQuestion(attribute: 0, values: [1, -2, 13], clamp: -13...13, groups: [2]),
                    SumQuestion(attribute: 0, values: [1, 1, 1], clamp: 0...1),
                ],
                spending: budget.take(.fraction(1, 4)))
            let gram = try? kernel.gram(
                of: [0, 1, 2], scores: [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]], bound: 9, spending: budget.take(.all)
            )
            return (
                isRefused: counts == nil && wide == nil && sums == nil && gram == nil,
                releases: kernel.transcript.releases.count
            )
        }
        #expect(outcomes.allSatisfy { $0.isRefused && $0.releases == 0 })
    }

    @Test("of a key that stands twice in a table one row counts, as in memory's join")
    func twice() throws {
        let sizes = [[3], [4]]
        // Read as a table that may have two rows a key, of which one is kept.
        var tables = Meeting(name: "", keys: [0..<40, 20..<60], declared: [60, 60]).tables(sizes)
        tables[0] += HiddenWorld.random(25..<40, sizes: [3], seed: 9)
        let world = HiddenWorld(Self.terms([60, 60]))
        let lines = tables[0].map { "\($0.key),\($0.codes[0])" }
        let schema = TableSchema(fields: [
            Field(name: "id", type: .string),
            Field(
                name: "c0", type: .string, categories: ["0", "1", "2"], constraints: Constraints(required: true)),
        ])
        func first() throws -> KeyedTable {
            try read(
                Array((["id,c0"] + lines).joined(separator: "\n").utf8 + [10]), schema,
                key: KeyRule(columns: ["id"]), rowsPerKey: 2)
        }
        let domain = try HiddenWorld.domain(sizes)
        let second = try HiddenWorld.table(tables[1], sizes: [4])
        let lists = [
            try HiddenList(("A", first().rows), world.terms, side: 0, keys: world.keys(0)),
            try HiddenList(("B", second.rows), world.terms, side: 1, keys: world.keys(1)),
        ]
        let parts = try Gathering.run(NoiseHolders(count: 3, colluding: 1)) { place, _ in
            try HiddenColumns(
                place < 2 ? lists[place] : nil, of: domain, first: 1, world.terms, world.party(place)
            ).counts([[0, 1]], further: [])[0]
        }
        let counts = parts[0].indices.map { cell in
            PrimeField.number(PrimeField.element(parts.reduce(0) { $0 + $1[cell] }))
        }
        let memory = PrivateRows(
            joining: [("A", try first().rows), ("B", second.rows)], rowsPerKey: 1)
        #expect(counts == memory.counts([[0, 1]], further: [])[0])
        #expect(counts.reduce(0, +) == 20)
    }

    @Test(
        "a filling whose key is another one, or a dummy that is not zero, opens no sum of values, at any of the three")
    func fillings() throws {
        let sizes = [[3], [4]]
        let tables = Meeting.all[2].tables(sizes)
        let terms = Self.terms([100, 95])
        let lists = try HiddenWorld(terms).sources(tables, sizes: sizes).prefix(2).map {
            try #require(($0 as? HiddenColumns)?.list)
        }
        // Of the first holder's rows with a name one of a dummy that both lists have, by its place in the message.
        let dummy = try #require(lists[0].named.firstIndex { Int(lists[0].entries[Int($0)]) == terms.rows[0] })
        let spoils: [@Sendable (String, [UInt32]) -> [UInt32]] = [
            { name, words in
                guard name == "list 0 to 2" else { return words }
                var words = words
                for place in 0..<(words.count / HiddenList.placeWords) where words[HiddenList.placeWords * place] == 1 {
                    words[HiddenList.placeWords * place + 3] ^= 1
                }
                return words
            },
            { name, words in
                guard name == "wide rows 0 0 to 2" else { return words }
                var elements = ItemPiece.wide(of: words)
                // One digit of value 1 in one cell: three groups of columns, of which one has its 1.
                let width = elements.count / terms.named(0)
                elements[dummy * width] = WideField.sum(elements[dummy * width], 1)
                return ItemPiece.words(of: elements)
            },
        ]
        let untouched: @Sendable (String, [UInt32]) -> [UInt32] = { $1 }
        for spoil in spoils + [untouched] {
            let world = HiddenWorld(terms, spoil: spoil)
            let sources = try world.sources(tables, sizes: sizes)
            let outcomes = try Gathering.run(NoiseHolders(count: 3, colluding: 1)) { place, _ in
                let kernel = Kernel(rows: sources[place], generator: NoiseGenerator())
                var budget = try testBudget(1, 1e-9, .gaussian)
                let sums = try? kernel.sums(
                    [SumQuestion(attribute: 0, values: [1, 1, 1], clamp: 0...1, groups: [1])],
                    spending: budget.take(.all))
                return sums == nil && kernel.transcript.releases.isEmpty
            }
            #expect(outcomes == [Bool](repeating: world.isSpoilt, count: 3))
        }
    }

    private static func askGram(_ kernel: Kernel, bound: Int) throws -> NoisyGram {
        var budget = try testBudget(1, 1e-9, .gaussian)
        return try kernel.gram(
            of: [0, 2], scores: [[-30, 0, 40], [-9, 0, 2, 4, 30]], bound: bound, spending: budget.take(.all))
    }

    @Test("where a shorter bound is asked for, the longest row takes its place: in entries, noise, record and replay")
    func unshortened() throws {
        let sizes = [[3, 4], [5]]
        let tables = Meeting.all[0].tables(sizes)
        let sources = try HiddenWorld(Self.terms(Meeting.all[0].declared)).sources(tables, sizes: sizes)
        let apart = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: .noiseLeftOut) { place, _ in
            let kernel = Kernel(rows: sources[place], generator: NoiseGenerator())
            return (gram: try Self.askGram(kernel, bound: 12), transcript: kernel.transcript)
        }
        // √(40² + 30²).
        let whole = try PlantedBug.$active.withValue(.noiseLeftOut) {
            try Self.askGram(Kernel(rows: testTable(sizes.flatMap { $0 }, HiddenWorld.joined(tables))), bound: 50)
        }
        for party in apart {
            #expect(party.gram.bound == 50 && party.gram.entries == whole.entries)
            #expect(party.gram.diagonalVariance >= 1.5 * whole.diagonalVariance)
            let replayed = Kernel(replaying: party.transcript, domain: sources[0].domain)
            #expect(try Self.askGram(replayed, bound: 12) == party.gram)
        }
    }

    @Test("a party's part of sums and of a Gram matrix is uniform: it tells nothing without the others")
    func parts() throws {
        let sizes = [[3, 4], [5]]
        let meeting = Meeting.all[0]
        let sources = try HiddenWorld(Self.terms(meeting.declared)).sources(meeting.tables(sizes), sizes: sizes)
        let parts = try Gathering.run(NoiseHolders(count: 3, colluding: 1)) { place, _ in
            let gram = try sources[place].gram([0, 1, 2], [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]], bound: 20)
            return try sources[place].sums([1, 2, 3], of: 0, by: [1, 2])
                + sources[place].sums([1, 2, 3, 4], of: 1, by: [0])
                + [0, 3, 4, 6, 7, 8].map { gram[$0] }
        }
        for part in parts {
            // 29 words of 61 bits: one below 2⁵² in 512 words by chance, all of them in a part that says something.
            #expect(part.count { abs($0) < 1 << 52 } < 3)
        }
    }

    @Test(
        "what either holder hears of places, and the third party of numbers, has one law whether all keys meet or none",
        arguments: [true, false])
    func views(meets: Bool) throws {
        let views = try HiddenViews(meets: meets)
        #expect(views.areRight(), "\(views.figures())")
    }

    /// Drawn anew at each start, dummies would be averaged away by a party that is killed often enough.
    @Test("started again, a holder sends the same list, with the same dummies in common, and the same masked rows")
    func startedAgain() throws {
        let rows = HiddenWorld.random(0..<80, sizes: [3, 4], seed: 1)
        let world = HiddenWorld(Self.terms([100, 90]))
        func sent(seed: UInt8) throws -> [[UInt32]] {
            let keys = HiddenWorld(world.terms, seed: seed).keys(0)
            let list = try HiddenList(
                ("A", HiddenWorld.table(rows.shuffled(), sizes: [3, 4]).rows), world.terms, side: 0, keys: keys)
            let table = HiddenTable(list, list.rows.codes)
            return [list.words]
                + (0..<2).map { number in
                    (0..<table.pieces).flatMap { table.masked(number: number, piece: $0) }
                }
        }
        // The rows stand in the order of their keys' hashes, whichever way the file is sorted.
        #expect(try sent(seed: 0) == sent(seed: 0))
        #expect(try sent(seed: 0)[0] != sent(seed: 1)[0])
    }

    @Test("left out, shuffle and dummies are seen in these views")
    func planted() throws {
        for bug in [PlantedBug.hiddenShuffleLeftOut, .hiddenDummiesLeftOut] {
            let areRight = try PlantedBug.$active.withValue(bug) { try HiddenViews(meets: true).areRight() }
            #expect(!areRight, "\(bug)")
        }
    }

    /// 40,000 draws. A half too many in the law's decay is far beyond five standard errors, and none of these keys turns red by chance.
    @Test("dummies in common follow the cut discrete Laplace law, and the cut costs no more than δ")
    func dummies() throws {
        let terms = Self.terms([10, 10])
        let draws = (0..<40_000).map { place -> Int64 in
            var key = [UInt8](repeating: 0, count: 32)
            (key[0], key[1], key[2]) = (UInt8(place & 255), UInt8(place >> 8 & 255), 9)
            return Int64(terms.matches(from: key) - terms.reach)
        }
        #expect(GoodnessOfFit.laplace(draws, decay: 1).worst < 5)
        // The loss between M and M + 1 common keys, by the exact law: beyond e^ε in all outcomes together at most δ.
        for (epsilon, delta) in [(1.0, 1e-6), (0.1, 1e-9), (0.01, 1e-4), (3, 1e-2)] {
            let terms = HiddenTerms(rows: [1, 1], privacy: try PrivacyParameters(epsilon: epsilon, delta: delta))
            let (q, reach) = (exp(-epsilon), terms.reach)
            func law(_ draw: Int) -> Double {
                guard abs(draw) <= reach else { return 0 }
                return abs(draw) == reach
                    ? pow(q, Double(reach)) / (1 + q) : (1 - q) / (1 + q) * pow(q, Double(abs(draw)))
            }
            for shift in [1, -1] {
                let excess = ((-reach - 1)...(reach + 1)).reduce(0.0) {
                    $0 + max(0, law($1) - exp(epsilon * (1 + 1e-9)) * law($1 + shift))
                }
                #expect(excess <= delta * (1 + 1e-6), "\(epsilon) \(delta): \(excess)")
            }
        }
    }
}
