import Foundation

/// The figures of an evaluation for machines.
public struct EvaluationFigures: Encodable, Sendable {
    struct Column: Encodable {
        var name: String
        var totalVariation: Double?
        var expectedNoise: Double?
        var coverage: Double?
    }

    struct Pair: Encodable {
        var first: String
        var second: String
        var basis: PairFit.Basis
        var strength: Double
        var totalVariation: Double?
        var expectedNoise: Double?
        var isAboveNoise: Bool
    }

    let rows: Double
    let columns: [Column]
    let pairs: [Pair]

    /// The figures of the evaluation's columns and pairs, in its order.
    public init(_ evaluation: ModelEvaluation) {
        rows = evaluation.total
        columns = evaluation.columns.map {
            Column(
                name: $0.name, totalVariation: $0.totalVariation, expectedNoise: $0.expectedNoise,
                coverage: $0.coverage)
        }
        pairs = evaluation.pairs.map {
            Pair(
                first: evaluation.columns[$0.first].name, second: evaluation.columns[$0.second].name, basis: $0.basis,
                strength: $0.strength, totalVariation: $0.totalVariation, expectedNoise: $0.expectedNoise,
                isAboveNoise: $0.isAboveNoise)
        }
    }

    /// Keys sorted, indented.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
