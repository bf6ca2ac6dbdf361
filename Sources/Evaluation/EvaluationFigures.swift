import Domains
import Foundation
import Tables

/// The figures of an evaluation for machines.
public struct EvaluationFigures: Encodable, Sendable {
    struct Column: Encodable {
        var name: String
        var totalVariation: Double?
        var expectedNoise: Double?
        var coverage: Double?
        var mean: Compared?
        var median: Compared?
        var missing: Compared?
    }

    /// A figure in the noisy measurement and in the rows.
    struct Compared: Encodable {
        var noisy: Double?
        var halfWidth: Double?
        /// The table's own figure lies between these in at least 95 of 100 cases.
        var low: Double?
        var high: Double?
        var rows: Double

        init?(_ figure: ComparedFigure?) {
            guard let figure else { return nil }
            (noisy, halfWidth, rows) = (figure.noisy, figure.halfWidth, figure.rows)
            (low, high) = (figure.range?.lowerBound, figure.range?.upperBound)
        }
    }

    struct Pair: Encodable {
        var first: String
        var second: String
        var basis: PairFit.Basis
        var strength: Double
        var totalVariation: Double?
        var expectedNoise: Double?
        var isAboveNoise: Bool
        var correlation: Compared?
        var ratioOfTotals: Compared?
        var middleRatio: Compared?
    }

    /// What the figures come to, in one sentence.
    let headline: String
    /// What the rows must not be used for.
    let notFor: [String]
    let rows: Double
    let columns: [Column]
    let pairs: [Pair]

    /// The figures of the evaluation's columns and pairs, in its order.
    public init(_ evaluation: ModelEvaluation) {
        let trust = evaluation.trust
        headline = trust.headline
        notFor = trust.warnings
        rows = evaluation.total
        columns = evaluation.columns.map {
            let summary = evaluation.summaries[$0.column]
            return Column(
                name: $0.name, totalVariation: $0.totalVariation, expectedNoise: $0.expectedNoise,
                coverage: $0.coverage, mean: Compared(summary?.mean),
                median: Compared(summary?.quartiles.dropFirst().first),
                missing: Compared(
                    $0.missing(of: evaluation.domain.columns[$0.column], total: max(evaluation.total, 1))))
        }
        pairs = evaluation.pairs.map {
            let summary = evaluation.pairSummaries[RowTrust.PairKey(first: $0.first, second: $0.second)]
            return Pair(
                first: evaluation.columns[$0.first].name, second: evaluation.columns[$0.second].name, basis: $0.basis,
                strength: $0.strength, totalVariation: $0.totalVariation, expectedNoise: $0.expectedNoise,
                isAboveNoise: $0.isAboveNoise, correlation: Compared(summary?.correlation),
                ratioOfTotals: Compared(summary?.ratioOfTotals), middleRatio: Compared(summary?.middleRatio))
        }
    }

    /// Keys sorted, indented.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
