import Domains
import Linkage
import PrivacyKernel
import Statistics
import Tables
import Tasks

/// What a query about a linkage needs of the task.
struct LinkedLists: Sendable {
    let terms: LinkageTerms
    /// For each provider the joined columns that hold what its records say.
    let sides: [Set<String>]

    /// What the agreement patterns, the tallies, the links and the histories each get of the query's price. Patterns have the
    /// most cells and the widest noise. Of fewer than three passes there are no histories.
    var weights: [Double] {
        terms.blocking.count < LinkageQuestion.fewestPasses ? [0.6, 0.05, 0.35] : [0.5, 0.05, 0.3, 0.15]
    }

    var movements: [CountMovement] { LinkageQuestion.movements(terms) }

    /// Of each pattern whether its weights reach the threshold, as the kernel sums them.
    var linked: [Bool] {
        func whole(_ weight: Double) -> Int { Int((min(max(weight, -100), 100) * 1_024).rounded()) }
        var sums = [0]
        for comparison in terms.compare {
            // From no agreement up, then a missing text.
            let weights = comparison.weights.reversed().map(whole) + [0]
            sums = sums.flatMap { sum in weights.map { sum + $0 } }
        }
        return sums.map { $0 >= whole(terms.threshold) }
    }
}

extension ResolvedQuery {
    /// Units that both lists have: of all, or of each group, allowing for links that are missing and for false ones; of three
    /// passes or more with those that no pass brings together too; then how good the linkage is.
    func linkedFigures(
        _ tables: [[Int64]], variances: [Double], lists: LinkedLists
    ) -> (figures: [NoisyFigure], notes: [String]) {
        let parts = Double(LinkageQuestion.parts)
        let tallies = tables[1].map { Double($0) / parts }
        let passes = stride(from: 0, to: tallies.count, by: LinkageQuestion.talliesPerPass).map {
            Array(tallies[$0...].prefix(4))
        }
        let taking = passes.reduce((0, 0)) { (max($0.0, $1[0]), max($0.1, $1[1])) }
        let keepRate = passes.map { min(1, max(0, $0[3]) / max($0[2], 1)) }.max() ?? 1
        let records = max(passes.first?[2] ?? 1, 1)
        // Of the ratio of two tallies, whatever it is below 1.
        let keepError = variances[1].squareRoot() / parts * 1.5 / records
        let links = cells().map { (Double(tables[2][$0.place]), $0.labels) }
        let all = links.reduce(0) { $0 + $1.0 }
        func uncorrected(
            _ why: String = "The agreement patterns do not tell pairs of one unit from others well enough"
        ) -> (figures: [NoisyFigure], notes: [String]) {
            let deviation = variances[2].squareRoot()
            return (
                links.map { figure($0.0, deviation, NoiseInterval.normalQuantile, "linked records", $0.1) },
                ["\(why): these are records with a link, not corrected. Intervals cover the noise alone."]
            )
        }
        let counts = AgreementCounts(
            levels: LinkageQuestion.levels(lists.terms), counts: tables[0].map { Double($0) }, variance: variances[0])
        guard let counts, let fit = FellegiSunterFit(counts, linked: lists.linked), all > 0 else {
            return uncorrected()
        }
        // Beyond that a quotient has no interval to speak of.
        guard keepRate > 3 * keepError else {
            return uncorrected("The noise hides how many records the bound of a block leaves in")
        }
        let totals = LinkedTotals(
            fit, linked: lists.linked, links: all, kept: (taking.0, taking.1), keepRate: keepRate, keepError: keepError)
        // More units than records, or a linkage that would miss most of them: the model took other pairs for those of one unit.
        let found = totals.total(links: all, variance: 0)
        guard totals.recall > 0.5, found.compared <= 1.05 * min(taking.0, taking.1), found.all <= 1.05 * records else {
            return uncorrected()
        }
        func shown(_ quantity: String, _ total: LinkedTotals.Total, _ group: [String]?) -> NoisyFigure {
            NoisyFigure(
                group: group, quantity: quantity, estimate: total.all,
                standardError: total.standardError, lower: total.interval.lowerBound,
                upper: total.interval.upperBound)
        }
        var whole = totals.total(links: all, variance: Double(links.count) * variances[2])
        var units: [(LinkedTotals.Total, [String]?)] = links.map {
            (totals.total(links: $0.0, variance: variances[2]), groups.isEmpty ? nil : $0.1)
        }
        if !groups.isEmpty { units.append((whole, nil)) }
        var figures = units.map { shown("common units", $0.0, $0.1) }
        let recapture = tables.count > 3 ? Self.recapture(tables[3], passes: passes.count, variances[3]) : nil
        if let recapture {
            figures += units.map { total, group in
                shown("all common units", totals.withMissed(total, recapture, links: all), group)
            }
            whole = totals.withMissed(whole, recapture, links: all)
        }
        func share(_ name: String, _ value: Double, _ deviation: Double?) -> NoisyFigure {
            let reach = deviation.map { NoiseInterval.normalQuantile * $0 }
            return NoisyFigure(
                quantity: name, estimate: value, standardError: deviation, lower: reach.map { max(0, value - $0) },
                upper: reach.map { min(1, value + $0) })
        }
        figures += [
            share("recall", totals.recall, totals.recallError),
            share("precision", totals.precision, totals.precisionError(links: all)),
            share("keep rate", keepRate, keepError),
            share(
                "coverage of the first list", min(1, max(0, whole.all / records)),
                whole.standardError / records),
        ]
        let weights = fit.model.weights.map { comparison in
            comparison.map { String(($0 * 10).rounded() / 10) }.joined(separator: " ")
        }
        return (
            figures,
            [
                LinkedTotals.notCovered,
                recapture != nil
                    ? Self.assumed : passes.count < LinkageQuestion.fewestPasses ? Self.tooFewPasses : Self.unclear,
                "Recall, precision and keep rate are of the pairs that blocking lets meet. Weights as these figures have them, of "
                    + "each comparison from no agreement up, a missing text last: "
                    + zip(lists.terms.compare, weights).map {
                        "\($0.text.columns.joined(separator: " ")) (\($0.by.rawValue)) \($1)"
                    }.joined(separator: "; ") + ".",
            ]
        )
    }

    private static let assumed =
        "All common units adds those that no pass brings together, from which passes link which records: it assumes that passes "
        + "hang together two by two and in no other way, and that every group is missed alike. No interval covers that."
    private static let tooFewPasses =
        "How many units blocking keeps from being compared is not estimated: with fewer than three passes every estimate rests on "
        + "an assumption about how passes hang together that nothing released can show."
    private static let unclear =
        "How many units no pass brings together cannot be told from these figures: too few records are linked by some sets of "
        + "passes beside the noise."

    /// How many units no pass found, where the noise leaves that to be seen.
    private static func recapture(_ histories: [Int64], passes: Int, _ variance: Double) -> RecaptureFit? {
        RecaptureFit(histories.map { Double($0) }, passes: passes, variance: variance).flatMap { $0.isClear ? $0 : nil }
    }
}
