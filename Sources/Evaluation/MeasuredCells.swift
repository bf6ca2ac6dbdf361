import Domains
import FittedModels
import PrivacyKernel
import Statistics
import Tables

/// A column of numbers or dates as it was measured most finely: ranges of values in ascending order, each with its noisy count.
///
/// What is said of the table from these holds the noise and, at worst, where inside a range the values lie: an interval from
/// noise alone misses the mean of a table whose values stand at one end of each bin.
struct MeasuredCells: Sendable {
    /// From a value to a value; the same for a value that is counted alone.
    struct Cell: Sendable {
        let lower: Double
        let upper: Double
        let count: Double
        /// Of the noise.
        let deviation: Double
    }

    let cells: [Cell]
    /// How many standard deviations noise stays below in 95 of 100 cases.
    let critical: Double

    /// nil where the column was not measured, or noise alone could have made all its counts.
    init?(_ fit: ColumnFit, _ model: FittedModel) {
        let column = model.domain.columns[fit.column]
        guard let measurement = fit.measurement, column.valueCount > 0 else { return nil }
        var cells: [Cell] = []
        for code in 0..<column.valueCount {
            guard let edges = column.edges(of: code) else { return nil }
            cells.append(
                Cell(
                    lower: edges.lower, upper: edges.upper, count: measurement.counts[code],
                    deviation: measurement.deviations[code]))
        }
        if let fine = Self.fine(fit.column, model, cells) { cells.replaceSubrange(fine.codes, with: fine.cells) }
        self.init(cells, law: model.plan.accounting.law)
    }

    init?(_ cells: [Cell], law: NoiseLaw) {
        self.cells = cells.sorted { ($0.lower, $0.upper) < ($1.lower, $1.upper) }
        critical = law.critical(0.95)
        let doubt = critical * cells.reduce(0) { $0 + $1.deviation * $1.deviation }.squareRoot()
        guard total > doubt else { return nil }
    }

    /// Full bins that were counted on finer intervals. Those that hold a value of its own are left as they are.
    private static func fine(
        _ column: Int, _ model: FittedModel, _ coarse: [Cell]
    ) -> (codes: Range<Int>, cells: [Cell])? {
        guard let one = model.differences.first(where: { $0.isAlone && $0.column == column }),
            one.columnAxis.kind == .value, one.columnAxis.factor > 0, let first = one.edges.first,
            let last = one.edges.last,
            let measured = ColumnFit.Measurement(
                model, attribute: one.number, size: one.intervals + model.domain.columns[column].size)
        else { return nil }
        func number(_ edge: Int32) -> Double { Double(edge) / one.scale / one.columnAxis.factor }
        let inside = coarse.indices.filter {
            coarse[$0].upper > number(first) && coarse[$0].lower < number(last)
        }
        guard let from = inside.first, let to = inside.last, inside.count == to - from + 1,
            inside.allSatisfy({ coarse[$0].upper > coarse[$0].lower })
        else { return nil }
        let cells = (0..<one.intervals).map { place in
            Cell(
                lower: number(one.edges[place]), upper: number(one.edges[place + 1]), count: measured.counts[place],
                deviation: measured.deviations[place])
        }
        return (from..<to + 1, cells)
    }

    // MARK: - What they say of the table

    var total: Double { cells.reduce(0) { $0 + $1.count } }

    /// The sum of all values, were each at the lower or the upper end of its range, with the variance of the noise in it.
    func sum(_ end: (Cell) -> Double) -> (estimate: Double, variance: Double) {
        cells.reduce((0, 0)) { sum, cell in
            let value = end(cell)
            return (sum.0 + cell.count * value, sum.1 + cell.deviation * cell.deviation * value * value)
        }
    }

    /// The mean of the table lies inside in at least 95 of 100 cases.
    var meanRange: ClosedRange<Double> {
        let total = total
        func bound(_ side: Double, _ end: (Cell) -> Double) -> Double {
            let mean = sum(end).estimate / total
            let variance = cells.reduce(0) {
                $0 + $1.deviation * $1.deviation * (end($1) - mean) * (end($1) - mean)
            }
            return mean + side * critical * variance.squareRoot() / total
        }
        let (low, high) = (bound(-1, \.lower), bound(1, \.upper))
        let (least, most) = (cells.first?.lower ?? low, cells.map(\.upper).max() ?? high)
        return min(max(low, least), most)...max(min(high, most), least)
    }

    /// The value that such a part of the table's rows is below lies inside in at least 95 of 100 cases.
    ///
    /// Of the range that truly holds it, the count up to its end is no less than wanted, and the count before it no more;
    /// each is off by its own noise.
    func quantileRange(_ share: Double) -> ClosedRange<Double>? {
        Self.range(share, cells, critical: critical)
    }

    /// The same of values whose ranges overlap: the lower end from those that may be below, the upper from those that must.
    static func range(_ share: Double, _ cells: [Cell], critical: Double) -> ClosedRange<Double>? {
        let total = cells.reduce(0) { $0 + $1.count }
        let all = cells.reduce(0) { $0 + $1.deviation * $1.deviation }
        guard total > 0 else { return nil }
        func noise(_ below: Double) -> Double {
            critical * ((1 - share) * (1 - share) * below + share * share * (all - below)).squareRoot()
        }
        func walk(_ sorted: [Cell], _ visit: (Cell, _ before: Double, _ after: Double) -> Bool) {
            var (sum, variance, before) = (0.0, 0.0, -Double.infinity)
            for cell in sorted {
                sum += cell.count
                variance += cell.deviation * cell.deviation
                let after = sum - share * total
                guard visit(cell, before, after + noise(variance)) else { return }
                before = after - noise(variance)
            }
        }
        var lower: Double?
        walk(cells.sorted { $0.lower < $1.lower }) { cell, _, after in
            lower = after >= 0 ? cell.lower : nil
            return lower == nil
        }
        var upper: Double?
        walk(cells.sorted { $0.upper < $1.upper }) { cell, before, _ in
            if before <= 0 { upper = cell.upper }
            return true
        }
        guard let lower, let upper, lower <= upper else { return nil }
        return lower...upper
    }
}
