import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables

/// Tables each of whose columns takes, in a part of the rows, what a random map makes of a random earlier column; in two of three
/// tables all columns do so, else three in four. Each seed is a table of 3 to 16 columns of 2 to 20 codes and 500 to 50,000 rows.
struct RandomTree {
    let sizes: [Int]
    let columns: [[Int]]

    init(seed: UInt64) {
        var words = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0xBF58_476D
        func unit() -> Double {
            words = words &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(words >> 11) * 0x1p-53
        }
        func below(_ bound: Int) -> Int { Int(unit() * Double(bound)) }
        let count = [3, 4, 5, 6, 8, 10, 12, 16][Int(seed % 8)]
        let rows = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 50_000][Int(seed / 2 % 8)]
        let sizes = (0..<count).map { _ in 2 + below(19) }
        var columns: [[Int]] = []
        for (place, size) in sizes.enumerated() {
            // Every other table has columns whose codes are not alike frequent.
            let weights = (0..<size).map { _ in seed % 2 == 1 ? -log(unit() + 1e-6) : 1 }
            var ends: [Double] = []
            for weight in weights { ends.append((ends.last ?? 0) + weight) }
            func draw() -> Int {
                let value = unit() * (ends.last ?? 1)
                return ends.firstIndex { value < $0 } ?? size - 1
            }
            guard place > 0, seed % 3 != 0 || below(4) > 0 else {
                columns.append((0..<rows).map { _ in draw() })
                continue
            }
            let parent = below(place)
            let map = (0..<sizes[parent]).map { _ in below(size) }
            let part = 0.3 + 0.65 * unit()
            columns.append(columns[parent].map { unit() < part ? map[$0] : draw() })
        }
        self.sizes = sizes
        self.columns = columns
    }

    /// Mean and standard error of the mean 2-way distance over some fits at ε = 1.
    func distance(_ name: String, fits: Int) throws -> (mean: Double, error: Double) {
        let domain = TableDomain(
            columns: sizes.enumerated().map { .categories("c\($0)", (0..<$1).map { "v\($0)" }) })
        let table = try CodedTable(
            columns: zip(columns, sizes).map { codes, size in
                try CodedColumn(.words(codes.map { UInt32($0) }), domainSize: size)
            })
        let pairs = sizes.indices.flatMap { a in sizes.indices.dropFirst(a + 1).map { (a, $0) } }
        var found: [Double] = []
        for seed in 0..<fits {
            let model = try fit(name, BenchmarkRows(domain: domain, table: table), epsilon: 1)
            let block = try RowSampler(model, seed: UInt64(seed)).rows(0..<UInt64(max(columns[0].count, 10_000)))
            let sample = block.codes.map { $0.map { Int($0) } }
            let sum = pairs.reduce(0) { sum, pair in
                let (own, other) = (shares(columns, pair), shares(sample, pair))
                return sum + zip(own, other).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
            }
            found.append(sum / Double(pairs.count))
        }
        let mean = found.reduce(0, +) / Double(fits)
        let squares = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(max(fits - 1, 1) * fits)).squareRoot())
    }

    private func shares(_ columns: [[Int]], _ pair: (Int, Int)) -> [Double] {
        var cells = [Double](repeating: 0, count: sizes[pair.0] * sizes[pair.1])
        let (first, second) = (columns[pair.0], columns[pair.1])
        for row in first.indices { cells[first[row] * sizes[pair.1] + second[row]] += 1 / Double(first.count) }
        return cells
    }
}

/// One line a table: `auto` beside `mst` and `independent`, and how many times the better of these it is.
func compareOnRandomTrees(_ seeds: Range<UInt64>, fits: Int) throws {
    for seed in seeds {
        let tree = RandomTree(seed: seed)
        let names = ["auto", "mst", "independent"]
        let found = try names.map { try tree.distance($0, fits: fits) }
        let figures = zip(names, found).map { "\($0) \(String(format: "%.4f ± %.4f", $1.mean, $1.error))" }
        let ratio = found[0].mean / min(found[1].mean, found[2].mean)
        print(
            "\(seed): \(tree.columns[0].count) × \(tree.sizes.count), \(figures.joined(separator: ", "));",
            String(format: "%.3f", ratio))
    }
}
