import Domains
import Foundation
import GraphicalModels
import Synchronization
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

func schemaDomain(_ fields: [Field]) throws -> TableDomain {
    try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
}

/// Text columns `c0`, `c1`, … of so many categories.
func categoryDomain(_ sizes: [Int]) -> TableDomain {
    TableDomain(columns: sizes.enumerated().map { .categories("c\($0)", (0..<$1).map { "v\($0)" }) })
}

func table(_ domain: TableDomain, _ columns: [[Int]], rowsPerKey: Int = 1) throws -> PrivateTable {
    let coded = try CodedTable(
        columns: zip(columns, domain.sizes).map { codes, size in
            try CodedColumn(.words(codes.map { UInt32($0) }), domainSize: size)
        })
    return try PrivateTable(public: coded, domain: domain, rowsPerKey: rowsPerKey)
}

/// Rows in which each column mostly follows the one before it.
func chainRows(_ sizes: [Int], count: Int, seed: UInt64 = 1) -> [[Int]] {
    var generator = SplitMix64(state: seed)
    var columns = sizes.map { _ in [Int]() }
    for _ in 0..<count {
        var before = Int.random(in: 0..<sizes[0], using: &generator)
        for (column, size) in sizes.enumerated() {
            let follows = Int.random(in: 0..<10, using: &generator) < 7
            let code = column == 0 || follows ? before % size : Int.random(in: 0..<size, using: &generator)
            columns[column].append(code)
            before = code + column
        }
    }
    return columns
}

let noiseOff = try! PrivacyParameters(epsilon: 8_000, delta: 0)
let usual = try! PrivacyParameters(epsilon: 1, delta: 1e-9)

func fit(
    _ name: String, _ table: consuming PrivateTable, _ privacy: PrivacyParameters,
    _ parameters: [String: Parameter] = [:],
    record: (@Sendable (Release) throws -> Void)? = nil
) throws -> FittedModel {
    let synthesizer = try synthesizer(named: name, parameters: parameters)
    return try synthesizer.fit(Kernel(steady: table, "\(name) \(privacy.epsilon)", record: record), privacy)
}

/// How many kernels each test has made, by what it calls them.
private let kernelCounts = Mutex<[String: UInt64]>([:])

extension Kernel {
    /// A kernel whose noise is the same in each run and another for each kernel of a test, so that a statistical test never
    /// turns red by chance alone.
    convenience init(
        steady table: consuming PrivateTable, _ name: String = "", record: (@Sendable (Release) throws -> Void)? = nil
    ) {
        let whole = "\(Test.current.map { "\($0.id)" } ?? "") \(name)"
        let count = kernelCounts.withLock { counts in
            counts[whole, default: 0] += 1
            return counts[whole] ?? 0
        }
        let key = whole.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        self.init(rows: table.rows, record: record, generator: NoiseGenerator(key: [key, count, 2, 3]))
    }
}

/// Shares of the cells of some columns, row-major.
func shares(_ columns: [[Int]], _ sizes: [Int], _ set: [Int]) -> [Double] {
    var cells = [Double](repeating: 0, count: set.reduce(1) { $0 * sizes[$1] })
    let count = columns[0].count
    for row in 0..<count { cells[set.reduce(0) { $0 * sizes[$1] + columns[$1][row] }] += 1 / Double(count) }
    return cells
}

func totalVariation(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / 2 }

extension SampleBlock {
    var columns: [[Int]] { codes.map { $0.map { Int($0) } } }
}

/// The synthesizers that are built.
let builtSynthesizers = ["independent", "mwem", "mst", "clique-tree", "auto", "aim", "gaussian-copula"]

/// A model over whole columns, without a kernel.
func model(_ graphical: GraphicalModel, corrections: [Factor] = []) throws -> FittedModel {
    let domain = categoryDomain(graphical.sizes)
    return try FittedModel(
        domain: domain,
        plan: MechanismPlan(
            synthesizer: .mst, parameters: [:], accounting: .gaussian, epsilon: 1, delta: 1e-9, steps: []),
        attributes: graphical.sizes.enumerated().map { ModelAttribute(column: $0, size: $1) }, model: graphical,
        shares: graphical.sizes.indices.map { graphical.marginal([$0]).values.map { $0 / graphical.total } },
        corrections: corrections, measurements: [], transcript: Transcript())
}

/// A random model with tables over the given sets.
func randomModel(_ sizes: [Int], _ sets: [[Int]], seed: UInt64 = 7) throws -> GraphicalModel {
    var generator = SplitMix64(state: seed)
    let potentials = sets.map { set in
        Factor(
            attributes: set, shape: set.map { sizes[$0] },
            values: (0..<set.reduce(1) { $0 * sizes[$1] }).map { _ in Double.random(in: -1.5...1.5, using: &generator) }
        )
    }
    return try GraphicalModel(potentials: potentials, sizes: sizes, total: 10_000)
}
