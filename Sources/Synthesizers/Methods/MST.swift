public import Domains
public import FittedModels
import GraphicalModels
public import PrivacyKernel
import Tables

/// Maximum spanning tree (McKenna, Miklau and Sheldon 2021, arXiv 2108.04978): one-way marginals, then the pairs of a
/// tree of columns, chosen privately by how far each pair is from independence, then one fit.
///
/// Two things differ from the paper. Under Gaussian accounting all pair errors are released at once and the tree is
/// post-processing (`Kernel.measureErrors`); under the others the paper's exponential mechanism picks edge after edge.
/// And codes that noise would drown are grouped before pairs are counted: on ordered columns with their neighbours,
/// elsewhere in one pool.
public struct MST: Synthesizer {
    /// `mst` in a task.
    public static var name: SynthesizerName { .mst }
    /// As the task gives them.
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let cellLimit: Int

    /// - Parameter parameters: `accounting`, `cells` (the largest pair table, 1,000,000).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        cellLimit = try reader.integer("cells", default: 1_000_000, in: 4...100_000_000)
        try reader.finish()
    }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions,
                "a tree of pairs of columns, those that depend on each other most, rare values pooled",
            ],
            assumed: [
                Fidelity.independence,
                "nothing of three columns at once beyond that",
            ])
    }

    /// One-way marginals, errors of all pairs, then one pair fewer than there are columns. One column is measured
    /// alone.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
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
                    name: "pair errors", share: 0.1, cells: columns.count * (columns.count - 1) / 2,
                    spread: Double(columns.count * (columns.count - 1) / 2), changing: 4),
                .init(name: "pair marginals", share: 0.6, spread: Double(columns.count - 1)),
            ], privacy, rowsPerKey: rowsPerKey, choice)
    }

    /// A tree of the pairs with the largest noisy errors, measured in one call.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let columns = oneWays.modelled
        var slices = PlannedBudget(budget, plan: plan)
        let oneWayBudget = try slices.next()
        let weights = columns.map { noise.share(ofWeight: Double(domain.columns[$0].size)) }
        let spent = oneWayBudget.amount * (weights.first ?? 1) / max(weights.reduce(0, +), .leastNormalMagnitude)
        let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: oneWayBudget)
        progress(0.3)
        guard let measured, columns.count > 1 else {
            if let measured { oneWays.add(measured) }
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        oneWays.add(measured)
        if let first = measured.first { noise.calibrate(variance: first.variance, amount: spent) }
        let errorBudget = try slices.next()
        let deviation = noise.deviation(amount: slices.amount / Double(columns.count - 1))
        let groups = columns.map { column in legibleGroups(column, oneWays, domain, deviation: deviation) }
        var grouped = GroupedKernel(kernel)
        let tree = try edges(groups, oneWays, &grouped, spending: errorBudget)
        progress(0.5)
        guard let tree, !tree.isEmpty else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        var ordered: [(members: [ModelAttribute], numbers: [Int])] = []
        for (a, b) in tree { ordered.append(try grouped.ordered([groups[a], groups[b]])) }
        let pairWeights = tree.map { noise.share(ofWeight: Double(groups[$0.0].size * groups[$0.1].size)) }
        let pairs = try kernel.measured(ordered.map(\.numbers), weights: pairWeights, spending: slices.rest())
        guard let pairs else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        let tables = zip(ordered, pairs).map {
            MeasuredMarginal($1.counts, variance: $1.variance, of: $0.members, in: groups)
        }
        progress(0.7)
        let model = try fittedTree(
            tables, oneWays: oneWays, attributes: groups, domain: domain, cellLimit: .max)
        progress(0.9)
        let fitted = try FittedModel(
            domain: domain, plan: plan.followed(by: kernel.transcript), attributes: groups, model: model,
            shares: oneWays.shares,
            measurements: oneWays.measured(numbering: groups) + tables,
            transcript: kernel.transcript)
        progress(1)
        return fitted
    }

    /// One level of groups: what the noise of a pair table leaves legible.
    private func legibleGroups(
        _ column: Int, _ oneWays: OneWayMarginals, _ domain: TableDomain, deviation: Double
    ) -> ModelAttribute {
        let whole = ModelAttribute(column: column, size: domain.columns[column].size)
        // A cell of a pair table whose mass is the product of two thresholds has about three σ.
        let least = (3 * deviation / oneWays.total).squareRoot() / 4
        let limit = Double(cellLimit).squareRoot()
        let wanted = max(2, min(1 / max(least, 1e-9), limit))
        let levels = CodeLevels(
            column, domain: domain.columns[column], shares: oneWays.shares[column], sizes: [Int(wanted)])
        return levels.levels.last ?? ModelAttribute(column: column, groups: whole.allTogether, size: 1)
    }

    /// A spanning tree of columns whose pairs are farthest from independence; nil if the transcript has ended.
    private func edges(
        _ groups: [ModelAttribute], _ oneWays: OneWayMarginals, _ grouped: inout GroupedKernel,
        spending budget: consuming Budget
    ) throws -> [(Int, Int)]? {
        let shares = oneWays.shares
        var pairs: [(Int, Int)] = []
        var candidates: [Candidate] = []
        for a in groups.indices where groups[a].size > 1 {
            for b in groups.indices where b > a && groups[b].size > 1 {
                let (members, numbers) = try grouped.ordered([groups[a], groups[b]])
                pairs.append((a, b))
                candidates.append(
                    Candidate(attributes: numbers, estimate: members.productOfShares(shares, total: oneWays.total)))
            }
        }
        guard !candidates.isEmpty else { return [] }
        var forest = SpanningForest(groups.count)
        if budget.accounting == .gaussian {
            guard let errors = try grouped.kernel.measuredErrors(of: candidates, spending: budget) else { return nil }
            for place in errors.indices.sorted(by: { (errors[$1].value, $0) < (errors[$0].value, $1) }) {
                forest.join(pairs[place])
            }
            return forest.edges
        }
        var rounds = forest.missingEdges(among: pairs)
        while rounds > 0 {
            let open = pairs.indices.filter { forest.joinsTwoParts(pairs[$0]) }
            let round = try budget.take(.fraction(1, rounds))
            guard let chosen = try grouped.kernel.selected(from: open.map { candidates[$0] }, spending: round) else {
                return forest.edges.isEmpty ? nil : forest.edges
            }
            forest.join(pairs[open[chosen]])
            rounds -= 1
        }
        return forest.edges
    }
}
