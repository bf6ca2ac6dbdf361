import VectorMath

/// The quantile of Student's t distribution.
///
/// - Parameters:
///   - probability: strictly between 0 and 1.
///   - freedom: degrees of freedom, positive; beyond a million the normal distribution is taken.
public func studentQuantile(_ probability: Double, freedom: Double) -> Double {
    if freedom > 1e6 { return Normal.quantile(probability) }
    return bisected(probability, 1e6) { t in
        let tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
        return t < 0 ? tail : 1 - tail
    }
}

private func bisected(_ probability: Double, _ limit: Double, _ distribution: (Double) -> Double) -> Double {
    precondition(probability > 0 && probability < 1)
    var (low, high) = (-limit, limit)
    for _ in 0..<100 {
        let middle = (low + high) / 2
        if distribution(middle) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// The regularised incomplete beta function, by Lentz's continued fraction (Press et al., Numerical Recipes §6.4).
private func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let logBeta: Double = logarithmOfGamma(a) + logarithmOfGamma(b) - logarithmOfGamma(a + b)
    let logPower: Double = a * naturalLogarithm(x) + b * naturalLogarithm(1 - x)
    let front = exponential(logPower - logBeta) / a
    var fraction = 1.0
    var (c, d) = (1.0, 0.0)
    for step in 0..<300 {
        let m = Double(step / 2)
        let term: Double
        if step == 0 {
            term = 1
        } else if step % 2 == 0 {
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        } else {
            let above: Double = (a + m) * (a + b + m)
            term = -above * x / ((a + 2 * m) * (a + 2 * m + 1))
        }
        d = 1 / notZero(1 + term * d)
        c = notZero(1 + term / c)
        fraction *= c * d
        if abs(1 - c * d) < 1e-14 { break }
    }
    return front * (fraction - 1)
}

private func notZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
