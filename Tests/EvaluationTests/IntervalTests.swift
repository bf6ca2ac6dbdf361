import Domains
import FittedModels
import Foundation
import Statistics
import Synthesizers
import Tables
import Testing
import VectorMath

@testable import Evaluation
@testable import PrivacyKernel

/// Tables whose figures are known: smooth and heavy tails, values at one end of each bin, gaps, and pairs that nearly
/// determine each other.
private struct SimulatedPeople {
    static let schema = """
        {"fields": [
          {"name": "wage", "type": "number", "constraints": {"minimum": 0, "maximum": 64000, "required": true}, "bins": {"count": 32}},
          {"name": "tax", "type": "number", "constraints": {"minimum": 0, "maximum": 32000, "required": true}, "bins": {"count": 32}},
          {"name": "price", "type": "number", "constraints": {"minimum": 1, "maximum": 5000, "required": true}, "bins": {"count": 32, "scale": "log"}},
          {"name": "paid", "type": "number", "constraints": {"minimum": 1, "maximum": 5000, "required": true}, "bins": {"count": 32, "scale": "log"}},
          {"name": "age", "type": "integer", "constraints": {"minimum": 15, "maximum": 84, "required": true}},
          {"name": "height", "type": "number", "constraints": {"minimum": 100, "maximum": 220}, "bins": {"edges": [100, 150, 160, 165, 170, 175, 180, 190, 220]}}
        ]}
        """

    let schemaOfTable: TableSchema
    let domain: TableDomain
    /// By column; nil for a missing value.
    let values: [[Double?]]

    init(rows: Int, seed: UInt64) throws {
        schemaOfTable = try JSONDecoder().decode(TableSchema.self, from: Data(Self.schema.utf8))
        domain = try TableDomain(schema: schemaOfTable, keyColumns: [])
        var generator = SplitMix64(state: seed)
        func normal() -> Double {
            (-2 * log(max(generator.unit(), 1e-12))).squareRoot() * cos(2 * .pi * generator.unit())
        }
        func held(_ value: Double, _ low: Double, _ high: Double) -> Double { min(max(value, low), high) }
        var values = [[Double?]](repeating: [], count: 6)
        for _ in 0..<rows {
            let age = held((45 + 16 * normal()).rounded(), 15, 84)
            // In whole thousands, which stand at the lower end and in the middle of bins 2,000 wide.
            let wage = held(1000 * ((30_000 + 200 * (age - 45) + 7000 * normal()) / 1000).rounded(), 0, 64_000)
            let price = held((100 * exp(3 + 0.9 * normal())).rounded() / 100, 1, 5000)
            let paid = held((100 * price * exp(0.1 + 0.05 * normal())).rounded() / 100, 1, 5000)
            let row: [Double?] = [
                wage, held((wage * (0.2 + 0.1 * generator.unit())).rounded(), 0, 32_000), price, paid, age,
                generator.unit() < 0.2
                    ? nil : held((10 * (168 + 9 * normal() - 0.1 * (age - 45))).rounded() / 10, 100, 220),
            ]
            for (column, value) in row.enumerated() { values[column].append(value) }
        }
        self.values = values
    }

    func fit(_ method: String, epsilon: Double, key: UInt64) throws -> FittedModel {
        func text(_ value: Double?) -> String {
            value.map { $0 == $0.rounded() ? String(Int($0)) : String($0) } ?? ""
        }
        let lines = values[0].indices.map { row in values.map { text($0[row]) }.joined(separator: ",") }
        let reader = CSVTableReader(
            domain: domain, schema: schemaOfTable, key: nil, hash: .random,
            limits: TableLimits(bytes: .max, rows: 1_000_000))
        try reader.consume(
            Data((domain.columns.map(\.name).joined(separator: ",") + "\n" + lines.joined(separator: "\n") + "\n").utf8)
        )
        return try synthesizer(named: method).fit(
            Kernel(
                rows: try PrivateTable(single: try reader.finish()).rows,
                generator: NoiseGenerator(key: [key, 2, 3, 4])),
            PrivacyParameters(epsilon: epsilon, delta: 1e-9))
    }

    func quantile(_ column: Int, _ share: Double) -> Double {
        let sorted = values[column].compactMap { $0 }.sorted()
        return sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }

    func sum(_ column: Int) -> Double { values[column].reduce(0) { $0 + ($1 ?? 0) } }

    func mean(_ column: Int) -> Double { sum(column) / Double(values[column].count { $0 != nil }) }

    func missing(_ column: Int) -> Double {
        Double(values[column].count { $0 == nil }) / Double(values[column].count)
    }

    func pairs(_ first: Int, _ second: Int) -> [(x: Double, y: Double)] {
        zip(values[first], values[second]).compactMap { a, b in a.flatMap { a in b.map { (a, $0) } } }
    }

    func correlation(_ first: Int, _ second: Int) -> Double {
        let pairs = pairs(first, second)
        let count = Double(pairs.count)
        let (x, y) = (pairs.reduce(0) { $0 + $1.x } / count, pairs.reduce(0) { $0 + $1.y } / count)
        let (xx, yy, xy) = pairs.reduce((0.0, 0.0, 0.0)) {
            ($0.0 + ($1.x - x) * ($1.x - x), $0.1 + ($1.y - y) * ($1.y - y), $0.2 + ($1.x - x) * ($1.y - y))
        }
        return xy / (xx * yy).squareRoot()
    }

    func middleRatio(_ first: Int, _ second: Int) -> Double {
        let ratios = pairs(first, second).filter { $0.y > 0 }.map { $0.x / $0.y }.sorted()
        return ratios[(ratios.count - 1) / 2]
    }
}

@Suite("the page's 95 % intervals")
struct IntervalTests {
    /// Of how many intervals of each kind held the true figure, and how wide they were, in parts of it.
    private struct Tally {
        var held = 0
        var all = 0
        var width = 0.0
        /// As many as noise alone would have held.
        var heldByNoise = 0

        mutating func add(_ figure: ComparedFigure?, _ truth: Double) {
            guard let range = figure?.range else { return }
            all += 1
            held += range.contains(truth) ? 1 : 0
            if let noisy = figure?.noisy, let half = figure?.halfWidth {
                heldByNoise += abs(noisy - truth) <= half ? 1 : 0
            }
            width += (range.upperBound - range.lowerBound) / 2 / max(abs(truth), 1e-9)
        }
    }

    private static let replicates = ProcessInfo.processInfo.environment["ENTREPOT_REPLICATES"].flatMap { Int($0) }

    @Test("hold the table's own mean, quartiles, share, correlation and ratios, whatever stands inside the bins")
    func coverage() throws {
        var tallies: [String: Tally] = [:]
        for number in 0..<(Self.replicates ?? 18) {
            let people = try SimulatedPeople(rows: 5_000 + 5_000 * (number % 4), seed: UInt64(number + 11))
            let method = ["mst", "auto", "aim"][number % 3]
            let model = try people.fit(method, epsilon: [0.5, 1, 3][number / 3 % 3], key: UInt64(number + 1))
            let evaluation = try ModelEvaluation(model, rowCount: 20_000)
            for column in 0..<6 {
                let summary = evaluation.summaries[column]
                tallies["mean", default: Tally()].add(summary?.mean, people.mean(column))
                for (place, share) in [0.25, 0.5, 0.75].enumerated() where summary?.quartiles.count == 3 {
                    tallies[share == 0.5 ? "median" : "quartile", default: Tally()].add(
                        summary?.quartiles[place], people.quantile(column, share))
                }
                tallies["share missing", default: Tally()].add(
                    evaluation.columns[column].missing(of: people.domain.columns[column], total: evaluation.total),
                    people.missing(column))
            }
            for pair in evaluation.pairs {
                let summary = evaluation.pairSummaries[RowTrust.PairKey(first: pair.first, second: pair.second)]
                tallies["correlation", default: Tally()].add(
                    summary?.correlation, people.correlation(pair.first, pair.second))
                tallies["ratio of totals", default: Tally()].add(
                    summary?.ratioOfTotals, people.sum(pair.first) / people.sum(pair.second))
                tallies["ratio of half of the rows", default: Tally()].add(
                    summary?.middleRatio, people.middleRatio(pair.first, pair.second))
            }
        }
        #expect(tallies.count == 7)
        for (kind, tally) in tallies.sorted(by: { $0.key < $1.key }) {
            let share = Double(tally.held) / Double(max(tally.all, 1))
            if Self.replicates != nil {
                let width = 100 * tally.width / Double(max(tally.all, 1))
                let byNoise = Double(tally.heldByNoise) / Double(max(tally.all, 1))
                print(
                    "coverage of \(kind): \(Figures.percent(share)) of \(tally.all), ± \(Figures.decimal(width, digits: 1)) % of it; "
                        + "noise alone would have held \(Figures.percent(byNoise))")
            }
            // Of 18 intervals of 95 % five miss by chance in 1.5 of 1,000 runs. There are more of the other kinds, but those of one table
            // hang together: that fewer than 90 % of them hold is chance in less than 1 of 1,000.
            let least = Self.replicates != nil ? 0.93 : tally.all == 18 ? 14.0 / 18 : 0.9
            #expect(share >= least && tally.all >= 18, "\(kind): \(tally)")
        }
        // What the ranges are for: values that stand at one end of their bins are no matter of noise.
        let means = try #require(tallies["mean"])
        #expect(Double(means.heldByNoise) < 0.93 * Double(means.all), "\(means)")
    }

    @Test("the mean of values at one end of their bins lies in its interval, which noise alone would miss")
    func lumps() throws {
        let cells = (0..<10).map {
            MeasuredCells.Cell(lower: Double($0) * 2, upper: Double($0) * 2 + 2, count: 1_000, deviation: 1)
        }
        let measured = try #require(MeasuredCells(cells, law: .gaussian))
        // All values at the lower ends have the mean 9, at the upper ends 11.
        #expect(measured.meanRange.contains(9) && measured.meanRange.contains(11))
        #expect(measured.meanRange.lowerBound > 8.9 && measured.meanRange.upperBound < 11.1)
        let median = try #require(measured.quantileRange(0.5))
        #expect(median.lowerBound == 8 && median.upperBound == 12)
    }

    @Test("a quartile's interval is one value where one value holds the rows, and grows with noise")
    func quartiles() throws {
        func range(_ deviation: Double) throws -> ClosedRange<Double> {
            let cells = (0..<5).map {
                MeasuredCells.Cell(
                    lower: Double($0), upper: Double($0), count: $0 == 2 ? 900 : 25, deviation: deviation)
            }
            return try #require(MeasuredCells(cells, law: .laplace)?.quantileRange(0.5))
        }
        #expect(try range(1) == 2...2)
        #expect(try range(200).lowerBound < 2 && range(200).upperBound > 2)
        #expect(MeasuredCells([.init(lower: 0, upper: 1, count: 3, deviation: 9)], law: .gaussian) == nil)
    }
}
