import FittedModels
import PrivacyKernel

/// Tables that were measured in place of their distances, where rows lie at several holders and distances do not add up.
///
/// Such a table is an answer like any other: what is then measured of the same columns is added to it.
struct ReleasedTables {
    private var known: [[Int]: (answer: NoisyMarginal, amount: Double)] = [:]

    /// The answer to a question of these numbers, and what it had of the budget; nil where there was none.
    subscript(numbers: [Int]) -> (answer: NoisyMarginal, amount: Double)? { known[numbers] }

    /// Distances from estimates by tables that are released whole, of shares by their cells such that the noise of all together is
    /// least; nil if a replayed transcript has ended.
    mutating func distances(
        of candidates: [Candidate], _ kernel: Kernel, spending budget: consuming Budget
    ) throws(PrivacyError) -> [NoisyError]? {
        let noise = NoiseScaling(budget.accounting)
        let weights = candidates.map { noise.share(ofWeight: Double($0.estimate.count)) }
        let rate = budget.amount / max(weights.reduce(0, +), .leastNormalMagnitude)
        let answers = try kernel.measured(candidates.map(\.attributes), weights: weights, spending: budget)
        guard let answers else { return nil }
        for (candidate, (answer, weight)) in zip(candidates, zip(answers, weights)) {
            known[candidate.attributes] = (answer, rate * weight)
        }
        return zip(candidates, answers).map { $1.distance(from: $0.estimate) }
    }
}
