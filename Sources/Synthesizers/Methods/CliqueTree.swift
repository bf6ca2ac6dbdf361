public import FittedModels
import GraphicalModels
public import PrivacyKernel
public import Tables

/// One-shot clique tree: one-way marginals, one release of all pairs' distances from independence, then one release of
/// the tables that promise most, within a junction tree of limited size. Three questions to the kernel, one fit.
///
/// The plan is that of SWIFT (google/dpsynth); what differs was chosen by measurement: more budget for one-ways, tables
/// at the level of detail that their noise leaves legible, and regularised proportional fitting.
public struct CliqueTree: Synthesizer {
    public static var name: SynthesizerName { .cliqueTree }
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let cellLimit: Int

    /// - Parameter parameters: `accounting`, `cells` (cells of the junction tree, 100,000).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        cellLimit = try reader.integer("cells", default: 100_000, in: 1_000...10_000_000)
        try reader.finish()
    }

    public func accounting(for privacy: PrivacyParameters) -> Accounting { choice.accounting(for: privacy) }

    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions,
                "the pairs of columns that promise most within a junction tree, rare values pooled",
            ],
            assumed: [
                Fidelity.independence
            ])
    }

    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters
    ) throws(SynthesisError) -> MechanismPlan {
        plan(try OneShotFit.steps(domain), privacy)
    }

    public func fit(
        _ kernel: Kernel, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        try OneShotFit(cellLimit: cellLimit, measuresAcross: false).fit(
            kernel, budget: budget, progress: progress, plan: planFollowed)
    }
}

/// The recommended default: `clique-tree`, and tables across the tree by weighting rows.
///
/// Tables that would make the tree too large are measured too. Rows of the tree model are weighted such that these
/// tables come out as measured, and a balanced set of rows is chosen by the weights.
public struct Auto: Synthesizer {
    public static var name: SynthesizerName { .auto }
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let cellLimit: Int

    /// - Parameter parameters: `accounting`, `cells` (cells of the junction tree, 100,000).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        cellLimit = try reader.integer("cells", default: 100_000, in: 1_000...10_000_000)
        try reader.finish()
    }

    public func accounting(for privacy: PrivacyParameters) -> Accounting { choice.accounting(for: privacy) }

    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions,
                "the pairs of columns that promise most, in a junction tree and across it, rare values pooled",
            ],
            assumed: [
                Fidelity.independence
            ])
    }

    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters
    ) throws(SynthesisError) -> MechanismPlan {
        plan(try OneShotFit.steps(domain), privacy)
    }

    public func fit(
        _ kernel: Kernel, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        try OneShotFit(cellLimit: cellLimit, measuresAcross: true).fit(
            kernel, budget: budget, progress: progress, plan: planFollowed)
    }
}
