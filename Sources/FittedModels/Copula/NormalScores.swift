import Tables

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An ordered column as a standard normal that is cut into its codes: the cuts are where the noisy distribution function
/// has them. `other` and missing lie outside; the latent normal is of the rows that have a value.
struct NormalScores: Sendable {
    /// Place in the domain.
    let column: Int
    /// The part of the rows that have a value.
    let present: Double
    /// For each code of a value the part of the present rows; sums to 1.
    let masses: [Double]
    /// The mean of the latent normal within each code.
    let means: [Double]
    /// The square of their mean.
    let variance: Double
    /// The root of the part of the rows with a value times the variance: what a moment of two scores is measured by.
    var deviation: Double { present * variance.squareRoot() }
    /// Coefficients of the score on the normalised Hermite polynomials 1, 2, …: E[g(Z) h_k(Z)].
    let hermite: [Double]

    /// Enough for correlations up to 0.99 of columns with ten codes.
    private static let degree = 32
    /// Latent numbers beyond are counted here.
    private static let reach = 4.5

    /// - Parameter shares: of all codes.
    init(_ column: Int, domain: ColumnDomain, shares: [Double]) {
        self.column = column
        let values = Array(shares.prefix(domain.valueCount)).map { max($0, 0) }
        let sum = values.reduce(0, +)
        present = min(sum, 1)
        masses = sum > 0 ? values.map { $0 / sum } : values.map { _ in 1 / Double(values.count) }
        var below = 0.0
        var cut = -Double.infinity
        var means: [Double] = []
        var hermite = [Double](repeating: 0, count: Self.degree)
        for (code, mass) in masses.enumerated() {
            below += mass
            let next = code == masses.count - 1 ? Double.infinity : normalQuantile(below)
            let (low, high) = (normalDensity(cut), normalDensity(next))
            let mean = mass > 1e-12 ? (low - high) / mass : (cut.isFinite ? cut : next.isFinite ? next : 0)
            means.append(min(max(mean, -Self.reach), Self.reach))
            cut = next
        }
        // The scores that are released have mean zero as far as the masses are right.
        let centre = zip(masses, means).reduce(0) { $0 + $1.0 * $1.1 }
        self.means = means.map { $0 - centre }
        variance = zip(masses, self.means).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
        below = 0
        cut = -.infinity
        for (code, mass) in masses.enumerated() {
            below += mass
            let next = code == masses.count - 1 ? Double.infinity : normalQuantile(below)
            let low = Self.hermiteDensities(cut)
            let high = Self.hermiteDensities(next)
            for k in 0..<Self.degree {
                hermite[k] += self.means[code] * (low[k] - high[k]) / Double(k + 1).squareRoot()
            }
            cut = next
        }
        self.hermite = hermite
    }

    /// Whole-numbered scores of all codes; zero where there is no value.
    func scores(scale: Double, size: Int) -> [Int32] {
        means.map { Int32(($0 * scale).rounded()) } + [Int32](repeating: 0, count: size - means.count)
    }

    /// h_k(z) φ(z) for k = 0, 1, …: −1 times the integral of h_{k+1} φ, but for √(k+1).
    private static func hermiteDensities(_ z: Double) -> [Double] {
        var result = [Double](repeating: 0, count: degree)
        guard z.isFinite else { return result }
        let density = normalDensity(z)
        var (before, now) = (0.0, 1.0)
        for k in 0..<degree {
            result[k] = now * density
            (before, now) = (now, (z * now - Double(k).squareRoot() * before) / Double(k + 1).squareRoot())
        }
        return result
    }

    /// The correlation of two latent normals of which the scores have the mean product `moment`.
    ///
    /// E[g(X) h(Y)] = Σ_k g_k h_k ρ^k (Mehler 1866); it grows with ρ, because scores grow with the latent number. So
    /// cutting into few codes weakens nothing: for two columns of two codes this is the tetrachoric correlation.
    static func correlation(_ first: NormalScores, _ second: NormalScores, moment: Double) -> Double {
        let products = zip(first.hermite, second.hermite).map { $0 * $1 }
        func value(_ rho: Double) -> Double { products.reversed().reduce(0) { ($0 + $1) * rho } }
        var (low, high) = (-largestCorrelation, largestCorrelation)
        if moment >= value(high) { return high }
        if moment <= value(low) { return low }
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if value(middle) < moment { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private static let largestCorrelation = 0.9999
}

/// The density of the standard normal.
func normalDensity(_ z: Double) -> Double { z.isFinite ? exp(-z * z / 2) * 0.3989422804014327 : 0 }

/// The distribution function of the standard normal.
func normalDistribution(_ z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }

/// The inverse of the distribution function: Acklam's rational approximation and one step of Halley's method.
func normalQuantile(_ p: Double) -> Double {
    guard p > 0 else { return -.infinity }
    guard p < 1 else { return .infinity }
    let a = [
        -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00,
    ]
    let b = [
        -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01, 1,
    ]
    let c = [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
        4.374664141464968e+00, 2.938163982698783e+00,
    ]
    let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1]
    func polynomial(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
    var z: Double
    let edge = 0.02425
    if p < edge || p > 1 - edge {
        let q = (-2 * log(p < edge ? p : 1 - p)).squareRoot()
        z = polynomial(c, q) / polynomial(d, q)
        if p > 0.5 { z = -z }
    } else {
        let q = p - 0.5
        z = q * polynomial(a, q * q) / polynomial(b, q * q)
    }
    let error = normalDistribution(z) - p
    let step = error / max(normalDensity(z), 1e-300)
    z -= step / (1 + z * step / 2)
    return z
}
