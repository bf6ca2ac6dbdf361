import VectorMath

/// How many rows a joined table has: a function of declared sizes alone. What the parties' rows do not fill is padding.
enum JoinedSize {
    /// The most rows that an inner join can have.
    ///
    /// A key that has aᵢ rows in table i has min(k, Πaᵢ) joined ones, which is at most k times the least aᵢ, and at most
    /// k^(1−1/m)·(Πaᵢ)^(1/m), for a minimum is no larger than any geometric mean. Summed over the keys, with Σaᵢ ≤ Dᵢ, that
    /// is at most k times the least Dᵢ, and by Hölder's inequality at most (k^(m−1)·ΠDᵢ)^(1/m): for two tables √(k·D₁·D₂). With
    /// k = 1 the first is the smaller one.
    ///
    /// - Parameter sizes: the declared rows of the tables, with padding.
    static func inner(_ sizes: [Int], rowsPerKey: Int) -> Int {
        let least = (sizes.min() ?? 0).multipliedReportingOverflow(by: max(1, rowsPerKey))
        let parts = Double(max(1, sizes.count))
        // Rounded up, with room for the rounding of the powers.
        let mean = sizes.reduce(power(Double(max(1, rowsPerKey)), 1 - 1 / parts)) { $0 * power(Double($1), 1 / parts) }
        let most = mean < 0x1p52 ? Int(mean * (1 + 0x1p-30)) + 1 : Int.max
        return least.overflow ? most : min(least.partialValue, most)
    }

    /// The most rows that a mirror join can have: each is made of two rows of different offices.
    static func mirror(_ sizes: [Int]) -> Int {
        let all = sizes.reduce(0, +)
        return min(all / 2, all - (sizes.max() ?? 0))
    }

    // KERNEL 2.8
    /// How many of the places of a join become rows: all of them, whatever they hold.
    static func filled(_ count: Int, of capacity: Int) -> Int { capacity }
}
