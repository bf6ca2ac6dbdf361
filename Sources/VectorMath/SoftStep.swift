#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The d that solves `marginal · eᵈ + slack · (potential + d) = target`.
///
/// The left side grows from −∞ to ∞, so there is exactly one. With `a = target / slack − potential` and
/// `z = ln(marginal / slack) + a` it is `a − ω(z)`, where ω is Wright's omega function.
public func softStep(marginal: Double, target: Double, slack: Double, potential: Double) -> Double {
    let a = target / slack - potential
    let logRatio = log(marginal / slack)
    let omega = wrightOmega(logRatio + a)
    // a − ω = ln ω − ln(marginal / slack); whichever of the two does not cancel.
    return omega > 1 ? log(omega) - logRatio : a - omega
}

/// Wright's omega function: the w > 0 with `w + ln w = z` (Corless and Jeffrey 2002).
///
/// Two steps of the fourth-order iteration of Lawrence, Corless and Jeffrey (2012, Algorithm 917); the relative error is
/// below 1e-15 for z > −700.
public func wrightOmega(_ z: Double) -> Double {
    if z < -50 { return exp(max(z, -745)) }
    if z > 1e17 { return z }
    var w: Double
    if z < -2 {
        let e = exp(z)
        w = e * (1 - e * (1 - 1.5 * e))
    } else if z < 1 + Double.pi {
        let t = z - 1
        w = 1 + t / 2 + t * t / 16 - t * t * t / 192
        w = max(w, 0.05)
    } else {
        let l = log(z)
        w = z - l + l / z
    }
    for _ in 0..<3 {
        let residual = z - w - log(w)
        let u = 1 + w
        let q = 2 * u * (u + 2 * residual / 3)
        w *= 1 + residual / u * (q - residual) / (q - 2 * residual)
        if abs(residual) < 1e-4 { break }
    }
    return w
}
