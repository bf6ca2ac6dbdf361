public import PrivacyKernel

/// What each step of a synthesizer will cost, known before any noise is drawn. Public, and part of the ledger entry.
public struct MechanismPlan: Codable, Sendable, Equatable {
    /// One kind of question to the kernel.
    public struct Step: Codable, Sendable, Equatable {
        /// What is asked: `one-way marginals`, `pair errors`, `pair marginals`, …
        public var name: String
        /// The part of the budget that it may spend; the shares of a plan sum to 1.
        public var share: Double
        /// Standard deviation of the noise in each cell, where it is known in advance, for one row a key.
        public var sigma: Double?
        /// Number of cells or figures released, where it is known in advance.
        public var cells: Int?
        /// Over how much the share is spread, at least: its squared sensitivity for one row a key if it were one
        /// release. So many marginals of equal shares, so many errors; nil where sensitivities are large, as a Gram
        /// matrix's.
        public var spread: Double?
        /// How many times its price the step costs for changing a key, under Gaussian noise: 2 where absent, as counts and
        /// Gram matrices do; 4 for errors, selections and sums.
        public var changing: Double?

        /// A step; each part as described at its property.
        public init(
            name: String, share: Double, sigma: Double? = nil, cells: Int? = nil, spread: Double? = nil,
            changing: Double? = nil
        ) {
            self.name = name
            self.share = share
            self.sigma = sigma
            self.cells = cells
            self.spread = spread
            self.changing = changing
        }
    }

    /// What the first step is called where the joined rows are counted before anything else.
    public static let countStep = "number of joined rows"

    /// nil if no model is made.
    public var synthesizer: SynthesizerName?
    /// The method's parameters, as given.
    public var parameters: [String: Parameter]
    /// How the costs of the steps add up.
    public var accounting: Accounting
    /// ε of all steps together.
    public var epsilon: Double
    /// δ of all steps together.
    public var delta: Double
    /// In the order in which they are carried out.
    public var steps: [Step]
    /// The most rows that a key may have in the joined table; absent from files of earlier versions.
    public var rowsPerKey: Int?
    /// Who counted the rows, where they were counted elsewhere than in this process: believed, and no part of the kernel.
    public var countedBy: String?

    /// What tasks and reports call the method.
    public var method: String { synthesizer?.rawValue ?? "none" }

    /// A plan with its figures of privacy; each part as described at its property.
    public init(
        synthesizer: SynthesizerName?, parameters: [String: Parameter], accounting: Accounting,
        epsilon: Double, delta: Double, steps: [Step], rowsPerKey: Int? = nil
    ) {
        self.synthesizer = synthesizer
        self.parameters = parameters
        self.accounting = accounting
        self.epsilon = epsilon
        self.delta = delta
        self.steps = steps
        self.rowsPerKey = rowsPerKey
    }

    /// A plan that spends all of (ε, δ).
    public init(
        synthesizer: SynthesizerName?, parameters: [String: Parameter], accounting: Accounting,
        privacy: PrivacyParameters, steps: [Step], rowsPerKey: Int? = nil
    ) {
        self.init(
            synthesizer: synthesizer, parameters: parameters, accounting: accounting, epsilon: privacy.epsilon,
            delta: privacy.delta, steps: steps, rowsPerKey: rowsPerKey)
    }
}

extension MechanismPlan {
    /// How many times the budget changing a key costs, in the currency of the accounting, if every step spends its share.
    public var changingFactor: Double {
        accounting == .pure ? 2 : steps.isEmpty ? 4 : steps.reduce(0) { $0 + $1.share * ($1.changing ?? 2) }
    }
}

extension Sequence<MechanismPlan.Step> {
    /// The releases of a plan as far as they are known, for the choice of an accounting.
    public func releases(rowsPerKey: Int) -> [PlannedRelease] {
        let rows = Double(Swift.max(1, rowsPerKey))
        return map { step in
            PlannedRelease(share: step.share, squaredSensitivity: step.spread.map { $0 * rows * rows } ?? .infinity)
        }
    }
}
