import Synchronization

/// The one budget that rows answer to: that of their first release.
final class BudgetClaim: Sendable {
    /// Nil before the first release.
    let root = Mutex<BudgetRoot?>(nil)

    // KERNEL 3.3
    /// Binds the rows to a budget, or finds that they are bound to it.
    ///
    /// - Throws: `foreignBudget` where they answer to another.
    func claim(_ budget: BudgetRoot) throws(PrivacyError) {
        let isClaimed = root.withLock { root in
            if root == nil { root = budget }
            return root === budget
        }
        guard isClaimed else { throw .foreignBudget }
    }
}
