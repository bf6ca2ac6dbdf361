import Foundation
import Synthesizers
import Tables

/// Noisy measurement against synthetic share, the commonest values of every column. Both sides are public: the comparison
/// costs no epsilon and never looks at a table.
struct DemoComparison {
    let text: String

    init(model path: URL, samples: URL) throws {
        let model = try FittedModel(encoded: Array(try Data(contentsOf: path)))
        var lines: [String] = ["   column                    commonest values: noisy measurement / synthetic"]
        let counts = try Self.counts(samples, model.domain)
        let rows = Double(max(1, counts.rows))
        for (index, column) in model.domain.columns.enumerated() where !model.shares[index].isEmpty {
            guard let measured = Self.measured(model, column: index) else { continue }
            let top = measured.indices.sorted { (measured[$0], $1) > (measured[$1], $0) }.prefix(3)
            let cells = top.map { code in
                let label = column.label(of: code).isEmpty ? "missing" : column.label(of: code)
                return
                    "\(label) \(Self.percent(measured[code])) / \(Self.percent(Double(counts.codes[index][code]) / rows))"
            }
            lines.append(
                "   \(column.name.padding(toLength: 25, withPad: " ", startingAt: 0)) \(cells.joined(separator: "   "))"
            )
        }
        text = lines.joined(separator: "\n")
    }

    /// The noisy shares of a column's codes, where it was measured on its own.
    private static func measured(_ model: FittedModel, column: Int) -> [Double]? {
        for marginal in model.measurements where marginal.attributes.count == 1 {
            let attribute = model.attributes[marginal.attributes[0]]
            guard attribute.column == column, attribute.groups == nil else { continue }
            return marginal.counts.map { Double($0) / max(1, Double(model.rowCount)) }
        }
        return nil
    }

    private static func counts(_ file: URL, _ domain: TableDomain) throws -> (codes: [[Int]], rows: Int) {
        var counts = domain.sizes.map { [Int](repeating: 0, count: $0) }
        var rows = 0
        // Values of the demo's columns hold no comma, quote or line break.
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst() {
            for (column, text) in line.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
                if let code = domain.columns[column].code(of: String(text)) { counts[column][code] += 1 }
            }
            rows += 1
        }
        return (counts, rows)
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
