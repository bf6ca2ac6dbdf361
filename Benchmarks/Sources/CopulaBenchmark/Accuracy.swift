import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables

/// Errors against the true rows, the mean over a few fits.
func measureAccuracy(folder: URL, benchmarks: [URL]) throws {
    print("| table | method | ε | Spearman | Pearson | one-way | ordered × text | text × text |")
    print("|---|---|---|---|---|---|---|---|")
    var tables = Simulation.allCases.map { $0.table(rows: 50_000) }
    for folder in benchmarks { tables.append(try BenchmarkTable(reading: folder)) }
    for table in tables {
        let peer = folder.appendingPathComponent("sdv-\(table.name).csv")
        if let text = try? String(contentsOf: peer, encoding: .utf8) {
            report(table, "SDV GaussianCopula, no privacy", "∞", [Scores(table.with(csv: text), against: table)])
        }
        for epsilon in [0.1, 1, 10] {
            let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
            var marginals = table
            for name in ["independent", "mst", "gaussian-copula"] {
                var scores: [Scores] = []
                for _ in 0..<3 {
                    marginals = try fitted(table, name, privacy)
                    scores.append(Scores(marginals, against: table))
                }
                report(table, name, "\(epsilon)", scores)
            }
            let ordered = table.orderedOnly
            let rho = try Budget(privacy, accounting: .gaussian).amount
            let share = 0.2
            let scores = try (0..<3).map { run in
                let kendall = try KendallCopula(
                    ordered, epsilon: share * epsilon, rho: share * rho, seed: UInt64(run))
                return try Scores(
                    kendall.rows(ordered.rowCount, seed: UInt64(run + 9), marginals: marginals.orderedOnly),
                    against: ordered)
            }
            report(table, "Kendall DP copula, 20 % of the budget on it", "\(epsilon)", scores)
        }
    }
}

private func fitted(_ table: BenchmarkTable, _ name: String, _ privacy: PrivacyParameters) throws -> BenchmarkTable {
    let method = try synthesizer(named: name)
    let model = try method.fit(Kernel(table: table.privateTable()), privacy)
    let block = try RowSampler(model, seed: 5).rows(0..<UInt64(table.rowCount))
    var rows = table
    rows.columns = block.codes
    return rows
}

private func report(_ table: BenchmarkTable, _ method: String, _ epsilon: String, _ scores: [Scores]) {
    func mean(_ value: (Scores) -> Double) -> String {
        String(format: "%.4f", scores.reduce(0) { $0 + value($1) } / Double(scores.count))
    }
    print(
        "| \(table.name) | \(method) | \(epsilon) | \(mean(\.spearman)) | \(mean(\.pearson)) | \(mean(\.oneWay)) | "
            + "\(mean(\.ordinalByText)) | \(mean(\.textByText)) |")
}
