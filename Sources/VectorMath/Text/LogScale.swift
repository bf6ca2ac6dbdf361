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

    /// Where a value stands on the axis.
    ///
    /// - Parameter pivot: of the symmetric scale, positive.
    public func place(of value: Double, pivot: Double) -> Double {
        switch self {
        case .linear: value
        case .positiveLog: naturalLogarithm(value)
        case .negativeLog: -naturalLogarithm(-value)
        case .symmetricLog: value < 0 ? -logarithmOfOnePlus(-value / pivot) : logarithmOfOnePlus(value / pivot)
        }
    }

    /// The value at a place: the inverse of `place(of:pivot:)`.
    public func value(at place: Double, pivot: Double) -> Double {
        switch self {
        case .linear: place
        case .positiveLog: exponential(place)
        case .negativeLog: -exponential(-place)
        case .symmetricLog: place < 0 ? -exponentialMinusOne(-place) * pivot : exponentialMinusOne(place) * pivot
        }
    }
}

/// The exponent of the power of ten at or below a positive number.
public func decimalExponent(_ value: Double) -> Int {
    Int(decimalLogarithm(value).rounded(.down))
}
