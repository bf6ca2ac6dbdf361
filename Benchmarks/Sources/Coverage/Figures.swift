import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import VectorMath

/// Whether the intervals of counts, means, ratios and regressions cover, as `entrepot combine` makes them: rows of numbers are
/// drawn from a known population, read as a table, fitted, imputed and combined.
struct FigureCoverage {
    let replicates: Int
    let imputations: Int
    let method: String
    private let rows = 5_000
    private let privacy: PrivacyParameters
    private let schema: TableSchema
    private let domain: TableDomain

    /// The population: a class of 3; height 100 + 10·class + 20·normal; weight 20 + 0.6·height + 12·normal; price
    /// exp(3 + 0.5·normal); paid price · exp(0.1 + 0.05·normal).
    private static let shares = [0.5, 0.3, 0.2]

    init(replicates: Int, imputations: Int, method: String) throws {
        self.replicates = replicates
        self.imputations = imputations
        self.method = method
        privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
        func number(_ name: String, _ low: Double, _ high: Double, _ scale: Bins.Scale = .linear) -> Field {
            Field(
                name: name, type: .number,
                constraints: Constraints(required: true, minimum: .number(low), maximum: .number(high)),
                bins: Bins(count: 32, scale: scale))
        }
        schema = TableSchema(fields: [
            Field(
                name: "class", type: .string, categories: ["0", "1", "2"], constraints: Constraints(required: true)),
            number("height", 0, 220), number("weight", 0, 200), number("price", 1, 1_000, .log),
            number("paid", 1, 1_000, .log),
        ])
        domain = try TableDomain(schema: schema, keyColumns: [])
    }

    private func table(_ generator: inout SystemRandomNumberGenerator) throws -> PrivateTable {
        func normal() -> Double {
            let (first, second) = (
                Double.random(in: .leastNormalMagnitude..<1, using: &generator),
                Double.random(in: 0..<1, using: &generator)
            )
            return (-2 * log(first)).squareRoot() * cos(2 * .pi * second)
        }
        var text = "class,height,weight,price,paid\n"
        for _ in 0..<rows {
            let place = Double.random(in: 0..<1, using: &generator)
            let kind = place < Self.shares[0] ? 0 : place < Self.shares[0] + Self.shares[1] ? 1 : 2
            let height = 100 + 10 * Double(kind) + 20 * normal()
            let weight = 20 + 0.6 * height + 12 * normal()
            let price = exp(3 + 0.5 * normal())
            let paid = price * exp(0.1 + 0.05 * normal())
            text += "\(kind),\(min(max(height, 0), 220)),\(min(max(weight, 0), 200)),"
            text += "\(min(max(price, 1), 1_000)),\(min(max(paid, 1), 1_000))\n"
        }
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: nil, hash: KeyedHash.random,
            limits: TableLimits(bytes: 1 << 24, rows: 1 << 16), rowsPerKey: 1)
        try reader.consume(Array(text.utf8))
        return try PrivateTable(single: reader.finish())
    }

    private let names = [
        "count of class 1", "mean of height", "mean of price", "paid / price", "weight: constant", "weight on height",
    ]

    private var truth: [Double] {
        [
            Self.shares[1], 100 + 10 * (Self.shares[1] + 2 * Self.shares[2]), exp(3 + 0.125),
            exp(0.1 + 0.05 * 0.05 / 2), 20, 0.6,
        ]
    }

    private func figures(_ block: SampleBlock) -> [RowFigure] {
        func numbers(_ column: Int) -> [Double] {
            (0..<block.rowCount).compactMap { row in
                Double(
                    domain.columns[column].text(
                        of: Int(block.codes[column][row]), fraction: Double(block.fractions[column][row])))
            }
        }
        let (height, weight, price, paid) = (numbers(1), numbers(2), numbers(3), numbers(4))
        return [
            RowFigure.share(block.codes[0].count { $0 == 1 }, of: block.rowCount), RowFigure.mean(height),
            RowFigure.mean(price), RowFigure.ratio(paid, price),
        ].compactMap { $0 } + (RowFigure.regression(weight, on: [height]) ?? [])
    }

    func run() throws {
        var generator = SystemRandomNumberGenerator()
        var hits = names.map { _ in 0 }
        var (errors, reach) = (names.map { _ in 0.0 }, names.map { _ in 0.0 })
        let synthesizer = try synthesizer(named: method)
        for _ in 0..<replicates {
            let model = try synthesizer.fit(Kernel(table: table(&generator)), privacy)
            let seed = generator.next()
            let found = try (1...imputations).map { number in
                figures(
                    try RowSampler(
                        model.imputation(number, seed: seed), seed: seed &+ UInt64(number), draws: .independent
                    )
                    .rows(0..<UInt64(rows)))
            }
            for (place, known) in truth.enumerated() {
                guard
                    let combined = ImputedEstimate(
                        found.map { $0[place] }, fileRows: rows, tableRows: model.rowCount)
                else { continue }
                if combined.interval.contains(known) { hits[place] += 1 }
                errors[place] += (combined.estimate - known) / Double(replicates)
                reach[place] +=
                    (combined.interval.upperBound - combined.interval.lowerBound) / 2 / Double(replicates)
            }
        }
        print(
            "coverage of 95 % intervals, \(replicates) replicates of \(rows) rows, \(imputations) imputations, \(method), ε 1"
        )
        for (place, name) in names.enumerated() {
            let share = 100 * Double(hits[place]) / Double(replicates)
            print(
                "\(name): \(String(format: "%.1f", share)) %, mean error "
                    + "\(String(format: "%.4g", errors[place])), mean reach ± \(String(format: "%.4g", reach[place]))")
        }
    }
}
