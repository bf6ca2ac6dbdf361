public import Domains
public import FittedModels
import GraphicalModels
public import PrivacyKernel
import Tables

/// Gaussian copula with classes: noisy one-way marginals, then one noisy Gram matrix of public scores, and nothing more.
///
/// Each ordered column is a standard normal cut into its codes where its noisy distribution function says, and scored by
/// the mean of the normal within each code; each column of text is scored by the indicators of its values (the rare ones
/// pooled). The kernel releases Σ z zᵀ of whole-numbered, norm-clipped scores once. From it come the correlations of
/// the ordered columns (polychoric: what few codes weaken is undone), the mean of each ordered column in each class of
/// each column of text, and the pair tables of the columns of text, of which a tree is kept.
///
/// `fidelity` states what is kept and what is assumed.
///
/// Privacy: `Kernel.measure` and `Kernel.gram`; normal scores depend on the noisy marginals only. (Ranks would not do:
/// one row more moves the rank of every other.) Design: Li, Xiong and Jiang 2014 for the division into marginals and
/// correlations; the rest differs.
public struct GaussianCopula: Synthesizer {
    /// `gaussian-copula` in a task.
    public static var name: SynthesizerName { .gaussianCopula }
    /// As the task gives them.
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let gramShare: Double

    /// The most columns of which correlations are kept.
    private static let columnLimit = 2_000

    /// - Parameter parameters: `accounting`, `correlations` (the part of the budget for the Gram matrix, 0.12).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        // In ten thousandths.
        gramShare = try (reader.number("correlations", default: 0.12, in: 0.01...0.9) * 10_000).rounded() / 10_000
        try reader.finish()
    }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        let columns = domain.modelledColumns
        let ordered = columns.filter { domain.columns[$0].isOrdered }
        let texts = columns.filter { !domain.columns[$0].isOrdered }
        let incomplete = ordered.filter { domain.columns[$0].size > domain.columns[$0].valueCount }
        var kept = [Fidelity.ownDistributions]
        var assumed: [String] = []
        if ordered.count > 1 {
            kept.append("one correlation for each pair of the ordered columns \(domain.named(ordered))")
            assumed.append("that ordered columns depend on each other as correlated normal numbers do")
        }
        if !texts.isEmpty, !ordered.isEmpty {
            kept.append(
                "the mean of each ordered column in each class of \(domain.named(texts)), rare classes pooled")
            assumed.append("that correlations are the same in every class, and that effects of several classes add up")
        }
        if texts.count > 1 {
            kept.append("pairs of columns of text along a tree, those that stand out of their noise")
            assumed.append("nothing of three columns of text at once beyond that tree")
        }
        if !incomplete.isEmpty {
            assumed.append(
                "that values of \(domain.named(incomplete)) are missing, or outside the declared ones, "
                    + "independently of all other columns")
        }
        return Fidelity(kept: kept, assumed: assumed)
    }

    /// One-way marginals, and one Gram matrix of scores and indicators. One column is measured alone.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        guard columns.count <= Self.columnLimit else {
            throw .modelTooLarge(
                cells: columns.count * (columns.count + 1) / 2, limit: Self.columnLimit * (Self.columnLimit + 1) / 2,
                column: domain.columns[columns[0]].name, columnSize: domain.columns[columns[0]].size)
        }
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        guard columns.count > 1 else {
            return try plan(
                [.init(name: "one-way marginals", share: 1, cells: cells, spread: 1)], privacy, rowsPerKey: rowsPerKey,
                choice)
        }
        let ordered = columns.filter { domain.columns[$0].isOrdered }.count
        func steps(_ gramShare: Double) -> [MechanismPlan.Step] {
            [
                .init(
                    name: "one-way marginals", share: 1 - gramShare, cells: cells,
                    spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size })),
                .init(
                    name: "Gram matrix of the normal scores of \(ordered) ordered columns and the indicators of "
                        + "\(columns.count - ordered) columns of text",
                    share: gramShare),
            ]
        }
        let plan = try plan(steps(gramShare), privacy, rowsPerKey: rowsPerKey, choice)
        guard choice == .automatic, plan.accounting == .zeroConcentrated, parameters["correlations"] == nil,
            let gaussian = try? Budget(privacy, accounting: .gaussian).amount,
            let concentrated = try? Budget(privacy, accounting: .zeroConcentrated).amount
        else { return plan }
        // zCDP buys less ρ. The Gram matrix, whose noise has no smoothing to save, keeps the ρ that it would have had.
        let kept = (gramShare * gaussian / concentrated * 10_000).rounded(.up) / 10_000
        return try self.plan(steps(kept), privacy, rowsPerKey: rowsPerKey, .zeroConcentrated)
    }

    /// Correlations from the Gram matrix, classes from its indicators; the nearest correlation matrix draws the rows.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let columns = oneWays.modelled
        var slices = PlannedBudget(budget, plan: plan)
        let first = try slices.next()
        let weights = columns.map { noise.share(ofWeight: Double(domain.columns[$0].size)) }
        let paid = first.amount * (weights.first ?? 1) / max(weights.reduce(0, +), .leastNormalMagnitude)
        let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: first)
        if let measured { oneWays.add(measured) }
        progress(0.3)
        guard let measured, columns.count > 1 else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        if let one = measured.first { noise.calibrate(variance: one.variance, amount: paid) }
        let features = GramFeatures(oneWays, domain, noise: noise, amount: slices.amount)
        guard !features.columns.isEmpty else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        let released = try kernel.measuredGram(
            of: features.columns, scores: features.scores, bound: features.bound, spending: slices.rest())
        progress(0.7)
        guard let released else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        let moments = GramMoments(released, features, total: oneWays.total)
        let tables = moments.tables(oneWays)
        // The Gram matrix is far noisier than the one-ways, so that those are kept.
        let model = try fittedTree(
            tables, oneWays: oneWays, attributes: features.attributes, domain: domain, cellLimit: .max,
            oneWaySlackPerDeviation: 0.1, sweeps: 60, tolerance: 1e-5)
        progress(0.8)
        let copula = try moments.latents(model)
        progress(0.9)
        let fitted = try FittedModel(
            domain: domain, plan: plan.followed(by: kernel.transcript), attributes: features.attributes, model: model,
            shares: oneWays.shares,
            measurements: oneWays.measured(numbering: features.attributes) + tables,
            copula: copula, transcript: kernel.transcript)
        progress(1)
        return fitted
    }
}
