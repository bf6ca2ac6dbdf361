/// What all slices of one budget share: the promise, and how it turns into units.
///
/// Set aside before ε and δ buy ρ:
/// - of δ, (1 + e^ε) · 2^-62, because sampled laws differ from exact ones: at most 2^36 draws of 2^-100 each, and at
///   most 2^14 selections that fail with 2^-80 each. Where that is more than a thousandth of δ, the kernel draws by the
///   exact textbook methods instead and nothing is set aside.
/// - under Gaussian accounting, 2^-20 of ε and 2^-19 of δ, because a discrete Gaussian of variance σ² is the
///   post-processing of a continuous one of variance σ² − 2 up to a factor 1 ± 2.9e-17 for each changed coordinate
///   (KERNEL.md, "Discrete and continuous").
final class BudgetRoot: Sendable {
    let promise: PrivacyPromise
    let units: UInt64
    /// Draw by the exact methods: nothing of δ pays for differences.
    let isExact: Bool

    static let drawLimit: UInt64 = 1 << 36
    static let selectionLimit = 1 << 14
    /// Added to the variance of Gaussian noise under Gaussian accounting.
    static let smoothing: UInt128 = 2
    /// Bound of |P/Q − 1| between the discrete Gaussian and the smoothed continuous one of variance σ² − 2.
    static let smoothingDistance = 2.9e-17

    init(_ promise: PrivacyPromise) throws(PrivacyError) {
        self.promise = promise
        let (epsilon, delta) = (promise.parameters.epsilon, promise.parameters.delta)
        guard promise.accounting != .pure else {
            isExact = true
            units = UInt64(epsilon * Budget.unitsPerWhole)
            return
        }
        guard delta > 0 else { throw .deltaIsZero(promise.accounting) }
        isExact = (1 + exponential(min(epsilon, 100))) * 0x1p-62 > delta / 1024
        let amount = BudgetRoot.amount(promise, isExact: isExact)
        units = UInt64(min(amount, 8191) * Budget.unitsPerWhole)
    }

    /// How many coordinates may change between neighbours before the set-aside of ε is used up.
    var changedCoordinateLimit: Double {
        promise.accounting == .gaussian
            ? promise.parameters.epsilon * 0x1p-20 / (2 * BudgetRoot.smoothingDistance) : .infinity
    }

    private static func amount(_ promise: PrivacyPromise, isExact: Bool) -> Double {
        let usable = usable(promise, isExact: isExact)
        guard promise.accounting == .gaussian else {
            return Conversion.rho(epsilon: usable.epsilon, delta: usable.delta)
        }
        let mu = Conversion.mu(epsilon: usable.epsilon, delta: usable.delta)
        return mu * mu / 2 * (1 - 0x1p-50)
    }

    /// ε and δ less what is set aside. e^ε beyond e^500 is not representable, so larger ε is converted as 500.
    static func usable(_ promise: PrivacyPromise, isExact: Bool) -> (epsilon: Double, delta: Double) {
        var epsilon = min(promise.parameters.epsilon, 500)
        var delta = promise.parameters.delta
        if !isExact, !planted(.deltaNotSetAside) { delta -= (1 + exponential(epsilon)) * 0x1p-62 * (1 + 0x1p-40) }
        if promise.accounting == .gaussian {
            epsilon *= 1 - 0x1p-20
            delta *= 1 - 0x1p-19
        }
        return (epsilon, delta)
    }
}

/// What a transcript cost: a function of its releases.
public struct PrivacySpent: Sendable, Equatable, Codable {
    public let promise: PrivacyPromise
    /// ε under pure accounting, ρ otherwise.
    public let amount: Double
    /// At the promise's δ, for adding or removing all rows of one key.
    public let epsilon: Double
    /// At the same δ, for changing all rows of one key.
    public let epsilonChangingOne: Double

    /// nil for no releases. Releases of several promises count against the first; the kernel never mixes them.
    init?(_ releases: [Release]) {
        guard let first = releases.first else { return nil }
        promise = first.promise
        let units = releases.reduce(UInt128(0)) { $0 + UInt128($1.spent) }
        let changing = releases.reduce(UInt128(0)) { $0 + UInt128($1.spentChangingOne) }
        amount = Double(units) / Budget.unitsPerWhole
        let whole = UInt128((try? BudgetRoot(promise).units) ?? 0)
        // Within the whole budget the promise itself is a bound, so rounding up need not go beyond it.
        let epsilon = PrivacySpent.epsilon(units, promise)
        self.epsilon = units <= whole ? min(epsilon, promise.parameters.epsilon) : epsilon
        epsilonChangingOne = PrivacySpent.epsilon(changing, promise)
    }

    private static func epsilon(_ units: UInt128, _ promise: PrivacyPromise) -> Double {
        let amount = Double(units) / Budget.unitsPerWhole * (1 + Conversion.safety)
        guard promise.accounting != .pure else { return amount / (1 + Conversion.safety) }
        let isExact = (try? BudgetRoot(promise).isExact) ?? true
        let delta = BudgetRoot.usable(promise, isExact: isExact).delta
        guard promise.accounting == .gaussian else { return Conversion.epsilon(rho: amount, delta: delta) }
        return Conversion.epsilon(mu: (2 * amount).squareRoot(), delta: delta) / (1 - 0x1p-20) * (1 + Conversion.safety)
    }
}
