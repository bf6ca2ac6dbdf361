public import Domains
public import FittedModels
public import PrivacyKernel

/// A way to turn noisy answers of the kernel into a model of the rows.
///
/// A synthesizer sees the public domain and what the kernel releases, nothing else; so everything that it does beyond
/// asking the kernel is post-processing. It must work for any rows, none included, and for a kernel that replays a
/// transcript: where that ends early, the model is made of what was measured.
public protocol Synthesizer: Sendable {
    /// What tasks and the command line call it.
    static var name: SynthesizerName { get }

    /// - Throws: `SynthesisError.unknownParameter` or `.invalidParameter`.
    init(parameters: [String: Parameter]) throws(SynthesisError)

    /// The parameters as given.
    var parameters: [String: Parameter] { get }

    /// What will be spent on what, and how spending adds up: pure for δ = 0, otherwise as the parameters say, or under
    /// whichever of zCDP and Gaussian accounting this plan's noise is smaller. A function of public figures alone; what
    /// cannot work is refused here.
    ///
    /// - Parameter rowsPerKey: the most rows that a key may have in the joined table.
    func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan

    /// A plan of the method where rows lie at several holders, so that tables are measured in place of their distances
    /// (KERNEL.md, 10.4): the same steps, with other shares where the method makes use of the tables.
    func withTables(_ plan: MechanismPlan, _ domain: TableDomain) -> MechanismPlan

    /// What rows of the model keep and what they assume.
    func fidelity(_ domain: TableDomain) -> Fidelity

    /// Asks the kernel and fits.
    ///
    /// - Parameters:
    ///   - plan: what `plan(_:_:rowsPerKey:)` said, or the same steps with other shares. `PlannedBudget` hands out what each step has.
    ///   - budget: of the plan's accounting; all of it may be spent.
    ///   - progress: called with the share of the work done, from 0 to 1. It depends on public figures only.
    func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel
}

extension Synthesizer {
    /// The plan as it is: of the tables the distances alone are taken.
    public func withTables(_ plan: MechanismPlan, _ domain: TableDomain) -> MechanismPlan { plan }

    /// The plan for one row a key.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters
    ) throws(SynthesisError) -> MechanismPlan {
        try plan(domain, privacy, rowsPerKey: 1)
    }

    /// Plans, then asks the kernel and fits with a budget of its own.
    ///
    /// - Parameter privacy: what the model may cost; all of it is spent.
    public func fit(
        _ kernel: Kernel, _ privacy: PrivacyParameters, progress: (Double) -> Void = { _ in }
    ) throws -> FittedModel {
        var plan = try plan(kernel.domain, privacy, rowsPerKey: kernel.rowsBound)
        if kernel.isOfSeveralHolders { plan = withTables(plan, kernel.domain) }
        return try fit(
            kernel, plan: plan, budget: Budget(privacy, accounting: plan.accounting), progress: progress)
    }
}

/// The synthesizer that a task names.
///
/// - Throws: `SynthesisError.unknownSynthesizer`, or what its parameters throw.
public func synthesizer(
    named name: String, parameters: [String: Parameter] = [:]
) throws(SynthesisError) -> any Synthesizer {
    guard let known = knownSynthesizers.first(where: { $0.name.rawValue == name }) else {
        throw .unknownSynthesizer(name)
    }
    return try known.init(parameters: parameters)
}

/// What `SynthesizerName.known` names, in its order.
let knownSynthesizers: [any Synthesizer.Type] = [
    Auto.self, Independent.self, MWEM.self, MST.self, AIM.self, CliqueTree.self, GaussianCopula.self,
]
