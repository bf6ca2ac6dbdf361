// KERNEL 6.5
/// The exact samplers of Canonne, Kamath and Steinke (2020), in whole numbers: Algorithms 1 to 3.
///
/// They are exact, so δ pays for nothing, but their running time depends on what they draw. They make all noise of
/// pure accounting, all noise where δ is too small beside e^ε for the tables, and are the oracle of the tables' tests.
enum TextbookSampler {
    /// A discrete Gaussian of σ² = units · 2^-32, for σ² below 2^58.
    static func gaussian(_ scale: GaussianScale, _ generator: inout NoiseGenerator) -> Int64 {
        let shift = UInt128(min(scale.units.trailingZeroBitCount, 32))
        let numerator = scale.units >> shift
        let denominator: UInt128 = 1 << (32 - shift)
        let width = squareRoot(numerator / denominator) + 1
        let gammaDenominator = 2 * numerator * denominator * width * width
        while true {
            let candidate = laplace(numerator: 1, denominator: width, &generator)
            let product = UInt128(candidate.magnitude) * width * denominator
            let distance = product > numerator ? product - numerator : numerator - product
            // Beyond 2^64 the probability of acceptance is below e^-500.
            guard distance < 1 << 64 else { continue }
            if bernoulliExponential(distance * distance, gammaDenominator, &generator) { return candidate }
        }
    }

    /// A discrete Laplace, P[x] ∝ exp(−|x| · numerator/denominator).
    static func laplace(numerator: UInt64, denominator: UInt128, _ generator: inout NoiseGenerator) -> Int64 {
        while true {
            let offset = uniform(below: denominator, &generator)
            guard bernoulliExponential(offset, denominator, &generator) else { continue }
            var whole: UInt128 = 0
            while bernoulliExponential(1, 1, &generator) { whole += 1 }
            let magnitude = (offset + denominator * whole) / UInt128(numerator)
            let isNegative = generator.next() & 1 == 1
            if isNegative && magnitude == 0 { continue }
            // What is beyond 64 bits wraps, as the sum with the figure does: that is post-processing of the exact sum.
            let value = Int64(truncatingIfNeeded: magnitude)
            return isNegative ? 0 &- value : value
        }
    }

    /// True with probability exp(−numerator/denominator).
    static func bernoulliExponential(
        _ numerator: UInt128, _ denominator: UInt128, _ generator: inout NoiseGenerator
    ) -> Bool {
        let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        var tries = whole
        while tries > 0 {
            guard bernoulliExponentialOfFraction(1, 1, &generator) else { return false }
            tries -= 1
        }
        return bernoulliExponentialOfFraction(rest, denominator, &generator)
    }

    /// The same for a fraction of [0, 1].
    private static func bernoulliExponentialOfFraction(
        _ numerator: UInt128, _ denominator: UInt128, _ generator: inout NoiseGenerator
    ) -> Bool {
        var index: UInt128 = 1
        while uniform(below: denominator * index, &generator) < numerator { index += 1 }
        return index & 1 == 1
    }

    /// Uniform on 0..<bound, by rejection.
    static func uniform(below bound: UInt128, _ generator: inout NoiseGenerator) -> UInt128 {
        let mask = UInt128.max >> UInt128((bound - 1 | 1).leadingZeroBitCount)
        while true {
            let word =
                mask >> 64 > 0
                ? UInt128(generator.next()) << 64 | UInt128(generator.next())
                : UInt128(generator.next())
            if word & mask < bound { return word & mask }
        }
    }

    /// ⌊√x⌋.
    static func squareRoot(_ x: UInt128) -> UInt128 {
        guard x > 0 else { return 0 }
        var root: UInt128 = 1 << UInt128((129 - x.leadingZeroBitCount) / 2)
        while true {
            let next = (root + x / root) / 2
            if next >= root { return root }
            root = next
        }
    }
}
