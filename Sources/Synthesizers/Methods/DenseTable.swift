import Domains
import FittedModels
import GraphicalModels
import Tables
import VectorMath

/// One number for every combination of codes, fitted to noisy marginals by multiplicative updates.
///
/// The update of a marginal multiplies each of its cells by the factor eᵈ with m·eᵈ + slack·(θ + d) = y, m being the
/// table's own marginal: the same block ascent as `proportionalFit`, without a tree. A test holds the two together.
struct DenseTable {
    /// Row-major: the last attribute varies fastest.
    private(set) var table: Factor
    private var targets: [(marginal: MarginalTarget, cells: CellProjection, potential: [Double])] = []

    static let sweeps = 30

    /// The product of the one-way marginals, with these as targets.
    init(_ oneWays: OneWayMarginals, attributes: [ModelAttribute], columnCount: Int) {
        let shares = oneWays.shares
        var cells = [oneWays.total]
        for attribute in attributes {
            let own = shares[attribute.column].map { max($0, 1e-9) }
            cells = cells.flatMap { cell in own.map { cell * $0 } }
        }
        table = Factor(attributes: Array(attributes.indices), shape: attributes.map(\.size), values: cells)
        for target in oneWayTargets(oneWays, attributes: attributes, columnCount: columnCount) { add(target) }
    }

    mutating func add(_ marginal: MarginalTarget) {
        targets.append((marginal, table.projection(onto: marginal.attributes), marginal.values.map { _ in 0 }))
    }

    mutating func fit(sweeps: Int = DenseTable.sweeps) {
        for _ in 0..<sweeps {
            for index in targets.indices { update(index) }
        }
    }

    func marginal(_ attributes: [Int]) -> [Double] {
        let cells = table.projection(onto: attributes)
        var sums = [Double](repeating: 0, count: cells.targetCount)
        cells.sum(table.values, into: &sums)
        return sums
    }

    private mutating func update(_ index: Int) {
        let (marginal, cells, _) = targets[index]
        var factors = [Double](repeating: 0, count: cells.targetCount)
        cells.sum(table.values, into: &factors)
        for cell in factors.indices {
            let move = softStep(
                marginal: max(factors[cell], 1e-30), target: marginal.values[cell], slack: marginal.slack[cell],
                potential: targets[index].potential[cell])
            targets[index].potential[cell] += move
            factors[cell] = exponential(move)
        }
        cells.multiply(&table.values, by: factors)
    }
}
