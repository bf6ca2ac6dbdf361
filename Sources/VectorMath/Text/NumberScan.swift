private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]

/// `digits · 10^exponent`, correctly rounded; nil if one multiplication or division would not be.
///
/// Source: W. D. Clinger, "How to read floating point numbers accurately", 1990: both factors are exact.
public func exactDecimal(_ digits: Int64, exponent: Int) -> Double? {
    guard digits.magnitude <= 1 << 53, abs(exponent) <= 22 else { return nil }
    return exponent < 0 ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
}

/// Reads plain decimals (`-12.50`: no exponent, no blanks) of one column; NaN where a text is anything else.
///
/// Proof: a grid gives as many fields as it has rows, for each of which `output` has a place, as checked. Bytes are read
/// from a field's start to its end alone. A field has at most 17 bytes behind its sign, so its point stands at most 16
/// places before its end, and there are 23 powers.
public func scanNumbers(_ grid: FieldGrid, column: Int, into output: inout [Double]) {
    precondition(output.count >= grid.rows)
    powersOfTen.withUnsafeBufferPointer { powers in
        output.withUnsafeMutableBufferPointer { output in
            grid.withFields(of: column) { bytes, fields in
                guard let powers = powers.baseAddress, let output = output.baseAddress else { return }
                let bytes = bytes.assumingMemoryBound(to: UInt8.self)
                for row in 0..<grid.rows {
                    let field = fields.take()
                    output[row] = plainDecimal(bytes, field.start, field.start &+ field.count, powers)
                }
            }
        }
    }
}

@inline(__always)
private func plainDecimal(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ powers: UnsafePointer<Double>
) -> Double {
    var place = start
    let isNegative = place < end && bytes[place] == 0x2D
    if isNegative { place &+= 1 }
    var digits: UInt64 = 0
    var point = end
    let first = place
    guard end &- place > 0, end &- place <= 17 else { return .nan }
    while place < end {
        let byte = bytes[place] &- 0x30
        if byte < 10 {
            digits = digits &* 10 &+ UInt64(byte)
        } else if byte == 0xFE, point == end {
            point = place &+ 1
        } else {
            return .nan
        }
        place &+= 1
    }
    // "5." and ".5" are left to the careful reader, as is what a Double cannot hold exactly.
    if digits > 1 << 53 || (point != end && point == first &+ 1) || bytes[end &- 1] == 0x2E { return .nan }
    let value = Double(digits) / powers[end &- point]
    return isNegative ? -value : value
}

/// For each value the last cell whose start is not above it; `unknownCode` outside `starts[0] ... maximum`.
///
/// Proof: the search keeps `output[row] + length ≤ starts.count`: it holds at first, when the row's cell is 0; a step adds
/// `half` to the cell or not, and takes it from the length. What is read lies at `output[row] + half`, below that, for `half`
/// is less than the length; whatever the comparison gives, and for not-a-number too. Rows run below `count`, which both
/// other arrays hold, as checked.
///
/// - Parameter onlyWhole: whether fractions are outside too.
public func findCells(
    _ values: [Double], count: Int, starts: [Double], maximum: Double, onlyWhole: Bool, into output: inout [UInt32]
) {
    precondition(values.count >= count && output.count >= count && !starts.isEmpty)
    precondition(starts.count < Int(UInt32.max))
    let (cells, batch) = (starts.count, 512)
    values.withUnsafeBufferPointer { values in
        starts.withUnsafeBufferPointer { starts in
            output.withUnsafeMutableBufferPointer { output in
                guard let values = values.baseAddress, let starts = starts.baseAddress,
                    let output = output.baseAddress
                else { return }
                let minimum = starts[0]
                var first = 0
                while first < count {
                    let size = min(batch, count &- first)
                    let (values, output) = (values + first, output + first)
                    for row in 0..<size { output[row] = 0 }
                    // Step by step for many rows at once: their loads overlap, where one search waits for each.
                    var length = cells
                    while length > 1 {
                        let half = length / 2
                        let step = UInt32(truncatingIfNeeded: half)
                        for row in 0..<size {
                            // The sign of the difference, not a comparison: this must not become a branch. Adding
                            // zero makes -0 positive.
                            let base = output[row]
                            let difference = (values[row] + 0) - starts[Int(base) &+ half]
                            let isBelow = UInt32(truncatingIfNeeded: difference.bitPattern &>> 63)
                            output[row] = base &+ (step & (isBelow &- 1))
                        }
                        length &-= half
                    }
                    for row in 0..<size {
                        let value = values[row]
                        let isInside =
                            value >= minimum && value <= maximum
                            && (!onlyWhole || value.rounded(.towardZero) == value)
                        output[row] = isInside ? output[row] : unknownCode
                    }
                    first &+= size
                }
            }
        }
    }
}
