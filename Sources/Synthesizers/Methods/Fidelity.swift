import Domains

/// What a synthesizer's rows keep of the table, as far as noise permits, and what they take for granted instead.
///
/// Known before anything is signed: a function of the declared columns only.
public struct Fidelity: Sendable, Equatable {
    /// Phrases, each the object of "keeps".
    public let kept: [String]
    /// Phrases, each the object of "assumes".
    public let assumed: [String]

    /// - Parameters:
    ///   - kept: phrases, each the object of "keeps".
    ///   - assumed: phrases, each the object of "assumes".
    public init(kept: [String], assumed: [String]) {
        self.kept = kept
        self.assumed = assumed
    }
}

extension TableDomain {
    /// The columns' names in quotes; the first few of many, and the number of the others.
    func named(_ columns: [Int]) -> String {
        let shown = columns.prefix(8).map { "'\(self.columns[$0].name)'" }.joined(separator: ", ")
        return columns.count > 8 ? "\(shown) and \(columns.count - 8) more" : shown
    }
}

extension Fidelity {
    static let ownDistributions = "the distribution of every column, missing values and spikes included"
    static let independence = "that pairs which are not measured depend on each other through the measured ones alone"
}
