/// The bitwise union of codes: its top bit is set where one of them is `unknownCode`.
public func union(_ codes: [UInt32], count: Int) -> UInt32 {
    precondition(count <= codes.count)
    return codes.withUnsafeBufferPointer { codes in
        var union: UInt32 = 0
        for index in 0..<count { union |= codes[index] }
        return union
    }
}

/// Appends codes as bytes. The caller knows that they fit.
public func appendNarrow(_ codes: [UInt32], count: Int, to output: inout [UInt8]) {
    precondition(count <= codes.count)
    codes.withUnsafeBufferPointer { codes in
        output.append(contentsOf: codes.prefix(count).lazy.map { UInt8(truncatingIfNeeded: $0) })
    }
}

/// Appends codes as halves. The caller knows that they fit.
public func appendNarrow(_ codes: [UInt32], count: Int, to output: inout [UInt16]) {
    precondition(count <= codes.count)
    codes.withUnsafeBufferPointer { codes in
        output.append(contentsOf: codes.prefix(count).lazy.map { UInt16(truncatingIfNeeded: $0) })
    }
}
