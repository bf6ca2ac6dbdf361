public import FittedModels
import Foundation
public import PrivacyKernel

/// What a plan promises in both readings, before anything is drawn.
public struct PromisedReadings: Sendable, Equatable {
    /// One reading of neighbouring tables.
    public struct Reading: Sendable, Equatable {
        /// At the plan's δ.
        public let epsilon: Double
        /// What the privacy loss stays below with probability 1 − δ. That is more than ε: of the δ of (ε, δ) each loss
        /// above ε uses a part only.
        public let loss: Double

        /// What somebody who was 50 % sure, of one of two neighbouring tables, becomes at most, with probability 1 − δ;
        /// in per cent, rounded up.
        public var percent: Double { (1000 / (1 + exp(-loss)) + 1e-9).rounded(.up) / 10 }
    }

    /// Adding or removing all rows of one key.
    public let addingOne: Reading
    /// Changing all rows of one key, its presence known.
    public let changingOne: Reading
    /// The plan's δ, which both readings are stated at.
    public let delta: Double

    /// - Throws: `PrivacyError` where (ε, δ) buys nothing.
    public init(_ plan: MechanismPlan) throws(PrivacyError) {
        let privacy = try PrivacyParameters(epsilon: plan.epsilon, delta: plan.delta)
        let budget = try Budget(privacy, accounting: plan.accounting)
        let factor = plan.changingFactor
        delta = plan.delta
        addingOne = Reading(
            epsilon: plan.epsilon, loss: Self.loss(budget.amount, plan.accounting, delta: plan.delta))
        changingOne = Reading(
            epsilon: budget.epsilon(times: factor),
            loss: Self.loss(factor * budget.amount, plan.accounting, delta: plan.delta))
    }

    /// Gaussian: the loss is N(μ²/2, μ²), so its quantile. zCDP: exp(−(loss − ρ)²/(4ρ)) bounds its tail (Bun, Steinke
    /// 2016, Lemma 3.5). Pure: ε.
    private static func loss(_ amount: Double, _ accounting: Accounting, delta: Double) -> Double {
        switch accounting {
        case .pure: amount
        case .zeroConcentrated: amount + 2 * (amount * log(1 / delta)).squareRoot()
        case .gaussian: amount + (2 * amount).squareRoot() * upperQuantile(delta)
        }
    }

    /// Where the standard normal has so much above, rounded up.
    private static func upperQuantile(_ tail: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if erfc(middle * 0.5.squareRoot()) / 2 > tail { low = middle } else { high = middle }
        }
        return high
    }
}
