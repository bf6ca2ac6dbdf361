import Evaluation
import FittedModels
import Foundation

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
        text = lines.joined(separator: "\n")
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
