import Domains
import GraphicalModels
import PrivacyKernel
import Tables
import VectorMath

/// Rows that represent a model more evenly than independent draws would.
///
/// Many candidates are drawn evenly and weighted by the corrections. Each of a few blocks is then chosen from them on its
/// own, such that its one- and two-way marginals stay near the weighted ones. Inside a block rows are in the order of
/// repeated halving into halves that resemble the whole, so that every stretch of rows is balanced, not only a block.
public struct RepresentativeRows: Sendable, Equatable {
    /// Number of blocks; a seed decides in which order they come.
    public static let blockCount = 4
    /// Rows of one block: the table's number of rows, or that times or over a power of two.
    public let blockSize: Int
    /// The number of rows of all blocks together.
    public var count: Int { blockSize * RepresentativeRows.blockCount }
    /// For each column that is not derived its codes; empty for the others.
    let columns: [[UInt32]]

    /// Least number of candidates for each row of a block.
    private static let candidatesPerRow = 2
    /// The same where weights make some candidates count for little.
    private static let weightedCandidatesPerRow = 10
    private static let leastCandidates = 1 << 15
    private static let leastWeightedCandidates = 400_000
    private static let candidateLimit = 1 << 20
    private static let leastBlock = 1 << 12
    private static let mostBlock = 1 << 16
    /// Up to this many columns all pairs are watched; beyond it, the measured pairs.
    private static let columnsWithAllPairs = 32
    /// A pair with more cells is not watched, nor more cells than this of all pairs: the model's table of each is made. Columns of
    /// so many codes are balanced one by one.
    private static let mostPairCells = 1 << 22
    private static let mostCells = 1 << 26
    /// A column with more codes is watched by groups of its codes.
    fileprivate static let watchedCodes = 128
    /// Stretches shorter than this are in random order.
    static let shortestStretch = 512

    init(blockSize: Int, columns: [[UInt32]]) {
        self.blockSize = blockSize
        self.columns = columns
    }

    /// How many rows a block of a model of so many rows has: the total times or over a power of two, so that a sample of
    /// the size of the table is a balanced part or multiple of them.
    static func blockSize(forTotal total: Double) -> Int {
        var count = max(1, min(total, 1e15).rounded())
        while count < Double(leastBlock) { count *= 2 }
        while count > Double(mostBlock) { count /= 2 }
        return Int(count.rounded())
    }

    /// How many candidates a block is chosen from.
    static func candidates(forBlock size: Int, isWeighted: Bool) -> Int {
        let wanted =
            isWeighted
            ? max(weightedCandidatesPerRow * size, leastWeightedCandidates)
            : max(candidatesPerRow * size, leastCandidates)
        return min(wanted, candidateLimit)
    }

    /// - Parameters:
    ///   - pairs: sets of attributes whose marginals were measured.
    ///   - sums: sums that the chosen rows are to keep, beside those that the program has tilts for.
    ///   - weigh: the weight of each candidate, given the codes of its attributes and of its columns; nil for the program's
    ///     corrections and tilts.
    init(
        _ program: RowProgram, blockSize: Int, pairs: [[Int]], sums: [MeasuredSums] = [],
        weigh: ((_ attributes: [[UInt32]], _ columns: [[UInt32]]) -> [Double])? = nil
    ) {
        let hidden = program.latent.union(program.derivations.keys)
        guard program.domain.columns.indices.contains(where: { !hidden.contains($0) }) else {
            self.init(blockSize: 1, columns: program.domain.columns.map { _ in [] })
            return
        }
        var generator = SplitMix64(state: 0x456E_7472_6570_6F74)
        let isWeighted = weigh != nil || program.isWeighted
        let candidates = Self.candidates(forBlock: blockSize, isWeighted: isWeighted)
        let codes = program.evenAttributes(count: candidates, &generator)
        let columns = program.evenColumns(of: codes, count: candidates, &generator)
        let weights = weigh?(codes, columns) ?? RepresentativeRows.weights(program, codes, columns)
        self.init(
            columns, weights: weights, isWeighted: isWeighted, blockSize: blockSize, program: program, pairs: pairs,
            sums: isWeighted ? program.tilts.map(\.measured) + sums : [], &generator)
    }

    private init(
        _ columns: [[UInt32]], weights: [Double], isWeighted: Bool, blockSize: Int, program: RowProgram,
        pairs: [[Int]], sums: [MeasuredSums], _ generator: inout SplitMix64
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
        watchedPairs = RepresentativeRows.affordable(
            watchedPairs, sizes: modelled.map { program.domain.columns[$0].size })
        let bands = SumBands(sums, columns: columns, program: program, weights: weights)
        let balancer = RowBalancer(
            columns: watched.map(\.codes) + bands.columns, sizes: watched.map(\.size) + bands.sizes,
            pairs: watchedPairs + bands.pairs.map { ($0 + watched.count, $1 + watched.count) })
        let sum = weights.reduce(0, +)
        let expected = weights.map { sum > 0 ? $0 / sum * Double(blockSize) : 0 }
        // Weighted candidates are the model; without weights their own chance deviations from it are made good.
        let shortfall =
            isWeighted
            ? nil
            : balancer.shortfall(
                expected: expected,
                wanted: RepresentativeRows.expectedCounts(
                    program, columns: modelled, watched, pairs: watchedPairs, total: Double(blockSize)))
        let seeds = (0..<RepresentativeRows.blockCount).map { _ in generator.next() }
        let blocks = inParallel(seeds.count) { block in
            RepresentativeRows.block(
                of: blockSize, expected: expected, shortfall, balancer, SplitMix64(state: seeds[block]))
        }
        let order = blocks.flatMap { $0 }
        self.init(
            blockSize: blockSize,
            columns: columns.map { codes in
                if codes.isEmpty { return [] }
                var kept = [UInt32](repeating: 0, count: order.count)
                gather(codes, at: order, into: &kept)
                return kept
            })
    }

    /// One balanced block of rows in balanced order.
    private static func block(
        of size: Int, expected: [Double], _ shortfall: RowBalancer.Shortfall?, _ balancer: RowBalancer,
        _ seeded: SplitMix64
    ) -> [UInt32] {
        var generator = seeded
        let copies = balancer.copies(
            expected: expected, order: generator.permutation(expected.count), shortfall: shortfall)
        var chosen: [UInt32] = []
        chosen.reserveCapacity(size + 16)
        for row in generator.permutation(copies.count) {
            for _ in 0..<copies[Int(row)] { chosen.append(row) }
        }
        // The walk ends within a few rows of the count.
        while chosen.count > size { chosen.removeLast() }
        while chosen.count < size { chosen.append(UInt32(generator.below(copies.count))) }
        return balancer.halvingOrder(chosen, shortest: shortestStretch)
    }

    /// The pairs whose tables are made: those with the fewest cells, in the order given.
    static func affordable(_ pairs: [(Int, Int)], sizes: [Int]) -> [(Int, Int)] {
        func cells(_ pair: (Int, Int)) -> Int {
            let (product, overflow) = sizes[pair.0].multipliedReportingOverflow(by: sizes[pair.1])
            return overflow ? .max : product
        }
        var left = mostCells
        var most = mostPairCells
        for count in pairs.map(cells).sorted() where count <= most {
            if count > left {
                // This one and larger ones.
                most = count - 1
            } else {
                left -= count
            }
        }
        return pairs.filter { cells($0) <= most }
    }

    /// The model's counts of every watched column and pair.
    private static func expectedCounts(
        _ program: RowProgram, columns: [Int], _ watched: [WatchedCodes], pairs: [(Int, Int)], total: Double
    ) -> [[Double]] {
        let parts = zip(columns, watched).map { WatchedParts(program, column: $0, $1) }
        let scale = total / program.model.total
        let attributes = columns.map { program.finest[$0] }
        let ones = parts.indices.map { place in
            parts[place].summed(
                attributes[place].map { program.model.marginal([$0]).values.map { $0 * scale } } ?? [total], rows: 1)
        }
        let joint = pairs.map { a, b in [attributes[a], attributes[b]].compactMap { $0 } }
        let asked = joint.filter { $0.count == 2 }
        var found = program.model.marginals(of: asked).makeIterator()
        let tables = zip(pairs, joint).map { pair, set -> [Double] in
            let (a, b) = pair
            guard set.count == 2, let marginal = found.next() else {
                return ones[a].flatMap { first in ones[b].map { first * $0 / total } }
            }
            let values = marginal.values.map { $0 * scale }
            let (sizeA, sizeB) = (parts[a].groupCount, parts[b].groupCount)
            let ordered = marginal.attributes == set ? values : transposed(values, rows: sizeB, columns: sizeA)
            let summed = parts[b].summed(ordered, rows: sizeA)
            let turned = transposed(summed, rows: sizeA, columns: parts[b].size)
            return transposed(
                parts[a].summed(turned, rows: parts[b].size), rows: parts[b].size, columns: parts[a].size)
        }
        return ones + tables
    }

    private static func transposed(_ values: [Double], rows: Int, columns: Int) -> [Double] {
        var result = [Double](repeating: 0, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
        }
        return result
    }

    /// exp of the sum of the corrections and tilts of each candidate.
    static func weights(_ program: RowProgram, _ codes: [[UInt32]], _ columns: [[UInt32]]) -> [Double] {
        let count = codes.first { !$0.isEmpty }?.count ?? columns.first { !$0.isEmpty }?.count ?? 0
        var logs = [Double](repeating: 0, count: count)
        for correction in program.corrections {
            guard let cells = program.rowIndex(correction.attributes, given: codes, count: count) else { continue }
            for (row, cell) in cells.enumerated() { logs[row] += correction.values[Int(cell)] }
        }
        program.addTilts(to: &logs, columns: columns)
        let largest = logs.max() ?? 0
        return logs.map { exponential($0 - largest) }
    }
}

/// Tables that keep sums: the cells of a sum by bands of about equal parts of it, so that both how many rows of a cell are
/// chosen and how large their values are stay near what is expected.
private struct SumBands {
    private(set) var columns: [[UInt8]] = []
    private(set) var sizes: [Int] = []
    private(set) var pairs: [(Int, Int)] = []

    private static let bandCount = 16
    /// Most cells of a watched column.
    private static let mostCells = 256

    init(_ sums: [MeasuredSums], columns codes: [[UInt32]], program: RowProgram, weights: [Double]) {
        guard !sums.isEmpty else { return }
        let all = program.withDerived(codes)
        var cellColumns: [[Int]: Int] = [:]
        var bandColumns: [SumQuestion: Int] = [:]
        for one in sums where !one.question.groups.isEmpty && one.figures.count <= Self.mostCells {
            guard let cells = one.cells(of: all, sizes: program.domain.sizes, count: weights.count) else { continue }
            let cell = cellColumns[one.question.groups] ?? columns.count
            if cell == columns.count {
                append(cells.map { UInt8(truncatingIfNeeded: $0) }, size: one.figures.count)
                cellColumns[one.question.groups] = cell
            }
            let key = SumQuestion(
                attribute: one.question.attribute, values: one.question.values, clamp: one.question.clamp)
            guard !one.isCount, all[key.attribute].count == weights.count else { continue }
            let band = bandColumns[key] ?? columns.count
            if band == columns.count {
                let values = key.values.indices.map { abs(one.value(of: $0)) }
                let parts = WatchedCodes(
                    all[key.attribute], size: key.values.count,
                    weights: zip(all[key.attribute], weights).map { values[Int($0)] * $1 }, limit: Self.bandCount)
                append(parts.codes, size: parts.size)
                bandColumns[key] = band
            }
            pairs.append((cell, band))
        }
    }

    private mutating func append(_ column: [UInt8], size: Int) {
        columns.append(column)
        sizes.append(size)
    }
}

/// The codes of a column, or groups of its codes of about equal weight where they are many.
private struct WatchedCodes {
    var codes: [UInt8]
    var size: Int
    /// What each code of the column is watched as.
    var group: [UInt8]

    init(_ codes: [UInt32], size: Int, weights: [Double], limit: Int = RepresentativeRows.watchedCodes) {
        guard size > limit else {
            self.codes = codes.map { UInt8(truncatingIfNeeded: $0) }
            self.size = size
            group = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            return
        }
        var mass = [Double](repeating: 0, count: size)
        for (row, code) in codes.enumerated() { mass[Int(code)] += weights[row] }
        let quota = mass.reduce(0, +) / Double(limit)
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
        self.group = group
    }
}

/// Which part of each group of a column's attribute is watched as what.
private struct WatchedParts {
    let groupCount: Int
    let size: Int
    private let entries: [(group: Int, watched: Int, part: Double)]

    init(_ program: RowProgram, column: Int, _ watched: WatchedCodes) {
        let groupCount = program.finest[column].map { program.attributes[$0].size } ?? 1
        self.groupCount = groupCount
        size = watched.size
        guard let within = program.within[column] else {
            entries = watched.group.enumerated().map { (groupCount == 1 ? 0 : $0.offset, Int($0.element), 1) }
            return
        }
        entries = (0..<within.rowCount).flatMap { row in
            (within.offsets[row]..<within.offsets[row + 1]).map { entry in
                (row, Int(watched.group[Int(within.codes[entry])]), within.probabilities[entry])
            }
        }
    }

    /// A table of so many rows over the attribute's groups, summed into what is watched.
    func summed(_ table: [Double], rows: Int) -> [Double] {
        var result = [Double](repeating: 0, count: rows * size)
        for row in 0..<rows {
            for (group, watched, part) in entries {
                result[row * size + watched] += part * table[row * groupCount + group]
            }
        }
        return result
    }
}
