import Domains
import Engine

/// The moments at which the end of a fit is told, counted from its beginning.
///
/// Which of them is the first is chosen before the fit, from the plan and from declared sizes. Where a fit is not over by then, the
/// next one holds. So when a fit ended tells what everybody knows, and at most that it took longer than was foreseen.
struct FitLadder: Sendable, Equatable {
    /// The rungs, in seconds; beyond the last every hour is one.
    static let rungs = [1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600]

    /// The place of the first rung of this fit, in seconds.
    let first: Int

    /// - Parameter seconds: what the fit is expected to take; a rung is chosen that leaves half as much again.
    init(expecting seconds: Double) {
        first = FitLadder.rung(notBefore: seconds * 1.5)
    }

    /// The moment that a fit's end is told, in seconds from its beginning.
    func end(of elapsed: Double) -> Int { FitLadder.rung(notBefore: max(elapsed, Double(first))) }

    private static func rung(notBefore seconds: Double) -> Int {
        if let rung = rungs.first(where: { Double($0) >= seconds }) { return rung }
        return Int((min(seconds, 1e9) / 3600).rounded(.up)) * 3600
    }
}

extension FitLadder {
    /// The ladder of a task: a function of what its parties signed.
    ///
    /// The seconds are rough, for two processor cores: so many per row that is merged, per comparison of
    /// two texts, per figure of a row that is counted, and
    /// per cell of the domain that a model is fitted on.
    init(_ plan: TaskPlan) {
        let columns = Double(plan.domain.columns.count)
        let rows = Double(plan.declaredRows.joined)
        let merged = Double(plan.declaredRows.tables) * (plan.rowsPerKey > 1 ? 4e-7 : 6e-8)
        // Every pair of columns is counted about once, with what the methods ask beside them.
        let counted = rows * columns * (columns + 4) * 1e-9
        let fitted = plan.synthesizer == nil ? 0 : 0.3 + 0.005 * columns * columns
        let compared = Double(plan.comparisons) * 6e-7
        self.init(expecting: 0.05 + merged + compared + counted + fitted)
    }
}
