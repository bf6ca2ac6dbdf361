import Domains
import LinearAlgebra
import Statistics
import Tables
import VectorMath

/// Rows of which some latent columns have given codes, from the model's distribution given them.
///
/// Proposals: classes from the graphical model, then the conditioned latent numbers one after the other, each from its
/// normal cut to the code's interval, given those before (Geweke, Hajivassiliou and Keane). A proposal is accepted with
/// the product of the intervals' probabilities over a bound of it: what is accepted has the conditional law exactly. With
/// one condition and no classes every proposal is.
struct LatentConditions: Sendable {
    /// The interval of a latent number, or that there is no value.
    struct Condition: Sendable {
        /// Place among the latent columns.
        let place: Int
        let codes: Set<Int>
        /// Bounds of the latent number; nil if a code that stands for no value is asked for.
        let interval: (lower: Double, upper: Double)?
    }

    private let intervals: [Condition]
    private let absent: [Condition]
    private let copula: LatentNormals
    private let curves: LatentCurves
    private let domain: TableDomain
    private let shares: [[Double]]
    private let cells: [LatentCells]
    private let drawing: RowDrawing
    /// Latent columns in the order in which they are drawn: conditioned ones first.
    private let order: [Int]
    /// Cholesky factor in that order, packed.
    private let factor: [Double]
    /// No product of probabilities is larger.
    private let bound: Double
    /// Proposals a row.
    private let attempts: UInt64

    private static let mostAttempts: UInt64 = 4096
    private static let trials: UInt64 = 8192

    init(
        _ conditions: [(place: Int, codes: Set<Int>)], copula: LatentNormals, curves: LatentCurves, model: FittedModel,
        program: RowProgram
    ) throws(SynthesisError) {
        self.copula = copula
        self.curves = curves
        domain = model.domain
        shares = model.shares
        cells = copula.columns.enumerated().map { place, column in
            LatentCells(
                curve: curves.curves[place],
                masses: Array(model.shares[column].prefix(model.domain.columns[column].valueCount)))
        }
        drawing = RowDrawing(program)
        var known: [Condition] = []
        for (place, codes) in conditions {
            known.append(try Self.condition(place, codes, copula, curves, model))
        }
        intervals = known.filter { $0.interval != nil }
        absent = known.filter { $0.interval == nil }
        let first = intervals.map(\.place)
        let order = first + copula.columns.indices.filter { !first.contains($0) }
        self.order = order
        factor = try Self.factor(copula, order)
        var bound = 1.0
        var row = 0
        for (rank, one) in intervals.enumerated() {
            let deviation = copula.deviations[one.place] * factor[row + rank]
            if let interval = one.interval {
                // A normal has most of its mass in an interval that it is centred on.
                bound *= 2 * Normal.distribution((interval.upper - interval.lower) / (2 * deviation)) - 1
            }
            row += rank + 1
        }
        self.bound = bound
        guard bound > 0 else { throw .conditionsTooRare }
        if intervals.count > 1 || (!copula.classes.isEmpty && !intervals.isEmpty) {
            let weights = LatentConditions.weights(
                drawing.columns(0..<Self.trials, RowStreams(seed: 0)), RowStreams(seed: 0), 0..<Self.trials, intervals,
                copula, curves, factor)
            let rate = weights.reduce(0) { $0 + $1.weight } / bound / Double(Self.trials)
            // So many that a row without an accepted one comes once in ten million.
            let wanted = 16 / max(rate, 1e-9)
            guard wanted <= Double(Self.mostAttempts) else { throw .conditionsTooRare }
            attempts = UInt64(wanted.rounded(.up))
        } else {
            attempts = 1
        }
    }

    private static func condition(
        _ place: Int, _ codes: Set<Int>, _ copula: LatentNormals, _ curves: LatentCurves, _ model: FittedModel
    ) throws(SynthesisError) -> Condition {
        let column = copula.columns[place]
        let domain = model.domain.columns[column]
        let shares = model.shares[column]
        guard codes.contains(where: { shares[$0] > 0 }), let first = codes.min(), let last = codes.max() else {
            throw .impossibleConditions
        }
        if first >= domain.valueCount { return Condition(place: place, codes: codes, interval: nil) }
        guard last < domain.valueCount, codes.count == last - first + 1 else { throw .conditionsTooRare }
        let sum = shares.prefix(domain.valueCount).reduce(0, +)
        let below = shares.prefix(first).reduce(0, +) / sum
        let upTo = shares.prefix(last + 1).reduce(0, +) / sum
        guard upTo > below else { throw .impossibleConditions }
        return Condition(
            place: place, codes: codes,
            interval: (inverse(curves.curves[place], below), inverse(curves.curves[place], upTo)))
    }

    /// Where a distribution function reaches a share.
    private static func inverse(_ curve: [Double], _ share: Double) -> Double {
        let reach = Double(LatentCells.reach)
        if share <= 1e-12 { return -reach - 2 }
        if share >= 1 - 1e-12 { return reach + 2 }
        var (low, high) = (0, curve.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if curve[middle] <= share { low = middle } else { high = middle }
        }
        let width = curve[high] - curve[low]
        let part = width > 0 ? min(max((share - curve[low]) / width, 0), 1) : 0.5
        return reach * (2 * (Double(low) + part) / Double(LatentCells.steps) - 1)
    }

    private static func factor(_ copula: LatentNormals, _ order: [Int]) throws(SynthesisError) -> [Double] {
        let size = order.count
        let turned = order.flatMap { column in order.map { copula.correlation[column * size + $0] } }
        guard let root = try? Matrix(rows: size, columns: size, values: turned).cholesky() else {
            throw .conditionsTooRare
        }
        return root.lowerTriangle
    }

    /// The innovations of the conditioned columns of each proposal, and the probability of the intervals.
    private static func weights(
        _ visible: [[UInt32]], _ streams: RowStreams, _ range: Range<UInt64>, _ intervals: [Condition],
        _ copula: LatentNormals, _ curves: LatentCurves, _ factor: [Double]
    ) -> [(weight: Double, innovations: [Double])] {
        let words = intervals.indices.map { streams.words(.place, 1 + $0, range) }
        return range.indices.enumerated().map { proposal, _ in
            var weight = 1.0
            var innovations: [Double] = []
            var row = 0
            for (rank, one) in intervals.enumerated() {
                guard let interval = one.interval else { continue }
                let shift = curves.shifts[one.place].reduce(0.0) {
                    $0 + Double($1.byCode[Int(visible[$1.column][proposal])])
                }
                let deviation = copula.deviations[one.place]
                let mean = innovations.enumerated().reduce(0.0) { $0 + factor[row + $1.offset] * $1.element }
                let scale = factor[row + rank]
                let lower = Normal.distribution(((interval.lower - shift) / deviation - mean) / scale)
                let upper = Normal.distribution(((interval.upper - shift) / deviation - mean) / scale)
                let unit = (Double(words[rank][proposal] >> 11) + 0.5) * 0x1p-53
                weight *= max(upper - lower, 0)
                let share = min(max(lower + unit * (upper - lower), 1e-15), 1 - 1e-15)
                innovations.append(Normal.quantile(share))
                row += rank + 1
            }
            return (weight, innovations)
        }
    }

    /// Rows with these numbers. Row i has the proposals from `attempts · i` on and takes the first that is accepted.
    func rows(_ range: Range<UInt64>, _ streams: RowStreams) -> (columns: [[UInt32]], parts: [Int: [Float]]) {
        var codes = domain.columns.map { _ in [UInt32]() }
        var parts: [Int: [Float]] = [:]
        let step = max(1, (1 << 16) / attempts)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + step)
            append(start..<end, streams, &codes, &parts)
            start = end
        }
        return (codes, parts)
    }

    private func append(
        _ range: Range<UInt64>, _ streams: RowStreams, _ codes: inout [[UInt32]], _ parts: inout [Int: [Float]]
    ) {
        let proposals = range.lowerBound &* attempts..<range.upperBound &* attempts
        let visible = drawing.columns(proposals, streams)
        let weights = Self.weights(visible, streams, proposals, intervals, copula, curves, factor)
        let coins = streams.words(.place, 0, proposals)
        var chosen: [Int] = []
        for row in 0..<range.count {
            let first = row * Int(attempts)
            let last = first + Int(attempts) - 1
            chosen.append(
                (first...last).first {
                    Double(coins[$0] >> 11) * 0x1p-53 * bound < weights[$0].weight
                } ?? last)
        }
        for column in visible.indices where !visible[column].isEmpty {
            codes[column] += chosen.map { visible[column][$0] }
        }
        let size = order.count
        let words = (0..<(size + 1) / 2).map { streams.words(.latent, $0, range) }
        let normals = NormalBlock(rows: range.count, columns: size) { words[$0] }
        var latent = [[Float]](repeating: [], count: size)
        for row in 0..<range.count {
            var innovations = weights[chosen[row]].innovations
            for rank in innovations.count..<max(size, innovations.count) {
                innovations.append(Double(normals.values[rank * range.count + row]))
            }
            var start = 0
            for rank in 0..<size {
                var value = 0.0
                for k in 0...rank { value += factor[start + k] * innovations[k] }
                start += rank + 1
                let place = order[rank]
                let shift = curves.shifts[place].reduce(0.0) {
                    $0 + Double($1.byCode[Int(visible[$1.column][chosen[row]])])
                }
                latent[place].append(Float(value * copula.deviations[place] + shift))
            }
        }
        for (place, column) in copula.columns.enumerated() {
            var drawn = cells[place].cells(of: cells[place].uniforms(of: latent[place][...]))
            settle(&drawn.codes, place, column, range, streams)
            codes[column] += drawn.codes
            parts[column, default: []] += drawn.parts
        }
    }

    /// Missing values and `other`, and codes that rounding moved out of a condition by one.
    private func settle(
        _ drawn: inout [UInt32], _ place: Int, _ column: Int, _ range: Range<UInt64>, _ streams: RowStreams
    ) {
        let count = domain.columns[column].valueCount
        if let one = intervals.first(where: { $0.place == place }) {
            guard let low = one.codes.min(), let high = one.codes.max() else { return }
            for row in drawn.indices { drawn[row] = min(max(drawn[row], UInt32(low)), UInt32(high)) }
            return
        }
        let isAsked = absent.first { $0.place == place }
        let open = (count..<max(count, domain.columns[column].size)).filter {
            shares[column][$0] > 0 && isAsked?.codes.contains($0) ?? true
        }
        guard !open.isEmpty else { return }
        let sum = isAsked == nil ? shares[column].reduce(0, +) : open.reduce(0) { $0 + shares[column][$1] }
        for (row, word) in streams.words(.presence, column, range).enumerated() {
            var left = Double(word >> 11) * 0x1p-53 * sum
            for code in open {
                left -= shares[column][code]
                if left < 0 {
                    drawn[row] = UInt32(code)
                    break
                }
            }
            if isAsked != nil, Int(drawn[row]) < count, let last = open.last { drawn[row] = UInt32(last) }
        }
    }
}

extension FittedModel {
    /// What conditions leave to latent columns.
    func latentConditions(
        _ conditions: [(column: Int, code: Int)]
    ) throws(SynthesisError) -> [(place: Int, codes: Set<Int>)] {
        guard let copula, !conditions.isEmpty else { return [] }
        let allowed = try allowedCodes(conditions)
        return copula.columns.enumerated().compactMap { place, column in
            allowed[column].map { (place, $0) }
        }
    }
}
