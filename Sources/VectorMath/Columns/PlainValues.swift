// Values of a column as Parquet's plain encoding has them: little-endian, one behind the other.
//
// Proof for the loops of this file: each checks that its range lies inside the bytes before it begins, and reads value i at
// i times the width from its start; lengths in front of texts are checked one by one against what is left, in a walk before
// any text is copied, and the copy makes the same steps. Outputs are made for as many values as are written.

/// Reads plain values.
public enum PlainValues {
    /// Whole numbers of 4 or 8 bytes.
    ///
    /// - Returns: nil if the range holds fewer; unsigned ones of 8 bytes come as the bits that they are.
    public static func integers(
        _ bytes: [UInt8], in range: Range<Int>, count: Int, width: Int, isSigned: Bool
    ) -> [Int64]? {
        guard holds(range, bytes, count, width) else { return nil }
        return [Int64](unsafeUninitializedCapacity: count) { output, used in
            bytes.withUnsafeBytes { bytes in
                let start = range.lowerBound
                for index in 0..<count {
                    let value: Int64
                    if width == 8 {
                        value = Int64(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: start &+ 8 &* index, as: Int64.self))
                    } else {
                        let word = Int32(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: start &+ 4 &* index, as: Int32.self))
                        value = isSigned ? Int64(word) : Int64(UInt32(bitPattern: word))
                    }
                    output.initializeElement(at: index, to: value)
                }
            }
            used = count
        }
    }

    /// Numbers of 8 bytes.
    ///
    /// - Returns: nil if the range holds fewer.
    public static func doubles(_ bytes: [UInt8], in range: Range<Int>, count: Int) -> [Double]? {
        guard holds(range, bytes, count, 8) else { return nil }
        return [Double](unsafeUninitializedCapacity: count) { output, used in
            bytes.withUnsafeBytes { bytes in
                for index in 0..<count {
                    let word = bytes.loadUnaligned(fromByteOffset: range.lowerBound &+ 8 &* index, as: UInt64.self)
                    output.initializeElement(at: index, to: Double(bitPattern: UInt64(littleEndian: word)))
                }
            }
            used = count
        }
    }

    /// Texts behind their lengths of 4 bytes, as fields of a grid of one column.
    ///
    /// - Parameters:
    ///   - width: of each text where all have the same and no length stands before them; else nil.
    ///   - last: one more field behind them.
    /// - Returns: the grid, and where the next text begins; nil if the range holds fewer.
    public static func texts(
        _ bytes: [UInt8], in range: Range<Int>, count: Int, width: Int?, last: [UInt8]
    ) -> (grid: FieldGrid, end: Int)? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, count >= 0 else { return nil }
        // One byte and one start a text, whatever the lengths say.
        guard count <= (width == 0 ? Int(UInt32.max) : range.count) else { return nil }
        var place = range.lowerBound
        var starts = [UInt32](repeating: 0, count: count + 2)
        var total = 0
        for index in 0..<count {
            guard let length = length(bytes, place, range.upperBound, width) else { return nil }
            place += (width == nil ? 4 : 0) + length
            total += length + 1
            guard total < Int(Int32.max) else { return nil }
            starts[index + 1] = UInt32(total)
        }
        let end = place
        starts[count + 1] = UInt32(total + last.count + 1)
        var text = [UInt8](repeating: 0, count: total + last.count + 1 + FieldGrid.padding)
        place = range.lowerBound
        text.withUnsafeMutableBytes { text in
            bytes.withUnsafeBytes { bytes in
                guard let target = text.baseAddress, let source = bytes.baseAddress else { return }
                for index in 0..<count {
                    let length = Int(starts[index + 1] - starts[index]) - 1
                    if width == nil { place += 4 }
                    (target + Int(starts[index])).copyMemory(from: source + place, byteCount: length)
                    place += length
                }
            }
        }
        text.replaceSubrange(total..<(total + last.count), with: last)
        return (FieldGrid(columns: 1, bytes: text, starts: starts), end)
    }

    private static func length(_ bytes: [UInt8], _ place: Int, _ end: Int, _ width: Int?) -> Int? {
        if let width { return place + width <= end ? width : nil }
        guard place + 4 <= end else { return nil }
        let length =
            Int(bytes[place]) | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2]) << 16 | Int(bytes[place + 3]) << 24
        return length <= end - place - 4 ? length : nil
    }

    private static func holds(_ range: Range<Int>, _ bytes: [UInt8], _ count: Int, _ width: Int) -> Bool {
        range.lowerBound >= 0 && range.upperBound <= bytes.count && count >= 0 && count <= range.count / width
    }
}

/// `entries[rows[i]]` for each of the first rows, to the front of `output`.
///
/// - Precondition: every row is below the number of entries.
public func lookUpEntries(_ entries: [UInt32], rows: [UInt32], count: Int, into output: inout [UInt32]) {
    choose(entries, rows, count, &output)
}

/// The same for bytes.
public func lookUpEntries(_ entries: [UInt8], rows: [UInt32], count: Int, into output: inout [UInt8]) {
    choose(entries, rows, count, &output)
}

/// Proof: the largest of the rows is compared with the number of entries first; the output has room, as checked.
@inline(__always)
private func choose<Value>(_ entries: [Value], _ rows: [UInt32], _ count: Int, _ output: inout [Value]) {
    precondition(count >= 0 && count <= rows.count && count <= output.count)
    precondition(count == 0 || Int(largest(rows, count: count)) < entries.count)
    rows.withUnsafeBufferPointer { rows in
        entries.withUnsafeBufferPointer { entries in
            output.withUnsafeMutableBufferPointer { output in
                guard let rows = rows.baseAddress, let entries = entries.baseAddress, let output = output.baseAddress
                else { return }
                for index in 0..<count { output[index] = entries[Int(rows[index])] }
            }
        }
    }
}

/// The largest of the first numbers; 0 of none.
public func largest(_ numbers: [UInt32], count: Int) -> UInt32 {
    numbers.withUnsafeBufferPointer { numbers in
        var largest: UInt32 = 0
        for number in numbers.prefix(count) { largest = max(largest, number) }
        return largest
    }
}
