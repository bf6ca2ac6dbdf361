import Synchronization
import Tables
import VectorMath

/// The rows of a `PrivateTable`, for the kernel's own files. The codes are overwritten when the last reference goes.
///
/// They answer to slices of one budget only.
final class PrivateRows: IntegerSource {
    /// Public: which columns there are and what their codes mean.
    let domain: TableDomain
    /// No key has more rows than this; every sensitivity is a multiple of it.
    let rowsPerKey: Int
    /// How many rows there are. Those behind them are padding: zeros, so that the table is as long as it can be. Private.
    let rowCount: Int
    /// How many steps of loops the join took: the audit compares them.
    let steps: Int
    /// Proof: written once here and once more, with zeros, in deinit, when no one else can hold the rows.
    private(set) nonisolated(unsafe) var table: CodedTable
    /// The budget that the first release was paid from.
    let root = Mutex<BudgetRoot?>(nil)
    /// The codes of each grouping that was asked for, row by row.
    private let grouped = Mutex<[Grouping: CodeArray]>([:])

    /// - Parameters:
    ///   - table: its columns are those of the domain.
    ///   - rowsPerKey: how many rows of one key, or of one unit, it holds at most.
    ///   - rowCount: how many of the rows count; nil for all. The others have the code 0 in every column.
    init(
        domain: TableDomain, table: consuming CodedTable, rowsPerKey: Int, rowCount: Int? = nil, steps: Int = 0
    ) {
        self.domain = domain
        self.rowsPerKey = max(1, rowsPerKey)
        self.rowCount = rowCount ?? table.rowCount
        self.steps = steps
        self.table = table
    }

    deinit {
        table.wipe()
        grouped.withLock { grouped in
            for grouping in grouped.keys { grouped[grouping]?.wipe() }
        }
    }

    /// The whole of it lies here.
    var holders: NoiseHolders { .one }

    func whole(of parts: [[Int64]], answering question: String) -> [[Int64]] { parts }

    // KERNEL 3.3
    /// Binds the rows to the budget of their first release.
    func claim(_ budget: BudgetRoot) throws(PrivacyError) {
        let isClaimed = root.withLock { root in
            if root == nil { root = budget }
            return root === budget
        }
        guard isClaimed else { throw .foreignBudget }
    }

    // KERNEL 2.8
    /// How many rows of zeros fill the table up: private.
    var padding: Int64 { Int64(table.rowCount - rowCount) }

    /// Exact marginals of ascending attribute sets, of columns and then of their groupings.
    ///
    /// The rows of padding lie in the cell of code 0, and in the group of code 0 of a grouping. They are counted like any
    /// other, and then taken away: so counting takes the same steps whatever the rows are.
    func counts(_ cliques: [[Int]], groupings: [Grouping]) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        let groups = groupings.map(codes)
        var counts = countCodes(codes + groups, cliques: cliques)
        let bounds = codes.map(\.bound) + groups.map(\.bound)
        let zeros = codes.map { _ in 0 } + groupings.map { Int($0.map.first ?? 0) }
        for (place, clique) in cliques.enumerated() {
            counts[place][clique.reduce(0) { $0 * bounds[$1] + zeros[$1] }] -= padding
        }
        return counts
    }

    private func codes(_ grouping: Grouping) -> CodeArray {
        grouped.withLock { grouped in
            if let known = grouped[grouping] { return known }
            let codes = table.columns[grouping.attribute].codes.mapped(through: grouping.map)
            grouped[grouping] = codes
            return codes
        }
    }

    /// Exact sums: within 2^32 rows · 2^30.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) -> [Int64] {
        let columns = groups.map { (codes: table.columns[$0], size: domain.columns[$0].size) }
        var sums = [Int64](repeating: 0, count: columns.reduce(1) { $0 * $1.size })
        let codes = table.columns[attribute]
        for row in 0..<table.rowCount {
            let cell = columns.reduce(0) { $0 * $1.size + $1.codes[row] }
            sums[cell] &+= values[codes[row]]
        }
        // Rows of padding lie in the cell of code 0.
        sums[0] &-= padding &* (values.first ?? 0)
        return sums
    }

    /// Σ z zᵀ of clipped rows, exactly: `VectorMath.gramSums` has the proof.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> [Int64] {
        let sums = VectorMath.gramSums(codes, attributes: attributes, scores: scores, bound: bound)
        // Rows of padding have the code 0 in every column: what one of them adds, as often as there are.
        let zeros = codes.map { $0.zeros(1) }
        let one = VectorMath.gramSums(zeros, attributes: attributes, scores: scores, bound: bound)
        return zip(sums, one).map { $0 &- padding &* $1 }
    }

    /// The columns as `VectorMath` takes them, without a copy.
    var codes: [CodeArray] { table.columns.map(\.codes) }
}
