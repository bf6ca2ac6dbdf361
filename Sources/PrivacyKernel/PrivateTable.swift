import Synchronization
public import Tables
import VectorMath

/// The private rows. Nothing outside the kernel can read one: there is no subscript, description, equality or
/// encoding, and reflection shows nothing. The codes are overwritten when the last reference goes.
///
/// A table answers to slices of one budget only, through however many kernels.
public final class PrivateTable: Sendable, CustomReflectable {
    /// Public: which columns there are and what their codes mean.
    public let domain: TableDomain
    /// No key has more rows than this; every sensitivity is a multiple of it.
    let rowsPerKey: Int
    /// Proof: written once here and once more, with zeros, in deinit, when no one else can hold the table.
    private nonisolated(unsafe) var joined: JoinedTable
    /// The budget that the first release was paid from.
    private let root = Mutex<BudgetRoot?>(nil)

    public init(_ joined: consuming JoinedTable) {
        domain = joined.domain
        rowsPerKey = max(1, joined.rowsPerKey)
        self.joined = joined
    }

    deinit { joined.wipe() }

    /// The only way to the rows; the kernel's files alone can call it.
    var rows: CodedTable { joined.table }

    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Binds the table to the budget of its first release.
    func claim(_ budget: BudgetRoot) throws(PrivacyError) {
        let isClaimed = root.withLock { root in
            if root == nil { root = budget }
            return root === budget
        }
        guard isClaimed || planted(.foreignBudgetTaken) else { throw .foreignBudget }
    }

    #if ENTREPOT_MUTATIONS
        /// For tests that spend several budgets on one table.
        func forgetBudget() { root.withLock { $0 = nil } }
    #endif

    /// Exact marginals of ascending attribute sets, of columns and then of their groupings.
    func counts(_ cliques: [[Int]], grouped: [CodeArray]) -> [[Int64]] {
        cliques.isEmpty ? [] : countCodes(codes + grouped, cliques: cliques)
    }

    /// The columns as `VectorMath` takes them, without a copy.
    var codes: [CodeArray] { rows.columns.map(\.codes) }
}
