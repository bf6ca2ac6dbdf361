// Proof for the loops of this file: `count` is checked against the number of codes, and a range below 0 ends the process.
// The output grows by `count` zeros behind what it holds, and place `used + index` is written for each index below `count`.

/// The bitwise union of codes: its top bit is set where one of them is `unknownCode`.
public func union(_ codes: [UInt32], count: Int) -> UInt32 {
    precondition(count >= 0 && count <= codes.count)
    return codes.withUnsafeBufferPointer { codes in
        var union: UInt32 = 0
        for index in 0..<count { union |= codes[index] }
        return union
    }
}

/// Appends codes as bytes. The caller knows that they fit.
public func appendNarrow(_ codes: [UInt32], count: Int, to output: inout [UInt8]) {
    narrow(codes, count, &output)
}

/// Appends codes as halves. The caller knows that they fit.
public func appendNarrow(_ codes: [UInt32], count: Int, to output: inout [UInt16]) {
    narrow(codes, count, &output)
}

@inline(__always)
private func narrow<Code: FixedWidthInteger>(_ codes: [UInt32], _ count: Int, _ output: inout [Code]) {
    precondition(count >= 0 && count <= codes.count)
    let used = output.count
    output.append(contentsOf: repeatElement(0, count: count))
    codes.withUnsafeBufferPointer { codes in
        output.withUnsafeMutableBufferPointer { output in
            guard let source = codes.baseAddress, let target = output.baseAddress.map({ $0 + used }) else { return }
            for index in 0..<count { target[index] = Code(truncatingIfNeeded: source[index]) }
        }
    }
}
