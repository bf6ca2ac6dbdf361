import VectorMath

/// The law of a mechanism's noise, as far as intervals need it.
public enum NoiseLaw: String, Sendable, Codable {
    case gaussian
    case laplace

    /// How many standard deviations |noise| of one figure stays below with probability `confidence`.
    ///
    /// Discrete noise of a few units and more is taken for continuous. Laplace: P(|X| > t·σ) = exp(−√2·t).
    public func critical(_ confidence: Double) -> Double {
        switch self {
        case .gaussian: Normal.quantile((1 + confidence) / 2)
        case .laplace: -naturalLogarithm(1 - confidence) / 2.0.squareRoot()
        }
    }

    /// The same of a sum of two independent figures with these variances.
    ///
    /// Laplace noise of scales a and b: P(|X + Y| > t) = (a²·exp(−t/a) − b²·exp(−t/b)) / (a² − b²).
    public func critical(_ confidence: Double, ofSum first: Double, _ second: Double) -> Double {
        guard case .laplace = self, first > 0, second > 0 else { return critical(confidence) }
        let whole = first + second
        // In standard deviations of the sum; equal scales are told apart, far below what an interval shows.
        let a = (max(first, second) / whole / 2).squareRoot()
        let b = min((min(first, second) / whole / 2).squareRoot(), a * (1 - 1e-4))
        func tail(_ t: Double) -> Double {
            (a * a * exponential(-t / a) - b * b * exponential(-t / b)) / (a * a - b * b)
        }
        var (low, high) = (0.0, critical(confidence))
        while tail(high) > 1 - confidence { high *= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if tail(middle) > 1 - confidence { low = middle } else { high = middle }
        }
        return high
    }

    /// The same of a sum of many, of which `count` have as much of the variance as all: the normal law and the first term
    /// of its Cornish-Fisher expansion for the kurtosis, 3 / count of Laplace noise.
    public func critical(_ confidence: Double, ofSumOf count: Double) -> Double {
        let normal = Normal.quantile((1 + confidence) / 2)
        guard case .laplace = self, count > 2 else { return critical(confidence) }
        return normal + (normal * normal * normal - 3 * normal) / 24 * 3 / count
    }

    /// The variance of the noise that an amount of budget buys for a figure that one key can move by `sensitivity`.
    public func variance(sensitivity: Double, amount: Double) -> Double {
        switch self {
        // σ² = Δ²/(2ρ), and 2 for being discrete.
        case .gaussian: sensitivity * sensitivity / (2 * amount) + 2
        case .laplace: 2 * (sensitivity / amount) * (sensitivity / amount)
        }
    }
}
