package import PrivacyKernel
import VectorMath

/// √(2/π): the mean of |noise| in standard deviations.
package let meanAbsoluteNoise = (2 / Double.pi).squareRoot()

/// Lower bound on the variance of noise: a fit needs some slack.
package let leastVariance = 1e-4

/// The nearest whole number that the kernel takes for an estimated count.
package func wholeCount(_ value: Double) -> Int64 { value.isNaN ? 0 : Int64(min(max(value, 0), 0x1p32).rounded()) }

/// How noise follows from budget, for planning: σ = unit · amount^(−1/2) for Gaussian noise of an amount of ρ,
/// σ = unit / amount for Laplace noise of an amount of ε.
package struct NoiseScaling: Sendable {
    package let accounting: Accounting
    /// σ of one marginal that gets an amount of 1. It grows with the rows that a key may have.
    package private(set) var unit: Double

    /// For one row a key.
    package init(_ accounting: Accounting) {
        self.accounting = accounting
        unit = accounting == .pure ? 2.0.squareRoot() : 0.5.squareRoot()
    }

    /// Learns the unit from noise that was paid for.
    package mutating func calibrate(variance: Double, amount: Double) {
        let deviation = max(variance, leastVariance).squareRoot()
        unit = accounting == .pure ? deviation * amount : deviation * amount.squareRoot()
    }

    package func deviation(amount: Double) -> Double {
        accounting == .pure ? unit / amount : unit / amount.squareRoot()
    }

    /// In what proportion to split a budget among marginals such that Σ weight · σ is least.
    package func share(ofWeight weight: Double) -> Double {
        accounting == .pure ? weight.squareRoot() : power(weight, 2.0 / 3)
    }

    /// The least Σ weight · σ for an amount, given Σ share(weight).
    package func leastNoise(shares: Double, amount: Double) -> Double {
        accounting == .pure ? unit * shares * shares / amount : unit * power(shares, 1.5) / amount.squareRoot()
    }
}
