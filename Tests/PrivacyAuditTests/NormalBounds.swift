import Foundation

/// The standard normal distribution and exact bounds of a proportion, for reading an audit.
enum NormalBounds {
    static func distribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// Φ⁻¹ by bisection.
    static func quantile(_ probability: Double) -> Double {
        bisect(-40, 40) { distribution($0) >= probability }
    }

    /// The largest proportion that `successes` of `count` do not refute at level `alpha` (Clopper and Pearson).
    static func upperProportion(_ successes: Int, of count: Int, alpha: Double) -> Double {
        guard successes < count else { return 1 }
        return bisect(0, 1) { binomialTail(successes, count, $0) <= alpha }
    }

    /// P[Bin(count, p) ≤ successes] = 1 − I_p(successes + 1, count − successes).
    private static func binomialTail(_ successes: Int, _ count: Int, _ p: Double) -> Double {
        1 - incompleteBeta(Double(successes) + 1, Double(count - successes), p)
    }

    /// I_x(a, b) by Lentz's continued fraction.
    private static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        guard x < (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(b, a, 1 - x) }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
        var (c, d) = (1.0, 1 / (1 - (a + b) * x / (a + 1)))
        var product = d
        for step in 1..<5000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / (1 + even * d)
            c = 1 + even / c
            product *= c * d
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / (1 + odd * d)
            c = 1 + odd / c
            product *= c * d
            if abs(c * d - 1) < 1e-14 { break }
        }
        return front * product
    }

    private static func bisect(_ from: Double, _ to: Double, _ holds: (Double) -> Bool) -> Double {
        var (low, high) = (from, to)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle }
        }
        return (low + high) / 2
    }
}
