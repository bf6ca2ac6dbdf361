import GraphicalModels
import PrivacyKernel
import Statistics
import Tables
import VectorMath

/// What is known of one marginal of the table: the model's counts, and for each cell an interval for the true count.
public struct MarginalEstimate: Sendable, Equatable {
    /// Where the interval of a cell comes from.
    public enum Basis: String, Sendable, Codable {
        /// The kernel measured the cell, or cells that add up to it: the interval is that of the noise.
        case measured
        /// Only cells were measured that hold it with others, or columns of it: the interval is what they leave open.
        case bounded
    }

    /// Ascending.
    public let columns: [Int]
    public let shape: [Int]
    /// The model's counts, row-major: the last column varies fastest.
    public let counts: [Double]
    /// With the level of confidence the table's count lies in here, cell by cell.
    public let intervals: [ClosedRange<Double>]
    public let bases: [Basis]
    /// Where the kernel released how far the pair is from independence: with the level of confidence Σ |table − model|
    /// over the groups that it was asked for is at most this.
    public let distanceBound: Double?
}

/// Intervals for every one- and two-way marginal, from what the kernel released alone; they cost nothing.
///
/// A measured cell has the interval of its noise, all measurements that hold it combined by precision (McKenna et al.
/// 2022, theorem 2). Any other cell has the narrowest bounds that measured sums around it leave, together at the level of
/// confidence. Released errors bound the distance of model and table (their theorem 4 in its Gaussian form).
public struct MarginalUncertainty: Sendable {
    public let confidence: Double
    private let model: FittedModel
    private let evidence: [MeasuredCells]
    /// Rows that stand for the model.
    private let rows: [[UInt32]]
    /// Quantiles of Laplace noise lie beyond the normal ones.
    private let isLaplace: Bool

    public init(_ model: FittedModel, confidence: Double = 0.95) throws(SynthesisError) {
        precondition(confidence > 0 && confidence < 1)
        self.confidence = confidence
        self.model = model
        isLaplace = model.plan.accounting == .pure
        rows = try RowSampler(model, seed: 0).rows(0..<UInt64(model.representatives.count)).codes
        evidence =
            model.wholeColumnMeasurements.map { known in
                MeasuredCells(
                    members: [ModelAttribute(column: known.column, size: known.counts.count)],
                    counts: known.counts.map { Double($0) }, variance: known.variance)
            }
            + model.measurements.filter { $0.attributes.count > 1 }.map { table in
                MeasuredCells(
                    members: table.attributes.map { model.attributes[$0] }, counts: table.counts.map { Double($0) },
                    variance: table.variance)
            }
    }

    /// - Parameter columns: one or two columns of the domain, derived ones too.
    /// - Throws: `SynthesisError.conditionOutsideDomain` for a column that is not there.
    public func marginal(_ columns: [Int]) throws(SynthesisError) -> MarginalEstimate {
        let columns = Set(columns).sorted()
        for column in columns where !model.domain.columns.indices.contains(column) {
            throw .conditionOutsideDomain(column: column, code: 0)
        }
        precondition((1...2).contains(columns.count))
        let views = columns.map { ColumnView($0, of: model.domain) }
        let shape = columns.map { model.domain.columns[$0].size }
        let members = zip(columns, shape).map { ModelAttribute(column: $0, size: $1) }
        let counts = members.parts(of: rows).map { $0 * model.model.total }
        let sums = evidence.compactMap { $0.sums(over: views) }
        var intervals: [ClosedRange<Double>] = []
        var bases: [MarginalEstimate.Basis] = []
        for cell in counts.indices {
            let exact = sums.filter { $0.isExact[cell] }
            if exact.isEmpty {
                intervals.append(bounds(cell, sums))
                bases.append(.bounded)
            } else {
                let precision = exact.reduce(0) { $0 + 1 / $1.upperVariance[cell] }
                let mean = exact.reduce(0) { $0 + $1.upper[cell] / $1.upperVariance[cell] } / precision
                let reach = quantile((1 + confidence) / 2) / precision.squareRoot()
                intervals.append(max(mean - reach, 0)...max(mean + reach, 0))
                bases.append(.measured)
            }
        }
        return MarginalEstimate(
            columns: columns, shape: shape, counts: counts, intervals: intervals, bases: bases,
            distanceBound: try distanceBound(columns))
    }

    /// What sums around a cell leave open, all together at the level of confidence.
    private func bounds(_ cell: Int, _ sums: [CellSums]) -> ClosedRange<Double> {
        let used = Double(sums.reduce(0) { $0 + ($1.lowerVariance[cell] > 0 ? 2 : 1) })
        let reach = quantile(1 - (1 - confidence) / max(used, 1))
        let upper = sums.map { $0.upper[cell] + reach * $0.upperVariance[cell].squareRoot() }.min() ?? .infinity
        let lower = sums.map { $0.lower[cell] - reach * $0.lowerVariance[cell].squareRoot() }.max() ?? 0
        return max(min(lower, upper), 0)...max(upper, 0)
    }

    /// In standard deviations.
    private func quantile(_ probability: Double) -> Double {
        let normal = Normal.quantile(probability)
        return isLaplace ? max(normal, -naturalLogarithm(2 * (1 - probability)) / 2.0.squareRoot()) : normal
    }

    /// From the released distance of the table from independent columns, and the model's own distance from them.
    private func distanceBound(_ columns: [Int]) throws(SynthesisError) -> Double? {
        guard columns.count == 2 else { return nil }
        let found = model.misfits.filter { Set([$0.first.column, $0.second.column]) == Set(columns) }
        guard !found.isEmpty, let independent = model.firstOneWays else { return nil }
        let reach = quantile(1 - (1 - confidence) / Double(found.count))
        let bound = found.map { misfit in
            let members = [misfit.first, misfit.second]
            let modelled = members.parts(of: rows).map { $0 * model.model.total }
            let assumed = members.productOfShares(independent.shares, total: independent.total)
            let own = zip(modelled, assumed).reduce(0) { $0 + abs($1.0 - Double($1.1)) }
            return max(Double(misfit.value) + reach * misfit.variance.squareRoot(), 0) + own
        }.min()
        // Two tables without a common row are that far apart: more says nothing.
        return bound.flatMap { $0 < 2 * model.model.total ? $0 : nil }
    }
}

extension FittedModel {
    /// One-way marginals as they were when distances from independence were asked for.
    fileprivate var firstOneWays: OneWayMarginals? {
        var oneWays = OneWayMarginals(domain)
        // Permitted queries may have been answered before.
        for release in transcript.releases {
            guard case .marginals(let all) = release.answer, all.map(\.attributes) == oneWays.modelled.map({ [$0] })
            else { continue }
            oneWays.add(all)
            return oneWays
        }
        return nil
    }
}

/// A column as a function of the modelled column that determines it.
private struct ColumnView {
    let root: Int
    /// The code of the column for each code of the root.
    let map: [Int]
    let size: Int

    init(_ column: Int, of domain: TableDomain) {
        let derivations = domain.derivationOf
        var map = Array(0..<domain.columns[column].size)
        var at = column
        for _ in domain.columns {
            guard let derivation = derivations[at] else { break }
            let here = map
            map = derivation.map.map { here[Int($0)] }
            at = derivation.parent
        }
        root = at
        self.map = map
        size = domain.columns[column].size
    }
}

/// For each cell of a marginal the measured cells that touch it and those that lie in it, summed.
private struct CellSums {
    var upper: [Double]
    var upperVariance: [Double]
    var lower: [Double]
    var lowerVariance: [Double]
    /// What touches the cell lies in it.
    var isExact: [Bool]
}

/// A measured table of groups of columns.
private struct MeasuredCells: Sendable {
    let members: [ModelAttribute]
    let counts: [Double]
    let variance: Double

    /// nil where no column of the marginal was measured here.
    func sums(over views: [ColumnView]) -> CellSums? {
        let axes = views.map { view in members.firstIndex { $0.column == view.root } }
        let used = Set(axes.compactMap { $0 })
        guard !used.isEmpty else { return nil }
        let kept = members.indices.filter(used.contains)
        let table = summed(onto: kept)
        let merged = Double(members.indices.filter { !used.contains($0) }.reduce(1) { $0 * members[$1].size })
        // For each column and each of its codes the groups that hold some of it, and those that hold nothing else.
        let touching = zip(views, axes).map { view, axis in axis.map { groups(members[$0], of: view).touching } }
        let inside = zip(views, axes).map { view, axis in axis.map { groups(members[$0], of: view).inside } }
        let cells = views.reduce(1) { $0 * $1.size }
        var result = CellSums(
            upper: [Double](repeating: 0, count: cells), upperVariance: [Double](repeating: 0, count: cells),
            lower: [Double](repeating: 0, count: cells), lowerVariance: [Double](repeating: 0, count: cells),
            isExact: [Bool](repeating: false, count: cells))
        let isWhole = axes.allSatisfy { $0 != nil }
        for cell in 0..<cells {
            var codes = [Int](repeating: 0, count: views.count)
            var rest = cell
            for place in views.indices.reversed() {
                (rest, codes[place]) = rest.quotientAndRemainder(dividingBy: views[place].size)
            }
            func choices(_ lists: [[[Int]]?]) -> [[Int]] {
                kept.map { axis in
                    // Two columns that one attribute determines: what both leave.
                    let own = views.indices.filter { axes[$0] == axis }.compactMap { lists[$0]?[codes[$0]] }
                    return own.dropFirst().reduce(own.first ?? []) { known, next in known.filter(next.contains) }
                }
            }
            let above = choices(touching)
            (result.upper[cell], result.upperVariance[cell]) = total(table, kept, above, merged)
            guard isWhole else { continue }
            let below = choices(inside)
            result.isExact[cell] = above == below && result.upperVariance[cell] > 0
            (result.lower[cell], result.lowerVariance[cell]) = total(table, kept, below, merged)
        }
        return result
    }

    private func summed(onto kept: [Int]) -> [Double] {
        if kept.count == members.count { return counts }
        var result = [Double](repeating: 0, count: kept.reduce(1) { $0 * members[$1].size })
        for cell in counts.indices {
            var rest = cell
            var codes = [Int](repeating: 0, count: members.count)
            for axis in members.indices.reversed() {
                (rest, codes[axis]) = rest.quotientAndRemainder(dividingBy: members[axis].size)
            }
            result[kept.reduce(0) { $0 * members[$1].size + codes[$1] }] += counts[cell]
        }
        return result
    }

    private func groups(_ attribute: ModelAttribute, of view: ColumnView) -> (touching: [[Int]], inside: [[Int]]) {
        var codes = [Set<Int>](repeating: [], count: attribute.size)
        for (code, seen) in view.map.enumerated() { codes[attribute.group(of: code)].insert(seen) }
        var touching = [[Int]](repeating: [], count: view.size)
        var inside = touching
        for (group, seen) in codes.enumerated() {
            for code in seen { touching[code].append(group) }
            if seen.count == 1, let only = seen.first { inside[only].append(group) }
        }
        return (touching, inside)
    }

    /// The sum over a product of choices, and its variance.
    private func total(_ table: [Double], _ kept: [Int], _ choices: [[Int]], _ merged: Double) -> (Double, Double) {
        var cells = [0]
        for (axis, choice) in zip(kept, choices) {
            cells = cells.flatMap { cell in choice.map { cell * members[axis].size + $0 } }
        }
        return (cells.reduce(0) { $0 + table[$1] }, Double(cells.count) * merged * variance)
    }
}
