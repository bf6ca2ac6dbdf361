public import Domains
public import FittedModels
import GraphicalModels
public import PrivacyKernel
import Tables

/// Multiplicative weights, exponential mechanism (Hardt, Ligett and McSherry 2012, arXiv 1012.4763), with one number for
/// every combination of values.
///
/// As in later work a whole marginal is measured each round, after all one-ways: the pair that the model gets most
/// wrong, beyond the noise that measuring it would bring. The weights are fitted to everything measured so far by the
/// regularised multiplicative update of `DenseTable`. δ = 0 gives the paper's pure ε: exponential mechanism and
/// (discrete) Laplace noise. For domains of a few columns; exact where it works, so also an oracle for the others.
public struct MWEM: Synthesizer {
    /// `mwem` in a task.
    public static var name: SynthesizerName { .mwem }
    /// As the task gives them.
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let rounds: Int
    private let cellLimit: Int

    /// - Parameter parameters: `accounting`, `rounds` (0: one for each pair, at most three times the columns), `cells` (1,000,000; at most 10,000,000).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        rounds = try reader.integer("rounds", default: 0, in: 0...1_000)
        cellLimit = try reader.integer("cells", default: 1_000_000, in: 1...10_000_000)
        try reader.finish()
    }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions,
                "the pairs of columns that the model got most wrong, round after round",
            ],
            assumed: [
                Fidelity.independence
            ])
    }

    /// One-way marginals, then rounds of one selection and one pair. One column is measured alone.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        try check(domain)
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        guard columns.count > 1 else {
            return try plan(
                [.init(name: "one-way marginals", share: 1, cells: cells, spread: 1)], privacy, rowsPerKey: rowsPerKey,
                choice)
        }
        return try plan(
            [
                .init(
                    name: "one-way marginals", share: 0.3, cells: cells,
                    spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size })),
                .init(
                    name: "pair selections", share: 0.14, cells: roundCount(columns.count),
                    spread: Double(roundCount(columns.count) * columns.count * (columns.count - 1) / 2), changing: 4),
                .init(name: "pair marginals", share: 0.56, spread: Double(roundCount(columns.count))),
            ], privacy, rowsPerKey: rowsPerKey, choice,
            leastShare: 0.14 / Double(roundCount(columns.count) * columns.count * columns.count))
    }

    private func check(_ domain: TableDomain) throws(SynthesisError) {
        var cells: Int? = 1
        for column in domain.modelledColumns {
            cells = cells.flatMap { known in
                let (product, overflow) = known.multipliedReportingOverflow(by: domain.columns[column].size)
                return overflow ? nil : product
            }
        }
        guard let cells, cells <= cellLimit else { throw .denseDomainTooLarge(cells: cells, limit: cellLimit) }
    }

    private func roundCount(_ columns: Int) -> Int {
        let pairs = columns * (columns - 1) / 2
        return rounds > 0 ? rounds : min(pairs, 3 * columns)
    }

    /// Rounds of selecting, measuring and updating one table over the whole domain.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        try check(domain)
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let columns = oneWays.modelled
        let attributes = columns.map { ModelAttribute(column: $0, size: domain.columns[$0].size) }
        var slices = PlannedBudget(budget, plan: plan)
        let first = try slices.next()
        let weights = attributes.map { noise.share(ofWeight: Double($0.size)) }
        let paid = first.amount * (weights.first ?? 1) / max(weights.reduce(0, +), .leastNormalMagnitude)
        let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: first)
        if let measured { oneWays.add(measured) }
        if let one = measured?.first { noise.calibrate(variance: one.variance, amount: paid) }
        guard measured != nil, columns.count > 1 else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        var dense = DenseTable(oneWays, attributes: attributes, columnCount: domain.columns.count)
        var measurements = oneWays.measured(numbering: attributes)
        var left = roundCount(columns.count)
        let all = left
        while left > 0 {
            let round = try slices.round(.fraction(1, left))
            left -= 1
            guard let pair = try measureWorstPair(dense, columns, kernel, noise: noise, spending: round) else { break }
            measurements.append(pair)
            dense.add(pair.target)
            dense.fit()
            progress(0.9 * Double(all - left) / Double(all))
        }
        let fitted = try FittedModel(
            domain: domain, plan: plan.followed(by: kernel.transcript), attributes: attributes,
            tree: TreeTables(total: oneWays.total, cliques: [dense.table], separators: []), shares: oneWays.shares,
            corrections: [], measurements: measurements, misfits: [], transcript: kernel.transcript, taskDigest: nil,
            representatives: nil)
        progress(1)
        return fitted
    }

    /// One round: the pair that the model gets most wrong, measured. nil if the transcript has ended.
    private func measureWorstPair(
        _ dense: DenseTable, _ columns: [Int], _ kernel: Kernel, noise: NoiseScaling,
        spending slices: consuming PlannedBudget
    ) throws -> MeasuredMarginal? {
        let selection = try slices.next()
        let deviation = noise.deviation(amount: slices.amount)
        var pairs: [[Int]] = []
        var candidates: [Candidate] = []
        for a in columns.indices {
            for b in columns.indices.dropFirst(a + 1) {
                let estimate = dense.marginal([a, b])
                pairs.append([a, b])
                candidates.append(
                    Candidate(
                        attributes: [columns[a], columns[b]], estimate: estimate.map { wholeCount($0) },
                        penalty: wholePenalty(meanAbsoluteNoise * deviation * Double(estimate.count))))
            }
        }
        guard let chosen = try kernel.selected(from: candidates, spending: selection),
            let answer = try kernel.measured([candidates[chosen].attributes], spending: slices.rest())?.first
        else { return nil }
        return MeasuredMarginal(
            attributes: pairs[chosen], counts: answer.counts, variance: max(answer.variance, leastVariance))
    }
}
