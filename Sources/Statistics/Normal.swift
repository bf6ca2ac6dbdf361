import VectorMath

/// The standard normal distribution.
public enum Normal {
    /// The density at a point; 0 at infinity.
    public static func density(_ z: Double) -> Double { z.isFinite ? exponential(-z * z / 2) * 0.3989422804014327 : 0 }

    /// The probability of being at most z.
    public static func distribution(_ z: Double) -> Double {
        0.5 * complementaryErrorFunction(-z * 0.5.squareRoot())
    }

    /// The z with `distribution(z) = probability`; infinite at 0 and 1.
    ///
    /// P. J. Acklam's rational approximation ("An algorithm for computing the inverse normal cumulative distribution
    /// function", 2003; relative error below 1.2e-9) and one step of Halley's method, which leaves less than 1e-14.
    public static func quantile(_ probability: Double) -> Double {
        let p = probability
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        var z: Double
        if p < edge || p > 1 - edge {
            let q = (-2 * naturalLogarithm(p < edge ? p : 1 - p)).squareRoot()
            z = polynomial(tailAbove, q) / polynomial(tailBelow, q)
            if p > 0.5 { z = -z }
        } else {
            let q = p - 0.5
            z = q * polynomial(middleAbove, q * q) / polynomial(middleBelow, q * q)
        }
        let error = distribution(z) - p
        let step = error / max(density(z), 1e-300)
        z -= step / (1 + z * step / 2)
        return z
    }

    private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
        coefficients.reduce(0) { $0 * x + $1 }
    }

    /// Below it and above 1 less it the tails' approximation is taken.
    private static let edge = 0.02425
    private static let middleAbove = [
        -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00,
    ]
    private static let middleBelow = [
        -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01, 1,
    ]
    private static let tailAbove = [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
        4.374664141464968e+00, 2.938163982698783e+00,
    ]
    private static let tailBelow = [
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1,
    ]
}
