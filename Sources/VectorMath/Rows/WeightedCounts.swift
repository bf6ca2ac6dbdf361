/// Sums weights into the cells of a table: `sums[cell] = Σ weights[row]` over the rows of the cell.
///
/// - Parameters:
///   - columns: one or two columns of codes; the cell of a row is `first · secondSize + second`.
@inline(never)
public func weightedCounts(
    _ first: [UInt16], _ second: [UInt16]?, secondSize: Int, weights: [Double], into sums: inout [Double]
) {
    precondition(first.count == weights.count && second?.count ?? first.count == first.count)
    let limit = sums.count
    precondition((Int(first.max() ?? 0)) * secondSize + Int(second?.max() ?? 0) < limit || first.isEmpty)
    // Proof: the largest cell that the two columns can name was just found below the count of `sums`; i runs below the
    // equal counts of the others.
    sums.withUnsafeMutableBufferPointer { sums in
        weights.withUnsafeBufferPointer { weights in
            first.withUnsafeBufferPointer { first in
                guard let s = sums.baseAddress, let w = weights.baseAddress, let a = first.baseAddress else { return }
                for cell in 0..<limit { s[cell] = 0 }
                guard let second else {
                    for i in 0..<first.count { s[Int(a[i])] += w[i] }
                    return
                }
                second.withUnsafeBufferPointer { second in
                    guard let b = second.baseAddress else { return }
                    for i in 0..<first.count { s[Int(a[i]) &* secondSize &+ Int(b[i])] += w[i] }
                }
            }
        }
    }
}

/// Multiplies each row's weight by the factor of its cell; cells as in `weightedCounts`.
@inline(never)
public func scaleWeights(
    _ first: [UInt16], _ second: [UInt16]?, secondSize: Int, factors: [Double], weights: inout [Double]
) {
    precondition(first.count == weights.count && second?.count ?? first.count == first.count)
    precondition((Int(first.max() ?? 0)) * secondSize + Int(second?.max() ?? 0) < factors.count || first.isEmpty)
    // Proof: as in `weightedCounts`.
    weights.withUnsafeMutableBufferPointer { weights in
        factors.withUnsafeBufferPointer { factors in
            first.withUnsafeBufferPointer { first in
                guard let w = weights.baseAddress, let f = factors.baseAddress, let a = first.baseAddress else {
                    return
                }
                guard let second else {
                    for i in 0..<first.count { w[i] *= f[Int(a[i])] }
                    return
                }
                second.withUnsafeBufferPointer { second in
                    guard let b = second.baseAddress else { return }
                    for i in 0..<first.count { w[i] *= f[Int(a[i]) &* secondSize &+ Int(b[i])] }
                }
            }
        }
    }
}
