import Foundation

/// The privacy loss of many mechanisms together, from above: an accountant that shares no code with the kernel's.
///
/// Distributions of single mechanisms are convolved on a grid by Fourier transform. They are weighted with e^(θ·loss)
/// before and weighted back after, so that the figures around the ε in question are as exact as any (Esscher). What the
/// grid cannot hold above, and the rounding of the transform, is bounded and added to δ.
///
/// Discrete Gaussian noise of a large variance is taken for continuous noise of σ² − 2 that was rounded: the two differ by
/// a factor within 1 ± 2.9e-17 for each figure that moves, which is added as well (Poisson summation).
public struct ComposedLoss: Sendable {
    private struct Part: Hashable {
        let mechanism: LossMechanism
        let count: Int
    }

    private let parts: [Part]
    /// Figures that move and whose noise was taken for continuous.
    private let smoothed: Double
    /// Σ count · ρ.
    private let rho: Double

    /// Discrete Gaussian noise of this variance and more is taken for continuous.
    private static let smoothVariance = 4096.0
    private static let smoothing = 2.0
    private static let smoothingDistance = 2.9e-17

    /// - Parameters:
    ///   - mechanisms: each as often as it stands there.
    ///   - smoothed: how many figures move whose noise the caller took for continuous already.
    public init(_ mechanisms: [LossMechanism], smoothed: Int = 0) {
        var list = MechanismList()
        for mechanism in mechanisms { list.add(mechanism) }
        list.smooth(smoothed)
        self.init(list)
    }

    /// Each mechanism as often as the list has it.
    init(_ list: MechanismList) {
        var smoothed = Double(list.smoothed)
        var squares = 0.0
        var parts: [Part] = []
        for (mechanism, count) in list.mechanisms where mechanism.rho > 0 && count > 0 {
            switch mechanism {
            case .gaussian(let mu): squares += Double(count) * mu * mu
            case .discreteGaussian(let variance, let shift) where variance >= Self.smoothVariance:
                squares += Double(count) * Double(shift) * Double(shift) / (variance - Self.smoothing)
                smoothed += Double(count)
            default: parts.append(Part(mechanism: mechanism, count: count))
            }
        }
        if squares > 0 { parts.append(Part(mechanism: .gaussian(mu: squares.squareRoot() * (1 + 1e-12)), count: 1)) }
        self.parts = parts
        self.smoothed = smoothed
        rho = parts.reduce(0) { $0 + Double($1.count) * $1.mechanism.rho }
    }

    /// The least ε at which δ is kept to, rounded up.
    public func epsilon(delta: Double) -> Double {
        guard !parts.isEmpty else { return 0 }
        let most = parts.reduce(0) { $0 + Double($1.count) * $1.mechanism.largestLoss }
        guard delta > 0 else { return most }
        guard delta < 1 else { return 0 }
        // e^(smoothed·η) of δ, and 2.01·smoothed·η of ε.
        let slack = smoothed * Self.smoothingDistance
        let found = LossGrid(parts.map { ($0.mechanism, $0.count) }, rho: rho, delta: delta).epsilon(
            delta: delta * exp(-slack))
        return min(found + 2.01 * slack, most)
    }
}

/// Losses of a composition on a grid that is laid out for one δ.
private struct LossGrid {
    private let step: Double
    /// The loss of `masses[0]`, in steps.
    private let first: Int
    private let masses: [Double]
    /// Of δ: what the grid does not hold.
    private let beyond: Double
    /// Of δ at ε: times e^(−tilt·ε).
    private let rounding: Double
    private let tilt: Double

    init(_ parts: [(mechanism: LossMechanism, count: Int)], rho: Double, delta: Double) {
        let releases = parts.reduce(0) { $0 + $1.count }
        let deviation = (2 * rho).squareRoot()
        // Splitting mass adds at most step²/4 to the variance of one loss: 1e-4 of the whole.
        let step = min(0.02 * deviation / Double(releases).squareRoot(), deviation / 400)
        self.step = step
        let surprise = log(1 / delta)
        let tilt = (surprise / rho).squareRoot()
        let top = rho + 2 * (rho * (surprise + 25)).squareRoot() + 8 * step
        let bottom = rho - 2 * (rho * (surprise + 40)).squareRoot() - 8 * step
        var count = 2
        while Double(count) * step < top - bottom { count *= 2 }
        let first = Int((bottom / step).rounded(.down))
        let transform = FourierTransform(count: count)

        var product = ComplexArray(real: [Double](repeating: 1, count: count))
        var logMass = 0.0
        var logTop = 0.0
        var infinite = 0.0
        let highest = Double(first + count) * step
        let topTilt = (highest - rho) / (2 * rho)
        for (mechanism, times) in parts {
            let loss = LossDistribution(mechanism, step: step)
            infinite += Double(times) * loss.infinite
            let own = loss.logMoment(tilt)
            logMass += Double(times) * own
            logTop += Double(times) * loss.logMoment(topTilt)
            var tilted = ComplexArray(real: [Double](repeating: 0, count: count))
            for (place, mass) in loss.masses.enumerated() where mass > 0 {
                let index = loss.first + place
                let wrapped = ((index % count) + count) % count
                tilted.real[wrapped] += exp(log(mass) + tilt * Double(index) * step - own)
            }
            transform.apply(&tilted)
            product.multiply(by: tilted, power: times)
        }
        transform.apply(&product, isInverse: true)
        var masses = [Double](repeating: 0, count: count)
        for place in 0..<count {
            let index = first + place
            let weighted = product.real[((index % count) + count) % count]
            if weighted > 0 { masses[place] = exp(log(weighted) + logMass - tilt * Double(index) * step) }
        }
        self.first = first
        self.masses = masses
        self.tilt = tilt
        // Mass above the grid comes back at its bottom; it is counted as infinite too (Chernoff).
        beyond = infinite + exp(min(0, logTop - topTilt * highest))
        // Entries of a transform of numbers that sum to 1 are off by no more than this.
        let error = 0x1p-52 * 16 * log2(Double(count)) * Double(releases + 1)
        rounding = error * exp(min(700, logMass)) / -expm1(-tilt * step)
    }

    private func delta(_ epsilon: Double) -> Double {
        var sum = beyond + rounding * exp(-tilt * epsilon)
        let from = max(0, Int((epsilon / step).rounded(.down)) - first)
        for place in from..<max(from, masses.count) {
            let loss = Double(first + place) * step
            if loss > epsilon { sum += masses[place] * -expm1(epsilon - loss) }
        }
        return sum
    }

    func epsilon(delta bound: Double) -> Double {
        guard delta(0) > bound else { return 0 }
        var (low, high) = (0.0, Double(first + masses.count) * step)
        guard delta(high) <= bound else { return .infinity }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if delta(middle) <= bound { high = middle } else { low = middle }
        }
        return high
    }
}

extension LossDistribution {
    /// ln Σ mass · e^(tilt · loss).
    func logMoment(_ tilt: Double) -> Double {
        var largest = -Double.infinity
        for (place, mass) in masses.enumerated() where mass > 0 {
            largest = max(largest, log(mass) + tilt * Double(first + place) * step)
        }
        let sum = masses.enumerated().reduce(0.0) { sum, one in
            one.element > 0
                ? sum + exp(log(one.element) + tilt * Double(first + one.offset) * step - largest) : sum
        }
        return largest + log(sum)
    }
}
