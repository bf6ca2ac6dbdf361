public import Domains
public import FittedModels
public import PrivacyKernel

/// The recommended default: `clique-tree`, and tables across the tree by weighting rows.
///
/// Tables that would make the tree too large are measured too. Rows of the tree model are weighted such that these
/// tables come out as measured, and a balanced set of rows is chosen by the weights.
public struct Auto: Synthesizer {
    /// `auto` in a task.
    public static var name: SynthesizerName { .auto }
    private let shared: OneShotFit

    /// - Parameter parameters: `accounting`, `cells` (cells of the junction tree, 100,000),
    ///   `differences` (`auto` or `none`: whether columns that nearly determine each other are modelled by their difference).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        shared = try OneShotFit(parameters, measuresAcross: true)
    }

    /// As the task gives them.
    public var parameters: [String: Parameter] { shared.parameters }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        shared.fidelity(
            pairs: "the pairs of columns that promise most, in a junction tree and across it, rare values pooled")
    }

    /// One-way marginals, errors of all pairs, then in two calls a tree of pairs and those that are worth their noise beside it.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        try plan(shared.steps(domain), privacy, rowsPerKey: rowsPerKey, shared.choice)
    }

    /// Tables of pairs show how far these are from independence and are then part of what is measured of them.
    public func withTables(_ plan: MechanismPlan, _ domain: TableDomain) -> MechanismPlan {
        shared.withTables(plan, domain)
    }

    /// Fits the tree on what fits into it and weights rows by the other tables.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        try shared.fit(kernel, plan: plan, budget: budget, progress: progress)
    }
}
