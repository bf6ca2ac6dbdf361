import Synchronization
import Tables
import VectorMath

/// The rows of a `PrivateTable`, for the kernel's own files. The codes are overwritten when the last reference goes.
///
/// They answer to slices of one budget only.
final class PrivateRows: Sendable {
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

    deinit { table.wipe() }

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
    ///
    /// - Parameter grouped: each with the group of code 0.
    func counts(_ cliques: [[Int]], grouped: [(codes: CodeArray, zero: Int)]) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        var counts = countCodes(codes + grouped.map(\.codes), cliques: cliques)
        let bounds = codes.map(\.bound) + grouped.map(\.codes.bound)
        let zeros = codes.map { _ in 0 } + grouped.map(\.zero)
        for (place, clique) in cliques.enumerated() {
            counts[place][clique.reduce(0) { $0 * bounds[$1] + zeros[$1] }] -= padding
        }
        return counts
    }

    /// The columns as `VectorMath` takes them, without a copy.
    var codes: [CodeArray] { table.columns.map(\.codes) }
}
