internal import VectorMath

/// The parts of a table that its marginals do not already say: one for each subset of its attributes.
///
/// The residual of subset s is the marginal on s with the mean along every axis taken out. Residuals of different
/// subsets are orthogonal in every table that contains them, so weighted least squares over overlapping noisy marginals
/// splits into one weighted mean for each residual (ResidualPlanner, Xiao et al. 2023, arXiv 2305.08175).
struct ResidualBasis: Sendable {
    /// The residuals of one table: which they are and how to get to them from the table's cells.
    struct Parts: Sendable {
        let cells: Int
        fileprivate let parts: [(residual: Int, projection: CellProjection)]
    }

    /// Weighted sums of residuals, and the weight that each has got.
    struct Sums: Sendable {
        fileprivate var values: [[Double]]
        fileprivate var weights: [Double]
    }

    private let sizes: [Int]
    private var places: [[Int]: Int] = [:]
    /// For each residual, the maps that take out the mean along one axis after the other.
    private var centring: [[CellProjection]] = []
    private var counts: [Int] = []

    init(sizes: [Int]) { self.sizes = sizes }

    /// Registers a table's attributes.
    mutating func parts(of attributes: [Int]) -> Parts {
        let whole = Factor(attributes: attributes, sizes: sizes, repeating: 0)
        var parts: [(residual: Int, projection: CellProjection)] = []
        for mask in 0..<1 << attributes.count {
            let subset = attributes.indices.filter { mask >> $0 & 1 == 1 }.map { attributes[$0] }
            parts.append((place(of: subset), whole.projection(onto: subset)))
        }
        return Parts(cells: whole.values.count, parts: parts)
    }

    /// Sums with nothing in them yet; call it after every table is registered.
    func empty() -> Sums {
        Sums(values: counts.map { [Double](repeating: 0, count: $0) }, weights: counts.map { _ in 0 })
    }

    /// Adds all residuals of a table of the given precision per cell.
    func add(_ table: [Double], _ parts: Parts, precision: Double, to sums: inout Sums) {
        for (residual, projection) in parts.parts {
            var values = [Double](repeating: 0, count: projection.targetCount)
            projection.sum(table, into: &values)
            for axis in centring[residual] {
                var means = [Double](repeating: 0, count: axis.targetCount)
                axis.sum(values, into: &means)
                axis.add(-Double(axis.targetCount) / Double(axis.sourceCount), times: means, to: &values)
            }
            // Each cell of the marginal is a sum over the other attributes' cells, and its variance grows with them.
            let weight = precision * Double(projection.targetCount) / Double(projection.sourceCount)
            sums.weights[residual] += weight
            for i in values.indices { sums.values[residual][i] += weight * values[i] }
        }
    }

    /// Writes the least-squares table with the given total.
    func synthesise(_ sums: Sums, _ parts: Parts, total: Double, into table: inout [Double]) {
        for i in table.indices { table[i] = total / Double(parts.cells) }
        for (residual, projection) in parts.parts where projection.targetCount > 1 && sums.weights[residual] > 0 {
            let share = Double(projection.targetCount) / Double(projection.sourceCount)
            projection.add(share / sums.weights[residual], times: sums.values[residual], to: &table)
        }
    }

    private mutating func place(of subset: [Int]) -> Int {
        if let known = places[subset] { return known }
        let factor = Factor(attributes: subset, sizes: sizes, repeating: 0)
        places[subset] = centring.count
        centring.append(subset.map { attribute in factor.projection(onto: subset.filter { $0 != attribute }) })
        counts.append(factor.values.count)
        return centring.count - 1
    }
}
