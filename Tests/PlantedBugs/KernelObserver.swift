import Synchronization

@testable import PrivacyKernel

/// The candidates of each selection and error release of one fit and the attributes that were made of columns, so that an
/// audit can compute likelihoods. One task plays with it.
final class KernelObserver: @unchecked Sendable {
    var lists: [[Candidate]] = []
    var made: [MadeAttribute] = []

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

    /// Lets a test spend several budgets on one table; that production refuses it is a claim of its own.
    func forgetBudget() { (rows as? PrivateRows)?.root.withLock { $0 = nil } }
}
