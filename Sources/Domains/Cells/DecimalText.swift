import VectorMath

// Proof: bytes are read at a place only after it was compared with their number in the same condition; `trimmed` keeps
// `lower` below `upper` and both within the bytes. Arrays lend their bytes within one expression.

/// Numbers as text: strict reading, short writing.
package enum DecimalText {
    /// Reads a decimal with optional sign, fraction and exponent; no blanks, no `nan`, no hexadecimal.
    ///
    /// The sign may be a hyphen or the minus of typesetting, U+2212.
    package static func number(of bytes: UnsafeRawBufferPointer) -> Double? {
        if bytes.count > 3, bytes[0] == 0xE2, bytes[1] == 0x88, bytes[2] == 0x92 {
            let digits = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3))
            let isSigned = digits[0] == 0x2D || digits[0] == 0x2B || digits[0] == 0xE2
            return isSigned ? nil : number(of: digits).map { -$0 }
        }
        var place = 0
        var isNegative = false
        if place < bytes.count, bytes[place] == 0x2D || bytes[place] == 0x2B {
            isNegative = bytes[place] == 0x2D
            place += 1
        }
        var digits: UInt64 = 0
        var count = 0
        var exponent = 0
        var isExact = true
        var hasPoint = false
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x2E, !hasPoint {
                hasPoint = true
            } else if (0x30...0x39).contains(byte) {
                count += 1
                if digits < 100_000_000_000_000_000 {
                    digits = digits * 10 + UInt64(byte - 0x30)
                    if hasPoint { exponent -= 1 }
                } else {
                    isExact = false
                }
            } else {
                break
            }
            place += 1
        }
        guard count > 0 else { return nil }
        if place < bytes.count, bytes[place] == 0x65 || bytes[place] == 0x45 {
            guard let written = writtenExponent(bytes, from: place + 1) else { return nil }
            exponent += written
            place = bytes.count
        }
        guard place == bytes.count else { return nil }
        if isExact, let value = exactDecimal(Int64(digits), exponent: exponent) { return isNegative ? -value : value }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    package static func number(of text: String) -> Double? {
        Array(text.utf8).withUnsafeBytes { number(of: $0) }
    }

    private static func writtenExponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = start
        var isNegative = false
        if place < bytes.count, bytes[place] == 0x2D || bytes[place] == 0x2B {
            isNegative = bytes[place] == 0x2D
            place += 1
        }
        guard place < bytes.count, bytes.count - place <= 4 else { return nil }
        var exponent = 0
        while place < bytes.count {
            guard (0x30...0x39).contains(bytes[place]) else { return nil }
            exponent = exponent * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        return isNegative ? -exponent : exponent
    }

    /// `digits · 10^exponent` as the shortest plain decimal; scientific only where that would be very long.
    package static func text(digits: Int64, exponent: Int) -> String {
        var digits = digits
        var exponent = exponent
        if digits == 0 { return "0" }
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        let sign = digits < 0 ? "-" : ""
        let figures = String(digits.magnitude)
        if exponent > 15 || exponent < -25 { return "\(sign)\(figures)e\(exponent)" }
        if exponent >= 0 { return sign + figures + String(repeating: "0", count: exponent) }
        let decimals = -exponent
        if figures.utf8.count > decimals {
            return sign + figures.dropLast(decimals) + "." + figures.suffix(decimals)
        }
        return sign + "0." + String(repeating: "0", count: decimals - figures.utf8.count) + figures
    }

    /// The shortest text that reads back as the same number; whole numbers without ".0".
    package static func text(of value: Double) -> String {
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return String(whole) }
        return value.description
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes without blanks and tabs at both ends.
    package var trimmed: UnsafeRawBufferPointer {
        var lower = 0
        var upper = count
        while lower < upper, self[lower] == 0x20 || self[lower] == 0x09 { lower += 1 }
        while upper > lower, self[upper - 1] == 0x20 || self[upper - 1] == 0x09 { upper -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[lower..<upper])
    }
}
