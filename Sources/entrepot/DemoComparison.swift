import Domains
import Evaluation
import FittedModels
import Foundation
import Tables

/// Noisy measurement against synthetic rows: the commonest values of every column, and the two strongest pairs across the
/// parties. Both sides are public: the comparison costs no epsilon and never looks at a table.
struct DemoComparison {
    let text: String

    init(model path: URL, parties: [String]) throws {
        let model = try FittedModel(encoded: Array(try Data(contentsOf: path)))
        let evaluation = try ModelEvaluation(model)
        let total = max(evaluation.total, 1)
        var lines: [String] = ["   column                    commonest values: noisy measurement / synthetic"]
        for fit in evaluation.columns where fit.parent == nil {
            guard let noisy = fit.measurement?.counts else { continue }
            let top = noisy.indices.sorted { (noisy[$0], $1) > (noisy[$1], $0) }.prefix(3)
            let cells = top.map { code in
                "\(fit.labels[code]) \(Self.percent(noisy[code] / total)) / \(Self.percent(fit.synthetic[code] / total))"
            }
            lines.append(
                "   \(fit.name.padding(toLength: 25, withPad: " ", startingAt: 0)) \(cells.joined(separator: "   "))")
        }
        func party(_ column: Int) -> Int? {
            parties.firstIndex { evaluation.columns[column].name.hasPrefix($0 + "_") }
        }
        let across = evaluation.cliqueEdges.filter { $0.noisy != nil && party($0.first) != party($0.second) }
        if !across.isEmpty { lines.append("   strongest pairs across the parties: noisy measurement / synthetic") }
        for pair in across.prefix(2) {
            let names = "\(evaluation.columns[pair.first].name) × \(evaluation.columns[pair.second].name)"
            var figures: [String] = []
            if let correlation = pair.correlation, let noisy = correlation.noisy {
                figures.append(String(format: "correlation %.2f / %.2f", noisy, correlation.synthetic))
            }
            if let distance = pair.totalVariation, let noise = pair.expectedNoise {
                figures.append("total variation \(Self.percent(distance)), noise alone \(Self.percent(noise))")
            }
            lines.append("   \(names): \(figures.joined(separator: "; "))")
        }
        lines += try Self.relations(model) { party($0) != party($1) }
        text = lines.joined(separator: "\n")
    }

    /// Of columns that were measured by their ratio: its percentiles, noisy measurement against synthetic rows, and the slope of
    /// one on the other in synthetic rows.
    private static func relations(_ model: FittedModel, _ isAcross: (Int, Int) -> Bool) throws -> [String] {
        let ratios = model.differences.enumerated().filter {
            $0.element.columnAxis.kind == .logarithm && $0.element.columnAxis.factor == $0.element.baseAxis.factor
                && isAcross($0.element.base, $0.element.column)
        }
        guard !ratios.isEmpty else { return [] }
        let block = try RowSampler(model, seed: 1).rows(0..<50_000)
        func numbers(_ column: Int) -> [Double?] {
            (0..<block.rowCount).map { row in
                let fractions = block.fractions[column]
                return model.domain.columns[column].number(
                    of: Int(block.codes[column][row]), fraction: fractions.isEmpty ? 0.5 : Double(fractions[row]))
            }
        }
        return ratios.prefix(2).map { place, difference in
            let known = zip(numbers(difference.base), numbers(difference.column)).compactMap { x, y in
                x.flatMap { x in y.map { (x: x, y: $0) } }
            }
            let drawn = known.filter { $0.x > 0 && $0.y > 0 }.map { $0.y / $0.x }.sorted()
            let measured = difference.quantiles(
                model.shares[model.domain.columns.count + place], at: [0.05, 0.5, 0.95]
            ).map { String(format: "%.2f", exp($0)) }
            let synthetic = [0.05, 0.5, 0.95].map { share in
                drawn.isEmpty
                    ? "-" : String(format: "%.2f", drawn[min(Int(share * Double(drawn.count)), drawn.count - 1)])
            }
            let (x, y) = (known.map(\.x), known.map(\.y))
            let count = Double(max(known.count, 1))
            let (middle, height) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
            let square = x.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
            let product = zip(x, y).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - height) }
            let names = model.domain.columns
            return "   \(names[difference.column].name) / \(names[difference.base].name): ratio at 5, 50, 95 % "
                + "\(measured.joined(separator: " ")) / \(synthetic.joined(separator: " "))"
                + (square > 0 ? String(format: "; regression slope in synthetic rows %.2f", product / square) : "")
        }
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
