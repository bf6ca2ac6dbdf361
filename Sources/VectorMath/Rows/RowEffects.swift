// Sums of what other columns say of a number, one a row.
//
// Proof: lengths of the arrays of rows are compared first, and the largest code with the number of effects.

/// `numbers[row] += effects[codes[row]]`.
///
/// - Precondition: there is an effect for each code, and a code for each number.
public func addEffects(_ effects: [Float], of codes: [UInt32], to numbers: inout [Float]) {
    let count = numbers.count
    precondition(codes.count >= count && (count == 0 || Int(largest(codes, count: count)) < effects.count))
    effects.withUnsafeBufferPointer { effects in
        codes.withUnsafeBufferPointer { codes in
            numbers.withUnsafeMutableBufferPointer { numbers in
                guard let effects = effects.baseAddress, let codes = codes.baseAddress,
                    let numbers = numbers.baseAddress
                else { return }
                for row in 0..<count { numbers[row] += effects[Int(codes[row])] }
            }
        }
    }
}

/// `numbers[row] += factor · others[row]`, each rounded by itself.
///
/// - Precondition: there is another one for each number.
public func addMultiple(_ others: [Float], times factor: Float, to numbers: inout [Float]) {
    let count = numbers.count
    precondition(others.count >= count)
    others.withUnsafeBufferPointer { others in
        numbers.withUnsafeMutableBufferPointer { numbers in
            guard let others = others.baseAddress, let numbers = numbers.baseAddress else { return }
            for row in 0..<count { numbers[row] += factor * others[row] }
        }
    }
}
