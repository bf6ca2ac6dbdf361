import Dispatch
import Domains
import Foundation
import Synchronization
import Tables
import Testing
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// What every source of exact integers must do, whoever holds the rows: parts add up to what plain loops over all rows give.
struct IntegerSourceConformance {
    let domain: TableDomain
    let rows: [[Int]]
    /// One source a holder; what they hold together are the rows.
    let sources: [any IntegerSource]
    /// Whether parts are elements of a field, of 2³¹ − 1 for counts and of 2⁶¹ − 1 for values.
    var isField = false

    /// What is wrong; nothing for a source that may be used.
    func faults() throws -> [String] {
        var faults: [String] = []
        for source in sources where source.domain != domain { faults.append("another domain") }
        if Set(sources.map(\.rowsPerKey)).count > 1 { faults.append("holders differ in the rows of a unit") }
        let map: [UInt32] = (0..<domain.sizes[1]).map { UInt32($0 % 2 == 0 ? 1 : 0) }
        let maps: [(of: Int, map: [UInt32])] = [
            (1, map), (0, [0] + [UInt32](repeating: 1, count: domain.sizes[0] - 1)),
        ]
        let further = maps.map { FurtherAttribute.grouping(of: $0.of, map: $0.map) }
        let sizes = domain.sizes + maps.map { Int($0.map.max() ?? 0) + 1 }
        let columns = domain.sizes.count
        let cliques = [[], [0], [1], [0, 1], [0, 2], [0, 1, 2], [columns], [0, columns], [2, columns + 1]]
        func code(_ row: [Int], _ attribute: Int) -> Int {
            attribute < columns
                ? row[attribute]
                : Int(maps[attribute - columns].map[row[maps[attribute - columns].of]])
        }
        var expected = cliques.map { clique in [Int64](repeating: 0, count: clique.reduce(1) { $0 * sizes[$1] }) }
        for row in rows {
            for (place, clique) in cliques.enumerated() {
                expected[place][clique.reduce(0) { $0 * sizes[$1] + code(row, $1) }] += 1
            }
        }
        // Twice, since a source may keep what it counted.
        for _ in 0..<2 where try sum(asked { try $0.counts(cliques, further: further) }, .counts) != expected {
            faults.append("tables of counts")
        }
        if try !asked({ try $0.counts([], further: []) }).allSatisfy(\.isEmpty) {
            faults.append("tables that nobody asked for")
        }

        // Sums within 31 bits, and beyond them.
        for (column, unit, groups) in [
            (2, 1, []), (2, 1, [0]), (2, 1, [0, 1]), (0, 1 << 26, [1]), (1, 1 << 26, [0, 2]), (0, 1 << 26, [0, 1, 2]),
        ] as [(Int, Int64, [Int])] {
            let values: [Int64] = (0..<domain.sizes[column]).map { (Int64($0 * $0) - 5) * unit }
            var sums = [Int64](repeating: 0, count: groups.reduce(1) { $0 * domain.sizes[$1] })
            for row in rows { sums[groups.reduce(0) { $0 * domain.sizes[$1] + row[$1] }] += values[row[column]] }
            if try sum(asked { try [$0.sums(values, of: column, by: groups)] }, .values) != [sums] {
                faults.append("sums of \(column) by \(groups)")
            }
        }

        // Several features of one column, in any order of columns.
        let features = [2, 0, 2, 1]
        let scores: [[Int16]] = features.enumerated().map { place, column in
            (0..<domain.sizes[column]).map { Int16((place + 3) * $0 * 500) - 4000 }
        }
        var gram = [Int64](repeating: 0, count: 16)
        for row in rows {
            let z = zip(features, scores).map { Int64($1[row[$0]]) }
            for i in 0..<4 { for j in 0...i { gram[4 * i + j] += z[i] * z[j] } }
        }
        // A bound that shortens no row.
        let found = try sum(asked { try [$0.gram(features, scores, bound: 1 << 14)] }, .values)
        if found != [gram] { faults.append("Gram matrix") }
        return faults
    }

    /// What each source answers; each is asked on a thread of its own, for it may wait for the others.
    private func asked<Answer: Sendable>(
        _ question: @escaping @Sendable (any IntegerSource) throws -> Answer
    ) throws -> [Answer] {
        let answers = Mutex<[Int: Result<Answer, any Error>]>([:])
        let group = DispatchGroup()
        // A planted bug is the task's.
        let bug = PlantedBug.active
        for (place, source) in sources.enumerated() {
            group.enter()
            Thread.detachNewThread {
                let answer = PlantedBug.$active.withValue(bug) { Result { try question(source) } }
                answers.withLock { $0[place] = answer }
                group.leave()
            }
        }
        group.wait()
        return try answers.withLock { answers in try sources.indices.map { try answers[$0]!.get() } }
    }

    private func sum(_ parts: [[[Int64]]], _ kind: FigureKind) -> [[Int64]] {
        var whole = parts.first ?? []
        for part in parts.dropFirst() {
            guard part.map(\.count) == whole.map(\.count) else { return [] }
            for table in part.indices { for cell in part[table].indices { whole[table][cell] += part[table][cell] } }
        }
        guard isField else { return whole }
        return whole.map {
            $0.map { sum in
                kind == .counts
                    ? PrimeField.number(PrimeField.element(sum)) : WideField.number(WideField.element(sum))
            }
        }
    }
}

@Suite("Sources of exact integers")
struct IntegerSourceTests {
    private static let sizes = [3, 4, 5]

    private static func rows(_ count: Int, _ seed: UInt64) -> [[Int]] {
        var generator = SplitMix64(state: seed)
        return (0..<count).map { _ in sizes.map { Int(generator.next() % UInt64($0)) } }
    }

    private static func padded(_ rows: [[Int]], to count: Int) throws -> PrivateRows {
        let domain = try testDomain(sizes)
        let filled = rows + [[Int]](repeating: [0, 0, 0], count: count - rows.count)
        let columns = try sizes.indices.map { place in
            try CodedColumn(.words(filled.map { UInt32($0[place]) }), domainSize: sizes[place])
        }
        return PrivateRows(
            domain: domain, table: try CodedTable(columns: columns), rowsPerKey: 1, rowCount: rows.count)
    }

    @Test("rows in one place, padded or not, conform")
    func alone() throws {
        for (count, room) in [(0, 0), (0, 10), (1, 1), (700, 700), (700, 1000)] {
            let rows = Self.rows(count, 3)
            let source = try Self.padded(rows, to: room)
            #expect(try IntegerSourceConformance(domain: source.domain, rows: rows, sources: [source]).faults() == [])
            #expect(source.holders == .one)
            #expect(source.whole(of: [[1, 2], [3]], .counts, answering: "") == [[1, 2], [3]])
        }
    }

    @Test("the parts of several holders conform, however the rows are spread")
    func spread() throws {
        for spread in [[700], [300, 400], [0, 700, 0], [1, 2, 3, 4, 690]] {
            var rest = Self.rows(700, 4)
            let all = rest
            let sources = try spread.map { count -> any IntegerSource in
                defer { rest.removeFirst(count) }
                return SharedRows(
                    try Self.padded(Array(rest.prefix(count)), to: 800),
                    Alone(holders: NoiseHolders(count: spread.count, colluding: 1)))
            }
            #expect(
                try IntegerSourceConformance(domain: sources[0].domain, rows: all, sources: sources).faults() == [])
        }
    }

    /// A table of a file, of the domain that `testDomain` makes.
    static func streamed(
        _ rows: @escaping @Sendable () -> [[Int]], digest: @escaping @Sendable () -> [UInt8] = { [] }
    ) throws -> StreamedTable {
        let fields = sizes.enumerated().map { place, size in
            Field(
                name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
                constraints: Constraints(required: true))
        }
        let schema = TableSchema(fields: fields)
        return try StreamedTable(
            domain: TableDomain(schema: schema, keyColumns: []), schema: schema,
            limits: TableLimits(bytes: .max, rows: .max)
        ) { reader in
            let lines = [fields.map(\.name).joined(separator: ",")] + rows().map { "\($0[0]),\($0[1]),\($0[2])" }
            try reader.consume(Array(lines.joined(separator: "\n").utf8))
            _ = try reader.finish()
            return digest()
        }
    }

    @Test("rows that are read anew for each question conform, in one block and in many", arguments: [1, 700, 150_000])
    func blocks(count: Int) throws {
        let rows = Self.rows(count, 6)
        let table = try Self.streamed { rows }
        #expect(table.rowCount == count)
        let source = try BlockRows(table, nil)
        #expect(try IntegerSourceConformance(domain: source.domain, rows: rows, sources: [source]).faults() == [])
        #expect(source.holders == .one)
        #expect(source.whole(of: [[1, 2], [3]], .counts, answering: "") == [[1, 2], [3]])
        try source.checkRead()
        // Whoever has them is alone with them.
        #expect(throws: PrivacyError.rowsAreGone) { _ = try BlockRows(table, nil) }
    }

    private static func refusal(of kernel: Kernel, _ budget: consuming Budget) -> PrivacyError? {
        do throws(PrivacyError) {
            _ = try kernel.measure([[0, 1]], spending: budget)
            return nil
        } catch {
            return error
        }
    }

    @Test("where a file is no longer what was checked nothing is released, then or later, and it counts as spent")
    func changed() throws {
        let rows = Self.rows(40, 7)
        let calls = Mutex(0)
        for change in 0..<3 {
            calls.withLock { $0 = 0 }
            let table = try Self.streamed {
                let call = calls.withLock {
                    $0 += 1
                    return $0
                }
                // Another row, a row less, and bytes that are another file's though the rows are the same.
                if call == 2, change == 0 { return Array(rows.dropLast()) + [[9, 9, 9]] }
                return call == 2 && change == 1 ? Array(rows.dropLast()) : rows
            } digest: {
                calls.withLock { $0 } == 2 && change == 2 ? [1] : [0]
            }
            let recorded = Mutex(0)
            let kernel = try Kernel(blocks: table) { _ in recorded.withLock { $0 += 1 } }
            var budget = try Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .zeroConcentrated)
            for _ in 0..<2 {
                let refusal = Self.refusal(of: kernel, try budget.take(.fraction(1, 4)))
                let isChange = if case .rowsChanged = refusal { true } else { false }
                #expect(isChange, "\(change)")
            }
            #expect(recorded.withLock { $0 } == 0)
            #expect(kernel.transcript.releases.isEmpty)
        }
    }

    /// Counts by plain loops, as a cluster would, and goes wrong where it is told to.
    private final class PlainCounter: ExactCounter {
        enum Fault { case none, shape, totals, negative, fails }

        let domain: TableDomain
        let rowsPerKey = 1
        let rows: [[Int]]
        let fault = Mutex(Fault.none)

        init(_ rows: [[Int]]) throws {
            self.rows = rows
            domain = try testDomain(sizes)
        }

        func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws -> [[Int64]] {
            let fault = fault.withLock { $0 }
            if fault == .fails { throw PrivacyError.notRecorded("the cluster went away") }
            let sizes = domain.sizes + further.map(\.size)
            let rows = rows.map { row in
                further.reduce(into: row) { row, attribute in
                    if case .grouping(let of, let map) = attribute { row.append(Int(map[row[of]])) }
                }
            }
            var tables = cliques.map { clique in
                var table = [Int64](repeating: 0, count: clique.reduce(1) { $0 * sizes[$1] })
                for row in rows { table[clique.reduce(0) { $0 * sizes[$1] + row[$1] }] += 1 }
                return table
            }
            switch fault {
            case .shape: tables[0].append(0)
            case .totals: tables[tables.count - 1][0] += 1
            case .negative: (tables[0][0], tables[0][1]) = (-1, tables[0][1] + tables[0][0] + 1)
            case .none, .fails: break
            }
            return tables
        }

        func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws -> [Int64] {
            if fault.withLock({ $0 }) == .shape { return [] }
            let cells = groups.reduce(1) { $0 * domain.sizes[$1] }
            var sums = [Int64](repeating: 0, count: cells)
            for row in rows { sums[groups.reduce(0) { $0 * domain.sizes[$1] + row[$1] }] += values[row[attribute]] }
            return sums
        }

        func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws -> [Int64] {
            let columns = domain.sizes.indices.map { place in
                CodeArray(narrowing: rows.map { UInt32($0[place]) }, below: domain.sizes[place])!
            }
            return gramSums(columns, attributes: attributes, scores: scores, bound: bound)
        }
    }

    @Test("rows that are counted elsewhere conform", arguments: [0, 1, 700])
    func elsewhere(count: Int) throws {
        let rows = Self.rows(count, 8)
        let source = CountedElsewhere(try PlainCounter(rows))
        #expect(try IntegerSourceConformance(domain: source.domain, rows: rows, sources: [source]).faults() == [])
        #expect(source.holders == .one)
        try source.checkRead()
    }

    @Test(
        "a counter that fails, or whose tables lack cells or rows, releases nothing, then or later, and it counts as spent"
    )
    func elsewhereFails() throws {
        for fault in [PlainCounter.Fault.shape, .totals, .negative, .fails] {
            let counter = try PlainCounter(Self.rows(40, 9))
            let recorded = Mutex(0)
            let kernel = Kernel(countedBy: counter) { _ in recorded.withLock { $0 += 1 } }
            var budget = try Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .zeroConcentrated)
            for now in [fault, .none] {
                counter.fault.withLock { $0 = now }
                let slice = try budget.take(.fraction(1, 4))
                var refusal: PrivacyError?
                do throws(PrivacyError) { _ = try kernel.measure([[0, 1], [2]], spending: slice) } catch {
                    refusal = error
                }
                let isRefused = if case .notCounted = refusal { true } else { false }
                #expect(isRefused, "\(fault)")
            }
            #expect(recorded.withLock { $0 } == 0)
            #expect(kernel.transcript.releases.isEmpty)
        }
    }

    @Test("a source that leaves a row out, counts padding or forgets a grouping does not conform")
    func planted() throws {
        let rows = Self.rows(50, 5)
        let short = try Self.padded(Array(rows.dropLast()), to: 50)
        #expect(try IntegerSourceConformance(domain: short.domain, rows: rows, sources: [short]).faults().count >= 3)
        let source = try Self.padded(rows, to: 60)
        #expect(
            try PlantedBug.$active.withValue(.paddingCounted) {
                try IntegerSourceConformance(domain: source.domain, rows: rows, sources: [source]).faults()
            }.count >= 3)
        let twice = try [Self.padded(rows, to: 50), Self.padded(rows, to: 50)]
        #expect(try IntegerSourceConformance(domain: source.domain, rows: rows, sources: twice).faults().count >= 3)
    }
}

/// An opening of which nobody else is: what it gets is what it gives.
struct Alone: SumOpening {
    var holders: NoiseHolders

    func open(_ part: [Int64], question: String) throws -> [Int64] { part }
}
