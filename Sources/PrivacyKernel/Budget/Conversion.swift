import Statistics
import VectorMath

// KERNEL 3.4
/// Between (ε, δ), ρ-zCDP and μ-GDP, each rounded to the side that promises less privacy than there is.
///
/// The formulas are evaluated in `Double`, whose error stays below 1e-11 relative (tested against 60 digits), and every
/// result is then moved outward by `safety` = 1e-9 relative. Where GDP's two terms cancel (ε below 1e-4), what they can
/// lose is added to δ first. All of this is arithmetic on public figures.
public enum Conversion {
    static let safety = 1e-9

    /// The δ of ρ-zCDP at ε, rounded up: min over α > 1 of exp((α−1)(αρ−ε)) · (1−1/α)^α / (α−1).
    ///
    /// Any α gives a true bound, so an imperfect minimum errs on the safe side, here and in both inverses.
    /// Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy", 2020, Corollary 13.
    public static func delta(rho: Double, epsilon: Double) -> Double {
        let exponent = least { excess, order, logarithms in excess * (order * rho - epsilon) + logarithms }
        return min(1, exponential(min(exponent, 0)) * (1 + safety))
    }

    /// The least ε at which ρ-zCDP gives δ, rounded up.
    public static func epsilon(rho: Double, delta: Double) -> Double {
        guard rho > 0 else { return 0 }
        let logDelta = naturalLogarithm(delta)
        let least = least { excess, order, logarithms in order * rho + (logarithms - logDelta) / excess }
        return max(0, least) * (1 + safety)
    }

    /// The most ρ that ρ-zCDP may spend within (ε, δ), rounded down.
    public static func rho(epsilon: Double, delta: Double) -> Double {
        let logDelta = naturalLogarithm(delta)
        let least = least { excess, order, logarithms in ((logarithms - logDelta) / excess - epsilon) / order }
        return max(0, -least) * (1 - safety)
    }

    /// The δ of μ-GDP at ε, rounded up: Φ(−ε/μ + μ/2) − e^ε · Φ(−ε/μ − μ/2), which is exact.
    ///
    /// Source: Dong, Roth, Su, "Gaussian Differential Privacy", 2019, Corollary 2.13.
    public static func delta(mu: Double, epsilon: Double) -> Double {
        min(1, rawDelta(mu: mu, epsilon: epsilon) * (1 + safety))
    }

    /// The least ε at which μ-GDP gives δ, rounded up.
    public static func epsilon(mu: Double, delta: Double) -> Double {
        guard mu > 0, rawDelta(mu: mu, epsilon: 0) > delta else { return 0 }
        let textbook = mu * mu / 2 + mu * (2 * naturalLogarithm(1 / delta)).squareRoot()
        return bisect(from: 0, to: textbook) { rawDelta(mu: mu, epsilon: $0) <= delta }.upper * (1 + safety)
    }

    /// The most μ that stays within (ε, δ), rounded down.
    public static func mu(epsilon: Double, delta: Double) -> Double {
        let most = 2 * (epsilon + 1).squareRoot() + 40
        return bisect(from: 0, to: most) { rawDelta(mu: $0, epsilon: epsilon) > delta }.lower * (1 - safety)
    }

    /// ε for changing all rows of one key where adding or removing them costs `rho`, if every release is a count.
    public static func epsilonChangingOne(rho: Double, delta: Double) -> Double { epsilon(rho: 2 * rho, delta: delta) }

    /// The same for GDP: √2 μ.
    public static func epsilonChangingOne(mu: Double, delta: Double) -> Double {
        epsilon(mu: mu * 2.0.squareRoot() * (1 + safety), delta: delta)
    }

    /// The least value over α > 1 of a function of α − 1, α and α·log(1−1/α) − log(α−1), by golden section.
    private static func least(_ value: (Double, Double, Double) -> Double) -> Double {
        func at(_ logExcess: Double) -> Double {
            let excess = exponential(logExcess)
            let order = 1 + excess
            return value(excess, order, order * (logExcess - naturalLogarithm(order)) - logExcess)
        }
        let golden = (5.0.squareRoot() - 1) / 2
        var (low, high) = (-30.0, 30.0)
        var (left, right) = (high - golden * (high - low), low + golden * (high - low))
        var (atLeft, atRight) = (at(left), at(right))
        for _ in 0..<80 {
            if atLeft < atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - golden * (high - low)
                atLeft = at(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + golden * (high - low)
                atRight = at(right)
            }
        }
        return min(atLeft, atRight)
    }

    /// At least the exact δ: the two terms agree in their first digits where μ is small, so the rounding of both is added.
    ///
    /// Each argument x of Φ has an error of at most 2 · 2^-53 · (|ε/μ| + μ/2), which moves Φ(x) by (|x| + 1) times as
    /// much, relatively; `erfc`, `exp` and `log` add a few units, e^ε · Φ those of its exponent.
    private static func rawDelta(mu: Double, epsilon: Double) -> Double {
        guard mu > 0 else { return 0 }
        let upper = Normal.distribution(-epsilon / mu + mu / 2)
        let lower = Normal.distribution(-epsilon / mu - mu / 2)
        guard lower > 0 else { return upper }
        let reach = epsilon / mu + mu / 2
        let error = 0x1p-52 * upper * ((reach + 1) * (reach + 1) + abs(naturalLogarithm(lower)) + epsilon + 8)
        return upper - exponential(epsilon + naturalLogarithm(lower)) + error
    }

    /// Where `holds` turns from false to true between two points, from both sides.
    private static func bisect(from: Double, to: Double, _ holds: (Double) -> Bool) -> (lower: Double, upper: Double) {
        var lower = from
        var upper = to
        for _ in 0..<200 {
            let middle = (lower + upper) / 2
            guard middle > lower, middle < upper else { break }
            if holds(middle) { upper = middle } else { lower = middle }
        }
        return (lower, upper)
    }
}
