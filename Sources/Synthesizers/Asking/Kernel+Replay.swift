import FittedModels
import PrivacyKernel

/// The kernel's questions, with nil if a replayed transcript has ended: the fit continues with what was measured.
extension Kernel {
    func measured(
        _ cliques: [[Int]], weights: [Double]? = nil, spending budget: consuming Budget
    ) throws(PrivacyError) -> [NoisyMarginal]? {
        do throws(PrivacyError) {
            return try measure(cliques, weights: weights, spending: budget)
        } catch {
            return try Kernel.unlessExhausted(error)
        }
    }

    func selected(from candidates: [Candidate], spending budget: consuming Budget) throws(PrivacyError) -> Int? {
        do throws(PrivacyError) {
            return try select(from: candidates, spending: budget)
        } catch {
            return try Kernel.unlessExhausted(error)
        }
    }

    func measuredErrors(
        of candidates: [Candidate], spending budget: consuming Budget
    ) throws(PrivacyError) -> [NoisyError]? {
        do throws(PrivacyError) {
            return try measureErrors(of: candidates, spending: budget)
        } catch {
            return try Kernel.unlessExhausted(error)
        }
    }

    func measuredGram(
        of attributes: [Int], scores: [[Int32]], bound: Int, spending budget: consuming Budget
    ) throws(PrivacyError) -> NoisyGram? {
        do throws(PrivacyError) {
            return try gram(of: attributes, scores: scores, bound: bound, spending: budget)
        } catch {
            return try Kernel.unlessExhausted(error)
        }
    }

    private static func unlessExhausted<Answer>(_ error: PrivacyError) throws(PrivacyError) -> Answer? {
        guard case .transcriptExhausted = error else { throw error }
        return nil
    }
}
