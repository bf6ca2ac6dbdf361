public import Domains
public import FittedModels
import GraphicalModels
import PrivacyKernel
import Statistics
import Tables

/// How well a model's rows keep what was measured: a function of the model file only, so it costs no ε.
///
/// Synthetic counts come from rows that are drawn, and so include whatever sampling does. The rows are balanced, which
/// keeps their own chance far below the noise.
public struct ModelEvaluation: Sendable {
    /// The domain of the model's rows.
    public let domain: TableDomain
    /// The estimated number of rows.
    public let total: Double
    /// In the order of the domain.
    public let columns: [ColumnFit]
    /// Every pair of columns, in the order of the domain.
    public let pairs: [PairFit]
    /// How many rows were drawn.
    public let rowCount: Int
    let rows: SyntheticRows
    /// Of the noise in what was measured.
    let law: NoiseLaw
    /// What the page calls the columns.
    let names: ShownNames
    /// Of columns of numbers and dates, by column.
    public private(set) var summaries: [Int: ColumnSummary] = [:]
    /// Of pairs of columns of numbers.
    private(set) var pairSummaries: [RowTrust.PairKey: PairSummary] = [:]
    /// `trust`, once it is made.
    private var known: RowTrust?

    /// Pairs without a measurement are compared over at most so many groups a column.
    static let shownGroups = 16

    /// - Parameters:
    ///   - rowCount: rows to draw; the model's own number within 20,000 and 200,000 where nil.
    ///   - seed: of the rows.
    public init(_ model: FittedModel, rowCount: Int? = nil, seed: UInt64 = 1) throws(SynthesisError) {
        let count = rowCount ?? min(max(model.rowCount, 20_000), 200_000)
        let rows = try SyntheticRows(model, rowCount: count, seed: seed)
        self.init(model, rows: rows)
    }

    init(_ model: FittedModel, rows: SyntheticRows) {
        domain = model.domain
        total = model.model.total
        rowCount = rows.rowCount
        law = model.plan.accounting.law
        names = ShownNames(model.domain)
        self.rows = rows
        let derived = Dictionary(
            model.domain.derivations.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
        let builder = FitBuilder(model, rows: rows, derived: derived)
        let columns = model.domain.columns.indices.map { builder.column($0) }
        self.columns = columns
        pairs = builder.pairs(shares: columns.map { $0.synthetic.map { $0 / max(model.model.total, 1) } })
        for fit in columns where rows.values.indices.contains(fit.column) {
            summaries[fit.column] = ColumnSummary(
                fit, domain.columns[fit.column], values: rows.values[fit.column], cells: MeasuredCells(fit, model))
        }
        for pair in pairs where pair.basis != .derived {
            pairSummaries[RowTrust.PairKey(first: pair.first, second: pair.second)] = PairSummary(
                pair, summaries[pair.first], summaries[pair.second], rows: rows,
                quotients: MeasuredQuotients(pair, model), law: law)
        }
        known = RowTrust(self)
    }

    /// What the figures come to.
    public var trust: RowTrust { known ?? RowTrust(self) }

    /// Measured columns; those that noise explains least come first.
    public var worstColumns: [ColumnFit] {
        columns.filter { $0.measurement != nil }.sorted { ($0.excess, $1.column) > ($1.excess, $0.column) }
    }

    /// Measured pairs; those that noise explains least come first.
    public var worstPairs: [PairFit] {
        pairs.filter { $0.noisy != nil }.sorted { ($0.excess, $1.first, $1.second) > ($1.excess, $0.first, $0.second) }
    }

    /// The edges of the clique graph: pairs that were measured together, the strongest first.
    public var cliqueEdges: [PairFit] {
        pairs.filter { $0.basis == .measured || $0.basis == .correlation }.sorted {
            ($0.strength, $1.first, $1.second) > ($1.strength, $0.first, $0.second)
        }
    }

    /// The pair of two columns.
    public func pair(_ one: Int, _ other: Int) -> PairFit? {
        let wanted = ColumnPair(one, other)
        return pairs.first { $0.first == wanted.first && $0.second == wanted.second }
    }
}

/// Makes the figures of columns and pairs.
private struct FitBuilder {
    let model: FittedModel
    let rows: SyntheticRows
    let derived: [Int: Derivation]
    let total: Double

    init(_ model: FittedModel, rows: SyntheticRows, derived: [Int: Derivation]) {
        self.model = model
        self.rows = rows
        self.derived = derived
        total = model.model.total
    }

    func column(_ column: Int) -> ColumnFit {
        let measurement = measurement(of: column)
        let synthetic = rows.shares(of: column).map { $0 * total }
        let noise = measurement.map { measurement in
            let mean = measurement.deviations.reduce(0, +) / Double(max(measurement.deviations.count, 1))
            return NoiseInterval.totalVariation(
                cells: measurement.counts.count, deviation: mean, total: total, law: model.plan.accounting.law)
        }
        return ColumnFit(
            column: column, name: model.domain.columns[column].name, parent: derived[column]?.parent,
            labels: CodeGroups(whole: model.domain.columns[column]).labels, measurement: measurement,
            synthetic: synthetic, totalVariation: measurement.map { distance($0.counts, synthetic) },
            expectedNoise: noise?.expected, noiseDeviation: noise?.deviation)
    }

    /// Of a derived column the sums of its parent's.
    private func measurement(of column: Int, depth: Int = 0) -> ColumnFit.Measurement? {
        if let own = ColumnFit.Measurement(model, column: column) { return own }
        guard let derivation = derived[column], depth <= derived.count,
            let parent = measurement(of: derivation.parent, depth: depth + 1)
        else { return nil }
        return parent.grouped(
            CodeGroups(
                map: derivation.map.map { Int($0) }, labels: CodeGroups(whole: model.domain.columns[column]).labels))
    }

    func pairs(shares: [[Double]]) -> [PairFit] {
        let measured = model.measuredPairs()
        let correlated = model.correlatedColumns()
        let differences = model.differencePairs()
        let ruled = model.ruledPairs()
        let shown = model.domain.columns.indices.map {
            CodeGroups(model.domain.columns[$0], shares: shares[$0], limit: ModelEvaluation.shownGroups)
        }
        var result: [PairFit] = []
        for first in shown.indices {
            for second in (first + 1)..<max(shown.count, first + 1) {
                let basis: PairFit.Basis
                let known = measured[ColumnPair(first, second)]
                if root(first) == root(second) {
                    basis = .derived
                } else if known != nil || differences.contains(ColumnPair(first, second)) {
                    basis = .measured
                } else if let inherited = inherited(first, second, measured, correlated) {
                    basis = inherited
                } else if ruled.contains(ColumnPair(first, second)) {
                    basis = .rule
                } else {
                    basis = .unmeasured
                }
                result.append(pair(first, second, basis, known, shown))
            }
        }
        return result
    }

    /// A derived column shares what its ancestor was measured with.
    private func inherited(
        _ first: Int, _ second: Int, _ measured: [ColumnPair: MeasuredPair], _ correlated: Set<Int>
    ) -> PairFit.Basis? {
        let roots = ColumnPair(root(first), root(second))
        if measured[roots] != nil { return .measured }
        return correlated.contains(roots.first) && correlated.contains(roots.second) ? .correlation : nil
    }

    /// The column that a derived one follows from in the end.
    private func root(_ column: Int) -> Int {
        var at = column
        for _ in model.domain.columns {
            guard let derivation = derived[at] else { break }
            at = derivation.parent
        }
        return at
    }

    /// Whether a column is a function of another.
    private func follows(_ column: Int, _ ancestor: Int) -> Bool {
        var at = column
        for _ in model.domain.columns {
            guard let derivation = derived[at] else { return false }
            if derivation.parent == ancestor { return true }
            at = derivation.parent
        }
        return false
    }

    private func pair(
        _ first: Int, _ second: Int, _ basis: PairFit.Basis, _ known: MeasuredPair?, _ shown: [CodeGroups]
    ) -> PairFit {
        let groups: (CodeGroups, CodeGroups) =
            known.map { (self.groups($0.first), self.groups($0.second)) } ?? (shown[first], shown[second])
        let synthetic = rows.shares(first, groups.0, second, groups.1).map { $0 * total }
        let noise = known.map {
            NoiseInterval.totalVariation(
                cells: $0.counts.count, deviation: $0.variance.squareRoot(), total: total,
                law: model.plan.accounting.law)
        }
        return PairFit(
            first: first, second: second, basis: basis, firstGroups: groups.0, secondGroups: groups.1,
            noisy: known?.counts, deviation: known?.variance.squareRoot(), synthetic: synthetic,
            totalVariation: known.map { distance($0.counts, synthetic) }, expectedNoise: noise?.expected,
            noiseDeviation: noise?.deviation,
            // One that follows from the other is tied as strongly as can be, however coarse the groups are.
            strength: follows(first, second) || follows(second, first)
                ? 1 : Association.cramersV(synthetic, rows: groups.0.count, columns: groups.1.count),
            correlation: correlation(first, second, groups, known?.counts, synthetic))
    }

    private func groups(_ attribute: ModelAttribute) -> CodeGroups {
        let column = model.domain.columns[attribute.column]
        return CodeGroups(
            column, map: (0..<column.size).map { attribute.group(of: $0) }, count: attribute.size)
    }

    private func correlation(
        _ first: Int, _ second: Int, _ groups: (CodeGroups, CodeGroups), _ noisy: [Double]?, _ synthetic: [Double]
    ) -> PairFit.Correlation? {
        guard let rows = scores(first, groups.0), let columns = scores(second, groups.1),
            let drawn = Association.correlation(synthetic, rows, columns)
        else { return nil }
        return PairFit.Correlation(
            noisy: noisy.flatMap { Association.correlation($0, rows, columns) }, synthetic: drawn)
    }

    /// The mean code of each group of an ordered column without `other` and missing.
    private func scores(_ column: Int, _ groups: CodeGroups) -> [Double]? {
        let domain = model.domain.columns[column]
        guard domain.isOrdered, domain.valueCount == domain.size else { return nil }
        var sums = [Double](repeating: 0, count: groups.count)
        var members = sums
        for (code, group) in groups.map.enumerated() {
            sums[group] += Double(code)
            members[group] += 1
        }
        return zip(sums, members).map { $0 / max($1, 1) }
    }

    private func distance(_ noisy: [Double], _ synthetic: [Double]) -> Double {
        zip(noisy, synthetic).reduce(0) { $0 + abs($1.0 - $1.1) } / (2 * max(total, 1))
    }
}
