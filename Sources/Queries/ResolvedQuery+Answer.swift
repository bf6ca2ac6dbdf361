import Domains
import PrivacyKernel
import Statistics
import Tables
import Tasks
import VectorMath

/// From released integers to figures with intervals: post-processing, nothing of it costs anything.
extension ResolvedQuery {
    static let confidence = 0.95

    /// - Parameters:
    ///   - tables: the parts of the release, each row-major over `attributes`.
    ///   - variances: of the noise in each part.
    func answer(_ tables: [[Int64]], variances: [Double], law: NoiseLaw) -> QueryAnswer {
        var answer = QueryAnswer(
            name: query.name, kind: query.kind.rawValue, epsilon: query.epsilon, confidence: Self.confidence,
            noise: law,
            groupedBy: groups.map { domain.columns[$0].name }, figures: [], flows: nil, notes: notes)
        let critical = law.critical(Self.confidence)
        switch query.kind {
        case .count, .cardinality, .histogram, .sum:
            let deviation = variances[0].squareRoot() * unit
            let quantity = query.kind == .sum ? "sum" : "count"
            answer.figures = cells().map { cell in
                let value = Double(tables[0][cell.place]) * unit
                return figure(value, deviation, critical, quantity, cell.labels)
            }
        case .mean:
            answer.figures = cells().map { cell in
                ratioFigure(
                    (Double(tables[0][cell.place]), variances[0]), (Double(tables[1][cell.place]), variances[1]),
                    scale: unit, law, "mean", cell.labels)
            }
        case .quantile: answer.figures = quantiles(tables[0], variance: variances[0], law)
        case .reconcile: answer.flows = reconciliation(tables, variances, law)
        case .linked:
            guard case .linkage(_, let lists) = question else { break }
            (answer.figures, answer.notes) = linkedFigures(tables, variances: variances, lists: lists)
        }
        return answer
    }

    func figure(
        _ value: Double, _ deviation: Double, _ critical: Double, _ quantity: String, _ group: [String]? = nil
    ) -> NoisyFigure {
        // Figures are whole numbers of units, and so are the bounds: rounded outward.
        let reach = (critical * deviation / unit).rounded(.up) * unit
        return NoisyFigure(
            group: groups.isEmpty ? nil : group, quantity: quantity, estimate: value, standardError: deviation,
            lower: value - reach, upper: value + reach)
    }

    /// A ratio of two noisy figures; where the denominator is drowned the estimate is kept and the interval is open.
    func ratioFigure(
        _ numerator: (value: Double, variance: Double), _ denominator: (value: Double, variance: Double),
        scale: Double, _ law: NoiseLaw, _ quantity: String, _ group: [String]? = nil
    ) -> NoisyFigure {
        // The noise of a − ρ·b at the estimated ratio.
        let ratio = denominator.value == 0 ? 0 : numerator.value / denominator.value
        let bounds = FiellerInterval(
            numerator: numerator.value, variance: numerator.variance, denominator: denominator.value,
            variance: denominator.variance,
            critical: law.critical(
                Self.confidence, ofSum: numerator.variance, ratio * ratio * denominator.variance))
        return NoisyFigure(
            group: groups.isEmpty ? nil : group, quantity: quantity,
            estimate: scale * ratio,
            lower: bounds.map { scale * $0.lower }, upper: bounds.map { scale * $0.upper })
    }

    /// Each group's place in the released table and its labels, in the order of `groups`. Where the task's join is a mirror,
    /// groups that no matched flow can have are left out.
    func cells() -> [(place: Int, labels: [String])] {
        let strides = strides
        let fixed = Dictionary(conditions.map { ($0.column, $0.code) }, uniquingKeysWith: { first, _ in first })
        let start = fixed.reduce(0) { $0 + (strides[$1.key] ?? 0) * $1.value }
        var cells: [(place: Int, labels: [String])] = [(start, [])]
        for group in groups {
            let column = domain.columns[group]
            let codes = fixed[group].map { $0...$0 } ?? 0...(column.size - 1)
            cells = cells.flatMap { cell in
                codes.map { code in
                    let step = fixed[group] == nil ? (strides[group] ?? 0) * code : 0
                    let label = column.label(of: code)
                    return (cell.place + step, cell.labels + [label.isEmpty ? "missing" : label])
                }
            }
        }
        guard let mirror else { return cells }
        let names = groups.map { domain.columns[$0].name }
        return cells.filter { !mirror.hasNoFlow(names, $0.labels) }
    }

    /// For each column of the released table, how far apart the cells of two neighbouring codes lie.
    private var strides: [Int: Int] {
        let shape = Shape(attributes.map { domain.columns[$0].size })
        return Dictionary(zip(attributes, shape.strides), uniquingKeysWith: { first, _ in first })
    }

    /// Quantiles with the codes that the noise does not rule out, at each end.
    ///
    /// With C the counts up to a code and R those beyond, S = (1−p)·C − p·R is at least 0 from the true quantile on, and
    /// its noise has the variance σ²·((1−p)²·cells + p²·cells).
    private func quantiles(_ table: [Int64], variance: Double, _ law: NoiseLaw) -> [NoisyFigure] {
        let column = domain.columns[columns[0]]
        let fixed = Dictionary(conditions.map { ($0.column, $0.code) }, uniquingKeysWith: { first, _ in first })
        let strides = strides
        let start = fixed.reduce(0) { $0 + (strides[$1.key] ?? 0) * $1.value }
        let counts = (0..<column.valueCount).map { Double(table[start + $0 * (strides[columns[0]] ?? 1)]) }
        let total = counts.reduce(0, +)
        return query.shares.map { share in
            var below = 0.0
            var (chosen, first, last): (Int?, Int?, Int) = (nil, nil, 0)
            for (code, count) in counts.enumerated() {
                below += count
                let statistic = (1 - share) * below - share * (total - below)
                let cells = (Double(code + 1), Double(counts.count - code - 1))
                let parts = (1 - share) * (1 - share) * cells.0 + share * share * cells.1
                let fourths =
                    (1 - share) * (1 - share) * (1 - share) * (1 - share) * cells.0
                    + share * share * share * share * cells.1
                let deviation = (variance * parts).squareRoot()
                let critical = law.critical(Self.confidence, ofSumOf: parts * parts / max(fourths, 1e-300))
                if chosen == nil, statistic >= 0 { chosen = code }
                if first == nil, statistic + critical * deviation >= 0 { first = code }
                if statistic - critical * deviation < 0 { last = code + 1 }
            }
            let end = counts.count - 1
            let code = chosen ?? end
            return NoisyFigure(
                quantity: "quantile \(share)", estimate: column.middle(of: code) ?? Double(code),
                lower: column.edges(of: min(first ?? end, code))?.lower,
                upper: column.edges(of: min(max(last, code), end))?.upper)
        }
    }

    /// What the intervals leave out.
    private var notes: [String] {
        var notes = ["Intervals cover the noise alone, not errors of the tables."]
        guard [.sum, .mean, .reconcile].contains(query.kind) else {
            if query.kind == .quantile {
                notes.append(
                    "A quantile is known to its bin: the estimate is the bin's middle, and the bounds are edges of bins. "
                        + "Where they are far apart the task needs finer bins.")
            }
            return notes
        }
        let clamp = (Double(self.clamp.lowerBound) * unit, Double(self.clamp.upperBound) * unit)
        notes.append(
            "Values outside \(shown(clamp.0)) to \(shown(clamp.1)) count as the nearer end: sums of larger values are too low, and no interval covers that bias."
        )
        let coarseness = columns.prefix(2).map(relativeWidth).max() ?? 0
        if coarseness > 0 {
            notes.append(
                "Each value counts as the middle of a step of its bin, at most \(shown((coarseness * 1e4).rounded() / 100)) % or half a unit from it."
            )
        }
        if unit != 1 { notes.append("Values are rounded to whole multiples of \(shown(unit)).") }
        return notes
    }

    /// How far a value in a bin around at least one unit can lie from the number that it counts as, as a part of the bin's middle.
    private func relativeWidth(_ column: Int) -> Double {
        let column = domain.columns[column]
        var widest = 0.0
        for code in 0..<column.valueCount {
            guard let middle = column.middle(of: code), abs(middle) >= unit else { continue }
            let inside = abs(middle) <= Double(max(clamp.upperBound.magnitude, clamp.lowerBound.magnitude)) * unit
            if inside { widest = max(widest, column.stepWidth(of: code) / abs(middle)) }
        }
        return widest
    }

    private func shown(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
