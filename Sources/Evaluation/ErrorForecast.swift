public import Domains
public import FittedModels
import Foundation
public import PrivacyKernel
public import Synthesizers
import Tables
import VectorMath

/// What to expect of a task before anybody uploads: size, and errors at a ladder of ε.
///
/// It fits rows simulated from the declared domain, never private rows: every column leans on a few common values, and
/// all columns lean on one hidden number, so that there is something to find. Real rows will differ; the noise will not.
public struct ErrorForecast: Encodable, Sendable {
    /// The error of one column.
    public struct ColumnError: Encodable, Sendable {
        /// As the domain names the column.
        public let name: String
        /// Standard deviation of the noise in each count.
        public let sigma: Double?
        /// Total variation between simulated and synthetic rows.
        public let error: Double
    }

    /// The error of one pair.
    public struct PairError: Encodable, Sendable {
        /// The column that comes first in the domain.
        public let first: String
        /// The other column.
        public let second: String
        /// What the pair's association will rest on.
        public let basis: PairFit.Basis
        /// Standard deviation of the noise in each count of the pair's table; nil without one.
        public let sigma: Double?
        /// Total variation between simulated and synthetic rows, over the cells that were measured.
        public let error: Double
    }

    /// What one ε buys.
    public struct Rung: Encodable, Sendable {
        /// The task's ε on this rung.
        public let epsilon: Double
        /// In the order of the domain.
        public let columns: [ColumnError]
        /// Worst first.
        public let pairs: [PairError]
        /// The model's maximal cliques, by column names.
        public let cliques: [[String]]
        /// Cells of all cliques together.
        public let cells: Int
        /// How long the fit took here.
        public let fitSeconds: Double

        /// The mean over columns.
        public var meanColumnError: Double { columns.map(\.error).reduce(0, +) / Double(max(columns.count, 1)) }
        /// The mean over all pairs.
        public var meanPairError: Double { pairs.map(\.error).reduce(0, +) / Double(max(pairs.count, 1)) }
        /// Eight bytes a cell.
        public var modelBytes: Int { 8 * cells }
    }

    /// Rows that were simulated.
    public let rows: Int
    /// What the method will spend on what, at the first rung's ε.
    public let plan: MechanismPlan
    /// Cells of the whole domain, as a power of ten.
    public let domainCells: Double
    /// One for each ε of the ladder, in its order.
    public let rungs: [Rung]

    /// - Parameters:
    ///   - synthesizer: as the task names it.
    ///   - epsilons: the ladder.
    ///   - rows: how many joined rows to expect.
    ///   - rowsPerKey: the most rows that a key may have; noise grows with it.
    public init(
        _ domain: TableDomain, synthesizer: any Synthesizer, privacy: PrivacyParameters, epsilons: [Double], rows: Int,
        rowsPerKey: Int = 1,
        progress: (Double) -> Void = { _ in }
    ) throws {
        self.rows = rows
        plan = try synthesizer.plan(domain, privacy, rowsPerKey: rowsPerKey)
        domainCells = domain.sizes.reduce(0.0) { $0 + log10(Double($1)) }
        let simulated = SimulatedRows(domain, count: rows)
        var rungs: [Rung] = []
        for epsilon in epsilons {
            progress(epsilon)
            let privacy = try PrivacyParameters(epsilon: epsilon, delta: privacy.delta)
            let table = try PrivateTable(
                public: try simulated.table(domain), domain: domain, rowsPerKey: rowsPerKey)
            let clock = ContinuousClock()
            let start = clock.now
            let model = try synthesizer.fit(Kernel(table: table), privacy)
            rungs.append(
                try Rung(epsilon: epsilon, model, simulated: simulated, seconds: (clock.now - start) / .seconds(1)))
        }
        self.rungs = rungs
    }
}

extension ErrorForecast.Rung {
    fileprivate init(
        epsilon: Double, _ model: FittedModel, simulated: SimulatedRows, seconds: Double
    ) throws {
        let evaluation = try ModelEvaluation(model)
        let truth = SyntheticRows(codes: simulated.codes, rowCount: simulated.count, sizes: model.domain.sizes)
        let total = max(evaluation.total, 1)
        func distance(_ shares: [Double], _ counts: [Double]) -> Double {
            zip(shares, counts).reduce(0) { $0 + abs($1.0 - $1.1 / total) } / 2
        }
        self.epsilon = epsilon
        columns = evaluation.columns.map {
            ErrorForecast.ColumnError(
                name: $0.name, sigma: $0.measurement?.deviations.first,
                error: distance(truth.shares(of: $0.column), $0.synthetic))
        }
        pairs = evaluation.pairs.filter { $0.basis != .derived }.map {
            ErrorForecast.PairError(
                first: evaluation.columns[$0.first].name, second: evaluation.columns[$0.second].name, basis: $0.basis,
                sigma: $0.deviation,
                error: distance(truth.shares($0.first, $0.firstGroups, $0.second, $0.secondGroups), $0.synthetic))
        }.sorted { $0.error > $1.error }
        cliques = model.cliqueColumns.map { $0.map { model.domain.columns[$0].name } }
        cells = model.cliqueCells
        fitSeconds = seconds
    }
}

/// Rows made up from a declared domain.
struct SimulatedRows {
    let count: Int
    /// One array a column.
    let codes: [[UInt32]]

    init(_ domain: TableDomain, count: Int, seed: UInt64 = 1) {
        var generator = SplitMix64(state: seed)
        var codes = [[UInt32]](repeating: [], count: domain.columns.count)
        let hidden = (0..<count).map { _ in Double.random(in: 0..<1, using: &generator) }
        for (index, column) in domain.columns.enumerated() {
            let size = Double(column.size)
            codes[index] = hidden.map { hidden in
                let own = Double.random(in: 0..<1, using: &generator)
                let leaned = Double.random(in: 0..<1, using: &generator) < 0.6 ? 0.85 * hidden + 0.15 * own : own
                // Text leans on its first values, numbers on the middle of their range.
                let place = column.isOrdered ? 0.25 + 0.5 * leaned : leaned * leaned
                return UInt32(min(size - 1, place * size))
            }
        }
        for derivation in domain.derivations { codes[derivation.column] = [] }
        // As many rounds as columns settle every chain of derivations.
        for _ in domain.derivations {
            for derivation in domain.derivations where codes[derivation.column].isEmpty {
                let parent = codes[derivation.parent]
                if !parent.isEmpty { codes[derivation.column] = parent.map { derivation.map[Int($0)] } }
            }
        }
        self.count = count
        self.codes = Self.obeying(codes, domain, count: count, seed: seed)
    }

    /// Made-up rows obey the rules as real ones are expected to.
    private static func obeying(_ codes: [[UInt32]], _ domain: TableDomain, count: Int, seed: UInt64) -> [[UInt32]] {
        guard !domain.rules.isEmpty, let rules = try? RowRules(domain) else { return codes }
        var generator = SplitMix64(state: ~seed)
        let engine = RuleEngine(rules)
        var block = SampleBlock(
            rowCount: count, codes: codes,
            fractions: domain.columns.map { column in
                column.isBinned ? (0..<count).map { _ in Float(generator.unit()) } : []
            })
        engine.obey(
            &block, words: (0..<count).map { _ in generator.next() }, wanted: [:],
            pool: engine.example().map { [$0] } ?? [], isPoolOnly: false)
        return block.codes
    }

    func table(_ domain: TableDomain) throws -> CodedTable {
        try CodedTable(
            columns: zip(codes, domain.sizes).map { try CodedColumn(.words($0), domainSize: $1) })
    }
}
