import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import VectorMath

/// What the rows say of means that a few large numbers decide, and of the regression of one such column on another: simulated
/// incomes, read as a table, fitted and drawn; the errors are against the table itself.
struct TailErrors {
    let replicates: Int
    let method: String
    private let rows = 20_000

    /// Distributions of income, in units of currency.
    private enum Shape: String, CaseIterable {
        case logNormal = "log-normal, 1"
        case wideLogNormal = "log-normal, 2"
        case pareto = "Pareto, 2"
        case heavyPareto = "Pareto, 1.5"
        case mixed = "two classes"
        case signed = "gains and losses"

        func number(_ kind: Int, _ normal: () -> Double) -> Double {
            let middle = [9.0, 9.5, 10.5][kind]
            func share() -> Double { max(Double.random(in: 0..<1), 1e-12) }
            switch self {
            case .logNormal: return exp(middle + normal())
            case .wideLogNormal: return exp(middle - 1 + 2 * normal())
            case .pareto: return exp(middle - 1) * pow(share(), -1 / 2)
            case .heavyPareto: return exp(middle - 1) * pow(share(), -1 / 1.5)
            case .mixed: return exp(share() < 0.04 ? 13 + normal() : middle + 0.6 * normal())
            case .signed: return (share() < 0.3 ? -0.5 : 1) * exp(middle - 1 + 1.5 * normal())
            }
        }
    }

    func run() throws {
        var generator = SystemRandomNumberGenerator()
        func normal() -> Double {
            let (first, second) = (
                Double.random(in: .leastNormalMagnitude..<1, using: &generator),
                Double.random(in: 0..<1, using: &generator)
            )
            return (-2 * log(first)).squareRoot() * cos(2 * .pi * second)
        }
        let synthesizer = try synthesizer(named: method)
        let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
        print("errors of \(replicates) tables of \(rows) rows, \(method), ε 1, in per cent: bias and root mean square")
        for shape in Shape.allCases {
            let isSigned = shape == .signed
            func number(_ name: String) -> Field {
                Field(
                    name: name, type: .number,
                    constraints: Constraints(
                        required: true, minimum: .number(isSigned ? -1e9 : 1), maximum: .number(1e9)),
                    bins: Bins(count: 32, scale: isSigned ? .asinh : .log))
            }
            func classes(_ name: String, _ count: Int) -> Field {
                Field(
                    name: name, type: .string, categories: (0..<count).map(String.init),
                    constraints: Constraints(required: true))
            }
            let schema = TableSchema(fields: [
                classes("kind", 3), classes("region", 12), number("income"), number("tax"), classes("owner", 2),
            ])
            let domain = try TableDomain(schema: schema, keyColumns: [])
            var errors = [[Double]](repeating: [], count: 3)
            for _ in 0..<replicates {
                var text = "kind,region,income,tax,owner\n"
                var real: [[Double]] = [[], []]
                for _ in 0..<rows {
                    let kind = [0, 0, 0, 1, 1, 2].randomElement(using: &generator) ?? 0
                    let income = min(max(shape.number(kind, normal), isSigned ? -1e9 : 1), 1e9)
                    let owner = Double.random(in: 0..<1) < 0.2 + 0.3 * Double(kind)
                    let tax = min(max(income * (owner ? 0.3 : 0.2) * exp(0.1 * normal()), isSigned ? -1e9 : 1), 1e9)
                    real[0].append(income)
                    real[1].append(tax)
                    text += "\(kind),\(Int.random(in: 0..<12)),\(income),\(tax),\(owner ? 1 : 0)\n"
                }
                let reader = CSVTableReader(
                    domain: domain, schema: schema, key: nil, hash: KeyedHash.random,
                    limits: TableLimits(bytes: 1 << 24, rows: 1 << 16), rowsPerKey: 1)
                try reader.consume(Array(text.utf8))
                let model = try synthesizer.fit(
                    Kernel(table: PrivateTable(single: reader.finish())), privacy)
                let block = try RowSampler(model, seed: generator.next()).rows(0..<UInt64(rows))
                let made = [2, 3].map { column in
                    (0..<block.rowCount).compactMap { row in
                        Double(
                            domain.columns[column].text(
                                of: Int(block.codes[column][row]), fraction: Double(block.fractions[column][row])))
                    }
                }
                for place in 0..<2 {
                    let (own, known) = (made[place].reduce(0, +), real[place].reduce(0, +))
                    errors[place].append(own / known - 1)
                }
                errors[2].append(slope(made) / slope(real) - 1)
            }
            let words = zip(["income", "tax", "slope"], errors).map { name, errors in
                let bias = errors.reduce(0, +) / Double(errors.count)
                let square = (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
                return "\(name) \(String(format: "%+.1f %.1f", 100 * bias, 100 * square))"
            }
            print("\(shape.rawValue): \(words.joined(separator: ", "))")
        }
    }

    private func slope(_ columns: [[Double]]) -> Double {
        let means = columns.map { $0.reduce(0, +) / Double($0.count) }
        var (cross, square) = (0.0, 0.0)
        for (x, y) in zip(columns[0], columns[1]) {
            cross += (x - means[0]) * (y - means[1])
            square += (x - means[0]) * (x - means[0])
        }
        return cross / square
    }
}
