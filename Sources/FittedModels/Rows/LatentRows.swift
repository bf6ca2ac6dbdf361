import Domains
import GraphicalModels
import LinearAlgebra
import Statistics
import Tables
import VectorMath

/// Draws the latent columns of rows: normals by word, a triangular product, the classes' shifts, then codes.
///
/// Row i of a seed is always the same. In balanced draws a stretch of rows is drawn together: its normals are
/// moved so that they have the model's correlations exactly, and each column's values so that they have its marginal
/// exactly (Latin hypercube sampling with dependence, Packham and Schmidt 2010).
struct LatentRows: Sendable {
    /// Rows that are drawn together. The strata of successive stretches are shifted by the golden ratio, so that many
    /// stretches meet a marginal nearly as finely as one long one would.
    static let stretch: UInt64 = 512
    private static let goldenStep: UInt64 = 0x9E37_79B9_7F4A_7C15

    private struct Column: Sendable {
        let place: Int
        let column: Int
        let cells: LatentCells
        let deviation: Float
        /// Codes that stand for no value, with the sum of their shares so far.
        let absent: [(code: UInt32, below: Double)]
        /// For each column with classes the shift of each of its codes.
        let shifts: [(column: Int, byCode: [Float])]

        var absentShare: Double { absent.last?.below ?? 0 }
    }

    private let copula: LatentNormals
    private let columns: [Column]
    private let factor: [Float]
    private let isBalanced: Bool
    private let conditions: LatentConditions?

    var isConditioned: Bool { conditions != nil }

    /// nil for a model without latent columns.
    ///
    /// - Parameter program: how the other columns are drawn, under the conditions.
    /// - Throws: `.impossibleConditions`, or `.conditionsTooRare` if exact draws would need too many attempts.
    init?(
        _ model: FittedModel, program: RowProgram, conditions: [(column: Int, code: Int)], draws: Draws
    ) throws(SynthesisError) {
        guard let copula = model.copula else { return nil }
        self.copula = copula
        factor = copula.factor.map { Float($0) }
        // Under conditions a column's marginal is another one, and nothing is balanced towards it.
        isBalanced = draws == .balanced && conditions.isEmpty
        let curves = try LatentCurves(copula, of: model)
        columns = copula.columns.enumerated().map { place, column in
            let domain = model.domain.columns[column]
            let shares = model.shares[column]
            let values = Array(shares.prefix(domain.valueCount))
            var below = 0.0
            var absent: [(code: UInt32, below: Double)] = []
            let sum = shares.reduce(0, +)
            for code in domain.valueCount..<max(domain.valueCount, domain.size) where sum > 0 && shares[code] > 0 {
                below += shares[code] / sum
                absent.append((UInt32(code), below))
            }
            return Column(
                place: place, column: column, cells: LatentCells(curve: curves.curves[place], masses: values),
                deviation: Float(copula.deviations[place]), absent: absent, shifts: curves.shifts[place])
        }
        let latent = try model.latentConditions(conditions)
        self.conditions =
            try latent.isEmpty
            ? nil : LatentConditions(latent, copula: copula, curves: curves, model: model, program: program)
    }

    /// The stretches that rows lie in.
    static func stretches(over range: Range<UInt64>) -> [Range<UInt64>] {
        var result: [Range<UInt64>] = []
        var start = range.lowerBound / stretch * stretch
        while start < range.upperBound {
            let (next, overflow) = start.addingReportingOverflow(stretch)
            result.append(start..<(overflow ? .max : next))
            start = overflow ? .max : next
        }
        return result
    }

    /// Rows that all meet the conditions.
    func conditioned(_ range: Range<UInt64>, _ streams: RowStreams) -> (columns: [[UInt32]], parts: [Int: [Float]]) {
        conditions?.rows(range, streams) ?? ([], [:])
    }

    /// Adds the latent columns of a whole stretch.
    func filled(
        _ visible: [[UInt32]], _ range: Range<UInt64>, _ streams: RowStreams
    ) -> (columns: [[UInt32]], parts: [Int: [Float]]) {
        var codes = visible
        var parts: [Int: [Float]] = [:]
        var block = NormalBlock(rows: range.count, columns: columns.count) { streams.words(.latent, $0, range) }
        let matched = isBalanced ? block.matchMoments(to: copula.factor, root: Self.root(of:)) : nil
        block.multiply(byLowerTriangle: matched ?? factor)
        for one in columns {
            if !one.shifts.isEmpty {
                block.scale(one.place, by: one.deviation)
                for shift in one.shifts { block.add(shift.byCode, at: visible[shift.column], to: one.place) }
            }
            let shares = one.cells.uniforms(of: block.column(one.place))
            let absent = absentRows(one, range, streams)
            var drawn: (codes: [UInt32], parts: [Float])
            if isBalanced {
                let shift = RowStreams.unit(
                    streams.words(.stretch, one.column, 0..<1)[0]
                        &+ range.lowerBound / Self.stretch &* Self.goldenStep)
                drawn = one.cells.stratified(shares, without: absent.map(\.row), shift: shift)
            } else {
                drawn = one.cells.cells(of: shares)
            }
            for (row, code) in absent { drawn.codes[Int(row)] = code }
            codes[one.column] = drawn.codes
            parts[one.column] = drawn.parts
        }
        return (codes, parts)
    }

    /// The Cholesky factor of a stretch's moments, both as lower triangles; nil unless every pivot is above 0.01.
    private static func root(of moments: [Double]) -> [Double]? {
        let order = Int((Double(2 * moments.count) + 0.25).squareRoot() - 0.5)
        guard let root = try? Matrix(order: order, lowerTriangle: moments).cholesky(),
            root.diagonal.allSatisfy({ $0 * $0 > 0.01 })
        else { return nil }
        return root.lowerTriangle
    }

    /// The rows of a stretch without a value, ascending, and what they have instead.
    private func absentRows(
        _ one: Column, _ range: Range<UInt64>, _ streams: RowStreams
    ) -> [(row: UInt32, code: UInt32)] {
        guard one.absentShare > 0 else { return [] }
        if !isBalanced {
            return streams.words(.presence, one.column, range).enumerated().compactMap { row, word in
                let share = Double(word >> 11) * 0x1p-53
                return one.absent.first { share < $0.below }.map { (UInt32(row), $0.code) }
            }
        }
        // At random places, so many that every run of stretches has the expected number, up or down to a whole one.
        let shift = Double(RowStreams.unit(streams.words(.presence, one.column, 0..<1)[0]))
        var generator = SplitMix64(state: streams.words(.stretch, one.column, range.prefix(1))[0])
        var order = (0..<UInt32(range.count)).map { $0 }
        var chosen: [(row: UInt32, code: UInt32)] = []
        for (code, below) in one.absent {
            let (start, end) = (Double(range.lowerBound) * below, Double(range.upperBound) * below)
            let wanted = min(Int((end + shift).rounded(.down) - (start + shift).rounded(.down)), range.count)
            while chosen.count < wanted {
                let other = chosen.count + generator.below(order.count - chosen.count)
                order.swapAt(chosen.count, other)
                chosen.append((order[chosen.count], code))
            }
        }
        return chosen.sorted { $0.row < $1.row }
    }
}

/// The distribution function of every latent number, and the shifts by the codes of visible columns.
struct LatentCurves: Sendable {
    /// For each latent column values at the points of `LatentCells`.
    let curves: [[Double]]
    let shifts: [[(column: Int, byCode: [Float])]]

    private static let sampleRows = 1 << 15
    private static let centres = 128

    init(_ copula: LatentNormals, of model: FittedModel) throws(SynthesisError) {
        let points = (0...LatentCells.steps).map {
            Double(LatentCells.reach) * (2 * Double($0) / Double(LatentCells.steps) - 1)
        }
        let standard = points.map { Normal.distribution($0) }
        let size = copula.columns.count
        let shifts = copula.columns.indices.map { place in
            copula.classes.map { one -> (column: Int, byCode: [Float]) in
                let attribute = model.attributes[one.attribute]
                return (
                    attribute.column,
                    (0..<model.domain.columns[attribute.column].size).map {
                        Float(one.means[attribute.group(of: $0) * size + place])
                    }
                )
            }
        }
        self.shifts = shifts
        guard !copula.classes.isEmpty else {
            curves = copula.columns.map { _ in standard }
            return
        }
        // The distribution of the shifts' sum has no closed form: an even sample of the visible columns stands for it.
        let program = try model.program(conditions: [])
        var generator = SplitMix64(state: 0x4C61_7465_6E74)
        let drawn = program.evenAttributes(count: Self.sampleRows, &generator)
        let visible = program.evenColumns(of: drawn, count: Self.sampleRows, &generator)
        curves = inParallel(size) { place in
            var sums = [Float](repeating: 0, count: Self.sampleRows)
            for shift in shifts[place] {
                for row in sums.indices { sums[row] += shift.byCode[Int(visible[shift.column][row])] }
            }
            return Self.curve(sums, deviation: copula.deviations[place], points)
        }
    }

    /// The mixture of normals around the sums, which are shared out among evenly spaced centres such that the mean stays.
    private static func curve(_ sums: [Float], deviation: Double, _ points: [Double]) -> [Double] {
        let (low, high) = (Double(sums.min() ?? 0), Double(sums.max() ?? 0))
        let step = max(high - low, 1e-9) / Double(centres - 1)
        var weights = [Double](repeating: 0, count: centres + 1)
        for sum in sums {
            let place = (Double(sum) - low) / step
            let lower = min(Int(place), centres - 1)
            weights[lower] += 1 - (place - Double(lower))
            weights[lower + 1] += place - Double(lower)
        }
        let total = weights.reduce(0, +)
        let used = weights.indices.filter { weights[$0] > 0 }
        return points.map { point in
            used.reduce(0) {
                $0 + weights[$1] / total * Normal.distribution((point - low - Double($1) * step) / deviation)
            }
        }
    }
}

extension RowStreams {
    /// In 0 ..< 1.
    static func unit(_ word: UInt64) -> Float { Float(word >> 40) * 0x1p-24 }
}
