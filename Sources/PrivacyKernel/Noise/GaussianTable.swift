// KERNEL 6.2
/// The discrete Gaussian P[x] ∝ exp(−x²/(2σ²)) as a table of cumulative probabilities, for σ² up to 2^20.
///
/// Statistical distance of one draw from the exact law, at most 2^-100 in all (KERNEL.md, "Noise"):
/// - the tail is cut where P[x]/P[0] < 2^-104: less than 2^-105;
/// - q = exp(−1/(2σ²)) comes from at most 34 terms, error ≤ 37 · 2^-127 (at σ = 1024 only 8 terms: ≤ 11 · 2^-127), and
///   P[x] = q^(x²), so that Σ P[x] x² · error ≤ σ² · error ≤ 2^-103;
/// - the running products are rounded down by 2^-127 each, n² of them weighted: less than 2^-110;
/// - sums and thresholds are rounded down to 2^-112 and 2^-127: less than 2^-109.
///
/// The search makes the same number of steps for every value, without a branch on it; which entries it touches depends
/// on the value, so an observer of the processor's cache is not excluded.
struct GaussianTable {
    /// σ² of the largest table, in units of 2^-32: σ = 1024, 12,300 entries.
    static let directLimit: UInt128 = 1 << 52
    /// σ² of the finest noise of a chain: 5 · 64², in units of 2^-32.
    static let chainUnits: UInt128 = 5 << 44

    /// Entry y holds P[|x| ≤ y] · 2^127, padded to a power of two with the largest number.
    private let thresholds: [UInt128]

    /// - Parameter units: σ² · 2^32, from 1 to `directLimit`.
    init(units: UInt128) {
        let step = FixedPoint.exponential(minus: 1 << 31, over: units)
        let stepSquared = FixedPoint.product(step, step)
        var masses: [UInt128] = []
        var mass = FixedPoint.one
        var ratio = step
        while mass >= 1 << 23 {
            masses.append(mass)
            mass = FixedPoint.product(mass, ratio)
            ratio = FixedPoint.product(ratio, stepSquared)
        }
        // One side, with twice the mass everywhere but at zero.
        var total = masses[0] >> 15
        var sums = [total]
        for mass in masses.dropFirst() {
            total += mass >> 14
            sums.append(total)
        }
        sums.removeLast()
        var thresholds = sums.map { FixedPoint.quotient($0, total) }
        var capacity = 1
        while capacity <= thresholds.count { capacity *= 2 }
        thresholds += [UInt128](repeating: .max, count: capacity - thresholds.count)
        self.thresholds = thresholds
    }

    /// P[|x| ≤ y] · 2^127; for tests.
    func threshold(_ y: Int) -> UInt128 { thresholds[y] }

    /// The value that 128 random bits stand for: 127 for the magnitude, the lowest for the sign.
    @inline(__always)
    func value(_ high: UInt64, _ low: UInt64) -> Int64 {
        let uniform = UInt128(high) << 63 | UInt128(low >> 1)
        var place = 0
        var half = thresholds.count >> 1
        while half > 0 {
            place = thresholds[place &+ half &- 1] <= uniform ? place &+ half : place
            half >>= 1
        }
        let sign = Int64(truncatingIfNeeded: low & 1)
        return (Int64(truncatingIfNeeded: place) ^ (0 &- sign)) &+ sign
    }
}

// KERNEL 6.3
/// A discrete Gaussian of any σ²: one table, or a chain x = x₀ + 64·(x₁ + 64·(x₂ + …)).
///
/// For x = x₀ + 64·x₁ with σ₀² = 5·64² and σ₁² ≥ 250, P[x] is exp(−x²/(2σ²)) with σ² = σ₀² + 64²·σ₁², times a sum over
/// Z of a Gaussian of variance s² = 1/(64²/σ₀² + 1/σ₁²) ≥ 4.9. By Poisson summation that sum is constant up to a factor
/// 1 ± 2.01·exp(−2π²s²), so P[x] is the discrete Gaussian up to 1 ± 2^-136 at every x. (KERNEL.md, "Noise".)
struct GaussianChain {
    /// From the finest to the coarsest.
    private let tables: [GaussianTable]

    init(_ scale: GaussianScale) {
        var units = scale.units
        var levels = 0
        while units > GaussianTable.directLimit {
            units = (units - GaussianTable.chainUnits) >> 12
            levels += 1
        }
        let last = GaussianTable(units: units)
        tables =
            levels == 0
            ? [last]
            : [GaussianTable](repeating: GaussianTable(units: GaussianTable.chainUnits), count: levels) + [last]
    }

    /// Of σ² below 2^80: each level takes 2^12 off, down to 2^20.
    static let mostTables: UInt64 = 6

    /// Adds one draw to each number.
    func add(to numbers: inout [Int64], _ generator: inout NoiseGenerator) {
        var multiplier: Int64 = 1
        for table in tables {
            for index in numbers.indices {
                numbers[index] &+= multiplier &* table.value(generator.next(), generator.next())
            }
            multiplier &*= 64
        }
    }
}
