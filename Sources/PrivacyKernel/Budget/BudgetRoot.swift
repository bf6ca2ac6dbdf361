import Synchronization
import VectorMath

/// What all slices of one budget share: the promise, how it turns into units, and what has been drawn for it.
///
/// Set aside before ε and δ buy ρ:
/// - of δ, (1 + e^ε) · 2^-67, because sampled laws differ from exact ones: at most 2^32 draws of 2^-100 each, and at
///   most 2^14 selections of 2^-94 each. Where that is more than a thousandth of δ, or for changing a key more than half
///   of it, the kernel draws by the exact textbook methods instead and nothing is set aside.
/// - under Gaussian accounting, 2^-20 of ε and 2^-19 of δ, because a discrete Gaussian of variance σ² is the
///   post-processing of a continuous one of variance σ² − 2 up to a factor 1 ± 2.9e-17 for each changed coordinate
///   (KERNEL.md, "Discrete and continuous").
final class BudgetRoot: Sendable {
    let promise: PrivacyPromise
    let units: UInt64
    /// Draw by the exact methods: nothing of δ pays for differences.
    let isExact: Bool
    private let use = Mutex(Use())

    private struct Use {
        var draws: UInt64 = 0
        var selections = 0
        var changedCoordinates = 0.0
    }

    static let drawLimit: UInt64 = 1 << 32
    static let selectionLimit = 1 << 14
    /// Bound of the statistical distance between all that one budget pays for and the exact laws.
    static let distance = 0x1p-67
    /// Added to the variance of Gaussian noise under Gaussian accounting.
    static let smoothing: UInt128 = 2
    // KERNEL 7.2
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
        let inTables = BudgetRoot.amount(promise, delta: delta - BudgetRoot.reserve(epsilon: epsilon))
        // No plan costs more than four times its ρ for changing a key.
        let changing = BudgetRoot.epsilon(of: 4 * inTables, promise.accounting, delta: delta / 2)
        isExact =
            BudgetRoot.reserve(epsilon: epsilon) > delta / 1024 || BudgetRoot.reserve(epsilon: changing) > delta / 2
        let amount = isExact ? BudgetRoot.amount(promise, delta: delta) : inTables
        units = UInt64(min(amount, 8191) * Budget.unitsPerWhole)
    }

    // KERNEL 6.6, 7.3
    /// Counts what a call will draw, before it does.
    ///
    /// - Parameters:
    ///   - figures: how many get noise.
    ///   - changed: how many of them adding one key can change.
    /// - Throws: if δ or ε would no longer cover it; nothing is counted.
    func reserve(figures: Int, changed: Int, selections: Int) throws(PrivacyError) {
        guard !isExact || promise.accounting == .gaussian else { return }
        try use.withLock { (use) throws(PrivacyError) in
            var after = use
            after.selections += selections
            after.changedCoordinates += Double(changed)
            // `NoiseSource.check` has refused figures beyond the limit of draws.
            after.draws += isExact ? 0 : UInt64(figures) * GaussianChain.mostTables
            guard after.draws <= BudgetRoot.drawLimit else { throw .drawLimitReached(limit: BudgetRoot.drawLimit) }
            guard isExact || after.selections <= BudgetRoot.selectionLimit else {
                throw .drawLimitReached(limit: UInt64(BudgetRoot.selectionLimit))
            }
            guard after.changedCoordinates <= changedCoordinateLimit else {
                throw .drawLimitReached(limit: UInt64(changedCoordinateLimit))
            }
            use = after
        }
    }

    /// How many coordinates may change between neighbours before the set-asides of ε and δ are used up, with twice as
    /// many for changing a key.
    private var changedCoordinateLimit: Double {
        promise.accounting == .gaussian
            ? min(promise.parameters.epsilon, 1) * 0x1p-20 / (5 * BudgetRoot.smoothingDistance) : .infinity
    }

    // KERNEL 3.6
    /// The least ε at which so many units keep to the promise's δ, rounded up; infinite where none does, which four times
    /// the units of the promise do not reach.
    func epsilon(of units: UInt128) -> Double {
        let nearest = Double(units)
        let amount = (UInt128(nearest) < units ? nearest.nextUp : nearest) / Budget.unitsPerWhole
        guard promise.accounting != .pure else { return amount }
        func convert(_ delta: Double) -> Double { BudgetRoot.epsilon(of: amount, promise.accounting, delta: delta) }
        let delta = promise.parameters.delta
        guard !isExact else { return convert(delta) }
        // What is set aside grows with e^ε. From any ε that holds, the next is again one, and closer.
        var epsilon = convert(delta / 2)
        guard BudgetRoot.reserve(epsilon: epsilon) <= delta / 2 else { return .infinity }
        for _ in 0..<3 { epsilon = min(epsilon, convert(delta - BudgetRoot.reserve(epsilon: epsilon))) }
        return epsilon
    }

    /// (ε, δ) of so much of the budget, released alone.
    func parameters(of units: UInt64) -> PrivacyParameters? {
        let epsilon = epsilon(of: UInt128(units))
        return try? PrivacyParameters(
            epsilon: min(epsilon, promise.parameters.epsilon), delta: promise.parameters.delta)
    }

    // KERNEL 3.5
    /// The part of δ that pays for differences between sampled and exact laws at ε.
    static func reserve(epsilon: Double) -> Double {
        (1 + exponential(epsilon)) * distance * (1 + 0x1p-40)
    }

    /// What ε and δ buy. e^ε beyond e^500 is not representable, so larger ε is converted as 500.
    private static func amount(_ promise: PrivacyPromise, delta: Double) -> Double {
        guard delta > 0 else { return 0 }
        let epsilon = min(promise.parameters.epsilon, 500)
        guard promise.accounting == .gaussian else { return Conversion.rho(epsilon: epsilon, delta: delta) }
        let mu = Conversion.mu(epsilon: epsilon * (1 - 0x1p-20), delta: delta * (1 - 0x1p-19))
        return mu * mu / 2 * (1 - 0x1p-50)
    }

    /// The inverse: the ε of an amount of ρ at δ, rounded up.
    private static func epsilon(of amount: Double, _ accounting: Accounting, delta: Double) -> Double {
        let amount = amount * (1 + Conversion.safety)
        guard accounting == .gaussian else { return Conversion.epsilon(rho: amount, delta: delta) }
        let epsilon = Conversion.epsilon(mu: (2 * amount).squareRoot(), delta: delta * (1 - 0x1p-19))
        return epsilon / (1 - 0x1p-20) * (1 + Conversion.safety)
    }
}

/// What a transcript cost: a function of its releases.
public struct PrivacySpent: Sendable, Equatable, Codable {
    /// What was promised for all releases together.
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
        let root = try? BudgetRoot(promise)
        let epsilon = root?.epsilon(of: units) ?? .infinity
        // Within the whole budget the promise itself is a bound, so rounding up need not go beyond it.
        self.epsilon = units <= UInt128(root?.units ?? 0) ? min(epsilon, promise.parameters.epsilon) : epsilon
        epsilonChangingOne = root?.epsilon(of: changing) ?? .infinity
    }
}
