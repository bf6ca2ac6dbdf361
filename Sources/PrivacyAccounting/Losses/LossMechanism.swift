/// One mechanism as an accountant sees it: the pair of distributions that bounds what it tells.
///
/// For every table that could have been asked, the answers with and without a key are told apart no better than this pair
/// is; such a pair may be composed in place of the mechanism, adaptively too (Zhu, Dong, Wang 2022, Theorem 10).
public enum LossMechanism: Sendable, Hashable {
    /// Discrete Gaussian noise on one figure that moves by `shift`: N_Z(0, σ²) against N_Z(shift, σ²).
    case discreteGaussian(sigmaSquared: Double, shift: UInt64)
    /// Discrete Laplace noise, P[x] ∝ e^(−decay·|x|), on one figure that moves by `shift`.
    case discreteLaplace(decay: Double, shift: UInt64)
    /// An exponential mechanism P ∝ e^(ε·score/(2Δ)): every mechanism whose loss has a range of ε.
    case exponential(epsilon: Double)
    /// N(0, 1) against N(μ, 1): μ-GDP.
    case gaussian(mu: Double)
    /// Whatever is ε-differentially private.
    case pure(epsilon: Double)

    /// A ρ of zero-concentrated differential privacy that the mechanism keeps to: sets the width of the grid.
    ///
    /// Sources: Canonne, Kamath, Steinke 2020, Theorem 4 (discrete Gaussian); Cesar, Rogers 2021 (exponential mechanism);
    /// Bun, Steinke 2016, Proposition 3.3 (pure).
    public var rho: Double {
        switch self {
        case .discreteGaussian(let variance, let shift): Double(shift) * Double(shift) / (2 * variance)
        case .discreteLaplace(let decay, let shift): square(decay * Double(shift)) / 2
        case .exponential(let epsilon): square(epsilon) / 8
        case .gaussian(let mu): square(mu) / 2
        case .pure(let epsilon): square(epsilon) / 2
        }
    }

    /// The largest loss; infinite for Gaussian noise.
    public var largestLoss: Double {
        switch self {
        case .discreteGaussian(_, let shift): shift == 0 ? 0 : .infinity
        case .gaussian(let mu): mu == 0 ? 0 : .infinity
        case .discreteLaplace(let decay, let shift): decay * Double(shift)
        case .exponential(let epsilon), .pure(let epsilon): epsilon
        }
    }

    private func square(_ x: Double) -> Double { x * x }
}
