/// The d that solves `marginal · eᵈ + slack · clip(potential + d) = target`, where `clip` cuts at −1 and 1.
///
/// It is the exact step of one cell of a table in the dual of least squares with a Huber penalty of the potentials
/// (Huber 1964): potentials near 0 are held as by a spring, far ones by a constant force. Inside the bounds, with
/// `a = target / slack − potential` and `z = ln(marginal / slack) + a`, it is `a − ω(z)`, where ω is Wright's omega function.
/// A target so low that no step reaches it gets the spring's.
public func softStep(marginal: Double, target: Double, slack: Double, potential: Double) -> Double {
    let a = target / slack - potential
    let logRatio = naturalLogarithm(marginal / slack)
    let omega = wrightOmega(logRatio + a)
    // a − ω = ln ω − ln(marginal / slack); whichever of the two does not cancel.
    let step = omega > 1 ? naturalLogarithm(omega) - logRatio : a - omega
    if potential + step > 1 { return naturalLogarithm((target - slack) / marginal) }
    if potential + step < -1, target + slack > 1e-9 * slack {
        return max(naturalLogarithm((target + slack) / marginal), min(leastPotential - potential, 0))
    }
    return step
}

/// A potential of −12 is a factor of 6 · 10⁻⁶: next to nothing, and no overflow.
private let leastPotential = -12.0

/// Wright's omega function: the w > 0 with `w + ln w = z` (Corless and Jeffrey 2002).
///
/// Two steps of the fourth-order iteration of Lawrence, Corless and Jeffrey (2012, Algorithm 917); the relative error is
/// below 1e-15 for z > −700.
public func wrightOmega(_ z: Double) -> Double {
    if z < -50 { return exponential(max(z, -745)) }
    if z > 1e17 { return z }
    var w: Double
    if z < -2 {
        let e = exponential(z)
        w = e * (1 - e * (1 - 1.5 * e))
    } else if z < 1 + Double.pi {
        let t = z - 1
        w = 1 + t / 2 + t * t / 16 - t * t * t / 192
        w = max(w, 0.05)
    } else {
        let l = naturalLogarithm(z)
        w = z - l + l / z
    }
    for _ in 0..<3 {
        let residual = z - w - naturalLogarithm(w)
        let u = 1 + w
        let q = 2 * u * (u + 2 * residual / 3)
        w *= 1 + residual / u * (q - residual) / (q - 2 * residual)
        if abs(residual) < 1e-4 { break }
    }
    return w
}
