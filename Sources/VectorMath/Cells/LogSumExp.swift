extension CellProjection {
    /// Log-sum-exp of the source cells of every target cell: `target[t] = ln Σ exp source[s]`.
    ///
    /// Exact with −∞ on either side: a target cell whose source cells are all −∞ becomes −∞. This is the careful path,
    /// in safe code and with the C library's functions; `sum` is the fast one.
    public func logSumExp(_ source: [Double], from: Int = 0, into target: inout [Double], at: Int = 0) {
        var largest = [Double](repeating: -.infinity, count: targetCount)
        for s in 0..<sourceCount {
            let t = self.target(of: s)
            largest[t] = max(largest[t], source[from + s])
        }
        var sums = [Double](repeating: 0, count: targetCount)
        for s in 0..<sourceCount {
            let t = self.target(of: s)
            if largest[t] > -.infinity { sums[t] += exponential(source[from + s] - largest[t]) }
        }
        for t in 0..<targetCount { target[at + t] = sums[t] > 0 ? largest[t] + naturalLogarithm(sums[t]) : -.infinity }
    }
}

/// `ln Σ exp` of a range of values, −∞ for an empty one.
public func logSumExp(_ values: [Double], in range: Range<Int>) -> Double {
    let largest = maximum(values, in: range)
    guard largest > -.infinity else { return largest }
    var sum = 0.0
    for i in range { sum += exponential(values[i] - largest) }
    return largest + naturalLogarithm(sum)
}
