public import Domains
public import FittedModels
public import PrivacyKernel

/// Clique tree: one-way marginals, one release of all pairs' distances from independence, then a tree of the tables that
/// promise most, and those within a junction tree of limited size that this tree does not explain. Four questions to the kernel.
///
/// The plan is that of SWIFT (google/dpsynth); what differs was chosen by measurement: more budget for one-ways, tables
/// at the level of detail that their noise leaves legible, two rounds of tables, and regularised proportional fitting.
public struct CliqueTree: Synthesizer {
    /// `clique-tree` in a task.
    public static var name: SynthesizerName { .cliqueTree }
    private let shared: OneShotFit

    /// - Parameter parameters: `accounting`, `cells` (cells of the junction tree, 100,000),
    ///   `differences` (`auto` or `none`: whether columns that nearly determine each other are modelled by their difference).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        shared = try OneShotFit(parameters, measuresAcross: false)
    }

    /// As the task gives them.
    public var parameters: [String: Parameter] { shared.parameters }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        shared.fidelity(
            pairs: "the pairs of columns that promise most within a junction tree, rare values pooled")
    }

    /// One-way marginals, errors of all pairs, then in two calls the pairs that are worth their noise and fit the tree.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        try plan(shared.steps(domain), privacy, rowsPerKey: rowsPerKey, shared.choice)
    }

    /// Tables of pairs show how far these are from independence and are then part of what is measured of them.
    public func withTables(_ plan: MechanismPlan, _ domain: TableDomain) -> MechanismPlan {
        shared.withTables(plan, domain)
    }

    /// Fits the tree on all that was measured.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        try shared.fit(kernel, plan: plan, budget: budget, progress: progress)
    }
}
