import Foundation
import Testing
import VectorMath

@testable import GraphicalModels

/// The Adult table of `shared/data/benchmark`, and the 24 pairs of mbi's own convergence benchmark
/// (ryan112358/mbi, examples/convergence_benchmark.py: junction tree of 10 nodes, 22,303 cells, the largest 4,200).
struct AdultFixture: Sendable {
    static let path =
        (ProcessInfo.processInfo.environment["ENTREPOT_DATA"] ?? "../shared/data") + "/benchmark/adult/coded.csv"
    static let isPresent = FileManager.default.isReadableFile(atPath: path)

    static let columns: [(name: String, size: Int)] = [
        ("age", 85), ("workclass", 9), ("fnlwgt", 100), ("education-num", 16), ("marital-status", 7),
        ("occupation", 15),
        ("relationship", 6), ("race", 5), ("sex", 2), ("capital-gain", 100), ("capital-loss", 100),
        ("hours-per-week", 99), ("native-country", 42), ("income>50K", 2),
    ]
    static let sizes = columns.map(\.size)
    static let pairs = [
        [4, 6], [1, 5], [6, 8], [0, 4], [3, 5], [0, 6], [5, 11], [6, 13], [0, 3], [4, 8], [4, 13], [7, 12], [9, 13],
        [3, 12], [2, 12], [6, 9], [1, 3], [10, 13], [8, 13], [6, 10], [5, 7], [3, 7], [8, 9], [8, 10],
    ]
    static let singles = sizes.indices.map { [$0] }

    let counts: [[Int]: [Double]]
    let rowCount: Int

    init() throws {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n")
        try #require(lines[0].split(separator: ",").map(String.init) == Self.columns.map(\.name))
        let sets = Self.singles + Self.pairs
        var counts = sets.map { [Double](repeating: 0, count: $0.reduce(1) { $0 * Self.sizes[$1] }) }
        for line in lines.dropFirst() {
            let codes = line.split(separator: ",").map { Int($0) ?? 0 }
            for (index, set) in sets.enumerated() {
                counts[index][set.reduce(0) { $0 * Self.sizes[$1] + codes[$1] }] += 1
            }
        }
        self.counts = Dictionary(uniqueKeysWithValues: zip(sets, counts))
        rowCount = lines.count - 1
    }

    /// Noisy targets, with the slack of 1.5 standard deviations that synthesizers use.
    func targets(sigma: Double, seed: UInt64) -> [MarginalTarget] {
        var generator = SplitMix64(state: seed)
        return (Self.singles + Self.pairs).map { set in
            let values = (counts[set] ?? []).map { ($0 + sigma * generator.normal()).rounded() }
            return MarginalTarget(
                attributes: set, values: values, slack: [Double](repeating: 1.5 * sigma, count: values.count))
        }
    }

    /// Mean total variation distance of the measured pairs from the true ones.
    func distance(_ model: GraphicalModel) -> Double {
        let sum = zip(Self.pairs, model.marginals(of: Self.pairs)).reduce(0.0) { sum, pair in
            let truth = counts[pair.0] ?? []
            return sum + 0.5
                * zip(pair.1.values, truth).reduce(0) {
                    $0 + abs($1.0 / model.total - $1.1 / Double(rowCount))
                }
        }
        return sum / Double(Self.pairs.count)
    }
}

@Suite(.enabled(if: AdultFixture.isPresent, "set ENTREPOT_BENCHMARK_DATA to the folder that holds adult/coded.csv"))
struct AdultFixtureTests {
    @Test("the 24 pairs give mbi's junction tree: 10 nodes, 22,303 cells, the largest 4,200")
    func tree() {
        let tree = JunctionTree(cliques: AdultFixture.pairs, sizes: AdultFixture.sizes)
        #expect(tree.nodes.count == 10)
        #expect(tree.totalCells == 22_303)
        #expect(tree.nodes.map(\.cells).max() == 4_200)
    }

    #if DEBUG
        static let seeds: [UInt64] = [42]
    #else
        static let seeds: [UInt64] = [42, 43, 44]
    #endif

    // Seen with seed 42. An accelerated descent that stops early came to 0.0123 and 0.0297 on the same tables.
    @Test(
        "ten sweeps keep the accuracy that was seen on these pairs",
        arguments: [
            (sigma: 10.0, bound: 0.0164), (sigma: 40.0, bound: 0.0435),
        ])
    func accuracy(sigma: Double, bound: Double) throws {
        let fixture = try AdultFixture()
        for seed in Self.seeds {
            let targets = fixture.targets(sigma: sigma, seed: seed)
            let prior = targets.prefix(AdultFixture.sizes.count).map { one in one.values.map { max($0, 0) } }
            let model = try proportionalFit(
                targets, sizes: AdultFixture.sizes, total: Double(fixture.rowCount), prior: prior)
            expectValid(model)
            let distance = fixture.distance(model)
            print("Adult, σ = \(sigma), seed \(seed): TVD of measured pairs \(distance)")
            #expect(distance <= 1.05 * bound)
        }
    }
}
