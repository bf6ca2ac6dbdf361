public import Domains
public import FittedModels
import GraphicalModels
public import PrivacyKernel
import Tables

/// Every column on its own: what the other synthesizers have to beat.
///
/// One release of all one-way marginals, the budget split such that the expected absolute error is least
/// (∝ size^(2/3) for Gaussian noise), ordered columns smoothed. Privacy: one call of `Kernel.measure`.
public struct Independent: Synthesizer {
    /// `independent` in a task.
    public static var name: SynthesizerName { .independent }
    /// As the task gives them.
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice

    /// - Parameter parameters: `accounting`.
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        try reader.finish()
    }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions
            ],
            assumed: [
                "that no column depends on any other"
            ])
    }

    /// One step: all one-way marginals.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        return try plan(
            [
                .init(
                    name: "one-way marginals", share: 1, cells: columns.reduce(0) { $0 + domain.columns[$1].size },
                    spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size }))
            ], privacy, rowsPerKey: rowsPerKey, choice)
    }

    /// One call of the kernel; columns are drawn independently.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        let noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let weights = oneWays.modelled.map { noise.share(ofWeight: Double(domain.columns[$0].size)) }
        var slices = PlannedBudget(budget, plan: plan)
        let measured = try kernel.measured(
            oneWays.modelled.map { [$0] }, weights: weights, spending: slices.next())
        if let measured {
            oneWays.add(measured)
        }
        progress(0.5)
        let model = try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        progress(1)
        return model
    }
}
