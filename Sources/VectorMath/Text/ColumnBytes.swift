/// Columns as columnar formats hold them: little-endian values, and one bit a row for what is true or present.
///
/// Proof: `grow` appends zeros and hands out exactly those bytes. They are `rows · width` for values of `width` bytes, of
/// which row r writes `r · width ..< (r + 1) · width`, and ⌈rows / 8⌉ for bits, of which row r writes byte r / 8. Codes are
/// read below `rows`, which is checked against their number; values, fractions and grids are read by checked access.
public enum ColumnBytes {
    /// How a number is stored.
    public enum Number: Sendable {
        case double, int64, int32
    }

    /// Appends codes as signed integers of `width` 1, 2 or 4 bytes.
    ///
    /// - Precondition: codes fit the width.
    public static func append(codes: [UInt32], rows: Int, width: Int, to output: inout [UInt8]) {
        precondition(codes.count >= rows && [1, 2, 4].contains(width))
        grow(&output, by: rows * width) { bytes in
            codes.withUnsafeBufferPointer { codes in
                switch width {
                case 1: for row in 0..<rows { bytes[row] = UInt8(truncatingIfNeeded: codes[row]) }
                case 2:
                    for row in 0..<rows {
                        let value = UInt16(truncatingIfNeeded: codes[row]).littleEndian
                        bytes.storeBytes(of: value, toByteOffset: 2 &* row, as: UInt16.self)
                    }
                default:
                    for row in 0..<rows {
                        bytes.storeBytes(of: codes[row].littleEndian, toByteOffset: 4 &* row, as: UInt32.self)
                    }
                }
            }
        }
    }

    /// Appends one bit a row, least significant first: set where the code is `code`, or where it is not.
    ///
    /// - Returns: the number of bits that are not set.
    @discardableResult
    public static func appendBits(
        codes: [UInt32], rows: Int, where code: UInt32, isEqual: Bool, to output: inout [UInt8]
    ) -> Int {
        precondition(codes.count >= rows)
        var set = 0
        grow(&output, by: (rows + 7) / 8) { bytes in
            codes.withUnsafeBufferPointer { codes in
                for row in 0..<rows where (codes[row] == code) == isEqual {
                    bytes[row &>> 3] |= 1 &<< UInt8(truncatingIfNeeded: row & 7)
                    set &+= 1
                }
            }
        }
        return rows - set
    }

    /// Appends the number of each row: from `values` by its code, or the point of its cell that its fraction gives.
    ///
    /// - Parameters:
    ///   - fractions: one a row where there are grids.
    ///   - grids: cells of the first codes; those without points take their value from `values`.
    public static func append(
        codes: [UInt32], fractions: [Float], rows: Int, values: [Double], grids: [DecimalGrid], scale: AxisScale,
        pivot: Double, as number: Number, to output: inout [UInt8]
    ) {
        precondition(codes.count >= rows && (grids.isEmpty || fractions.count >= rows))
        precondition(grids.count <= values.count && codes.prefix(rows).allSatisfy { Int($0) < values.count })
        let width = number == .int32 ? 4 : 8
        grow(&output, by: rows * width) { bytes in
            for row in 0..<rows {
                let code = Int(codes[row])
                var value = values[code]
                if code < grids.count, grids[code].count > 0 {
                    let digits = grids[code].digits(fraction: Double(fractions[row]), scale: scale, pivot: pivot)
                    value = decimalValue(digits, exponent: grids[code].exponent)
                }
                store(value, row, number, bytes)
            }
        }
    }

    /// Appends numbers.
    public static func append(_ values: [Double], as number: Number, to output: inout [UInt8]) {
        grow(&output, by: values.count * (number == .int32 ? 4 : 8)) { bytes in
            for row in values.indices { store(values[row], row, number, bytes) }
        }
    }

    @inline(__always)
    private static func store(
        _ value: Double, _ row: Int, _ number: Number, _ bytes: UnsafeMutableRawBufferPointer
    ) {
        switch number {
        case .double: bytes.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 8 &* row, as: UInt64.self)
        case .int64:
            let whole = Int64(exactly: value) ?? 0
            bytes.storeBytes(of: whole.littleEndian, toByteOffset: 8 &* row, as: Int64.self)
        case .int32:
            let whole = Int32(exactly: value) ?? 0
            bytes.storeBytes(of: whole.littleEndian, toByteOffset: 4 &* row, as: Int32.self)
        }
    }

    private static func grow(
        _ output: inout [UInt8], by count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: count))
        output.withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }
}
