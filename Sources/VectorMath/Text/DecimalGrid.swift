/// The decimals `digits · 10^exponent` inside one cell, `count` of them from `lowest` up, `stride` apart.
public struct DecimalGrid: Sendable, Equatable {
    /// The first number, in units of 10^`exponent`.
    public var lowest: Int64
    /// How many numbers there are.
    public var count: Int64
    /// The power of ten of one step: −2 for hundredths.
    public var exponent: Int
    /// How far neighbours are apart, in units of the last digit; positive.
    public var stride: Int64
    /// One end of the cell on the axis.
    public var from: Double
    /// The other end of the cell on the axis.
    public var to: Double

    /// A grid from its parts.
    public init(lowest: Int64, count: Int64, exponent: Int, from: Double, to: Double, stride: Int64 = 1) {
        self.lowest = lowest
        self.count = count
        self.exponent = exponent
        self.from = from
        self.to = to
        self.stride = stride
    }

    /// The point at a fraction of the cell, evenly spread on the axis; never outside the cell.
    @inline(__always)
    public func digits(fraction: Double, scale: AxisScale, pivot: Double) -> Int64 {
        lowest &+ stride &* step(fraction: fraction, scale: scale, pivot: pivot)
    }

    /// The same as a number of steps from the first point.
    @inline(__always)
    func step(fraction: Double, scale: AxisScale, pivot: Double) -> Int64 {
        // Written so that what is not a number counts as zero.
        let fraction = fraction > 0 ? min(fraction, 1.0.nextDown) : 0
        let last = Double(count &- 1)
        if scale == .linear || count == 1 { return Int64(min((fraction * Double(count)).rounded(.down), last)) }
        let value = scale.value(at: from + fraction * (to - from), pivot: pivot)
        let steps = ((scaledByPowerOfTen(value, -exponent) - Double(lowest)) / Double(stride)).rounded(.down)
        return Int64(steps > 0 ? min(steps, last) : 0)
    }

    /// The number so many steps from the first point, rounded once: what reading the decimal's text gives.
    public func number(atStep step: Int64) -> Double {
        decimalValue(lowest &+ stride &* step, exponent: exponent)
    }
}

/// `digits · 10^exponent`, rounded once.
func decimalValue(_ digits: Int64, exponent: Int) -> Double {
    if let value = exactDecimal(digits, exponent: exponent) { return value }
    return Double("\(digits)e\(exponent)") ?? scaledByPowerOfTen(Double(digits), exponent)
}

/// `value · 10^exponent`, rounded once or twice.
public func scaledByPowerOfTen(_ value: Double, _ exponent: Int) -> Double {
    if let power = exactDecimal(1, exponent: abs(exponent)) {
        return exponent < 0 ? value / power : value * power
    }
    // Far from one the powers are not exact; the caller tries its results.
    var result = value
    var rest = abs(exponent)
    while rest > 0 {
        let step = min(rest, 22)
        let power = exactDecimal(1, exponent: step) ?? 1
        result = exponent < 0 ? result / power : result * power
        rest -= step
    }
    return result
}

/// Year, month and day of a day since 1970-01-01 (H. Hinnant's civil_from_days).
public func civilDate(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}
