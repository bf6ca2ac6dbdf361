package import Domains
import GraphicalModels
package import PrivacyKernel
import Tables
import VectorMath

/// The noisy one-way marginals of a table, and the distribution of each column that they suggest.
///
/// Works without any measurement too: columns are then uniform and the total is 1.
package struct OneWayMarginals {
    /// What is known of one column.
    private struct Column {
        var counts: [Double]
        /// Variance of the noise in each cell; infinite before the first measurement.
        var variance: Double
        /// The distribution, smoothed and projected.
        var shares: [Double]

        init(counts: [Double], variance: Double, shares: [Double]) {
            self.counts = counts
            self.variance = variance
            self.shares = shares
        }

        /// One that nothing is known of.
        init(size: Int) {
            self.init(
                counts: [Double](repeating: 0, count: size), variance: .infinity,
                shares: [Double](repeating: 1 / Double(size), count: size))
        }
    }

    /// The columns of the model: those of the table, then one for each difference.
    package private(set) var domain: TableDomain
    /// Columns that are modelled, ascending: not those that a difference stands for.
    package private(set) var modelled: [Int]
    /// The first column that is a difference.
    let firstDifference: Int
    private var columns: [Int: Column] = [:]
    private var differences: [ColumnDifference] = []
    package private(set) var total = 1.0
    /// How many draws of noise each count holds: two, where noise is drawn once more.
    let draws: Double

    /// - Parameters:
    ///   - differences: columns that are rebuilt, and what stands for them.
    ///   - draws: how many draws of its noise each count holds.
    package init(_ domain: TableDomain, differences: [ColumnDifference] = [], draws: Double = 1) {
        self.domain = domain
        self.draws = draws
        firstDifference = domain.columns.count
        modelled = domain.modelledColumns
        for column in modelled { columns[column] = Column(size: domain.columns[column].size) }
        carry(differences)
    }

    /// Lets differences take the place of the columns that are rebuilt from them. What was measured of these stays known.
    package mutating func carry(_ differences: [ColumnDifference]) {
        guard !differences.isEmpty else { return }
        self.differences = differences
        domain = domain.with(differences)
        for column in firstDifference..<domain.columns.count {
            columns[column] = Column(size: domain.columns[column].size)
        }
        let rebuilt = differences.rebuilt
        modelled = modelled.filter { !rebuilt.contains($0) } + Array(firstDifference..<domain.columns.count)
    }

    /// Takes measurements of single columns in; further ones of the same column are averaged by precision.
    package mutating func add(_ measured: [NoisyMarginal]) {
        for one in measured {
            guard let column = one.attributes.first, one.attributes.count == 1, let old = columns[column] else {
                continue
            }
            let fresh = max(one.variance, leastVariance)
            let share = old.variance.isFinite ? old.variance / (old.variance + fresh) : 1
            var counts = old.counts
            for code in counts.indices { counts[code] += share * (Double(one.counts[code]) - counts[code]) }
            let variance =
                old.variance.isFinite ? old.variance * fresh / (old.variance + fresh) : fresh
            columns[column] = Column(counts: counts, variance: variance, shares: old.shares)
        }
        refresh()
    }

    /// For each column of the domain its distribution; empty for derived columns.
    package var shares: [[Double]] { domain.columns.indices.map { columns[$0]?.shares ?? [] } }

    /// Shares that more is known of than from the column's own counts.
    mutating func setShares(_ shares: [Double], of column: Int) { columns[column]?.shares = shares }

    /// Variance of the noise in each count; infinite if the column was not measured.
    package func variance(of column: Int) -> Double { columns[column]?.variance ?? .infinity }

    /// The measurements, each of an attribute that is the whole column.
    package func measured(numbering attributes: [ModelAttribute]) -> [MeasuredMarginal] {
        attributes.enumerated().compactMap { place, attribute in
            guard attribute.groups == nil, let known = measurement(of: attribute.column) else { return nil }
            return MeasuredMarginal(
                attributes: [place], counts: known.values.map { Int64(min(max($0, -0x1p62), 0x1p62).rounded()) },
                variance: known.variance)
        }
    }

    /// What was measured, without smoothing.
    func measurement(of column: Int) -> NoisyCounts? {
        guard let known = columns[column], known.variance.isFinite else { return nil }
        return (known.counts, known.variance)
    }

    private mutating func refresh() {
        // Tables have fewer rows than that, whatever the noise says.
        total = min(estimatedTotal(modelled.compactMap { measurement(of: $0) }), 0x1p32)
        for (column, known) in columns.sorted(by: { $0.key < $1.key }) where known.variance.isFinite {
            let deviation = known.variance.squareRoot()
            let isAlone = column >= firstDifference && differences[column - firstDifference].isAlone
            let shares =
                isAlone
                ? fineShares(
                    known.counts, deviation: deviation * draws.squareRoot(),
                    intervals: domain.columns[column].valueCount)
                : column >= firstDifference
                    ? sparseShares(
                        known.counts, deviation: deviation * draws.squareRoot(),
                        intervals: domain.columns[column].valueCount)
                    : Self.smooths(domain.columns[column])
                        ? projectedOntoSimplex(
                            smoothed(known.counts, deviation: deviation, in: domain.columns[column]), total: total
                        ).map { $0 / total }
                        : likelyShares(known.counts, deviation: deviation * draws.squareRoot(), total: total)
            let final = column >= firstDifference ? joined(shares, column - firstDifference) : shares
            columns[column]?.shares = final
        }
    }

    /// What the column's own bins, which are known better, say of a difference: of a column on finer intervals all that lies beyond
    /// these.
    private func joined(_ shares: [Double], _ place: Int) -> [Double] {
        let difference = differences[place]
        let intervals = difference.intervals
        guard let column = columns[difference.column], column.variance.isFinite, intervals < shares.count else {
            return shares
        }
        let bins = column.shares
        guard difference.isAlone else {
            // Of no code there are more rows without a difference than there are at all. Where noise hides them all, the few
            // that a table finds are spread as the column is, and not evenly over a scale that reaches far.
            let capped =
                Array(shares.prefix(intervals))
                + zip(shares.dropFirst(intervals), bins).map { max(min($0, $1), 1e-4 * $1) }
            let sum = capped.reduce(0, +)
            return sum > 0 ? capped.map { $0 / sum } : shares
        }
        let covered = difference.covered(domain)
        let inside = covered.reduce(0) { $0 + bins[$1] }
        let sum = shares.prefix(intervals).reduce(0, +)
        guard sum > 0, inside > 0 else { return shares }
        return shares.prefix(intervals).map { $0 / sum * inside }
            + bins.enumerated().map { covered.contains($0.offset) ? 0 : $0.element }
    }

    /// Whether a column's values lie on a scale that is long enough to smooth its counts.
    static func smooths(_ column: ColumnDomain) -> Bool { column.isOrdered && column.valueCount >= 8 }

    /// Smooths what lies on an ordered scale; `other` and missing stay as they are.
    private func smoothed(_ counts: [Double], deviation: Double, in column: ColumnDomain) -> [Double] {
        let values = Array(counts.prefix(column.valueCount))
        return withTailLaws(
            haarSmoothed(values, deviation: deviation), counts: values, deviation: deviation,
            isWide: column.hasWideCells)
            + counts.dropFirst(column.valueCount)
    }
}

/// The distribution that noisy counts of a column on finer intervals suggest: smoothed, and none is negative.
package func fineShares(_ counts: [Double], deviation: Double, intervals: Int) -> [Double] {
    let inside = Array(counts.prefix(intervals))
    let values =
        (intervals >= 8 ? haarSmoothed(inside, deviation: deviation) : inside).map { max($0, 0) }
        + counts.dropFirst(intervals).map { max($0, 0) }
    let sum = values.reduce(0, +)
    return sum > 0 ? values.map { $0 / sum } : counts.map { _ in 1 / Double(counts.count) }
}

/// The distribution that noisy counts of a difference suggest.
///
/// Most of its cells hold no row. Those whose count noise explains are emptied: intervals that are low together with their
/// neighbours and not next to any that stand out, and the cells after them one by one. What is left is smoothed and sums to one.
package func sparseShares(_ counts: [Double], deviation: Double, intervals: Int) -> [Double] {
    var values = Array(counts.prefix(intervals))
    if intervals >= 8 { values = haarSmoothed(values, deviation: deviation) }
    values += counts.dropFirst(intervals)
    // Intervals that stand out, and those next to them that noise need not explain.
    let heights = (0..<intervals).map { place -> Double in
        let near = max(0, place - 2)..<min(intervals, place + 3)
        return near.reduce(0) { $0 + counts[$1] } / (deviation * Double(near.count).squareRoot())
    }
    var isKept = heights.map { $0 >= 4 }
    for order in [Array(heights.indices), heights.indices.reversed()] {
        for (before, place) in zip(order, order.dropFirst()) where isKept[before] && heights[place] >= 2 {
            isKept[place] = true
        }
    }
    for place in 0..<intervals where !isKept[place] { values[place] = 0 }
    for place in intervals..<counts.count where values[place] < 3 * deviation { values[place] = 0 }
    values = values.map { max($0, 0) }
    let sum = values.reduce(0, +)
    return sum > 0 ? values.map { $0 / sum } : counts.map { _ in 1 / Double(counts.count) }
}

extension ColumnDomain {
    /// Whether the outermost cells are so wide that a row in the last one outweighs many in the one before: bins on a scale of
    /// logarithms.
    fileprivate var hasWideCells: Bool {
        for code in [0, valueCount - 1] {
            guard width(of: code) != nil, let edges = edges(of: code), edges.lower != 0, edges.upper != 0 else {
                continue
            }
            let ratio = abs(edges.upper / edges.lower)
            if max(ratio, 1 / ratio) >= 1.2 { return true }
        }
        return false
    }
}

/// The nearest point, in Euclidean distance, with no negative entry and the given sum; where that would raise cells, they are
/// multiplied instead, so that none in which nothing was found gets rows.
func projectedOntoSimplex(_ values: [Double], total: Double) -> [Double] {
    let sorted = values.sorted(by: >)
    var sum = -total
    var shift = 0.0
    for (index, value) in sorted.enumerated() {
        sum += value
        let candidate = sum / Double(index + 1)
        if value > candidate { shift = candidate }
    }
    let positive = values.reduce(0) { $0 + max($1, 0) }
    if shift < 0, positive > 0 { return values.map { max($0, 0) * total / positive } }
    return values.map { max($0 - shift, 0) }
}

/// Noisy counts along a scale, smoothed by translation-invariant Haar wavelets.
///
/// The mean of two rules for the details at every scale and every shift. Hard thresholds (Coifman and Donoho 1995) drop what noise
/// explains and keep steps sharp; shrinking each detail by the energy of those near it keeps slopes that no single detail shows.
/// The mean of both is nearer to the truth than either on most columns.
///
/// - Parameter deviation: standard deviation of the noise in each value.
func haarSmoothed(_ values: [Double], deviation: Double) -> [Double] {
    let threshold = 0.8 * (2 * naturalLogarithm(Double(values.count))).squareRoot()
    let sharp = haarFiltered(values) { details, step in
        let limit = threshold * deviation / Double(2 * step).squareRoot()
        return details.map { abs($0) > limit ? $0 : 0 }
    }
    let sloped = haarFiltered(values) { details, step in
        let noise = deviation * deviation / Double(2 * step)
        return zip(details, meanSquares(details, reach: 2 * step)).map { detail, energy in
            energy > noiseOfSlope * noise ? detail * (1 - noiseOfSlope * noise / energy) : 0
        }
    }
    return zip(sharp, sloped).map { ($0 + $1) / 2 }
}

/// A detail is taken for noise as far as this times the noise's own energy goes.
private let noiseOfSlope = 1.5

/// For each place the mean square of the values around it, on a circle.
private func meanSquares(_ values: [Double], reach: Int) -> [Double] {
    let count = values.count
    let around = min(reach, (count - 1) / 2)
    var sums = [0.0]
    for place in -around..<count + around {
        let value = values[(place + count) % count]
        sums.append(sums[sums.count - 1] + value * value)
    }
    let width = 2 * around + 1
    return values.indices.map { max(sums[$0 + width] - sums[$0], 0) / Double(width) }
}

/// Takes values apart into averages and differences of neighbours at every scale and every shift, and puts them together again.
///
/// - Parameter rule: what is left of the details of one scale, given how many values each average is of.
private func haarFiltered(_ values: [Double], _ rule: (_ details: [Double], _ step: Int) -> [Double]) -> [Double] {
    let count = values.count
    // Mirrored, so that the two ends do not meet each other.
    var averages = values + values.reversed()
    let length = averages.count
    var details: [[Double]] = []
    var step = 1
    while 2 * step <= count {
        var detail = [Double](repeating: 0, count: length)
        var next = averages
        for i in 0..<length {
            let other = averages[i + step < length ? i + step : i + step - length]
            detail[i] = (averages[i] - other) / 2
            next[i] = (averages[i] + other) / 2
        }
        details.append(rule(detail, step))
        averages = next
        step *= 2
    }
    for detail in details.reversed() {
        step /= 2
        var next = averages
        for i in 0..<length {
            let before = i >= step ? i - step : i - step + length
            next[i] = 0.5 * (averages[i] + detail[i] + averages[before] - detail[before])
        }
        averages = next
    }
    return (0..<count).map { 0.5 * (averages[$0] + averages[length - 1 - $0]) }
}
