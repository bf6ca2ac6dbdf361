#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A monotone scale between numbers and places on an axis.
public enum AxisScale: String, Sendable, Codable {
    case linear
    /// `ln x`, for positive numbers.
    case positiveLog
    /// `-ln -x`, for negative numbers.
    case negativeLog
    /// `sgn x · ln(1 + |x| / pivot)`, defined everywhere.
    case symmetricLog

    public func place(of value: Double, pivot: Double) -> Double {
        switch self {
        case .linear: value
        case .positiveLog: log(value)
        case .negativeLog: -log(-value)
        case .symmetricLog: value < 0 ? -log1p(-value / pivot) : log1p(value / pivot)
        }
    }

    public func value(at place: Double, pivot: Double) -> Double {
        switch self {
        case .linear: place
        case .positiveLog: exp(place)
        case .negativeLog: -exp(-place)
        case .symmetricLog: place < 0 ? -expm1(-place) * pivot : expm1(place) * pivot
        }
    }
}

/// The exponent of the power of ten at or below a positive number.
public func decimalExponent(_ value: Double) -> Int {
    Int(log10(value).rounded(.down))
}
