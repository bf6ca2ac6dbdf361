/// A monotone scale between numbers and places on an axis.
public enum AxisScale: String, Sendable, Codable {
    /// The value itself.
    case linear
    /// `ln x`, for positive numbers.
    case positiveLog
    /// `-ln -x`, for negative numbers.
    case negativeLog
    /// `sgn x · ln(1 + |x| / pivot)`, defined everywhere.
    case symmetricLog
    /// `arsinh(x / pivot)`: linear within the pivot, logarithmic beyond, for values of both signs.
    case asinh

    /// Where a value stands on the axis.
    ///
    /// - Parameter pivot: of the symmetric scale, positive.
    public func place(of value: Double, pivot: Double) -> Double {
        switch self {
        case .linear: value
        case .positiveLog: naturalLogarithm(value)
        case .negativeLog: -naturalLogarithm(-value)
        case .symmetricLog: value < 0 ? -logarithmOfOnePlus(-value / pivot) : logarithmOfOnePlus(value / pivot)
        case .asinh: value < 0 ? -areaSine(-value / pivot) : areaSine(value / pivot)
        }
    }

    /// The value at a place: the inverse of `place(of:pivot:)`.
    public func value(at place: Double, pivot: Double) -> Double {
        switch self {
        case .linear: place
        case .positiveLog: exponential(place)
        case .negativeLog: -exponential(-place)
        case .symmetricLog: place < 0 ? -exponentialMinusOne(-place) * pivot : exponentialMinusOne(place) * pivot
        case .asinh: place < 0 ? -hyperbolicSine(-place) * pivot : hyperbolicSine(place) * pivot
        }
    }
}

/// The exponent of the power of ten at or below a positive number.
public func decimalExponent(_ value: Double) -> Int {
    Int(decimalLogarithm(value).rounded(.down))
}

/// arsinh x of a number that is not negative, without loss near zero and without overflow.
private func areaSine(_ x: Double) -> Double {
    if x > 1e100 { return naturalLogarithm(x) + naturalLogarithm(2) }
    return logarithmOfOnePlus(x + x * x / (1 + (1 + x * x).squareRoot()))
}

/// sinh x of a number that is not negative.
private func hyperbolicSine(_ x: Double) -> Double {
    if x > 200 { return exponential(x - naturalLogarithm(2)) }
    let grown = exponentialMinusOne(x)
    return (grown + grown / (grown + 1)) / 2
}
