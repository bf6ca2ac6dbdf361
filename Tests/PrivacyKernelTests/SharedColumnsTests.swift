import Dispatch
import Foundation
import SecretSharing
import Synchronization
import Tables
import Testing
import VectorMath

@testable import Domains
@testable import PlantedBugs
@testable import PrivacyKernel

/// Two holders of columns and a third party, in one test: shares as in real life, carried by the test.
final class ShareWorld: @unchecked Sendable {
    private let condition = NSCondition()
    private let gathering = Gathering(count: 3)
    private var tables: [String: [UInt32]] = [:]
    let rows: Int
    /// What a holder got of the other's tables.
    var seen: [String: [UInt32]] {
        condition.lock()
        defer { condition.unlock() }
        return tables
    }

    init(rows: Int) { self.rows = rows }

    func party(_ place: Int) -> any ColumnSharing { Party(world: self, place: place) }

    private func put(_ words: [UInt32], _ name: String) {
        condition.lock()
        tables[name] = words
        condition.broadcast()
        condition.unlock()
    }

    private func get(_ name: String) -> [UInt32] {
        condition.lock()
        defer { condition.unlock() }
        while tables[name] == nil { condition.wait() }
        return tables[name] ?? []
    }

    struct Malformed: Error {
        let side: Int
    }

    private struct Party: ColumnSharing {
        let world: ShareWorld
        let place: Int
        var holders: NoiseHolders { NoiseHolders(count: 3, colluding: 1) }
        var side: Int? { place < 2 ? place : nil }

        func open(_ part: [Int64], question: String) throws -> [Int64] {
            let elements = part.map { Int64(PrimeField.element($0)) }
            return world.gathering.add(elements, question).map { PrimeField.number(PrimeField.element($0)) }
        }

        func products(_ number: Int, sizes: [[Int]], own: OneHotTable?) throws -> [UInt32] {
            let keys = (0..<2).map { [UInt8](repeating: UInt8($0 + 1), count: 32) }
            var parts: [TablePart] = keys.map { .mask($0) }
            if let side, let own {
                let pieces = (world.rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows
                let masked = (0..<pieces).flatMap { own.masked(by: keys[side], number: number, piece: $0) }
                world.put(masked, "\(number) \(side)")
                parts[side] = .own(keys[side])
                parts[1 - side] = .masked(world.get("\(number) \(1 - side)"))
            }
            let pair = SharedPair(number: number, rows: world.rows, sizes: sizes, parts: parts)
            let form = pair.form([4, 5]) { challenge, key in
                own?.crossTerms(challenge, maskedBy: key, number: number) ?? []
            }
            if let side = SharedPair.malformed(try open(form, question: "form \(number) \(sizes)")) {
                throw Malformed(side: side)
            }
            guard side == 0, let own, case .masked(let others) = parts[1] else { return pair.products() }
            return zip(pair.products(), own.products(others, width: sizes[1].reduce(0, +))).map {
                PrimeField.sum($0, $1)
            }
        }

        func openWide(_ part: [Int64], question: String) throws -> [Int64] {
            let elements = part.map { Int64(WideField.element($0)) }
            return world.gathering.add(elements, question).map { WideField.number(WideField.element($0)) }
        }

        func wideProducts(_ number: Int, columns: [WeightedColumns], own: OneHotTable?) throws -> [UInt64] {
            let keys = (0..<2).map { [UInt8](repeating: UInt8($0 + 1), count: 32) }
            var parts: [WidePair.Part] = keys.map { .mask($0) }
            if let side, let own {
                let pieces = (world.rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows
                let masked = (0..<pieces).flatMap { own.widelyMasked(by: keys[side], number: number, piece: $0) }
                world.put(ItemPiece.words(of: masked), "\(number) \(side)")
                parts[side] = .own(keys[side])
                parts[1 - side] = .masked(ItemPiece.wide(of: world.get("\(number) \(1 - side)")))
            }
            let pair = WidePair(number: number, rows: world.rows, columns: columns, parts: parts)
            let form = pair.form([4, 5]) { challenge, key in
                own?.crossTerm(challenge, maskedBy: key, number: number) ?? 0
            }
            if let side = try openWide(form, question: "form \(number)").firstIndex(where: { $0 != 0 }) {
                throw Malformed(side: side)
            }
            guard side == 0, let own, case .masked(let others) = parts[1] else { return pair.products() }
            return zip(pair.products(), own.products(others, columns: columns)).map { WideField.sum($0, $1) }
        }
    }
}

@Suite("Columns at two holders")
struct SharedColumnsTests {
    private static let sizes = [3, 4, 5]

    private static func rows(_ count: Int, sizes: [Int] = sizes, _ seed: UInt64 = 1) -> [[Int]] {
        var generator = SplitMix64(state: seed)
        return (0..<count).map { _ in sizes.map { Int(generator.next() % UInt64($0)) } }
    }

    /// The three parties' sources: the first holder has so many of the columns.
    private static func sources(
        _ rows: [[Int]], sizes: [Int] = sizes, first: Int, room: Int
    ) throws -> [any IntegerSource] {
        let world = ShareWorld(rows: room)
        return try sources(rows, sizes: sizes, first: first, world)
    }

    static func sources(
        _ rows: [[Int]], sizes: [Int], first: Int, _ world: ShareWorld
    ) throws -> [any IntegerSource] {
        let (domain, room) = (try testDomain(sizes), world.rows)
        return try (0..<3).map { place -> any IntegerSource in
            guard place < 2 else { return SharedColumns(nil, of: domain, first: first, rows: room, world.party(2)) }
            let columns = place == 0 ? 0..<first : first..<sizes.count
            let coded = try columns.map { column in
                try CodedColumn(
                    .words(rows.map { UInt32($0[column]) } + [UInt32](repeating: 0, count: room - rows.count)),
                    domainSize: sizes[column])
            }
            let own = PrivateRows(
                domain: TableDomain(columns: columns.map { domain.columns[$0] }), table: try CodedTable(columns: coded),
                rowsPerKey: 1, rowCount: rows.count)
            return SharedColumns(own, of: domain, first: first, rows: room, world.party(place))
        }
    }

    @Test("the parts of three parties conform, whoever has which columns and however many rows fill the tables up")
    func conformance() throws {
        for (first, count, room) in [(1, 700, 700), (2, 700, 1_000), (2, 0, 300), (1, 1, 1)] {
            let rows = Self.rows(count)
            let sources = try Self.sources(rows, first: first, room: room)
            let faults = try IntegerSourceConformance(
                domain: sources[0].domain, rows: rows, sources: sources, isField: true
            ).faults()
            #expect(faults == [], "\(first) \(count) \(room)")
        }
    }

    /// Whoever asks it has already let too much through.
    private struct Unasked: ColumnSharing {
        struct Asked: Error {}
        var holders: NoiseHolders { NoiseHolders(count: 3, colluding: 1) }
        var side: Int? { nil }
        func open(_ part: [Int64], question: String) throws -> [Int64] { throw Asked() }
        func openWide(_ part: [Int64], question: String) throws -> [Int64] { throw Asked() }
        func products(_ number: Int, sizes: [[Int]], own: OneHotTable?) throws -> [UInt32] { throw Asked() }
        func wideProducts(_ number: Int, columns: [WeightedColumns], own: OneHotTable?) throws -> [UInt64] {
            throw Asked()
        }
    }

    @Test("what no party could hold, or no message, is refused before a word of it is sent")
    func tooLarge() throws {
        // Of two columns the products; of few rows and many columns a piece, whose length has four bytes.
        let wide = ColumnDomain(
            name: "w", type: .integer, cells: .units(lower: 0, count: 1 << 22), other: nil, missing: nil)
        let domains = [
            (try testDomain([8_193, 8_192]), 8_193 * 8_192, 1 << 26),
            (TableDomain(columns: [wide, try testDomain([2]).columns[0]]), 256 << 22, 1 << 28),
        ]
        for (domain, cells, limit) in domains {
            let source = SharedColumns(nil, of: domain, first: 1, rows: 300, Unasked())
            #expect(throws: PrivacyError.tooManyCells(cells: cells, limit: limit)) {
                _ = try source.counts([[0, 1]], further: [])
            }
        }
    }

    /// What a fit asks: tables within and across the holders, of groups, and of more columns than two.
    private static func ask(_ kernel: Kernel) throws -> [[Int64]] {
        var budget = try testBudget(2, 1e-9, .gaussian)
        let coarse = try kernel.addGrouping(of: 3, map: [0, 1, 1, 0, 2, 2])
        let coarser = try kernel.addGrouping(of: coarse, map: [1, 0, 0])
        let other = try kernel.addGrouping(of: 0, map: [0, 0, 1])
        let cliques = [
            [], [0], [2], [0, 1], [2, 3], [0, 3], [1, 2], [0, coarse], [coarse, other], [1, coarser], [0, 1, 2],
            [1, 2, 3], [0, 1, 2, 3], [2, coarser, other], [0, 1, coarser],
        ]
        let counts = try kernel.measure(cliques, spending: budget.take(.fraction(1, 2)))
        let again = try kernel.measure([[1, 3], [0, 3]], spending: budget.take(.fraction(1, 4)))
        let sums = try kernel.sums(
            [
                SumQuestion(
                    attribute: 3, values: [5, -3, 0, 1 << 30, 100, 7], clamp: -10...(1 << 29), groups: [0, 2]),
                SumQuestion(attribute: 0, values: [1, 0, 1], clamp: 0...1, groups: [3]),
                SumQuestion(attribute: 1, values: [1, 9, -9, 2], clamp: -9...9),
            ], spending: budget.take(.fraction(1, 8)))
        let gram = try kernel.gram(
            of: [3, 0, 0, 1], scores: [[-900, 0, 900, 7, 7, 0], [1, 0, 5], [0, 8, 0], [-3, 3, 1, 2]], bound: 8192,
            spending: budget.take(.fraction(1, 8)))
        return (counts + again).map(\.counts) + sums.map(\.sums) + [gram.entries]
    }

    @Test("noise off, every table is that of one place, to the last integer")
    func exact() throws {
        let sizes = [3, 4, 5, 6]
        let rows = Self.rows(2_000, sizes: sizes)
        let sources = try Self.sources(rows, sizes: sizes, first: 2, room: 2_500)
        let apart = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: .noiseLeftOut) { place, _ in
            try Self.ask(Kernel(rows: sources[place], generator: NoiseGenerator()))
        }
        let whole = try PlantedBug.$active.withValue(.noiseLeftOut) {
            try Self.ask(Kernel(rows: testTable(sizes, rows)))
        }
        for party in apart { #expect(party == whole) }
    }

    @Test("all three parties have the same record, each with a third of the noise that two of them are counted on for")
    func records() throws {
        let sources = try Self.sources(Self.rows(300), first: 1, room: 300)
        let records = try Gathering.run(NoiseHolders(count: 3, colluding: 1)) { place, _ in
            let kernel = Kernel(rows: sources[place], generator: NoiseGenerator(key: [UInt64(place), 1, 1, 1]))
            var budget = try testBudget(1, 1e-9, .gaussian)
            _ = try kernel.measure([[0, 2]], spending: budget.take(.all))
            return kernel.transcript
        }
        #expect(Set(records.map { "\($0)" }).count == 1)
        var budget = try testBudget(1, 1e-9, .gaussian)
        let alone = try Kernel(rows: testTable(Self.sizes, [])).measure([[0, 2]], spending: budget.take(.all))[0]
        guard case .marginals(let marginals) = records[0].releases[0].answer else { return #expect(Bool(false)) }
        #expect(marginals[0].variance >= 1.5 * alone.variance && marginals[0].variance < 1.501 * alone.variance)
        #expect(records[0].spent.map { $0.epsilon <= 1 } == true)
    }

    /// Where a holder has no row of a code, its own part is zero to itself: parts are masked before they are sent.
    @Test("a party's part of a table across both holders is uniform in all cells of which it has rows")
    func parts() throws {
        let rows = Self.rows(400)
        let sources = try Self.sources(rows, first: 1, room: 400)
        let counts = Mutex<[Int: [Int64]]>([:])
        _ = try Gathering.run(NoiseHolders(count: 3, colluding: 1)) { place, _ in
            let part = try sources[place].counts([[0, 1], [0, 2], [0, 1, 2]], further: []).flatMap { $0 }
            counts.withLock { $0[place] = part }
        }
        for (place, part) in counts.withLock({ $0 }) {
            #expect(part.allSatisfy { abs($0) < Int64(PrimeField.modulus) })
            // 87 words of 31 bits: fewer than a few below 2²² by chance, all of them in a part that says something.
            #expect(part.count { abs($0) < 1 << 22 } < 8, "\(place)")
        }
    }

    @Test("a table with a row that is not one-hot opens nothing, at any of the three")
    func malformed() throws {
        let sources = try Self.sources(Self.rows(300), first: 1, room: 300)
        let outcomes = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: .sharedRowHeavy) { place, _ in
            let kernel = Kernel(rows: sources[place], generator: NoiseGenerator())
            var budget = try testBudget(1, 1e-9, .gaussian)
            let counts = try? kernel.measure([[0, 1]], spending: budget.take(.fraction(1, 3)))
            let sums = try? kernel.sums(
                [SumQuestion(attribute: 0, values: [1, 2, 3], clamp: 0...3, groups: [1])],
                spending: budget.take(.fraction(1, 3)))
            let gram = try? kernel.gram(
                of: [0, 1], scores: [[1, 2, 3], [1, 2, 3, 4]], bound: 9, spending: budget.take(.all))
            return (
                isRefused: counts == nil && sums == nil && gram == nil, releases: kernel.transcript.releases.count
            )
        }
        #expect(outcomes.allSatisfy { $0.isRefused && $0.releases == 0 })
    }

    @Test("what shares cannot give is refused before anything opens, in one sentence")
    func refusals() throws {
        let sources = try Self.sources(Self.rows(10), first: 1, room: 10)
        let kernel = Kernel(rows: sources[2], generator: NoiseGenerator())
        var budget = try testBudget(1, 1e-9, .gaussian)
        // Longer rows than any bound of a Gram matrix allows.
        let long = [[Int32]](repeating: [1 << 13, 0, 0], count: 5)
        #expect(throws: PrivacyError.self) {
            try kernel.gram(
                of: [0, 0, 0, 0, 0], scores: long, bound: 9, spending: budget.take(.fraction(1, 9)))
        }
        // Noise that would wrap.
        var little = try testBudget(1e-3, 1e-9, .gaussian)
        #expect(throws: PrivacyError.self) {
            try kernel.measure([[0]], spending: little.take(.fraction(1, 8_000_000)))
        }
        #expect(kernel.transcript.releases.isEmpty)
        #expect("\(PrivacyError.notOnShares("a difference"))".contains("enclave"))
    }

    private static func askGram(_ kernel: Kernel, bound: Int) throws -> NoisyGram {
        var budget = try testBudget(1, 1e-9, .gaussian)
        return try kernel.gram(
            of: [0, 2], scores: [[-30, 0, 40], [-9, 0, 2, 4, 30]], bound: bound, spending: budget.take(.all))
    }

    @Test("where a shorter bound is asked for, the longest row takes its place: in entries, noise, record and replay")
    func unshortened() throws {
        let rows = Self.rows(300)
        let sources = try Self.sources(rows, first: 1, room: 400)
        let apart = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: .noiseLeftOut) { place, _ in
            let kernel = Kernel(rows: sources[place], generator: NoiseGenerator())
            return (gram: try Self.askGram(kernel, bound: 12), transcript: kernel.transcript)
        }
        // √(40² + 30²).
        let whole = try PlantedBug.$active.withValue(.noiseLeftOut) {
            try Self.askGram(Kernel(rows: testTable(Self.sizes, rows)), bound: 50)
        }
        for party in apart {
            #expect(party.gram.bound == 50 && party.gram.entries == whole.entries)
            #expect(party.gram.diagonalVariance >= 1.5 * whole.diagonalVariance)
            #expect(party.gram.diagonalVariance < 1.501 * whole.diagonalVariance)
            let replayed = Kernel(replaying: party.transcript, domain: sources[0].domain)
            #expect(try Self.askGram(replayed, bound: 12) == party.gram)
        }
        #expect(Kernel.longestRow([0, 2, 0], [[3, 0], [4, 4], [4, 1]]) == 7)
    }

    @Test("digits of a value are within its bound, whatever they are, and every value has some")
    func digits() {
        for bound: Int64 in [0, 1, 2, 3, 4, 5, 12, 13, 14, 40, 41, 1000, 1 << 30] {
            let weights = SignedDigits(upTo: bound).weights
            #expect(weights.reduce(0, +) == max(1, bound))
            guard bound <= 1000 else { continue }
            var reached: Set<Int64> = [0]
            for weight in weights { reached = Set(reached.flatMap { [$0 - weight, $0, $0 + weight] }) }
            #expect(reached == Set(-max(1, bound)...max(1, bound)))
        }
    }

    @Test("members' rows stand in the order of the keyed hash, whatever their order in a file, with padding behind")
    func aligned() throws {
        func figures(_ lines: [String]) throws -> [[Int64]] {
            let table = try readTable(
                lines.map { line in
                    let parts = line.split(separator: ",")
                    return (key: String(parts[0]), value: Int(parts[1]) ?? 0)
                }, rowsPerKey: 1, sizes: [])
            let rows = try PrivateTable(
                aligning: table, of: "Bank", members: ["b", "c", "d"].map { Array($0.utf8) }, room: 6
            ).rows
            #expect(rows.rowCount == 3 && rows.table.rowCount == 6)
            return [(0..<6).map { Int64(rows.table.columns[0][$0]) }] + rows.counts([[], [0]], further: [])
        }
        let one = try figures(["a,1", "b,1", "c,0", "d,1", "e,0"])
        #expect(one == (try figures(["e,0", "d,1", "b,1", "a,1", "c,0"])))
        #expect(one[1] == [3] && one[2] == [1, 2])
        #expect(one[0][3...].allSatisfy { $0 == 0 })
        let other = try readTable([(key: "a", value: 1)], rowsPerKey: 1, sizes: [])
        #expect(throws: PrivacyError.self) {
            _ = try PrivateTable(aligning: other, of: "Bank", members: [Array("b".utf8)], room: 3)
        }
    }
}
