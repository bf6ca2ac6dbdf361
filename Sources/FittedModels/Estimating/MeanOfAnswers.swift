package import PrivacyKernel

/// The mean, by precision, of answers to one question that was asked more than once.
///
/// Under Gaussian noise it is as good as one answer that had the budget of all.
package struct MeanOfAnswers: Sendable {
    /// Row-major, as in the answers; empty before the first.
    package private(set) var counts: [Double] = []
    /// Of the noise in each cell; infinite before the first answer.
    package private(set) var variance = Double.infinity

    package init() {}

    /// - Precondition: of the same attributes as those before.
    package mutating func add(_ answer: NoisyMarginal) {
        let fresh = max(answer.variance, leastVariance)
        guard variance.isFinite else {
            (counts, variance) = (answer.counts.map { Double($0) }, fresh)
            return
        }
        let part = variance / (variance + fresh)
        for cell in counts.indices { counts[cell] += part * (Double(answer.counts[cell]) - counts[cell]) }
        variance = variance * fresh / (variance + fresh)
    }

    /// In whole rows, as models have it.
    package var rounded: [Int64] { counts.map { Int64(min(max($0, -0x1p62), 0x1p62).rounded()) } }
}
