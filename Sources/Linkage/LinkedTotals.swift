import Statistics

/// Totals of the units that two lists share, from counts of links that miss some and have some too many.
///
/// Of T common units among the compared pairs a share p is linked (recall), and some links are of two units:
/// E[links] = p·T + false links. p follows from the agreement patterns, false links from them and from the units that are
/// still free when a link is made. What blocking or the bound of a block keeps from being compared is in the keep rate.
public struct LinkedTotals: Sendable {
    /// An estimate with its interval.
    public struct Total: Sendable, Equatable {
        /// Of the common units among compared pairs.
        public let compared: Double
        /// Of all common units, where blocks lose none: the former over the keep rate.
        public let all: Double
        /// Of `compared`, relative to it.
        public let relativeError: Double
        /// Of `all`.
        public let standardError: Double
        /// For `all`, with 95 %. It covers noise and chance, not correlated errors, and not what blocking loses.
        public var interval: ClosedRange<Double> {
            let reach = NoiseInterval.normalQuantile * standardError
            return (all - reach)...(all + reach)
        }
    }

    /// What every interval leaves out, to be shown beside it.
    public static let notCovered =
        "The interval covers noise and chance. It does not cover errors that are correlated, within a record or a person, and it "
        + "does not cover units that blocking keeps from being compared."

    /// The share of common units that is linked.
    public let recall: Double
    /// The standard error of `recall`, for noise and chance.
    public let recallError: Double
    /// The share of links that is of one unit.
    public let precision: Double
    /// The share of common units that the bound of a block leaves in, as measured.
    public let keepRate: Double
    /// The standard error of `keepRate`.
    private let keepError: Double
    private let matched: Double
    private let fit: FellegiSunterFit
    private let linked: [Bool]
    private let influence: [Double]

    /// - Parameters:
    ///   - fit: of the agreement patterns of all compared pairs.
    ///   - linked: for each pattern whether pairs that have it may be linked.
    ///   - links: the number of links, one to one.
    ///   - kept: how many records of either list take part.
    ///   - keepRate: from 0 to 1.
    ///   - keepError: its standard error.
    public init(
        _ fit: FellegiSunterFit, linked: [Bool], links: Double, kept: (Double, Double), keepRate: Double,
        keepError: Double = 0
    ) {
        self.fit = fit
        self.linked = linked
        recall = fit.recall(of: linked)
        influence = fit.recallInfluence(of: linked)
        recallError = fit.variance(of: influence, less: influence.map { _ in 0 }).squareRoot()
        self.keepRate = min(max(keepRate, 1e-6), 1)
        self.keepError = keepError
        let (_, chance) = fit.model.patternProbabilities
        let falsePairs = fit.model.unmatched * zip(chance, linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        // A false link needs two records that no other link took.
        let free = max(0, 1 - links / max(kept.0, 1)) * max(0, 1 - links / max(kept.1, 1))
        precision = links > 0 ? min(1, max(0, 1 - falsePairs * free / links)) : 1
        matched = max(1, links * precision / max(recall, 1e-6))
    }

    /// The standard error of `precision`: false links as rare events, and the noise in the number of links.
    public func precisionError(links: Double) -> Double {
        let wrong = max(1, links * (1 - precision))
        return wrong.squareRoot() / max(links, 1)
    }

    /// The total behind a number of links: of all, or of one group.
    ///
    /// - Parameters:
    ///   - links: one-to-one links, with noise.
    ///   - variance: of the noise.
    public func total(links: Double, variance: Double) -> Total {
        let share = max(recall, 1e-6)
        let right = links * precision
        let compared = right / share
        let units = max(compared, 0)
        let wrong = max(links, 0) * (1 - precision)
        // Links less recall times units, both as the patterns of these pairs make them: they err together.
        let together = fit.variance(
            of: influence.map { $0 * units }, less: linked.map { $0 ? 1 : 0 }, part: min(1, units / matched))
        let deviation = (variance + wrong + together).squareRoot() / share
        let all = compared / keepRate
        let kept = all * keepError
        return Total(
            compared: compared, all: all, relativeError: deviation / max(abs(compared), 1),
            standardError: (deviation * deviation + kept * kept).squareRoot() / keepRate)
    }

    /// A total with the units that no pass brought together, where these are as many for each that is linked as in all.
    ///
    /// What the bound of a block leaves out is in them too: a pass that leaves a record out has not found it.
    ///
    /// - Parameters:
    ///   - recapture: from the sets of passes that link the records.
    ///   - links: of all.
    public func withMissed(_ total: Total, _ recapture: RecaptureFit, links: Double) -> Total {
        let linked = max(links, 1)
        let factor = 1 + recapture.missed / linked
        let all = total.compared * factor
        let compared = factor * total.relativeError * max(abs(total.compared), 1)
        let missed = total.compared / linked * recapture.standardError
        return Total(
            compared: total.compared, all: all, relativeError: total.relativeError,
            standardError: (compared * compared + missed * missed).squareRoot())
    }

    /// Units by two independent ways of finding them: L₁·L₂/L₁₂ (Lincoln and Petersen), where a unit that one way misses is
    /// as likely as any other to be found by the other. Where that fails, the estimate is too small.
    ///
    /// - Parameters:
    ///   - first: links of the first way with the variance of their noise, and of the second, and of both.
    /// - Returns: nil where too few are found by both for an estimate.
    public static func recaptured(
        first: (links: Double, variance: Double), second: (links: Double, variance: Double),
        both: (links: Double, variance: Double)
    ) -> (estimate: Double, interval: ClosedRange<Double>)? {
        guard both.links > 4 * max(both.variance, 1).squareRoot(), first.links > 0, second.links > 0 else { return nil }
        let estimate = first.links * second.links / both.links
        let missed = max(0, first.links - both.links) * max(0, second.links - both.links)
        let chance = estimate * missed / (both.links * both.links)
        let noise =
            first.variance / (first.links * first.links) + second.variance / (second.links * second.links)
            + both.variance / (both.links * both.links)
        let reach = NoiseInterval.normalQuantile * (chance + estimate * estimate * noise).squareRoot()
        return (estimate, (estimate - reach)...(estimate + reach))
    }
}
