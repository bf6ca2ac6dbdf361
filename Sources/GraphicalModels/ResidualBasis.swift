internal import VectorMath

/// The parts of a table that its marginals do not already say: one for each subset of its attributes.
///
/// The residual of subset s is the marginal on s with the mean along every axis taken out. Residuals of different
/// subsets are orthogonal in every table that contains them, so weighted least squares over overlapping noisy marginals
/// splits into one weighted mean for each residual (ResidualPlanner, Xiao et al. 2023, arXiv 2305.08175).
struct ResidualBasis: Sendable {
    /// Residuals with the sum of the weights that each has got.
    private(set) var sums: [[Int]: [Double]] = [:]
    private(set) var weights: [[Int]: Double] = [:]
    let sizes: [Int]

    init(sizes: [Int]) { self.sizes = sizes }

    /// Adds all residuals of a table of the given precision per cell.
    mutating func add(_ table: Factor, precision: Double) {
        for subset in Self.subsets(of: table.attributes) {
            let marginal = table.marginal(onto: subset)
            let residual = Self.centred(marginal)
            // Each cell of the marginal is a sum over the other attributes' cells, and its variance grows with them.
            let summed = Double(table.values.count / max(marginal.values.count, 1))
            let weight = precision / summed
            weights[subset, default: 0] += weight
            if sums[subset] == nil { sums[subset] = [Double](repeating: 0, count: residual.values.count) }
            for i in residual.values.indices { sums[subset]?[i] += weight * residual.values[i] }
        }
    }

    /// The least-squares table over some attributes, with the given total.
    func table(over attributes: [Int], total: Double) -> Factor {
        var result = Factor(attributes: attributes, sizes: sizes, repeating: 0)
        for subset in Self.subsets(of: attributes) {
            let projection = result.projection(onto: subset)
            let share = Double(projection.targetCount) / Double(max(result.values.count, 1))
            if subset.isEmpty {
                projection.add(share, times: [total], to: &result.values)
            } else if let sum = sums[subset], let weight = weights[subset], weight > 0 {
                projection.add(share / weight, times: sum, to: &result.values)
            }
        }
        return result
    }

    private static func subsets(of attributes: [Int]) -> [[Int]] {
        (0..<1 << attributes.count).map { mask in
            attributes.indices.filter { mask >> $0 & 1 == 1 }.map { attributes[$0] }
        }
    }

    /// The factor minus its mean along every axis.
    private static func centred(_ factor: Factor) -> Factor {
        var result = factor
        for attribute in factor.attributes {
            let rest = factor.attributes.filter { $0 != attribute }
            let projection = result.projection(onto: rest)
            var sums = [Double](repeating: 0, count: projection.targetCount)
            projection.sum(result.values, into: &sums)
            projection.add(
                -Double(projection.targetCount) / Double(max(result.values.count, 1)), times: sums, to: &result.values)
        }
        return result
    }
}
