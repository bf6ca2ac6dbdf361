import Domains
import Foundation
import PrivacyKernel
import Tables

/// A table of codes to measure with: a file of integer codes, or rows simulated here.
struct BenchmarkTable: Sendable {
    let name: String
    let names: [String]
    let sizes: [Int]
    /// Whether neighbouring codes are neighbouring values.
    let isOrdered: [Bool]
    var columns: [[UInt32]]

    var rowCount: Int { columns.first?.count ?? 0 }

    var domain: TableDomain {
        get throws {
            let fields = names.indices.map { place in
                isOrdered[place]
                    ? Field(
                        name: names[place], type: .integer,
                        constraints: Constraints(
                            required: true, minimum: 0, maximum: .number(Double(sizes[place] - 1))),
                        bins: sizes[place] > 1025 ? Bins(count: sizes[place]) : nil)
                    : Field(
                        name: names[place], type: .string, categories: (0..<sizes[place]).map { "v\($0)" },
                        constraints: Constraints(required: true))
            }
            return try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
        }
    }

    func privateTable() throws -> PrivateTable {
        let domain = try domain
        let coded = try CodedTable(
            columns: zip(columns, domain.sizes).map { codes, size in
                try CodedColumn(
                    size <= 256
                        ? .bytes(codes.map { UInt8(truncatingIfNeeded: $0) })
                        : .halves(codes.map { UInt16(truncatingIfNeeded: $0) }), domainSize: size)
            })
        return try PrivateTable(public: coded, domain: domain)
    }

    /// The codes as CSV, as another program may read them; texts get a letter.
    func csv() -> String {
        var lines = [names.joined(separator: ",")]
        for row in 0..<rowCount {
            lines.append(
                names.indices.map { (isOrdered[$0] ? "" : "v") + String(columns[$0][row]) }.joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same table with rows from such a CSV; values outside are clamped.
    func with(csv text: String) -> BenchmarkTable {
        var result = self
        result.columns = Self.codes(csv: text, names: names, sizes: sizes)
        return result
    }

    private static func codes(csv text: String, names: [String], sizes: [Int]) -> [[UInt32]] {
        let lines = text.split(separator: "\n")
        let places = lines[0].split(separator: ",").map { name in names.firstIndex(of: String(name)) }
        var columns = names.map { _ in [UInt32]() }
        for line in lines.dropFirst() {
            for (place, field) in zip(places, line.split(separator: ",", omittingEmptySubsequences: false)) {
                guard let place else { continue }
                let number = Double(field.hasPrefix("v") ? field.dropFirst() : field[...]) ?? 0
                columns[place].append(UInt32(min(max(number.rounded(), 0), Double(sizes[place] - 1))))
            }
        }
        return columns
    }

    /// A folder with `coded.csv`, `domain.json` (sizes) and `meta.json` (ordered columns).
    init(reading folder: URL) throws {
        let sizes = try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appendingPathComponent("domain.json")))
        let meta = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent("meta.json")))
        let text = try String(contentsOf: folder.appendingPathComponent("coded.csv"), encoding: .utf8)
        let header = text.prefix { $0 != "\n" }.split(separator: ",").map(String.init)
        let ordered = Set((meta as? [String: Any])?["ordered"] as? [String] ?? [])
        name = folder.lastPathComponent
        names = header
        self.sizes = header.map { ((sizes as? [String: Int]) ?? [:])[$0] ?? 1 }
        isOrdered = header.map { ordered.contains($0) }
        columns = Self.codes(csv: text, names: names, sizes: self.sizes)
    }

    init(name: String, names: [String], sizes: [Int], isOrdered: [Bool], columns: [[UInt32]]) {
        self.name = name
        self.names = names
        self.sizes = sizes
        self.isOrdered = isOrdered
        self.columns = columns
    }
}

/// SplitMix64, so that every run measures the same rows.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func normal() -> Double {
        let radius = (-2 * log(Double.random(in: 0x1p-53..<1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

enum Simulation: String, CaseIterable {
    case gaussian, t, mixed

    /// Twenty columns of 40 cells on a three-factor model, or twelve ordered ones of 2 to 40 cells and three of text that
    /// shift them.
    func table(rows: Int, columns: Int = 20) -> BenchmarkTable {
        var generator = Seeded(state: 2_024)
        let loads = (0..<columns).map { _ in
            (0..<3).map { _ in Double.random(in: -0.75...0.75, using: &generator) * 0.9 }
        }
        let rest = loads.map { max(0.05, 1 - $0.reduce(0) { $0 + $1 * $1 }).squareRoot() }
        let scales = zip(loads, rest).map { ($0.reduce(0) { $0 + $1 * $1 } + $1 * $1).squareRoot() }
        let texts = self == .mixed ? [5, 3, 8] : []
        let ordered = self == .mixed ? 12 : columns
        let levels = (0..<ordered).map { self == .mixed ? [40, 2, 7, 25][$0 % 4] : 40 }
        let shifts = texts.map { size in
            (0..<size).map { _ in (0..<ordered).map { _ in Double.random(in: -0.7...0.7, using: &generator) } }
        }
        var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: rows), count: ordered + texts.count)
        for row in 0..<rows {
            let factors = (0..<3).map { _ in generator.normal() }
            var spread = 1.0
            if self == .t {
                // Four degrees of freedom.
                let square = (0..<4).reduce(0.0) { sum, _ in
                    let z = generator.normal()
                    return sum + z * z
                }
                spread = (4 / square).squareRoot()
            }
            var classes: [Int] = []
            for (place, size) in texts.enumerated() {
                // A skewed text column; the second follows the first.
                var code = min(Int(-log(Double.random(in: 0x1p-53..<1, using: &generator)) * 1.3), size - 1)
                if place == 1, Double.random(in: 0..<1, using: &generator) < 0.5 { code = classes[0] % size }
                classes.append(code)
                cells[ordered + place][row] = UInt32(code)
            }
            for column in 0..<ordered {
                var value = rest[column] * generator.normal()
                for factor in 0..<3 { value += loads[column][factor] * factors[factor] }
                value = value / scales[column] * spread
                for (place, code) in classes.enumerated() { value += shifts[place][code][column] }
                let size = Double(levels[column])
                cells[column][row] = UInt32(min(max((value + 4) / 8 * size, 0), size - 1))
            }
        }
        return BenchmarkTable(
            name: rawValue, names: cells.indices.map { "c\($0)" }, sizes: levels + texts,
            isOrdered: cells.indices.map { $0 < ordered }, columns: cells)
    }
}
