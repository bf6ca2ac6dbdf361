import Domains
import FittedModels
import PrivacyKernel
import Synthesizers
import Tables

/// A chain of neighbouring columns: one-way marginals, then the table of each column with the next.
///
/// It shows all that a synthesizer from outside needs: a name, a plan, and a fit that spends what the plan says.
struct Neighbours: Synthesizer {
    static let name = SynthesizerName(rawValue: "neighbours")
    let parameters: [String: Parameter]
    private let share: Double

    /// - Parameter parameters: `one-ways`, their share of the budget (0.4).
    init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        share = try reader.number("one-ways", default: 0.4, in: 0.1...0.9)
        try reader.finish()
    }

    func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        guard domain.modelledColumns.count > 1 else { throw .noColumns }
        return MechanismPlan(
            synthesizer: Self.name, parameters: parameters, accounting: privacy.delta == 0 ? .pure : .gaussian,
            privacy: privacy,
            steps: [
                .init(name: "one-way marginals", share: share), .init(name: "neighbouring columns", share: 1 - share),
            ])
    }

    func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: ["each column's distribution", "each column with the next"],
            assumed: ["that columns further apart depend on each other through those between them alone"])
    }

    func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let columns = kernel.domain.modelledColumns
        var slices = PlannedBudget(budget, plan: plan)
        var marginals = try kernel.measure(columns.map { [$0] }, spending: slices.next())
        progress(0.3)
        marginals += try kernel.measure(zip(columns, columns.dropFirst()).map { [$0, $1] }, spending: slices.next())
        progress(0.6)
        return try FittedModel(
            fitting: marginals, domain: kernel.domain, plan: plan, transcript: kernel.transcript)
    }
}
