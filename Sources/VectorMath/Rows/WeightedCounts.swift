/// The cells of a table of one or two columns, one cell a row.
///
/// Proof for the loops over it: the table has `first.bound · second.bound` cells (that of the first alone where there is
/// no second), checked against overflow and against the length of each array of cells. With both codes below their
/// bounds, `first · second.bound + second` is below that. Rows run over columns and weights of one length, as checked.
public struct RowCells: Sendable {
    let first: BoundedCodes<UInt16>
    let second: BoundedCodes<UInt16>?
    /// Number of cells.
    public let count: Int

    /// - Precondition: the columns are equally long.
    public init(_ first: BoundedCodes<UInt16>, _ second: BoundedCodes<UInt16>?) {
        precondition(second.map { $0.count == first.count } ?? true)
        guard let count = cellCount(of: [first.bound, second?.bound ?? 1]) else {
            preconditionFailure("a table has more cells than memory could hold")
        }
        self.first = first
        self.second = second
        self.count = count
    }
}

/// Sums weights into the cells of a table: `sums[cell] = Σ weights[row]` over the rows of the cell.
@inline(never)
public func weightedCounts(_ rows: RowCells, weights: [Double], into sums: inout [Double]) {
    precondition(rows.first.count == weights.count && sums.count == rows.count)
    sums.withUnsafeMutableBufferPointer { sums in
        weights.withUnsafeBufferPointer { weights in
            rows.first.codes.withUnsafeBufferPointer { first in
                guard let s = sums.baseAddress else { return }
                for cell in 0..<sums.count { s[cell] = 0 }
                guard let w = weights.baseAddress, let a = first.baseAddress else { return }
                guard let second = rows.second else {
                    for i in 0..<first.count { s[Int(a[i])] += w[i] }
                    return
                }
                let size = second.bound
                second.codes.withUnsafeBufferPointer { second in
                    guard let b = second.baseAddress else { return }
                    for i in 0..<first.count { s[Int(a[i]) &* size &+ Int(b[i])] += w[i] }
                }
            }
        }
    }
}

/// Multiplies each row's weight by the factor of its cell.
@inline(never)
public func scaleWeights(_ rows: RowCells, factors: [Double], weights: inout [Double]) {
    precondition(rows.first.count == weights.count && factors.count == rows.count)
    weights.withUnsafeMutableBufferPointer { weights in
        factors.withUnsafeBufferPointer { factors in
            rows.first.codes.withUnsafeBufferPointer { first in
                guard let w = weights.baseAddress, let f = factors.baseAddress, let a = first.baseAddress else {
                    return
                }
                guard let second = rows.second else {
                    for i in 0..<first.count { w[i] *= f[Int(a[i])] }
                    return
                }
                let size = second.bound
                second.codes.withUnsafeBufferPointer { second in
                    guard let b = second.baseAddress else { return }
                    for i in 0..<first.count { w[i] *= f[Int(a[i]) &* size &+ Int(b[i])] }
                }
            }
        }
    }
}
