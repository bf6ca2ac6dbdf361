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
    /// Proof: written once here and once more, with zeros, in deinit, when no one else can hold the rows.
    private(set) nonisolated(unsafe) var table: CodedTable
    /// The budget that the first release was paid from.
    let root = Mutex<BudgetRoot?>(nil)

    /// - Parameters:
    ///   - table: its columns are those of the domain.
    ///   - rowsPerKey: how many rows of one key it holds at most.
    init(domain: TableDomain, table: consuming CodedTable, rowsPerKey: Int) {
        self.domain = domain
        self.rowsPerKey = max(1, rowsPerKey)
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

    /// Exact marginals of ascending attribute sets, of columns and then of their groupings.
    func counts(_ cliques: [[Int]], grouped: [CodeArray]) -> [[Int64]] {
        cliques.isEmpty ? [] : countCodes(codes + grouped, cliques: cliques)
    }

    /// The columns as `VectorMath` takes them, without a copy.
    var codes: [CodeArray] { table.columns.map(\.codes) }
}
