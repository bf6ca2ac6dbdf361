import FittedModels
import PrivacyKernel

/// The penalty of a candidate, within what the kernel takes.
func wholePenalty(_ value: Double) -> Int64 { value.isNaN ? 0 : Int64(min(max(value, 0), 0x1p60).rounded()) }

/// The accounting that a task's parameters may ask for in place of the default.
enum AccountingChoice: String, CaseIterable {
    case automatic = "auto"
    case pure
    case zeroConcentrated = "zcdp"
    case gaussian = "gdp"

    /// δ = 0 leaves only pure accounting.
    func accounting(
        for privacy: PrivacyParameters, steps: [MechanismPlan.Step], rowsPerKey: Int
    ) -> Accounting {
        if privacy.delta == 0 { return .pure }
        switch self {
        case .automatic: return .tightest(for: steps.releases(rowsPerKey: rowsPerKey), privacy)
        case .gaussian: return .gaussian
        case .zeroConcentrated: return .zeroConcentrated
        case .pure: return .pure
        }
    }

    /// Of one-way marginals, weighted for Gaussian noise such that their errors are least: how many equal shares make as
    /// much of the smoothing of Gaussian accounting, 1 / Σ share².
    static func spread(ofMarginals sizes: [Int]) -> Double {
        let noise = NoiseScaling(.gaussian)
        let weights = sizes.map { noise.share(ofWeight: Double($0)) }
        let sum = weights.reduce(0, +)
        let squares = weights.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / squares : 1
    }
}

extension Synthesizer {
    /// A plan with this synthesizer's name and parameters and the accounting that `choice` makes of its steps.
    ///
    /// - Parameter leastShare: the smallest part of the budget that one release may get; by default a 256th of what an
    ///   equal share would be, as weights of tables differ.
    /// - Throws: `budgetTooSmall` where the kernel could refuse a release that small while the fit runs.
    func plan(
        _ steps: [MechanismPlan.Step], _ privacy: PrivacyParameters, rowsPerKey: Int, _ choice: AccountingChoice,
        leastShare: Double? = nil
    ) throws(SynthesisError) -> MechanismPlan {
        let plan = MechanismPlan(
            synthesizer: Self.name, parameters: parameters,
            accounting: choice.accounting(for: privacy, steps: steps, rowsPerKey: rowsPerKey), privacy: privacy,
            steps: steps, rowsPerKey: rowsPerKey)
        do {
            let budget = try Budget(privacy, accounting: plan.accounting)
            for step in steps {
                let spread = step.spread ?? 1
                let least = min(leastShare ?? .infinity, spread > 1 ? step.share / (256 * spread) : step.share)
                _ = try budget.noise(paidBy: budget.amount * least, .counts(rowsPerKey: rowsPerKey))
                let whole =
                    step.spread.map { Sensitivity.errors(Int($0.rounded(.up)), rowsPerKey: rowsPerKey) }
                    ?? .gram(features: 1, bound: GramFeatures.mostBound, rowsPerKey: rowsPerKey)
                _ = try budget.noise(paidBy: budget.amount * step.share, whole)
            }
        } catch {
            throw .budgetTooSmall(error)
        }
        return plan
    }
}
