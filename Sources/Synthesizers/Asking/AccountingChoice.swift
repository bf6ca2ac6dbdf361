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
    func accounting(for privacy: PrivacyParameters) -> Accounting {
        if privacy.delta == 0 { return .pure }
        switch self {
        case .automatic, .gaussian: return .gaussian
        case .zeroConcentrated: return .zeroConcentrated
        case .pure: return .pure
        }
    }
}

extension Synthesizer {
    /// A plan with this synthesizer's name, parameters and accounting.
    func plan(_ steps: [MechanismPlan.Step], _ privacy: PrivacyParameters) -> MechanismPlan {
        MechanismPlan(
            synthesizer: Self.name, parameters: parameters, accounting: accounting(for: privacy), privacy: privacy,
            steps: steps)
    }
}
