internal import VectorMath

/// The measurements of one estimation: duplicates merged, each tied to the smallest table that it can be summed from.
///
/// A one-way that lies inside a measured pair is summed from that pair, not from the clique; its gradient goes the same
/// way back. The order of `tables` is such that a table comes after the one it is summed from.
struct MeasuredTables: Sendable {
    enum Source: Sendable {
        case node(Int)
        case table(Int)
    }

    struct Table: Sendable {
        let attributes: [Int]
        /// Inverse-variance mean of the measured values; 0 in cells that cannot occur.
        let values: [Double]
        /// Σ weight / variance over the merged measurements.
        let precision: Double
        let source: Source
        let projection: CellProjection
    }

    let tables: [Table]
    /// Expected loss at the truth: Σ over possible cells of precision · variance of the merged value / 2.
    let expectedLoss: Double

    init(
        _ measurements: [MarginalMeasurement], layout: TreeLayout, possible: [Double]
    ) {
        let tree = layout.tree
        let merged = Self.merge(measurements)
        let order = merged.indices.sorted {
            let (a, b) = (merged[$0], merged[$1])
            return (b.values.count, b.attributes.count, $0) < (a.values.count, a.attributes.count, $1)
        }
        var tables: [Table] = []
        var reachable: [[Double]] = []
        var expected = 0.0
        for index in order where !tree.nodes.isEmpty {
            let one = merged[index]
            var source = Source.node(0)
            var axes: [Int] = []
            var cells = Int.max
            if let node = tree.smallestNode(containing: one.attributes) {
                source = .node(node)
                axes = tree.nodes[node].axes
                cells = tree.nodes[node].cells
            }
            for (place, table) in tables.enumerated()
            where table.values.count < cells && one.attributes.allSatisfy(table.attributes.contains) {
                source = .table(place)
                axes = table.attributes
                cells = table.values.count
            }
            let projection = tree.projection(from: axes, onto: one.attributes)
            var support = [Double](repeating: 0, count: one.values.count)
            switch source {
            case .node(let node): projection.sum(possible, from: layout.ranges[node].lowerBound, into: &support)
            case .table(let table): projection.sum(reachable[table], into: &support)
            }
            let count = support.reduce(0.0) { $0 + ($1 > 0 ? 1 : 0) }
            expected += 0.5 * count * one.precision * one.variance
            tables.append(
                Table(
                    attributes: one.attributes, values: zip(one.values, support).map { $1 > 0 ? $0 : 0 },
                    precision: one.precision, source: source, projection: projection))
            reachable.append(support)
        }
        self.tables = tables
        expectedLoss = expected
    }

    /// The model's marginals on every measured set, each summing to 1.
    func marginals(of cliques: [Double], _ layout: TreeLayout, into result: inout [[Double]]) {
        for (index, table) in tables.enumerated() {
            switch table.source {
            case .node(let node):
                table.projection.sum(cliques, from: layout.ranges[node].lowerBound, into: &result[index])
            case .table(let source):
                table.projection.sum(result[source], into: &result[index])
            }
        }
    }

    /// Adds `scale` times a function of the measured cells to the potentials of the cliques.
    ///
    /// - Parameter gradient: one table each; a table that others are summed from receives theirs.
    func add(
        _ scale: Double, times gradient: inout [[Double]], to potentials: inout [Double], _ layout: TreeLayout
    ) {
        for (index, table) in tables.enumerated().reversed() {
            switch table.source {
            case .node(let node):
                table.projection.add(
                    scale, times: gradient[index], to: &potentials, from: layout.ranges[node].lowerBound)
            case .table(let source):
                let term = gradient[index]
                table.projection.add(1, times: term, to: &gradient[source])
            }
        }
    }

    /// Σ precision · ‖total · marginal − values‖² / 2.
    func loss(_ marginals: [[Double]], total: Double) -> Double {
        var sum = 0.0
        for (table, marginal) in zip(tables, marginals) {
            sum += 0.5 * table.precision * scaledSquaredDistance(marginal, scale: total, table.values)
        }
        return sum
    }

    /// The share of the expected loss at which to stop, from the noise itself.
    ///
    /// A noisy table cannot be fitted exactly by counts that are not negative: the loss of its projection to the simplex
    /// of the total, as a share r of the expected loss, goes from about 0.4 where cells are large against the noise to 1
    /// where the noise drowns them. The best place to stop lies between r and 1. The parabola was fitted to the best
    /// ratios for unmeasured pairs of Adult and ma2019 at seven noise levels each (σ from 1 to 344).
    func adaptiveStopRatio(total: Double) -> Double {
        guard expectedLoss > 0 else { return 1 }
        var loss = 0.0
        for table in tables {
            loss += 0.5 * table.precision * Self.squaredDistanceToSimplex(table.values, total: total)
        }
        let r = min(loss / expectedLoss, 1)
        return min(0.327 + r * (1.022 - 0.342 * r), 0.99)
    }

    /// ‖y − p‖² for the closest table p of non-negative cells that sum to the total.
    private static func squaredDistanceToSimplex(_ values: [Double], total: Double) -> Double {
        var sum = 0.0
        var threshold = 0.0
        for (index, value) in values.sorted(by: >).enumerated() {
            sum += value
            let next = (sum - total) / Double(index + 1)
            if value <= next { break }
            threshold = next
        }
        return values.reduce(0) { partial, value in
            let difference = max(value - threshold, 0) - value
            return partial + difference * difference
        }
    }

    /// Empty tables in the shape of the measurements.
    func zeros() -> [[Double]] { tables.map { [Double](repeating: 0, count: $0.values.count) } }

    private struct Merged {
        var attributes: [Int]
        var values: [Double]
        var precision: Double
        /// Variance of the merged values.
        var variance: Double
    }

    private static func merge(_ measurements: [MarginalMeasurement]) -> [Merged] {
        var place: [[Int]: Int] = [:]
        var merged: [Merged] = []
        for one in measurements {
            let precision = one.weight / one.variance
            if let index = place[one.attributes] {
                let old = merged[index]
                let sum = old.precision + precision
                let share = precision / sum
                let keep = old.precision / sum
                merged[index].precision = sum
                merged[index].variance = keep * keep * old.variance + share * share * one.variance
                for i in one.values.indices { merged[index].values[i] += share * (one.values[i] - old.values[i]) }
            } else {
                place[one.attributes] = merged.count
                merged.append(
                    Merged(
                        attributes: one.attributes, values: one.values, precision: precision, variance: one.variance))
            }
        }
        return merged
    }
}
