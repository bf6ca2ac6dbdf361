import PrivacyKernel
import VectorMath

/// √(2/π): the mean of |noise| is so many standard deviations.
let meanAbsoluteNoise = (2 / Double.pi).squareRoot()

/// Noise of less than this variance counts as this: a fit needs some slack.
let leastVariance = 1e-4

/// The nearest whole number that the kernel takes for an estimated count.
func wholeCount(_ value: Double) -> Int64 { value.isNaN ? 0 : Int64(min(max(value, 0), 0x1p32).rounded()) }

/// The penalty of a candidate, within what the kernel takes.
func wholePenalty(_ value: Double) -> Int64 { value.isNaN ? 0 : Int64(min(max(value, 0), 0x1p60).rounded()) }

/// How noise follows from budget, for planning: σ = unit · amount^(−1/2) for Gaussian noise of an amount of ρ,
/// σ = unit / amount for Laplace noise of an amount of ε.
struct NoiseBudget: Sendable {
    let accounting: Accounting
    /// σ of one marginal that gets an amount of 1. It grows with the rows that a key may have.
    private(set) var unit: Double

    /// For one row a key.
    init(_ accounting: Accounting) {
        self.accounting = accounting
        unit = accounting == .pure ? 2.0.squareRoot() : 0.5.squareRoot()
    }

    /// Learns the unit from noise that was paid for.
    mutating func calibrate(variance: Double, amount: Double) {
        let deviation = max(variance, leastVariance).squareRoot()
        unit = accounting == .pure ? deviation * amount : deviation * amount.squareRoot()
    }

    func deviation(amount: Double) -> Double {
        accounting == .pure ? unit / amount : unit / amount.squareRoot()
    }

    /// The amount that buys a standard deviation.
    func amount(deviation: Double) -> Double {
        let ratio = unit / deviation
        return accounting == .pure ? ratio : ratio * ratio
    }

    /// In what proportion to split a budget among marginals such that Σ weight · σ is least.
    func share(ofWeight weight: Double) -> Double {
        accounting == .pure ? weight.squareRoot() : power(weight, 2.0 / 3)
    }

    /// The least Σ weight · σ that an amount buys, given Σ share(weight).
    func leastNoise(shares: Double, amount: Double) -> Double {
        accounting == .pure ? unit * shares * shares / amount : unit * power(shares, 1.5) / amount.squareRoot()
    }
}

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

    /// The plan that a kernel's releases followed; one that spent nothing where there was none.
    func planFollowed(by kernel: Kernel) throws -> MechanismPlan {
        if let promise = kernel.transcript.releases.first?.promise {
            return try plan(kernel.domain, promise.parameters)
        }
        return MechanismPlan(
            synthesizer: Self.name, parameters: parameters, accounting: .gaussian, epsilon: 0, delta: 0, steps: [])
    }
}
