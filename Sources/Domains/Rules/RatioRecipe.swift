import VectorMath

/// How the columns of a task's table follow from those that were read: as they are, by groups of their codes, or as the
/// ratio of two. All of it is public, and each row's columns follow from this row alone.
public struct TableRecipe: Sendable {
    public enum Column: Sendable {
        /// A column as it was read.
        case kept(Int)
        /// Groups of the codes of a column: `map[code]` is the group.
        case grouped(Int, map: [UInt32])
        case ratio(RatioRecipe)
    }

    /// One for each column of `domain`.
    public let columns: [Column]
    public let domain: TableDomain

    /// Whether a table of `source` gives these columns: every number of a column and every map fits.
    public func fits(_ source: TableDomain) -> Bool {
        let sizes = source.sizes
        guard columns.count == domain.columns.count else { return false }
        return zip(columns, domain.columns).allSatisfy { column, own in
            switch column {
            case .kept(let place): return sizes.indices.contains(place) && sizes[place] == own.size
            case .grouped(let place, let map):
                return sizes.indices.contains(place) && map.count == sizes[place]
                    && map.allSatisfy { Int($0) < own.size }
            case .ratio(let ratio):
                return sizes.indices.contains(ratio.numerator) && sizes.indices.contains(ratio.denominator)
                    && ratio.numerators.count == sizes[ratio.numerator] && ratio.absent.count == sizes[ratio.numerator]
                    && ratio.denominators.count == sizes[ratio.denominator]
                    && ratio.absent.allSatisfy { Int($0) < own.size } && ratio.starts.count <= own.size
                    && !ratio.starts.isEmpty
            }
        }
    }
}

/// A column that is a public function of two others.
public struct RatioRecipe: Sendable {
    /// Places of the two columns in the table that was read.
    public let numerator: Int
    public let denominator: Int
    /// For each code the number that stands for it, or its logarithm; not a number where there is none.
    public let numerators: [Double]
    public let denominators: [Double]
    /// Whether the column is 100 · ln of the quotient, rounded, and not the quotient itself. Then the numbers are logarithms.
    public let isLogarithmic: Bool
    /// Cell i holds what is at least `starts[i]` and below the next one; what lies outside counts to the cell at the end.
    public let starts: [Double]
    /// For each code of the numerator the code of the column where there is no quotient.
    public let absent: [UInt32]

    /// The code of a row. It takes the same steps whatever the codes are.
    public func code(numerator above: Int, denominator under: Int) -> UInt32 {
        let (one, other) = (numerators[above], denominators[under])
        let quotient = isLogarithmic ? (100 * (one - other)).rounded() : one / other
        var low = 0
        var step = mostStep
        while step > 0 {
            let next = low + step
            // Beyond the last start nothing is found, as if it were infinite.
            let start = starts[min(next, starts.count - 1)]
            low = next < starts.count && start <= quotient ? next : low
            step /= 2
        }
        return quotient.isFinite ? UInt32(truncatingIfNeeded: low) : absent[above]
    }

    /// The greatest power of two that is not above the last place.
    private var mostStep: Int {
        starts.count > 1 ? 1 << (Int.bitWidth - 1 - (starts.count - 1).leadingZeroBitCount) : 0
    }
}
