/// A part of a budget.
public enum BudgetShare: Sendable, Equatable {
    /// So much ε (pure) or ρ, rounded down to whole units.
    case amount(Double)
    /// `numerator / denominator` of what is left, rounded down to whole units.
    case fraction(_ numerator: Int, _ denominator: Int)
    /// What is left.
    case all
}

// KERNEL 3.1
/// Privacy that may still be spent. It cannot be copied: passing it on gives it up, and slices never sum to
/// more than the whole.
///
/// Amounts are whole units of 2^-50 of ε (pure) or ρ (zCDP, and GDP as ρ = μ²/2). The total is rounded down, so that
/// its conversion back never exceeds the ε and δ it was made from.
///
/// Part of δ is set aside first for what is not exact (`BudgetRoot`). The proof is in KERNEL.md, "The budget".
public struct Budget: ~Copyable, Sendable {
    static let unitsPerWhole = 0x1p50
    let root: BudgetRoot
    private(set) var units: UInt64

    /// - Throws: `deltaIsZero` for a Gaussian plan without δ; `budgetTooSmall` if ε and δ buy less than one unit.
    public init(_ total: PrivacyParameters, accounting: Accounting) throws(PrivacyError) {
        let root = try BudgetRoot(PrivacyPromise(parameters: total, accounting: accounting))
        guard root.units > 0 else { throw .budgetTooSmall(epsilon: total.epsilon, delta: total.delta) }
        self.init(root: root, units: root.units)
    }

    private init(root: BudgetRoot, units: UInt64) {
        self.root = root
        self.units = units
    }

    /// By which theory the slices of this budget add up.
    public var accounting: Accounting { root.promise.accounting }

    /// What is left, in ε (pure) or ρ. For planning: spending counts in whole units.
    public var amount: Double { Double(units) / Budget.unitsPerWhole }

    // KERNEL 3.2
    /// Cuts off a slice.
    ///
    /// - Throws: if the share is not positive, is beyond what is left, or is less than one unit; nothing is cut.
    public mutating func take(_ share: BudgetShare) throws(PrivacyError) -> Budget {
        guard units > 0 else { throw .budgetIsEmpty }
        let slice: UInt64
        let asked: Double
        switch share {
        case .all: (slice, asked) = (units, self.amount)
        case .amount(let amount):
            guard amount > 0, !amount.isNaN else { throw .shareNotPositive(amount) }
            let wanted = (amount * Budget.unitsPerWhole).rounded(.down)
            guard wanted <= Double(units), wanted < 0x1p63, UInt64(wanted) <= units else {
                throw .budgetExceeded(asked: amount, left: self.amount)
            }
            (slice, asked) = (UInt64(wanted), amount)
        case .fraction(let numerator, let denominator):
            guard numerator > 0, denominator > 0 else {
                throw .shareNotPositive(Double(numerator) / Double(denominator))
            }
            guard numerator <= denominator else {
                throw .budgetExceeded(asked: amount * Double(numerator) / Double(denominator), left: amount)
            }
            let product = units.multipliedFullWidth(by: UInt64(numerator))
            slice = UInt64(denominator).dividingFullWidth(product).quotient
            asked = amount * Double(numerator) / Double(denominator)
        }
        guard slice > 0 else { throw .shareTooSmall(asked) }
        remove(slice)
        return Budget(root: root, units: slice)
    }

    // KERNEL 3.2
    /// What was cut off is gone from here.
    mutating func remove(_ slice: UInt64) { units -= slice }
}
