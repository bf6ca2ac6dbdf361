import Domains
import Foundation
import Statistics
import Tables

/// What a reader asks of two columns of numbers: how they go together, and what one is for each of the other.
public struct PairSummary: Sendable {
    /// Pearson's correlation of values, over the groups that were measured on both sides; its range is that of the values.
    public let correlation: ComparedFigure?
    /// The correlation that a reader computes from the rows as they are.
    public let correlationOfRows: Double
    /// The total of the first column over that of the second, each over the rows that have a value of it.
    public let ratioOfTotals: ComparedFigure?
    /// The ratio that half of the rows are below: where the difference of logarithms was measured from that, elsewhere over the
    /// groups that were measured.
    public let middleRatio: ComparedFigure?
    /// Both are quantities, and one may be below 0: what one is for each of the other then has no range.
    let hasSigns: Bool

    /// nil unless both columns are of numbers with values.
    init?(
        _ pair: PairFit, _ first: ColumnSummary?, _ second: ColumnSummary?, rows: SyntheticRows,
        quotients: MeasuredQuotients?, law: NoiseLaw
    ) {
        guard let first, let second, first.mean != nil, let below = second.mean else { return nil }
        guard let drawn = Self.correlation(rows, pair, first, second) else { return nil }
        correlationOfRows = drawn
        let (x, y) = (
            GroupValues(pair.firstGroups, first), GroupValues(pair.secondGroups, second)
        )
        let kept = Self.cells(pair, x.means, y.means)
        correlation = Self.compared(pair, kept, kept: x.kept * y.kept, lost: x.lost * y.lost, law)
        let areQuantities = first.isQuantity && second.isQuantity
        hasSigns = areQuantities && (first.values + second.values).contains { $0 < 0 }
        let isRatio = areQuantities && !hasSigns && below.rows > 0
        guard isRatio else {
            (ratioOfTotals, middleRatio) = (nil, nil)
            return
        }
        ratioOfTotals = Self.ratio(first, second)
        middleRatio = Self.middle(pair, kept, x, y, quotients, law)
    }

    /// Fieller's interval at the ends that the bins allow.
    private static func ratio(_ first: ColumnSummary, _ second: ColumnSummary) -> ComparedFigure? {
        guard second.sum.rows > 0 else { return nil }
        let drawn = first.sum.rows / second.sum.rows
        guard let a = first.measured, let b = second.measured, let top = first.sum.noisy, let bottom = second.sum.noisy
        else { return ComparedFigure(noisy: nil, halfWidth: nil, rows: drawn) }
        typealias Sum = (estimate: Double, variance: Double)
        func interval(_ top: Sum, _ bottom: Sum) -> FiellerInterval? {
            FiellerInterval(
                numerator: top.estimate, variance: top.variance, denominator: bottom.estimate,
                variance: bottom.variance, critical: a.critical)
        }
        guard bottom.estimate > 0, let own = interval(top, bottom) else {
            return ComparedFigure(noisy: nil, halfWidth: nil, rows: drawn)
        }
        let low = interval(a.sum(\.lower), b.sum(\.upper))?.lower
        let high = interval(a.sum(\.upper), b.sum(\.lower))?.upper
        return ComparedFigure(
            noisy: top.estimate / bottom.estimate, halfWidth: (own.upper - own.lower) / 2,
            range: low.flatMap { low in high.flatMap { max(0, low) <= $0 ? max(0, low)...$0 : nil } }, rows: drawn)
    }

    /// Cells of the table whose groups both have values.
    private static func cells(_ pair: PairFit, _ x: [Double?], _ y: [Double?]) -> [(cell: Int, x: Double, y: Double)] {
        x.indices.flatMap { row in
            y.indices.compactMap { column in
                guard let a = x[row], let b = y[column] else { return nil }
                return (row * y.count + column, a, b)
            }
        }
    }

    private static func compared(
        _ pair: PairFit, _ cells: [(cell: Int, x: Double, y: Double)], kept: Double, lost: Double, _ law: NoiseLaw
    ) -> ComparedFigure? {
        guard let own = Moments(cells, pair.synthetic) else { return nil }
        guard let counts = pair.noisy, let deviation = pair.deviation, let noisy = Moments(cells, counts) else {
            return ComparedFigure(noisy: nil, halfWidth: nil, rows: own.correlation)
        }
        let correlation = max(-1, min(1, noisy.correlation))
        // To first order a cell of standard scores u, v adds its noise times u·v − r (u² + v²) / 2 over the number of rows.
        var sum = 0.0
        for cell in cells {
            let (u, v) = ((cell.x - noisy.x) / noisy.sx, (cell.y - noisy.y) / noisy.sy)
            let weight = u * v - correlation * (u * u + v * v) / 2
            sum += weight * weight
        }
        let half = min(2, law.critical(0.95) * deviation * sum.squareRoot() / noisy.total)
        // What groups hide: inside them the values may be tied by nothing, by the same line as the groups are, or by what is
        // left of both spreads.
        var ends: [Double] = []
        for end in [correlation - half, correlation + half] {
            ends += [end * kept - lost, end * kept + lost, kept > 0 ? end / kept : end]
        }
        ends = ends.map { max(-1, min(1, $0)) }
        return ComparedFigure(
            noisy: correlation, halfWidth: half,
            range: ends.min().flatMap { low in ends.max().map { low...$0 } }, rows: own.correlation)
    }

    private static func middle(
        _ pair: PairFit, _ kept: [(cell: Int, x: Double, y: Double)], _ x: GroupValues, _ y: GroupValues,
        _ quotients: MeasuredQuotients?, _ law: NoiseLaw
    ) -> ComparedFigure? {
        let ratios = kept.filter { $0.y > 0 }.map { (cell: $0.cell, ratio: $0.x / $0.y) }.sorted { $0.ratio < $1.ratio }
        func median(_ counts: [Double]) -> Double? {
            let total = ratios.reduce(0) { $0 + max(0, counts[$1.cell]) }
            guard total > 0 else { return nil }
            var sum = 0.0
            for one in ratios {
                sum += max(0, counts[one.cell])
                if sum >= total / 2 { return one.ratio }
            }
            return ratios.last?.ratio
        }
        guard let own = median(pair.synthetic) else { return nil }
        func range(_ cells: [MeasuredCells.Cell]) -> ClosedRange<Double>? {
            MeasuredCells.range(0.5, cells, critical: law.critical(0.95)).flatMap { $0.upperBound.isFinite ? $0 : nil }
        }
        if let quotients {
            return ComparedFigure(noisy: quotients.middle, halfWidth: nil, range: range(quotients.cells), rows: own)
        }
        let measured = pair.noisy.flatMap { noisy in
            pair.deviation.map { deviation in
                ratios.map { one in
                    let (a, b) = (x.ends[one.cell / y.means.count], y.ends[one.cell % y.means.count])
                    return MeasuredCells.Cell(
                        lower: b.upper > 0 ? a.lower / b.upper : 0, upper: b.lower > 0 ? a.upper / b.lower : .infinity,
                        count: noisy[one.cell], deviation: deviation)
                }
            }
        }
        return ComparedFigure(
            noisy: pair.noisy.flatMap(median), halfWidth: nil, range: measured.flatMap(range), rows: own)
    }

    /// Of the rows as they are, each code with its mean value.
    private static func correlation(
        _ rows: SyntheticRows, _ pair: PairFit, _ first: ColumnSummary, _ second: ColumnSummary
    ) -> Double? {
        let (a, b) = (rows.codes[pair.first], rows.codes[pair.second])
        var (n, sx, sy, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for row in a.indices {
            let (i, j) = (Int(a[row]), Int(b[row]))
            guard i < first.values.count, j < second.values.count else { continue }
            let (x, y) = (first.values[i], second.values[j])
            n += 1
            sx += x
            sy += y
            xx += x * x
            yy += y * y
            xy += x * y
        }
        guard n > 1 else { return nil }
        let (vx, vy) = (xx - sx * sx / n, yy - sy * sy / n)
        guard vx > 1e-12 * xx, vy > 1e-12 * yy else { return nil }
        return max(-1, min(1, (xy - sx * sy / n) / (vx * vy).squareRoot()))
    }

    /// Means, deviations and correlation of a table of counts.
    private struct Moments {
        let total, x, y, sx, sy, correlation: Double

        init?(_ kept: [(cell: Int, x: Double, y: Double)], _ counts: [Double]) {
            let all = kept.reduce(0) { $0 + counts[$1.cell] }
            guard all > 0 else { return nil }
            let mx = kept.reduce(0) { $0 + counts[$1.cell] * $1.x } / all
            let my = kept.reduce(0) { $0 + counts[$1.cell] * $1.y } / all
            let vx = kept.reduce(0) { $0 + counts[$1.cell] * ($1.x - mx) * ($1.x - mx) } / all
            let vy = kept.reduce(0) { $0 + counts[$1.cell] * ($1.y - my) * ($1.y - my) } / all
            guard vx > 0, vy > 0 else { return nil }
            let xy = kept.reduce(0) { $0 + counts[$1.cell] * ($1.x - mx) * ($1.y - my) } / all
            (total, x, y, sx, sy) = (all, mx, my, vx.squareRoot(), vy.squareRoot())
            correlation = xy / (vx * vy).squareRoot()
        }
    }
}
