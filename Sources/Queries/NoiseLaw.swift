import PrivacyKernel

/// The law of the kernel's noise, as far as intervals need it.
public enum NoiseLaw: String, Sendable, Codable {
    case gaussian
    case laplace

    init(_ accounting: Accounting) { self = accounting == .pure ? .laplace : .gaussian }

    /// How many standard deviations |noise| stays below with probability `confidence`, for one figure and for sums of
    /// independent figures with any weights.
    ///
    /// Discrete noise of a few units and more is taken for continuous. Of Laplace noise a single figure has the heaviest
    /// tail that a weighted sum of the same standard deviation can have at these levels, so its own tail serves for all:
    /// P(|X| > t·σ) = exp(−√2·t).
    func critical(_ confidence: Double) -> Double {
        switch self {
        case .gaussian: Normal.quantile((1 + confidence) / 2)
        case .laplace: -naturalLog(1 - confidence) / 2.0.squareRoot()
        }
    }

    /// The variance of the noise that an amount of budget buys for a figure that one key can move by `sensitivity`.
    func variance(sensitivity: Double, amount: Double) -> Double {
        switch self {
        // σ² = Δ²/(2ρ), and 2 for being discrete.
        case .gaussian: sensitivity * sensitivity / (2 * amount) + 2
        case .laplace: 2 * (sensitivity / amount) * (sensitivity / amount)
        }
    }
}
