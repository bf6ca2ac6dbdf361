/// A number as it is written: `digits · 10^exponent`. Comparison and addition are exact, so that what holds of two values
/// holds of their texts too.
public struct ExactDecimal: Sendable, Comparable {
    public let digits: Int64
    public let exponent: Int

    public init(digits: Int64, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    /// The shortest decimal that reads back as the same number; nil for what is not finite.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        if let whole = Int64(exactly: value), abs(value) < 1e15 {
            self.init(digits: whole, exponent: 0)
            return
        }
        self.init(text: value.description)
    }

    /// Reads plain digits with an optional sign, point and exponent; nil beyond 18 digits.
    package init?(text: String) {
        var digits: Int64 = 0
        var exponent = 0
        var hasPoint = false
        var isNegative = false
        var rest = text.utf8[...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        var count = 0
        while let byte = rest.first, byte == UInt8(ascii: ".") || (0x30...0x39).contains(byte) {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: ".") {
                guard !hasPoint else { return nil }
                hasPoint = true
                continue
            }
            count += 1
            guard digits < 100_000_000_000_000_000 else { return nil }
            digits = digits * 10 + Int64(byte - 0x30)
            if hasPoint { exponent -= 1 }
        }
        guard count > 0 else { return nil }
        if let mark = rest.first {
            guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"),
                let written = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(written) < 400
            else { return nil }
            exponent += written
        }
        self.init(digits: isNegative ? -digits : digits, exponent: exponent)
    }

    /// The nearest number of this program's arithmetic: what a reader of the text gets.
    public var number: Double { Binning.value(digits: digits, exponent: exponent) ?? 0 }

    /// As CSV writes it.
    package var text: String { DecimalText.text(digits: digits, exponent: exponent) }

    package var negated: ExactDecimal { ExactDecimal(digits: -digits, exponent: exponent) }

    /// The sum, or nil where it has more digits than an `Int64` holds.
    package func adding(_ other: ExactDecimal) -> ExactDecimal? {
        if digits == 0 { return other }
        if other.digits == 0 { return self }
        guard let (first, second, exponent) = aligned(with: other) else { return nil }
        var (sum, scale) = (first + second, exponent)
        while sum != 0, sum % 10 == 0, scale < 0 {
            sum /= 10
            scale += 1
        }
        return Int64(exactly: sum).map { ExactDecimal(digits: $0, exponent: scale) }
    }

    /// The nearest multiple of a power of ten.
    func rounded(toExponent coarse: Int) -> ExactDecimal {
        guard coarse > exponent else { return self }
        guard coarse - exponent < 19 else { return ExactDecimal(digits: 0, exponent: coarse) }
        var power: Int64 = 1
        for _ in 0..<(coarse - exponent) { power *= 10 }
        let (quotient, rest) = digits.quotientAndRemainder(dividingBy: power)
        let isUp = rest.magnitude >= power.magnitude - rest.magnitude
        return ExactDecimal(digits: isUp ? quotient + digits.signum() : quotient, exponent: coarse)
    }

    /// Both at the lesser exponent; nil where they are too far apart.
    private func aligned(with other: ExactDecimal) -> (Int128, Int128, Int)? {
        let least = min(exponent, other.exponent)
        guard exponent - least <= 18, other.exponent - least <= 18 else { return nil }
        return (
            Int128(digits) * Self.power(exponent - least), Int128(other.digits) * Self.power(other.exponent - least),
            least
        )
    }

    private static func power(_ exponent: Int) -> Int128 {
        var result: Int128 = 1
        for _ in 0..<exponent { result *= 10 }
        return result
    }

    public static func < (first: ExactDecimal, second: ExactDecimal) -> Bool {
        if first.exponent == second.exponent { return first.digits < second.digits }
        if first.digits.signum() != second.digits.signum() { return first.digits.signum() < second.digits.signum() }
        guard let (one, other, _) = first.aligned(with: second) else { return first.number < second.number }
        return one < other
    }

    public static func == (first: ExactDecimal, second: ExactDecimal) -> Bool { !(first < second) && !(second < first) }
}
