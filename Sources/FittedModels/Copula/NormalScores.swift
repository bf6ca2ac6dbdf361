import Domains
import Statistics
import Tables

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
        self.init(column, weights: Array(shares.prefix(domain.valueCount)))
    }

    /// - Parameter weights: for each code of a value, or each group of neighbours, its part of the rows.
    init(_ column: Int, weights: [Double]) {
        self.column = column
        let values = weights.map { max($0, 0) }
        let sum = values.reduce(0, +)
        present = min(sum, 1)
        masses = sum > 0 ? values.map { $0 / sum } : values.map { _ in 1 / Double(values.count) }
        var below = 0.0
        var cut = -Double.infinity
        var means: [Double] = []
        var hermite = [Double](repeating: 0, count: Self.degree)
        for (code, mass) in masses.enumerated() {
            below += mass
            let next = code == masses.count - 1 ? Double.infinity : Normal.quantile(below)
            let (low, high) = (Normal.density(cut), Normal.density(next))
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
            let next = code == masses.count - 1 ? Double.infinity : Normal.quantile(below)
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
        let density = Normal.density(z)
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
