import Domains
import Foundation
import Statistics
import Tables

/// What the rows are good for and what they must not be used for: words that follow from figures, never constants.
public struct RowTrust: Sendable {
    /// How far a use is supported.
    public enum Verdict: String, Sendable, Codable {
        case yes, care, no
    }

    /// A use with what the figures say of it.
    public struct Use: Sendable {
        public let name: String
        public let verdict: Verdict
        public let words: String
    }

    /// A column or pair with the harm that its worst figure does.
    struct Harm: Sendable {
        /// In parts of what the figure is about: a share of the rows, a part of the spread, a correlation.
        let size: Double
        let words: String
    }

    /// Whether noise alone could have made what was measured: the tables may have no row in common.
    public let isNoise: Bool
    /// Half of the columns have counts that are off by less: a share of all rows. nil where nothing was measured.
    public let columnError: Double?
    /// Half of the measured pairs have counts that are off by less.
    public let pairError: Double?
    /// Pairs that were never measured together, and all pairs.
    public let unmeasured: (count: Int, of: Int)
    /// A count of two columns below this is mostly noise; nil where no pair was measured.
    public let leastCount: Double?
    let columnHarms: [Int: Harm]
    let pairHarms: [PairKey: Harm]
    /// Columns whose mean follows what was measured.
    let goodMeans: [String]
    /// Columns whose mean does not, with the reason.
    let badMeans: [(name: String, why: String)]
    /// Ratios that single rows do not support, with the reason.
    let badRatios: [(name: String, why: String)]
    /// Pairs of numbers whose correlation, and so every regression on them, does not follow what was measured.
    let badCorrelations: [(name: String, why: String)]
    let unmeasuredNames: [String]

    struct PairKey: Hashable, Sendable {
        let first: Int
        let second: Int
    }

    /// A figure is named as bad above this part of what it is about.
    static let limit = 0.1
    /// A ratio is named as bad where one end of its range is more than so many times the other.
    static let widestRatio = 1.25

    /// What the figures of an evaluation come to.
    public init(_ evaluation: ModelEvaluation) {
        let total = evaluation.total
        let measured = evaluation.columns.filter { $0.measurement != nil && $0.parent == nil }
        let noises = measured.compactMap(\.expectedNoise).sorted()
        let doubts = measured.compactMap { fit in
            fit.measurement.map { NoiseInterval.normalQuantile * $0.deviations.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        }
        let doubt = doubts.min() ?? 0
        isNoise =
            measured.isEmpty
            ? evaluation.pairs.allSatisfy { $0.noisy == nil } && total < 1
            : total <= 2 * doubt || (Self.middle(noises) ?? 0) > 0.5
        columnError = Self.middle(
            measured.compactMap { fit in fit.totalVariation.map { min(1, max($0, fit.expectedNoise ?? 0)) } })
        let tables = evaluation.pairs.filter { $0.noisy != nil }
        pairError = Self.middle(
            tables.compactMap { pair in
                pair.totalVariation.map { min(1, max($0, pair.expectedNoise ?? 0)) }
            })
        let unknown = evaluation.pairs.filter { $0.basis == .unmeasured }
        unmeasured = (unknown.count, evaluation.pairs.count)
        leastCount = Self.middle(tables.compactMap(\.deviation)).map { 2 * NoiseInterval.normalQuantile * $0 }
        func name(_ pair: PairFit) -> String {
            evaluation.names.pair(pair.first, pair.second)
        }
        unmeasuredNames = unknown.sorted { $0.strength > $1.strength }.map(name)
        var columnHarms: [Int: Harm] = [:]
        var (good, bad) = ([String](), [(name: String, why: String)]())
        for fit in evaluation.columns {
            let summary = evaluation.summaries[fit.column]
            let harm = Self.harm(of: fit, summary)
            columnHarms[fit.column] = harm
            guard let mean = summary?.mean else { continue }
            if let why = Self.whyBad(mean, summary) {
                bad.append((evaluation.names.short[fit.column], why))
            } else if mean.noisy != nil {
                good.append(evaluation.names.short[fit.column])
            }
        }
        (self.columnHarms, goodMeans, badMeans) = (columnHarms, good, bad)
        var pairHarms: [PairKey: Harm] = [:]
        var (ratios, correlations) = ([(name: String, why: String)](), [(name: String, why: String)]())
        for pair in evaluation.pairs {
            let summary = evaluation.pairSummaries[PairKey(first: pair.first, second: pair.second)]
            pairHarms[PairKey(first: pair.first, second: pair.second)] = Self.harm(of: pair, summary)
            guard let summary, pair.basis != .derived else { continue }
            if let why = Self.whyBad(summary, pair) { correlations.append((name(pair), why)) }
            if summary.hasSigns, pair.basis == .measured {
                ratios.append((name(pair), "values may be below 0; a rule `ratio` in the task has one measured"))
            }
            if summary.ratioOfTotals != nil, let why = Self.whyRatioBad(summary, pair) {
                ratios.append((name(pair), why))
            }
        }
        self.pairHarms = pairHarms
        (badRatios, badCorrelations) = (ratios, correlations)
    }

    private static func middle(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    // MARK: - Single figures

    private static func harm(of fit: ColumnFit, _ summary: ColumnSummary?) -> Harm? {
        guard let distance = fit.totalVariation else { return nil }
        let off = max(0, distance - (fit.expectedNoise ?? 0))
        var worst = Harm(
            size: max(off, fit.expectedNoise ?? 0),
            words:
                "counts are off by about \(Figures.percent(min(1, max(distance, fit.expectedNoise ?? 0)))) of all rows")
        if let summary, summary.spread > 0 {
            if let difference = summary.mean?.difference, summary.scale > 0, difference / summary.scale > worst.size {
                let what = summary.scale < summary.spread ? "itself" : "the spread"
                worst = Harm(
                    size: difference / summary.scale,
                    words: "the mean is off by \(Figures.percent(difference / summary.scale)) of \(what)")
            }
            let hidden = summary.hiddenInBins / summary.spread
            if summary.isBinned, hidden > worst.size {
                worst = Harm(
                    size: hidden,
                    words: "bins hide where inside them values lie: up to \(Figures.percent(hidden)) of the spread")
            }
        }
        return worst
    }

    private static func harm(of pair: PairFit, _ summary: PairSummary?) -> Harm? {
        guard let distance = pair.totalVariation else { return nil }
        let error = min(1, max(distance, pair.expectedNoise ?? 0))
        var worst = Harm(size: error, words: "counts are off by about \(Figures.percent(error)) of all rows")
        if let difference = summary?.correlation?.difference, difference > worst.size {
            worst = Harm(size: difference, words: "the correlation is off by \(Figures.decimal(difference, digits: 2))")
        }
        if let ratio = summary?.middleRatio, let noisy = ratio.noisy, noisy > 0, ratio.rows > 0 {
            let off = min(1, abs(log(ratio.rows / noisy)))
            if off > worst.size {
                worst = Harm(
                    size: off,
                    words: "the ratio of half of the rows is off by \(Figures.percent(abs(ratio.rows / noisy - 1)))")
            }
        }
        return worst
    }

    private static func whyBad(_ mean: ComparedFigure, _ summary: ColumnSummary?) -> String? {
        guard let summary, summary.scale > 0 else { return nil }
        guard let difference = mean.difference, let half = mean.halfWidth else { return "it was not measured" }
        if summary.isBinned, summary.hiddenInBins / summary.spread > 0.5, let fullest = summary.fullest {
            return
                "\(Figures.percent(fullest.share)) of the rows lie in one bin, from \(Figures.short(fullest.lower)) to "
                + Figures.short(fullest.upper)
        }
        let what = summary.scale < summary.spread ? "it" : "the spread"
        if half / summary.scale > limit { return "noise is ± \(Figures.percent(half / summary.scale)) of \(what)" }
        if difference / summary.scale > limit {
            return "the rows are off by \(Figures.percent(difference / summary.scale)) of \(what)"
        }
        return nil
    }

    private static func whyBad(_ summary: PairSummary, _ pair: PairFit) -> String? {
        guard let correlation = summary.correlation, pair.basis != .unmeasured else { return "never measured together" }
        // A difference that was measured, or a rule, ties the two in every row.
        if pair.basis == .correlation || pair.noisy == nil { return nil }
        guard let difference = correlation.difference, let half = correlation.halfWidth else {
            return "never measured together"
        }
        if half > 0.2 { return "noise is ± \(Figures.decimal(half, digits: 2))" }
        return difference > limit
            ? "measured \(Figures.decimal(correlation.noisy ?? 0, digits: 2)), in the rows \(Figures.decimal(correlation.rows, digits: 2))"
            : nil
    }

    private static func whyRatioBad(_ summary: PairSummary, _ pair: PairFit) -> String? {
        guard let middle = summary.middleRatio, let noisy = middle.noisy, noisy > 0 else {
            return pair.basis == .rule || (pair.basis == .measured && pair.noisy == nil)
                ? nil : "never measured together"
        }
        let off = abs(middle.rows / noisy - 1)
        if off > limit { return "half of the rows have a ratio that is off by \(Figures.percent(off))" }
        if let range = middle.range, range.lowerBound <= 0 || range.upperBound / range.lowerBound > Self.widestRatio {
            return
                "the ratio that half of the table's rows are below lies anywhere from \(Figures.short(range.lowerBound)) to "
                + Figures.short(range.upperBound)
        }
        // The difference of logarithms was measured: there is no table of counts.
        if pair.noisy == nil { return nil }
        // Groups as wide as the ratios themselves say nothing of a row.
        guard let error = pair.totalVariation.map({ max($0, pair.expectedNoise ?? 0) }), error <= 2 * limit else {
            return "counts of the two together are off by \(Figures.percent(min(1, pair.totalVariation ?? 1)))"
        }
        return nil
    }
}

// MARK: - Words

extension RowTrust {
    /// One sentence that a reader can act on.
    public var headline: String {
        if isNoise {
            return
                "Good for trying out code, and for nothing else: noise alone could have made these figures. The tables may "
                + "have had few rows in common, or none."
        }
        var good: [String] = []
        if let pairError, pairError <= 0.2 {
            good.append("counts by two columns (off by about \(Figures.percent(pairError)) of the rows)")
        } else if let columnError, columnError <= 0.2 {
            good.append("counts by one column (off by about \(Figures.percent(columnError)) of the rows)")
        }
        if !goodMeans.isEmpty { good.append("means of \(Self.some(goodMeans, of: "columns"))") }
        var bad: [String] = []
        if !badMeans.isEmpty { bad.append("means of \(Self.some(badMeans.map(\.name), of: "columns"))") }
        if !badRatios.isEmpty { bad.append("ratios of \(Self.some(badRatios.map(\.name), of: "pairs"))") }
        if !badCorrelations.isEmpty {
            bad.append("regressions with \(Self.some(badCorrelations.map(\.name), of: "pairs"))")
        }
        if unmeasured.count > 0 {
            bad.append("what ties the \(unmeasured.count) of \(unmeasured.of) pairs that were never measured together")
        }
        let yes = good.isEmpty ? "Good for trying out code and for little else" : "Good for \(Self.list(good))"
        return bad.isEmpty ? yes + "." : "\(yes); not for \(Self.list(bad))."
    }

    /// The four uses of the UNECE starter guide on synthetic data for official statistics.
    public var uses: [Use] {
        let error = pairError ?? columnError
        let analyses: Verdict =
            isNoise || (error ?? 1) > 0.3 ? .no : (error ?? 1) > 0.1 || !badMeans.isEmpty ? .care : .yes
        let counts = pairError == nil ? "Counts by one column" : "Counts by two columns"
        let figure =
            error.map { "\(counts) are off by about \(Figures.percent($0)) of the rows. " } ?? "No count was measured. "
        // What the headline still calls good must not be called nothing below it.
        let what = !isNoise && pairError != nil && (columnError ?? 1) <= 0.2 ? " of two columns together" : ""
        return [
            Use(
                name: "Testing analyses", verdict: analyses,
                words: figure
                    + (analyses == .no
                        ? "Code runs on them; what it finds\(what) means nothing."
                        : "Write and debug code, choose variables and models, find out whether a question can be answered.")
            ),
            Use(
                name: "Education", verdict: isNoise ? .no : analyses == .no ? .care : .yes,
                words: isNoise
                    ? "The rows look like nothing that was measured."
                    : "Teach with rows that have the columns of the source"
                        + (analyses == .no ? ", but not its shape." : " and roughly its shape.")),
            Use(
                name: "Testing technology", verdict: isNoise ? .care : .yes,
                words: "Types, code lists and missing values are as declared"
                    + (isNoise
                        ? "; how often each value comes is accident." : "; ask for as many rows as a load test needs.")),
            Use(
                name: "Release to the public", verdict: isNoise || analyses == .no ? .no : .care,
                words: "The rows may be published under the ε above. "
                    + (isNoise || analyses == .no
                        ? "Nobody should: what they show\(what) is noise."
                        : "Findings from them may not be published as facts: ask the owners for a validated answer.")),
        ]
    }

    /// What the rows must not be used for, a sentence each.
    public var warnings: [String] {
        guard !isNoise else {
            return ["Nothing may be concluded from these rows: noise alone could have made what was measured."]
        }
        var lines: [String] = []
        if let leastCount {
            lines.append(
                "Counts by two columns below about \(Figures.count(leastCount)): noise is as large as they are.")
        }
        for (what, list) in [
            ("The mean of", badMeans), ("Ratios of single rows,", badRatios),
            ("Correlation and every regression of", badCorrelations),
        ] where !list.isEmpty {
            let shown = list.prefix(6).map { "\($0.name) (\($0.why))" }
            lines.append(
                "\(what) \(shown.joined(separator: "; "))\(list.count > 6 ? "; and \(list.count - 6) more" : "").")
        }
        if unmeasured.count > 0 {
            let shown = unmeasuredNames.prefix(6).joined(separator: "; ")
            let more = unmeasuredNames.count > 6 ? "; and \(unmeasuredNames.count - 6) more" : ""
            lines.append("Whatever ties two columns that were never measured together: \(shown)\(more).")
        }
        lines.append(
            "A figure of three or more columns together, unless the calculator below gives it an interval that you can live with."
        )
        return lines
    }

    private static func some(_ names: [String], of what: String) -> String {
        names.count <= 3
            ? list(names) : "\(names.prefix(2).joined(separator: ", ")) and \(names.count - 2) other \(what)"
    }

    private static func list(_ parts: [String]) -> String {
        guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " and " + last
    }
}
