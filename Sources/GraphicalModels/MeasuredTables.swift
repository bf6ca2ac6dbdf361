internal import VectorMath

/// The measurements of one estimation, duplicates merged.
struct MeasuredTables: Sendable {
    struct Table: Sendable {
        let attributes: [Int]
        /// Inverse-variance mean of the measured values in storage order; 0 in cells that cannot occur.
        let values: [Double]
        /// Σ weight / variance over the merged measurements.
        let precision: Double
        /// Its place among the forest's tables.
        let place: Int
    }

    let tables: [Table]
    /// How the model's tables are summed, measured and intermediate ones.
    let forest: SummationForest
    /// Expected loss at the truth: Σ over possible cells of precision · variance of the merged value / 2.
    let expectedLoss: Double

    /// - Parameter possible: 1 for each cell of the clique arena that can occur, else 0.
    init(_ measurements: [MarginalMeasurement], layout: TreeLayout, possible: [Double]) {
        let merged = Self.merge(measurements)
        forest = SummationForest(merged.map(\.attributes), tree: layout.tree)
        var support = forest.zeros()
        forest.fill(&support, from: possible, layout)
        var tables: [Table] = []
        var expected = 0.0
        for (place, table) in forest.tables.enumerated() {
            guard let index = table.wanted else { continue }
            let one = merged[index]
            let count = support[place].reduce(0.0) { $0 + ($1 > 0 ? 1 : 0) }
            expected += 0.5 * count * one.precision * one.variance
            tables.append(
                Table(
                    attributes: one.attributes,
                    values: zip(layout.tree.stored(one.values, over: one.attributes), support[place]).map {
                        $1 > 0 ? $0 : 0
                    },
                    precision: one.precision, place: place))
        }
        self.tables = tables
        expectedLoss = expected
    }

    /// Σ precision · ‖total · marginal − values‖² / 2.
    ///
    /// - Parameter marginals: the forest's tables, each summing to 1.
    func loss(_ marginals: [[Double]], total: Double) -> Double {
        tables.reduce(0) { sum, table in
            sum + 0.5 * table.precision * scaledSquaredDistance(marginals[table.place], scale: total, table.values)
        }
    }

    /// Σ precision · ‖total · (a − b)‖² / 2.
    func squaredDistance(_ a: [[Double]], _ b: [[Double]], total: Double) -> Double {
        tables.reduce(0) { sum, table in
            sum + 0.5 * table.precision * total * total * VectorMath.squaredDistance(a[table.place], b[table.place])
        }
    }

    /// The share of the expected loss at which to stop, from the noise itself.
    ///
    /// A noisy table cannot be fitted exactly by counts that are not negative: the share r of the expected loss that is
    /// left goes from about 0.4 where cells are large against the noise to 1 where the noise drowns them. The best place
    /// to stop lies between r and 1. The parabola was fitted to the best
    /// ratios for unmeasured pairs of Adult and ma2019 at seven noise levels each (σ from 1 to 344).
    func adaptiveStopRatio(total: Double) -> Double {
        let r = unexplainedShare(total: total)
        return min(0.327 + r * (1.022 - 0.342 * r), 0.99)
    }

    /// The loss that no tables of non-negative counts can avoid, even without having to agree, as a share of the
    /// expected loss; at most 1.
    func unexplainedShare(total: Double) -> Double {
        guard expectedLoss > 0 else { return 1 }
        let loss = tables.reduce(0) { sum, table in
            sum + 0.5 * table.precision * Self.squaredDistanceToSimplex(table.values, total: total)
        }
        return min(loss / expectedLoss, 1)
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
