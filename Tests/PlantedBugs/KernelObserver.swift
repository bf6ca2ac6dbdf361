import Synchronization

@testable import PrivacyKernel

/// The candidates of each selection and error release of one fit, the attributes that were made of columns and what sums and
/// Gram matrices were asked with, so that an audit can compute likelihoods. One task plays with it.
final class KernelObserver: @unchecked Sendable {
    var lists: [[Candidate]] = []
    var made: [MadeAttribute] = []
    /// The question of each list of sums, and the scores of each Gram matrix, in the order in which they were asked.
    var sums: [SumQuestion] = []
    var scores: [[[Int32]]] = []

    /// Forgets the fit before.
    func reset() {
        lists.removeAll()
        made.removeAll()
        sums.removeAll()
        scores.removeAll()
    }

    /// An attribute that a kernel added, in the order of their numbers.
    enum MadeAttribute {
        case grouping(of: Int, map: [UInt32])
        case difference(DifferenceQuestion)
    }

    /// The one that looks on in this task.
    @TaskLocal static var active: KernelObserver?
}

extension Kernel {
    @_dynamicReplacement(for:check(_:cellLimit:))
    func checkObserved(_ candidates: [Candidate], cellLimit: Int) throws(PrivacyError) -> [[Int]] {
        if !candidates.isEmpty { KernelObserver.active?.lists.append(candidates) }
        return try check(candidates, cellLimit: cellLimit)
    }

    @_dynamicReplacement(for:addGrouping(of:map:))
    func addObservedGrouping(of attribute: Int, map: [UInt32]) throws(PrivacyError) -> Int {
        let place = try addGrouping(of: attribute, map: map)
        KernelObserver.active?.made.append(.grouping(of: attribute, map: map))
        return place
    }

    @_dynamicReplacement(for:addDifference(_:))
    func addObservedDifference(_ question: DifferenceQuestion) throws(PrivacyError) -> Int {
        let place = try addDifference(question)
        KernelObserver.active?.made.append(.difference(question))
        return place
    }

    @_dynamicReplacement(for:groupedSums(_:_:_:_:))
    func observedSums(
        _ question: SumQuestion, _ groups: [Int], _ cells: Int, _ rows: any IntegerSource
    ) throws(PrivacyError) -> [Int64] {
        KernelObserver.active?.sums.append(question)
        return try groupedSums(question, groups, cells, rows)
    }

    /// Lets a test spend several budgets on one table; that production refuses it is a claim of its own.
    func forgetBudget() { rows?.budgetClaim.root.withLock { $0 = nil } }
}
