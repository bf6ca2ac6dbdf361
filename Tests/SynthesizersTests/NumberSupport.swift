import Domains
import Foundation
import PrivacyKernel
import Tables
import VectorMath

@testable import FittedModels

/// Columns of numbers as a party would declare them, and rows of them.
struct Numbers {
    var fields: [Field] = []
    var columns: [[Double?]] = []

    /// A column of bins.
    mutating func add(
        _ name: String, _ range: ClosedRange<Double>, scale: Bins.Scale = .linear, type: FieldType = .number,
        required: Bool = true, spikes: [Double]? = nil, _ values: [Double?]
    ) {
        fields.append(
            Field(
                name: name, type: type,
                constraints: Constraints(
                    required: required, minimum: .number(range.lowerBound), maximum: .number(range.upperBound)),
                bins: Bins(count: 32, scale: scale, spikes: spikes)))
        columns.append(values)
    }

    mutating func add(_ name: String, units range: ClosedRange<Int>, _ values: [Double?]) {
        fields.append(
            Field(
                name: name, type: .integer,
                constraints: Constraints(
                    required: true, minimum: .number(Double(range.lowerBound)),
                    maximum: .number(Double(range.upperBound)))))
        columns.append(values)
    }

    mutating func add(_ name: String, classes: Int, _ values: [Int]) {
        fields.append(
            Field(
                name: name, type: .string, categories: (0..<classes).map(String.init),
                constraints: Constraints(required: true)))
        columns.append(values.map { Double($0) })
    }

    var domain: TableDomain { get throws { try schemaDomain(fields) } }

    /// The rows by the production reader.
    func table() throws -> PrivateTable {
        let schema = TableSchema(fields: fields)
        let reader = CSVTableReader(
            domain: try domain, schema: schema, key: nil, hash: KeyedHash(key: (1, 2)),
            limits: TableLimits(bytes: 1 << 30, rows: 1 << 22), rowsPerKey: 1)
        var text = fields.map(\.name).joined(separator: ",") + "\n"
        for row in columns[0].indices {
            text +=
                zip(fields, columns).map { field, column in
                    column[row].map { field.type == .number ? "\($0)" : String(Int($0)) } ?? ""
                }.joined(separator: ",") + "\n"
        }
        try reader.consume(Array(text.utf8))
        return try PrivateTable(single: reader.finish())
    }

    /// The numbers of synthetic rows, as they are written.
    func numbers(_ block: SampleBlock) throws -> [[Double?]] {
        let domain = try domain
        return domain.columns.enumerated().map { place, column in
            (0..<block.rowCount).map { row in
                let fraction = block.fractions[place].isEmpty ? 0 : Double(block.fractions[place][row])
                return Double(column.text(of: Int(block.codes[place][row]), fraction: fraction))
            }
        }
    }
}

struct RandomNumbers {
    var words: SplitMix64

    init(_ seed: UInt64) { words = SplitMix64(state: seed) }

    mutating func unit() -> Double { words.unit() }

    mutating func normal() -> Double {
        (-2 * log(max(words.unit(), 1e-300))).squareRoot() * cos(2 * Double.pi * words.unit())
    }
}

func knownPairs(_ first: [Double?], _ second: [Double?]) -> [(Double, Double)] {
    zip(first, second).compactMap { a, b in a.flatMap { a in b.map { (a, $0) } } }
}

func correlation(_ pairs: [(Double, Double)]) -> Double {
    let count = Double(pairs.count)
    let (x, y) = (pairs.reduce(0) { $0 + $1.0 } / count, pairs.reduce(0) { $0 + $1.1 } / count)
    let (xx, yy, xy) = pairs.reduce((0.0, 0.0, 0.0)) {
        ($0.0 + ($1.0 - x) * ($1.0 - x), $0.1 + ($1.1 - y) * ($1.1 - y), $0.2 + ($1.0 - x) * ($1.1 - y))
    }
    return xy / (xx * yy).squareRoot()
}

func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for place in start..<end { ranks[order[place]] = Double(start + end) / 2 }
        start = end
    }
    return ranks
}

func spearman(_ first: [Double?], _ second: [Double?]) -> Double {
    let known = knownPairs(first, second)
    return correlation(Array(zip(ranks(known.map(\.0)), ranks(known.map(\.1)))))
}

func quantile(_ values: [Double], _ share: Double) -> Double {
    values.sorted()[min(Int(share * Double(values.count)), values.count - 1)]
}

/// Half the L1 distance of histograms of ranks in the first list.
func distance(_ real: [Double?], _ made: [Double?]) -> Double {
    let cuts = (1..<16).map { quantile(real.compactMap { $0 }, Double($0) / 16) }
    func shares(_ values: [Double?]) -> [Double] {
        var cells = [Double](repeating: 0, count: 17)
        for value in values {
            cells[value.map { value in cuts.count { $0 <= value } } ?? 16] += 1 / Double(values.count)
        }
        return cells
    }
    return totalVariation(shares(real), shares(made))
}
