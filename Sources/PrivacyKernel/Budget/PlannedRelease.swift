/// A Gaussian release that a plan knows of before anything is drawn.
public struct PlannedRelease: Sendable, Equatable {
    /// The part of the budget that it gets.
    public let share: Double
    /// The square of its Euclidean sensitivity; infinite where the smoothing of Gaussian accounting does not matter.
    public let squaredSensitivity: Double

    /// - Parameter squaredSensitivity: in counts, squared; infinite where smoothing does not matter.
    public init(share: Double, squaredSensitivity: Double) {
        self.share = share
        self.squaredSensitivity = squaredSensitivity
    }
}

extension Accounting {
    /// The accounting under which these releases together get the smaller noise; both promise the same (ε, δ).
    ///
    /// Gaussian accounting buys more ρ, but adds 2 to each variance; zCDP adds nothing. What is compared is Σ Δ²/(2σ²),
    /// the ρ that the noise is worth: a release with a share s of ρ has Δ²/(2σ²) = s·ρ under zCDP, and
    /// s·ρ / (1 + 4·s·ρ/Δ²) under Gaussian accounting. A function of public figures alone, and privacy does not rest on it:
    /// either budget keeps its promise.
    ///
    /// - Parameter privacy: δ > 0; for δ = 0 there is only pure accounting.
    public static func tightest(for releases: [PlannedRelease], _ privacy: PrivacyParameters) -> Accounting {
        guard privacy.delta > 0 else { return .pure }
        guard let gaussian = try? Budget(privacy, accounting: .gaussian).amount,
            let concentrated = try? Budget(privacy, accounting: .zeroConcentrated).amount
        else { return .gaussian }
        let smoothing = Double(BudgetRoot.smoothing)
        let worth = releases.reduce(0) { sum, release in
            let amount = release.share * gaussian
            return sum + amount / (1 + 2 * smoothing * amount / release.squaredSensitivity)
        }
        let shares = releases.reduce(0) { $0 + $1.share }
        return worth >= shares * concentrated ? .gaussian : .zeroConcentrated
    }
}
