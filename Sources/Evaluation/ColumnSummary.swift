import Domains
import Statistics
import Tables

/// A figure in the noisy measurement and in the synthetic rows.
public struct ComparedFigure: Sendable, Equatable {
    /// From the noisy counts; nil where there are none, or too few to say anything.
    public let noisy: Double?
    /// Noise alone takes the noisy figure further from one without noise, made in the same way, in at most 5 of 100 cases;
    /// nil if that is not known. Rows are held against this.
    public let halfWidth: Double?
    /// The table's own figure lies inside in at least 95 of 100 cases: the noise, and what bins or groups hide of it. nil
    /// where nothing of the kind can be said.
    public let range: ClosedRange<Double>?
    /// What a reader computes from the rows.
    public let rows: Double

    init(noisy: Double?, halfWidth: Double?, range: ClosedRange<Double>? = nil, rows: Double) {
        (self.noisy, self.halfWidth, self.range, self.rows) = (noisy, halfWidth, range, rows)
    }

    /// How far the rows are from the noisy figure.
    public var difference: Double? { noisy.map { abs($0 - rows) } }

    /// Whether the difference is more than noise makes in 95 of 100 cases.
    public var isBeyondNoise: Bool {
        guard let difference, let halfWidth else { return false }
        return difference > halfWidth + 1e-9 * abs(rows)
    }
}

/// What a reader asks of a column of numbers or dates: mean, quartiles, and what is missing.
///
/// Both sides give a bin the same value, so that their difference is one of counts; what the bins hide is in the range of the
/// table's own figure.
public struct ColumnSummary: Sendable {
    /// Of numbers; nil for dates.
    public let mean: ComparedFigure?
    /// The first quartile, the median and the third quartile; of dates in days since 1970-01-01. Empty where a side has no
    /// values.
    public let quartiles: [ComparedFigure]
    /// Standard deviation of the values in the rows.
    public let spread: Double
    /// The true mean may lie so far off because inside its bin a value is not known.
    public let hiddenInBins: Double
    /// The bin that holds most rows, and its share.
    public let fullest: (lower: Double, upper: Double, share: Double)?
    /// How many bins the column has, and how many values that are counted alone.
    public let cells: (bins: Int, single: Int)
    /// Whether the cells are bins.
    public let isBinned: Bool
    /// Whether people make ratios of it: a quantity, not a month or a number of doors.
    let isQuantity: Bool
    /// What an error of the mean is measured by: the spread, and of quantities of one sign the mean where it is less.
    var scale: Double {
        guard let mean, values.allSatisfy({ $0 >= 0 }) || values.allSatisfy({ $0 <= 0 }) else { return spread }
        return min(spread, abs(mean.rows))
    }
    /// What the mean is about, for each code of a value.
    let values: [Double]
    /// What was measured most finely; nil where nothing can be said from it.
    let measured: MeasuredCells?
    /// Synthetic rows with each code of a value.
    let counts: [Double]
    /// Of all values: in the rows, and in what was measured with the variance of its noise.
    let sum: (rows: Double, noisy: (estimate: Double, variance: Double)?)
    /// Lower and upper end of each code of a value.
    let edges: [(lower: Double, upper: Double)]

    /// nil for columns of texts and truth values.
    init?(_ fit: ColumnFit, _ column: ColumnDomain, values: [Double], cells measured: MeasuredCells?) {
        guard column.type != .string, column.type != .boolean, column.valueCount > 0, values.count == column.valueCount
        else { return nil }
        self.values = values
        self.measured = measured
        isBinned = column.isBinned
        isQuantity = column.isBinned || column.type == .number
        let edges = (0..<column.valueCount).map { column.edges(of: $0) ?? (values[$0], values[$0]) }
        self.edges = edges
        let wide = edges.count { $0.upper > $0.lower }
        cells = (wide, edges.count - wide)
        let counts = Array(fit.synthetic.prefix(column.valueCount))
        self.counts = counts
        let all = counts.reduce(0, +)
        guard all > 0 else { return nil }
        let own = Self.mean(counts, values)
        let between = zip(counts, values).reduce(0) { $0 + $1.0 * ($1.1 - own) * ($1.1 - own) }
        // Inside a bin as if its values were spread evenly.
        var within = 0.0
        for (count, edge) in zip(counts, edges) {
            let width = edge.upper - edge.lower
            within += count * width * width / 12
        }
        spread = ((between + within) / all).squareRoot()
        hiddenInBins = zip(counts, edges).reduce(0) { $0 + $1.0 * ($1.1.upper - $1.1.lower) / 2 } / all
        fullest = counts.indices.max { counts[$0] < counts[$1] }.map {
            (edges[$0].lower, edges[$0].upper, counts[$0] / all)
        }
        let noisy = fit.measurement.map { Array($0.counts.prefix(column.valueCount)) }
        let deviations = fit.measurement.map { Array($0.deviations.prefix(column.valueCount)) } ?? []
        let noisyTotal = noisy?.reduce(0, +) ?? 0
        // Where noise alone could make the whole total, a mean of it is a quotient of two accidents.
        let isKnown = measured != nil && noisyTotal > 0
        var variance: Double?
        var noisyMean: Double?
        if let noisy, isKnown {
            let middle = Self.mean(noisy, values)
            noisyMean = middle
            variance =
                zip(deviations, values).reduce(0) { $0 + $1.0 * $1.0 * ($1.1 - middle) * ($1.1 - middle) }
                / (noisyTotal * noisyTotal)
        }
        sum = (
            zip(counts, values).reduce(0) { $0 + $1.0 * $1.1 },
            noisy.map { noisy in
                (
                    zip(noisy, values).reduce(0) { $0 + $1.0 * $1.1 },
                    zip(deviations, values).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }
                )
            }
        )
        mean =
            column.type == .date
            ? nil
            : ComparedFigure(
                noisy: noisyMean,
                halfWidth: variance.flatMap { square in measured.map { $0.critical * square.squareRoot() } },
                range: noisyMean == nil ? nil : measured?.meanRange, rows: own)
        quartiles = [0.25, 0.5, 0.75].map { share in
            ComparedFigure(
                noisy: isKnown ? noisy.flatMap { Self.quantile(share, $0, edges) } : nil, halfWidth: nil,
                range: isKnown ? measured?.quantileRange(share) : nil, rows: Self.quantile(share, counts, edges) ?? own)
        }
    }

    private static func mean(_ counts: [Double], _ values: [Double]) -> Double {
        zip(counts, values).reduce(0) { $0 + $1.0 * $1.1 } / counts.reduce(0, +)
    }

    /// Straight lines between the edges of the cells; sums of noisy counts are made to rise.
    private static func quantile(
        _ share: Double, _ counts: [Double], _ edges: [(lower: Double, upper: Double)]
    ) -> Double? {
        var sums: [Double] = []
        var (sum, highest) = (0.0, 0.0)
        for count in counts {
            sum += count
            highest = max(highest, sum)
            sums.append(highest)
        }
        guard let last = sums.last, last > 0 else { return nil }
        let goal = share * last
        guard let place = sums.firstIndex(where: { $0 >= goal }) else { return nil }
        let before = place > 0 ? sums[place - 1] : 0
        let (lower, upper) = edges[place]
        return sums[place] > before ? lower + (upper - lower) * (goal - before) / (sums[place] - before) : lower
    }
}

extension ColumnFit {
    /// The share of rows without a value; nil where a value is required.
    func missing(of column: ColumnDomain, total: Double) -> ComparedFigure? {
        guard let code = column.missingCode, synthetic.indices.contains(code), total > 0 else { return nil }
        guard let measurement else { return ComparedFigure(noisy: nil, halfWidth: nil, rows: synthetic[code] / total) }
        let (share, half) = (measurement.counts[code] / total, measurement.halfWidths[code] / total)
        return ComparedFigure(
            noisy: min(1, max(0, share)), halfWidth: min(1, half),
            range: min(1, max(0, share - half))...max(0, min(1, share + half)), rows: synthetic[code] / total)
    }
}
