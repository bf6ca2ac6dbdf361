import GraphicalModels
import VectorMath

/// Weights for rows of a tree model that bring tables across the tree to what was measured.
///
/// The same update as proportional fitting on the tree, on weighted rows in place of cliques: iterative proportional
/// fitting as survey statistics knows it (raking), regularised by the noise of each table.
struct Raking {
    private struct Target {
        let rows: RowCells
        let marginal: MarginalTarget
        /// The potential θ of each cell.
        var potential: [Double]
        /// Log-weight that the rows of each cell have got.
        var moved: [Double]
    }

    private struct Trend {
        let rows: RowCells
        let target: MarginalTrend
        /// Log-weight that the rows of each cell have got.
        var moved: [Double]
    }

    /// For each row its weight; they sum to about the total.
    private(set) var weights: [Double]
    private var targets: [Target] = []
    private var trends: [Trend] = []
    private var sums: [SumsTarget]
    /// What the weights are held at while sums pull on them.
    private let total: Double
    private let sizes: [Int]

    static let sweeps = 10
    private static let sweepsWithSums = 20
    /// At the end rows are weighted to the one-way marginals alone, so often over all columns.
    private static let closingSweeps = 4
    private static let potentialLimit = 30.0

    /// - Parameters:
    ///   - codes: the codes of each attribute in each row, as `RowProgram` draws them.
    ///   - weights: of the rows to begin with.
    ///   - fitted: targets that the weighted rows have been fitted to already.
    ///   - across: further ones.
    ///   - trends: sums over tables that are met without slack.
    ///   - sums: noisy sums besides.
    init(
        _ codes: [[UInt32]], attributes: [ModelAttribute], weights: [Double], fitted: [MarginalTarget],
        across: [MarginalTarget], trends: [MarginalTrend] = [], sums: [SumsTarget] = []
    ) {
        self.weights = weights
        self.sums = sums
        total = weights.reduce(0, +)
        sizes = attributes.map(\.size)
        let used = Set((fitted + across).flatMap(\.attributes) + trends.flatMap(\.attributes))
        let bounded = codes.enumerated().map { index, column in
            used.contains(index) && sizes[index] <= 1 << 16 ? Raking.bounded(column, below: sizes[index]) : nil
        }
        for marginal in fitted + across where marginal.attributes.count <= 2 && Raking.fits(marginal, sizes) {
            guard let first = bounded[marginal.attributes[0]] else { continue }
            targets.append(
                Target(
                    rows: RowCells(first, marginal.attributes.count > 1 ? bounded[marginal.attributes[1]] : nil),
                    marginal: marginal, potential: [Double](repeating: 0, count: marginal.values.count),
                    moved: [Double](repeating: 0, count: marginal.values.count)))
        }
        self.trends = trends.compactMap { trend in
            guard trend.attributes.count == 2, let first = bounded[trend.attributes[0]],
                let second = bounded[trend.attributes[1]]
            else { return nil }
            return Trend(
                rows: RowCells(first, second), target: trend,
                moved: [Double](repeating: 0, count: trend.weights.count))
        }
        for index in targets.indices where index < fitted.count {
            let counts = self.counts(index)
            for cell in counts.indices {
                let target = targets[index].marginal
                let potential = (target.values[cell] - counts[cell]) / target.slack[cell]
                targets[index].potential[cell] = min(max(potential, -Self.potentialLimit), Self.potentialLimit)
            }
        }
    }

    /// 16 bits hold every code.
    private static func fits(_ marginal: MarginalTarget, _ sizes: [Int]) -> Bool {
        marginal.attributes.allSatisfy { sizes[$0] <= 1 << 16 }
    }

    /// Codes of rows that a program drew: they are codes of the attribute.
    private static func bounded(_ codes: [UInt32], below size: Int) -> BoundedCodes<UInt16> {
        guard let bounded = BoundedCodes(codes.map { UInt16(clamping: $0) }, below: size) else {
            preconditionFailure("a row has a code that its attribute has not")
        }
        return bounded
    }

    private func counts(_ index: Int) -> [Double] {
        let target = targets[index]
        var sums = [Double](repeating: 0, count: target.marginal.values.count)
        weightedCounts(target.rows, weights: weights, into: &sums)
        return sums
    }

    mutating func run() {
        for _ in 0..<(sums.isEmpty ? Self.sweeps : Self.sweepsWithSums) {
            for index in targets.indices { update(index) }
            for index in trends.indices { follow(index) }
            for index in sums.indices { sums[index].update(&weights) }
            if !sums.isEmpty { holdTotal() }
        }
        if sums.isEmpty { close() }
    }

    /// Brings one-way marginals to their values without slack: many noisy tables across the tree pull them away together,
    /// and they are known far better than any table.
    private mutating func close() {
        for _ in 0..<Self.closingSweeps {
            for index in targets.indices where targets[index].marginal.attributes.count == 1 {
                var factors = counts(index)
                for cell in factors.indices {
                    let target = targets[index].marginal.values[cell]
                    guard factors[cell] > 0, target > 0 else {
                        factors[cell] = 1
                        continue
                    }
                    let move = min(max(naturalLogarithm(target / factors[cell]), -2), 2)
                    targets[index].moved[cell] += move
                    factors[cell] = exponential(move)
                }
                scaleWeights(targets[index].rows, factors: factors, weights: &weights)
            }
        }
    }

    /// The number of rows is known better than any sum, and a sum could be met by more rows of every kind.
    private mutating func holdTotal() {
        let found = weights.reduce(0, +)
        guard found > 0, total > 0 else { return }
        for row in weights.indices { weights[row] *= total / found }
    }

    private mutating func update(_ index: Int) {
        var factors = counts(index)
        let target = targets[index]
        for cell in factors.indices {
            let move = softStep(
                marginal: max(factors[cell], 1e-30), target: target.marginal.values[cell],
                slack: target.marginal.slack[cell], potential: target.potential[cell])
            guard factors[cell] > 0 else {
                factors[cell] = 1
                continue
            }
            targets[index].potential[cell] += move
            targets[index].moved[cell] += move
            factors[cell] = exponential(move)
        }
        scaleWeights(target.rows, factors: factors, weights: &weights)
    }

    private mutating func follow(_ index: Int) {
        var counts = trends[index].moved.map { _ in 0.0 }
        weightedCounts(trends[index].rows, weights: weights, into: &counts)
        let factors = trends[index].target.factors(counts, of: total)
        for cell in factors.indices { trends[index].moved[cell] += naturalLogarithm(factors[cell]) }
        scaleWeights(trends[index].rows, factors: factors, weights: &weights)
    }

    /// For each noisy sum the log-weights of its cells, for a unit of the value.
    var rates: [[Double]] { sums.flatMap(\.rates).sorted { $0.place < $1.place }.map(\.rates) }

    /// The log-weights as tables over the attributes.
    var corrections: [Factor] {
        targets.map { target in
            Factor(
                attributes: target.marginal.attributes, shape: target.marginal.attributes.map { sizes[$0] },
                values: target.moved)
        }
            + trends.map { trend in
                Factor(
                    attributes: trend.target.attributes, shape: trend.target.attributes.map { sizes[$0] },
                    values: trend.moved)
            }
    }
}
