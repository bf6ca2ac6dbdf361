#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// The functions of the C library, under names of their own: targets without Foundation need no `#if` for each system.

/// The natural logarithm.
public func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// `ln(1 + x)`, exact where x is small.
public func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }

/// The logarithm to base 10.
public func decimalLogarithm(_ x: Double) -> Double { log10(x) }

/// `eˣ`.
public func exponential(_ x: Double) -> Double { exp(x) }

/// `eˣ − 1`, exact where x is small.
public func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }

/// `base` to the power of `exponent`.
public func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// `1 − erf x`.
public func complementaryErrorFunction(_ x: Double) -> Double { erfc(x) }

/// The logarithm of |Γ(x)|.
public func logarithmOfGamma(_ x: Double) -> Double { lgamma(x) }

/// The sine of an angle in radians.
public func sine(_ angle: Double) -> Double { sin(angle) }

/// The cosine of an angle in radians.
public func cosine(_ angle: Double) -> Double { cos(angle) }
