import Foundation
import Statistics
import Tables

/// What a reader asks of two columns of numbers: how they go together, and what one is for each of the other.
public struct PairSummary: Sendable {
    /// Pearson's correlation of values, over the groups that were measured on both sides.
    public let correlation: ComparedFigure?
    /// The correlation that a reader computes from the rows as they are.
    public let correlationOfRows: Double
    /// The total of the first column over that of the second.
    public let ratioOfTotals: ComparedFigure?
    /// The end points of Fieller's interval of the noisy ratio of totals.
    public let ratioInterval: (lower: Double, upper: Double)?
    /// The ratio that half of the rows are below, over the groups that were measured.
    public let middleRatio: ComparedFigure?

    /// nil unless both columns are of numbers with values.
    init?(_ pair: PairFit, _ first: ColumnSummary?, _ second: ColumnSummary?, rows: SyntheticRows) {
        guard let first, let second, let a = first.mean, let b = second.mean else { return nil }
        guard let drawn = Self.correlation(rows, pair, first, second) else { return nil }
        correlationOfRows = drawn
        let (x, y) = (
            Self.groups(pair.firstGroups, first, rows, pair.first),
            Self.groups(pair.secondGroups, second, rows, pair.second)
        )
        let kept = Self.cells(pair, x, y)
        correlation = Self.compared(pair, kept, x, y)
        ratioInterval = first.meanVariance.flatMap { numerator in
            second.meanVariance.flatMap { denominator -> (lower: Double, upper: Double)? in
                guard let top = a.noisy, let bottom = b.noisy else { return nil }
                return FiellerInterval(
                    numerator: top, variance: numerator, denominator: bottom, variance: denominator,
                    critical: NoiseInterval.normalQuantile
                ).map { ($0.lower, $0.upper) }
            }
        }
        let isRatio =
            first.isQuantity && second.isQuantity && first.values.allSatisfy { $0 >= 0 }
            && second.values.allSatisfy { $0 >= 0 } && b.rows > 0
        guard isRatio else {
            (ratioOfTotals, middleRatio) = (nil, nil)
            return
        }
        let half = ratioInterval.map { ($0.upper - $0.lower) / 2 }
        ratioOfTotals = ComparedFigure(
            noisy: a.noisy.flatMap { top in b.noisy.flatMap { $0 > 0 ? top / $0 : nil } }, halfWidth: half,
            rows: a.rows / b.rows)
        middleRatio = Self.middle(pair, kept, x, y)
    }

    /// The mean value of each group; nil for groups of what is no value.
    private static func groups(
        _ groups: CodeGroups, _ summary: ColumnSummary, _ rows: SyntheticRows, _ column: Int
    ) -> [Double?] {
        var sums = [Double](repeating: 0, count: groups.count)
        var weights = sums
        var plain = sums
        var members = [Int](repeating: 0, count: groups.count)
        var strangers = Set<Int>()
        let shares = rows.shares(of: column)
        for (code, group) in groups.map.enumerated() {
            guard code < summary.values.count else {
                strangers.insert(group)
                continue
            }
            sums[group] += shares[code] * summary.values[code]
            weights[group] += shares[code]
            plain[group] += summary.values[code]
            members[group] += 1
        }
        return sums.indices.map { group in
            guard members[group] > 0, !strangers.contains(group) else { return nil }
            return weights[group] > 0 ? sums[group] / weights[group] : plain[group] / Double(members[group])
        }
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
        _ pair: PairFit, _ kept: [(cell: Int, x: Double, y: Double)], _ x: [Double?], _ y: [Double?]
    ) -> ComparedFigure? {
        guard let own = Moments(kept, pair.synthetic) else { return nil }
        let noisy = pair.noisy.flatMap { Moments(kept, $0) }
        // To first order a cell of standard scores u, v adds its noise times u·v over the number of rows.
        let half = noisy.flatMap { noisy in
            pair.deviation.map { deviation in
                let sum = kept.reduce(0) { $0 + pow((($1.x - noisy.x) / noisy.sx) * (($1.y - noisy.y) / noisy.sy), 2) }
                return NoiseInterval.normalQuantile * deviation * sum.squareRoot() / noisy.total
            }
        }
        return ComparedFigure(
            noisy: noisy.map { max(-1, min(1, $0.correlation)) }, halfWidth: half.map { min(2, $0) },
            rows: own.correlation)
    }

    private static func middle(
        _ pair: PairFit, _ kept: [(cell: Int, x: Double, y: Double)], _ x: [Double?], _ y: [Double?]
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
        return ComparedFigure(noisy: pair.noisy.flatMap(median), halfWidth: nil, rows: own)
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
