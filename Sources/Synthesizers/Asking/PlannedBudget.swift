public import FittedModels
public import PrivacyKernel

/// A budget that is spent as a plan says: the plan's shares are the only ones, and a method takes its steps in their order.
///
/// A step gets its share of what it and the steps after it have together, in whole units and rounded down; the last step
/// gets all that is left. So shares that were scaled to make room for a task's queries divide the rest as before.
public struct PlannedBudget: ~Copyable {
    private var budget: Budget
    private var steps: ArraySlice<MechanismPlan.Step>

    /// - Parameters:
    ///   - budget: what the steps have together.
    ///   - plan: its steps are taken one after the other.
    public init(_ budget: consuming Budget, plan: MechanismPlan) {
        self.init(budget, steps: plan.steps[...])
    }

    private init(_ budget: consuming Budget, steps: ArraySlice<MechanismPlan.Step>) {
        self.budget = budget
        self.steps = steps
    }

    /// How spending adds up.
    public var accounting: Accounting { budget.accounting }

    /// What is left for the steps that were not taken, in ε (pure) or ρ.
    public var amount: Double { budget.amount }

    /// The slice of the next step.
    ///
    /// - Throws: `PrivacyError` if the step has no positive share, or where nothing is left.
    public mutating func next() throws(PrivacyError) -> Budget {
        let rest = steps.reduce(0) { $0 + $1.share }
        guard let step = steps.popFirst(), !steps.isEmpty else { return try budget.take(.all) }
        return try budget.take(Self.share(step.share / rest))
    }

    /// A part of the next step's slice, which is then taken; the rest of it is left to the steps after it.
    ///
    /// - Parameter part: of the step, in thousandths.
    /// - Throws: `PrivacyError` if the step has no positive share, or where nothing is left.
    public mutating func next(part: Int) throws(PrivacyError) -> Budget {
        guard part < 1000, steps.count > 1 else { return try next() }
        let slice = try some(part)
        _ = steps.popFirst()
        return slice
    }

    /// A part of the next step's slice; the rest of it is left to the steps after it. For what is asked only where earlier
    /// answers call for it.
    ///
    /// - Parameter part: of the step, in thousandths.
    /// - Throws: `PrivacyError` if the step has no positive share, or where nothing is left.
    public mutating func some(_ part: Int) throws(PrivacyError) -> Budget {
        let rest = steps.reduce(0) { $0 + $1.share }
        guard let step = steps.first, rest > 0 else { throw .budgetIsEmpty }
        return try budget.take(Self.share(step.share / rest * Double(part) / 1000))
    }

    /// A part for one round of the steps that were not taken; the others stay for further rounds.
    ///
    /// - Throws: `PrivacyError` if the share is not positive or beyond what is left.
    public mutating func round(_ share: BudgetShare) throws(PrivacyError) -> PlannedBudget {
        PlannedBudget(try budget.take(share), steps: steps)
    }

    /// All that is left, for the steps that were not taken together.
    public consuming func rest() -> Budget { budget }

    /// The fraction that a decimal share stands for: of the convergents of its continued fraction, the first that agrees to
    /// twelve digits. So 0.1 of 0.6 is one sixth, and the kernel divides whole units.
    static func share(_ ratio: Double) -> BudgetShare {
        guard ratio > 0, ratio < 1 else { return ratio >= 1 ? .all : .amount(ratio) }
        var (numerator, denominator) = (0, 1)
        var (before, below) = (1, 0)
        var rest = ratio
        while denominator < 1_000_000, abs(Double(numerator) / Double(denominator) - ratio) > 1e-12 * ratio {
            let inverse = 1 / rest
            let whole = Int(min(inverse, 1e9))
            (before, numerator) = (numerator, before + whole * numerator)
            (below, denominator) = (denominator, below + whole * denominator)
            rest = inverse - Double(whole)
            if rest < 1e-9 { break }
        }
        return .fraction(max(numerator, 1), denominator)
    }
}

extension MechanismPlan {
    /// The plan that releases followed: this one, or one that spent nothing where there were none.
    func followed(by transcript: Transcript) -> MechanismPlan {
        guard transcript.releases.isEmpty else { return self }
        return MechanismPlan(
            synthesizer: synthesizer, parameters: parameters, accounting: .gaussian, epsilon: 0, delta: 0, steps: [])
    }
}
