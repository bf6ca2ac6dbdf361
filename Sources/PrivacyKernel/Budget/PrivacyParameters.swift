/// (ε, δ): what is promised for adding or removing all rows of one key.
public struct PrivacyParameters: Sendable, Equatable, Codable {
    /// How much more likely any event may become, as a logarithm: e^ε times.
    public let epsilon: Double
    /// The probability for which ε need not hold.
    public let delta: Double

    /// - Throws: if ε is not a positive number below 8192 or δ lies outside [0, 1).
    public init(epsilon: Double, delta: Double) throws(PrivacyError) {
        guard epsilon > 0, !epsilon.isNaN else { throw .epsilonNotPositive(epsilon) }
        guard epsilon < 8192 else { throw .epsilonTooLarge(epsilon) }
        guard delta >= 0, delta < 1 else { throw .deltaOutsideRange(delta) }
        self.epsilon = epsilon
        self.delta = delta
    }

    private enum CodingKeys: CodingKey { case epsilon, delta }

    /// Reads two numbers that `init(epsilon:delta:)` would take.
    ///
    /// - Throws: `DecodingError` for others.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            epsilon: values.decode(Double.self, forKey: .epsilon), delta: values.decode(Double.self, forKey: .delta))
    }
}

/// By which theory spending adds up.
public enum Accounting: String, Codable, Sendable, CaseIterable {
    /// ε adds up; discrete Laplace noise, exponential mechanism; δ stays 0.
    case pure
    /// ρ adds up; discrete Gaussian noise, exponential mechanism.
    case zeroConcentrated = "zcdp"
    /// μ² = 2ρ adds up; discrete Gaussian noise throughout; converts to (ε, δ) without loss.
    case gaussian = "gdp"
}

/// What a budget promises in all: the figures of the ledger entry.
public struct PrivacyPromise: Sendable, Equatable, Codable {
    /// (ε, δ) for adding or removing all rows of one key.
    public let parameters: PrivacyParameters
    /// How the releases under this promise add up.
    public let accounting: Accounting
}
