/// Numbers of [0, 1] as integers of 127 fractional bits: 2^127 is one.
enum FixedPoint {
    static let one: UInt128 = 1 << 127

    /// ⌊x · y⌋: short of the product by less than 2^-127.
    @inline(__always)
    static func product(_ x: UInt128, _ y: UInt128) -> UInt128 {
        let full = x.multipliedFullWidth(by: y)
        return full.high << 1 | full.low >> 127
    }

    /// ⌊x / y⌋ for x < y: short of the quotient by less than 2^-127.
    static func quotient(_ x: UInt128, _ y: UInt128) -> UInt128 {
        y.dividingFullWidth((x >> 1, x << 127)).quotient
    }

    // KERNEL 6.4
    /// e^(−numerator/denominator) within (m + 2⌊γ⌋ + 3) · 2^-127, where m ≤ 34 is the number of terms of the series.
    ///
    /// The whole part goes by multiplying with e^-1, the rest by the alternating series: each term is one product and
    /// one division by its index, both rounded down (2 · 2^-127 at most, shrinking with each further factor).
    static func exponential(minus numerator: UInt128, over denominator: UInt128) -> UInt128 {
        let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        guard whole < 90 else { return 0 }
        var result = series(quotient(rest, denominator))
        if whole > 0 {
            let inverseOfE = series(one)
            for _ in 0..<whole { result = product(result, inverseOfE) }
        }
        return result
    }

    /// Σ (−x)^j / j!, for x in [0, 1].
    private static func series(_ x: UInt128) -> UInt128 {
        var (plus, minus) = (one, UInt128(0))
        var term = one
        var index: UInt128 = 1
        while term > 0 {
            term = product(term, x) / index
            if index & 1 == 1 { minus += term } else { plus += term }
            index += 1
        }
        return plus - minus
    }
}
