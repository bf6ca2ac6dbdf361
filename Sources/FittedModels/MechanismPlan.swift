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

        public init(name: String, share: Double, sigma: Double? = nil, cells: Int? = nil) {
            self.name = name
            self.share = share
            self.sigma = sigma
            self.cells = cells
        }
    }

    /// nil if no model is made.
    public var synthesizer: SynthesizerName?
    public var parameters: [String: Parameter]
    public var accounting: Accounting
    public var epsilon: Double
    public var delta: Double
    public var steps: [Step]

    /// What tasks and reports call the method.
    public var method: String { synthesizer?.rawValue ?? "none" }

    public init(
        synthesizer: SynthesizerName?, parameters: [String: Parameter], accounting: Accounting,
        epsilon: Double, delta: Double, steps: [Step]
    ) {
        self.synthesizer = synthesizer
        self.parameters = parameters
        self.accounting = accounting
        self.epsilon = epsilon
        self.delta = delta
        self.steps = steps
    }

    public init(
        synthesizer: SynthesizerName?, parameters: [String: Parameter], accounting: Accounting,
        privacy: PrivacyParameters, steps: [Step]
    ) {
        self.init(
            synthesizer: synthesizer, parameters: parameters, accounting: accounting, epsilon: privacy.epsilon,
            delta: privacy.delta, steps: steps)
    }
}
