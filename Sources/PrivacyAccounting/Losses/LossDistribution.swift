import Foundation

/// The privacy loss of one mechanism on a grid, never less than the true one: ln(P/Q) under P, where P is the law of what
/// is seen with the key and Q without it.
///
/// Mass between two points of the grid is split such that its mass under P and under Q both stay (connect the dots:
/// Doroshenko, Ghazi, Kamath, Kumar, Manurangsi 2022). The pair on the grid then dominates the true one: at points of the
/// grid δ is exact, between them it lies above. What is cut off at the top counts as a loss of infinity, what is cut off
/// at the bottom is moved up.
struct LossDistribution {
    /// Losses are whole multiples of this.
    let step: Double
    /// The loss of `masses[0]`, in steps.
    private(set) var first: Int
    private(set) var masses: [Double]
    private(set) var infinite = 0.0

    /// Covers losses from `lowest` to `highest`.
    private init(step: Double, from lowest: Double, to highest: Double) {
        self.step = step
        first = Int((lowest / step).rounded(.down))
        masses = [Double](repeating: 0, count: Int((highest / step).rounded(.down)) + 2 - first)
    }

    /// e^step − 1 and its likes, without cancellation.
    private func upperShare(at offset: Double) -> Double {
        // p' = q·(e^offset − 1)/(e^step − 1)·e^(upper point), q = p·e^−loss; rounded up.
        min(1, expm1(offset) / expm1(step) * exp(step - offset) * (1 + 1e-12) + 1e-15)
    }

    /// An atom of the distribution.
    private mutating func add(loss: Double, mass: Double) {
        let below = (loss / step).rounded(.down)
        let place = Int(below) - first
        guard place >= 0 else {
            masses[0] += mass
            return
        }
        let upper = upperShare(at: max(0, loss - below * step))
        masses[place] += mass * (1 - upper)
        masses[place + 1] += mass * upper
    }

    /// Mass that lies somewhere between a point of the grid and the next.
    ///
    /// - Parameter ratio: its mass under Q, times e^(the lower point), over that under P.
    private mutating func add(above place: Int, mass: Double, ratio: Double, slack: Double) {
        let upper = min(1, max(0, (1 - ratio) / -expm1(-step) + slack))
        masses[place] += mass * (1 - upper)
        masses[place + 1] += mass * upper
    }
}

extension LossDistribution {
    /// - Parameter step: of the grid.
    init(_ mechanism: LossMechanism, step: Double) {
        switch mechanism {
        case .discreteGaussian(let variance, let shift):
            self.init(discreteGaussian: variance, shift: Double(shift), step: step)
        case .discreteLaplace(let decay, let shift):
            self =
                shift <= 1 << 14
                ? LossDistribution(discreteLaplace: decay, shift: Int(shift), step: step)
                : LossDistribution(pure: decay * Double(shift), step: step)
        case .exponential(let epsilon): self.init(exponential: epsilon, step: step)
        case .gaussian(let mu): self.init(gaussian: mu, step: step)
        case .pure(let epsilon): self.init(pure: epsilon, step: step)
        }
    }

    /// Loss (shift² − 2·shift·x)/(2σ²) of x under N_Z(0, σ²). Beyond 11.7 σ lies less than 1e-29.
    private init(discreteGaussian variance: Double, shift: Double, step: Double) {
        let reach = (11.7 * variance.squareRoot()).rounded(.up) + 2
        func loss(_ x: Double) -> Double { (shift * shift - 2 * shift * x) / (2 * variance) }
        self.init(step: step, from: loss(reach), to: loss(-reach))
        var total = 1.0
        var x = 1.0
        while x <= reach {
            total += 2 * exp(-x * x / (2 * variance))
            x += 1
        }
        x = -reach
        while x <= reach {
            add(loss: loss(x), mass: exp(-x * x / (2 * variance)) / total)
            x += 1
        }
        // Each weight beyond is below e^(−reach/σ²) of the one before.
        let next = exp(-(reach + 1) * (reach + 1) / (2 * variance)) / total
        let tail = next / -expm1(-(reach + 1) / variance)
        infinite = tail
        masses[0] += tail
    }

    /// Loss decay·(|x − shift| − |x|): the ends have the two tails.
    private init(discreteLaplace decay: Double, shift: Int, step: Double) {
        let most = decay * Double(shift)
        self.init(step: step, from: -most, to: most)
        let q = exp(-decay)
        add(loss: most, mass: 1 / (1 + q))
        for x in stride(from: 1, to: shift, by: 1) {
            add(
                loss: decay * Double(shift - 2 * x), mass: -expm1(-decay) / (1 + q) * exp(-decay * Double(x)))
        }
        add(loss: -most, mass: exp(-most) / (1 + q))
    }

    /// Randomised response: the worst of all ε-differentially private mechanisms (Kairouz, Oh, Viswanath 2015).
    private init(pure epsilon: Double, step: Double) {
        self.init(step: step, from: -epsilon, to: epsilon)
        add(loss: epsilon, mass: 1 / (1 + exp(-epsilon)))
        add(loss: -epsilon, mass: exp(-epsilon) / (1 + exp(-epsilon)))
    }

    /// The worst of all mechanisms whose losses have a range of ε.
    ///
    /// Dong, Durfee, Rogers 2020: the worst pairs have losses t with probability (e^ε − e^t)/(e^ε − 1) and t − ε, for a t
    /// from 0 to ε. The largest δ at x among them has t = (ε + x)/2 and is (e^(ε/2) − e^(x/2))²/(e^ε − 1): the profile of
    /// a pair with P(loss > x) = a(a − s)/(a² − 1) and Q(loss > x) = (a/s − 1)/(a² − 1), a = e^(ε/2), s = e^(x/2).
    private init(exponential epsilon: Double, step: Double) {
        self.init(step: step, from: -epsilon, to: epsilon)
        // a/(a² − 1), for large ε too.
        let scale = exp(-epsilon / 2) / -expm1(-epsilon)
        for place in 0..<(masses.count - 1) {
            let point = Double(first + place) * step
            let (low, high) = (max(point, -epsilon), min(point + step, epsilon))
            guard high > low else { continue }
            let mass = scale * exp(low / 2) * expm1((high - low) / 2)
            add(above: place, mass: mass, ratio: exp(point - (low + high) / 2), slack: 1e-9)
        }
    }

    /// Loss μ²/2 + μ·z for a standard normal z under P, −μ²/2 + μ·z under Q.
    private init(gaussian mu: Double, step: Double) {
        let reach = 11.7 * mu
        self.init(step: step, from: mu * mu / 2 - reach, to: mu * mu / 2 + reach)
        for place in 0..<(masses.count - 1) {
            let point = Double(first + place) * step
            let mass = normalMass(from: point / mu - mu / 2, to: (point + step) / mu - mu / 2)
            let other = normalMass(from: point / mu + mu / 2, to: (point + step) / mu + mu / 2)
            guard mass > 0 else { continue }
            add(above: place, mass: mass, ratio: other > 0 ? exp(point + log(other) - log(mass)) : 0, slack: 1e-5)
        }
        infinite = erfc(11.6 * 0.5.squareRoot())
        masses[0] += infinite
    }

    /// Of the standard normal between two points.
    private func normalMass(from low: Double, to high: Double) -> Double {
        let root = 0.5.squareRoot()
        return low > 0 ? (erfc(low * root) - erfc(high * root)) / 2 : (erfc(-high * root) - erfc(-low * root)) / 2
    }
}
