import GraphicalModels
import Tables
import VectorMath

/// Rows that stand for a model more evenly than independent draws would.
///
/// Many candidates are drawn evenly, weighted by the corrections, and so many kept that every one- and two-way marginal
/// stays near the weighted one. Their order is that of repeated halving into halves that resemble the whole, so that
/// every stretch of rows is balanced, not only all of them.
public struct RepresentativeRows: Sendable, Equatable {
    public let count: Int
    /// For each column that is not derived its codes; empty for the others.
    let columns: [[UInt32]]

    /// Candidates are at least so many times as many as the rows that stay.
    private static let candidatesPerRow = 4
    private static let candidateLimit = 1 << 20
    private static let leastRows = 1 << 15
    private static let mostRows = 1 << 18
    /// All pairs of so many columns are watched; of more columns, the measured ones.
    private static let columnsWithAllPairs = 32
    /// A column with more codes is watched by groups of its codes.
    fileprivate static let watchedCodes = 128
    /// Stretches shorter than this are in random order.
    static let shortestStretch = 32

    init(count: Int, columns: [[UInt32]]) {
        self.count = count
        self.columns = columns
    }

    /// How many rows a model of so many rows keeps: the total times or over a power of two, so that a sample of
    /// the size of the table is a balanced part or multiple of them.
    static func count(forTotal total: Double) -> Int {
        var count = max(1, min(total, 1e15).rounded())
        while count < Double(leastRows) { count *= 2 }
        while count > Double(mostRows) { count /= 2 }
        return Int(count.rounded())
    }

    /// - Parameters:
    ///   - pairs: sets of attributes whose marginals were measured.
    ///   - weigh: the weight of each candidate, given the codes of its attributes; nil for the program's corrections.
    init(_ program: RowProgram, count: Int, pairs: [[Int]], weigh: (([[UInt32]]) -> [Double])? = nil) {
        var generator = SplitMix(0x456E_7472_6570_6F74)
        let candidates = min(
            max(RepresentativeRows.candidatesPerRow * count, 200_000), RepresentativeRows.candidateLimit)
        let codes = program.evenAttributes(count: candidates, &generator)
        let columns = program.evenColumns(of: codes, count: candidates, &generator)
        let weights = weigh?(codes) ?? RepresentativeRows.weights(program, codes, count: candidates)
        self.init(columns, weights: weights, count: count, program: program, pairs: pairs, &generator)
    }

    private init(
        _ columns: [[UInt32]], weights: [Double], count: Int, program: RowProgram, pairs: [[Int]],
        _ generator: inout SplitMix
    ) {
        let modelled = columns.indices.filter { !columns[$0].isEmpty }
        let watched = modelled.map {
            WatchedCodes(columns[$0], size: program.domain.columns[$0].size, weights: weights)
        }
        var watchedPairs: [(Int, Int)] = []
        let measured = Set(
            pairs.filter { $0.count > 1 }.flatMap { set in
                let places = Set(set.map { program.attributes[$0].column }).sorted()
                return places.flatMap { a in places.filter { $0 > a }.map { [a, $0] } }
            })
        for a in modelled.indices {
            for b in modelled.indices.dropFirst(a + 1)
            where modelled.count <= RepresentativeRows.columnsWithAllPairs
                || measured.contains([modelled[a], modelled[b]])
            {
                watchedPairs.append((a, b))
            }
        }
        let balancer = RowBalancer(columns: watched.map(\.codes), sizes: watched.map(\.size), pairs: watchedPairs)
        let sum = weights.reduce(0, +)
        let scale = sum > 0 ? Double(count) / sum : 0
        let copies = balancer.copies(
            expected: weights.map { $0 * scale }, order: generator.permutation(weights.count))
        var chosen: [UInt32] = []
        chosen.reserveCapacity(count + 16)
        for row in generator.permutation(weights.count) {
            for _ in 0..<copies[Int(row)] { chosen.append(row) }
        }
        // The walk ends within a few rows of the count.
        while chosen.count > count { chosen.removeLast() }
        while chosen.count < count { chosen.append(UInt32(generator.below(weights.count))) }
        let order = balancer.halvingOrder(chosen, shortest: RepresentativeRows.shortestStretch)
        self.init(
            count: count,
            columns: columns.map { codes in
                if codes.isEmpty { return [] }
                var kept = [UInt32](repeating: 0, count: order.count)
                gather(codes, at: order, into: &kept)
                return kept
            })
    }

    /// exp of the sum of the corrections of each candidate.
    private static func weights(_ program: RowProgram, _ codes: [[UInt32]], count: Int) -> [Double] {
        var logs = [Double](repeating: 0, count: count)
        for correction in program.corrections {
            guard let cells = program.rowIndex(correction.attributes, given: codes, count: count) else { continue }
            for (row, cell) in cells.enumerated() { logs[row] += correction.values[Int(cell)] }
        }
        let largest = logs.max() ?? 0
        if program.corrections.isEmpty { return [Double](repeating: 1, count: count) }
        return logs.map { exponential($0 - largest) }
    }
}

/// The codes of a column, or groups of its codes of about equal weight where they are many.
private struct WatchedCodes {
    var codes: [UInt8]
    var size: Int

    init(_ codes: [UInt32], size: Int, weights: [Double]) {
        guard size > RepresentativeRows.watchedCodes else {
            self.codes = codes.map { UInt8(truncatingIfNeeded: $0) }
            self.size = size
            return
        }
        var mass = [Double](repeating: 0, count: size)
        for (row, code) in codes.enumerated() { mass[Int(code)] += weights[row] }
        let quota = mass.reduce(0, +) / Double(RepresentativeRows.watchedCodes)
        var group = [UInt8](repeating: 0, count: size)
        var next: UInt8 = 0
        var filled = 0.0
        for code in 0..<size {
            if filled > 0 && filled + mass[code] > quota && next < .max {
                next += 1
                filled = 0
            }
            filled += mass[code]
            group[code] = next
        }
        self.codes = codes.map { group[Int($0)] }
        self.size = Int(next) + 1
    }
}
