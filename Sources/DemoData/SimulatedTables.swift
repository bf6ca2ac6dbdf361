import Domains
import Foundation
import Tables
import Tasks
import VectorMath

/// Tables for any task, from its declared domains alone: they have the shape of the real ones and none of their facts.
///
/// Every key carries three hidden normal traits, shared by all parties. A column leans on one of them: ordered codes by
/// the normal score of their place, unordered codes by weights that fall like Zipf's law and shift with the trait. So
/// columns of different parties depend on each other, which only a model of the *joined* table can keep. A tenth of
/// each party's rows has no partner.
struct SimulatedTables {
    /// One CSV text a provider, in the order of the task.
    let csv: [String]

    /// - Parameters:
    ///   - rows: of each table.
    ///   - key: the cells of the key columns of the n-th record, distinct for distinct n.
    init(_ task: TaskSpecification, rows: Int, seed: UInt64, key: (Int) -> String) throws {
        var generator = SplitMix64(state: seed)
        let alone = rows / 10
        let traits = (0..<rows + alone).map { _ in (0..<3).map { _ in generator.normal() } }
        csv = try task.providers.enumerated().map { number, party in
            guard let table = party.table else { return "" }
            let first = alone * (number % 2)
            let written = Set(table.schema.fields.filter { $0.derivedFrom == nil }.map(\.name))
            let columns = try table.domain().columns.filter { written.contains($0.name) }.enumerated().map {
                SimulatedColumn($1, trait: ($0 + number) % 3, using: &generator)
            }
            let header = (table.key.columns + columns.map(\.domain.name)).joined(separator: ",")
            let lines = (first..<first + rows).map { row in
                key(row) + "," + columns.map { $0.cell(traits[row], using: &generator) }.joined(separator: ",")
            }
            return "\(header)\n\(lines.shuffled(using: &generator).joined(separator: "\n"))\n"
        }
    }
}

/// How one column leans on a hidden trait of the row.
private struct SimulatedColumn {
    let domain: ColumnDomain
    let trait: Int
    /// Of the unordered codes: their weight, and how a trait shifts it.
    private var weights: [(base: Double, lean: Double)] = []
    /// Of ordered codes: where their middle lies and how widely they spread, as shares of the range.
    private let middle: Double
    private let spread: Double

    init(_ domain: ColumnDomain, trait: Int, using generator: inout SplitMix64) {
        self.domain = domain
        self.trait = trait
        middle = 0.3 + 0.4 * generator.unit()
        spread = 0.08 + 0.12 * generator.unit()
        guard !domain.isOrdered else { return }
        for code in 0..<domain.valueCount { weights.append((1 / Double(code + 1), generator.normal())) }
    }

    func cell(_ traits: [Double], using generator: inout SplitMix64) -> String {
        if let missing = domain.missingCode, generator.chance(0.03) { return domain.text(of: missing, fraction: 0) }
        let score = 0.8 * traits[trait] + 0.6 * generator.normal()
        let code: Int
        if domain.isOrdered {
            let place = middle + spread * score
            code = min(domain.valueCount - 1, max(0, Int(place * Double(domain.valueCount))))
        } else {
            code = generator.index(weights: weights.map { $0.base * exp(0.8 * $0.lean * score) })
        }
        return domain.text(of: code, fraction: generator.unit())
    }
}
