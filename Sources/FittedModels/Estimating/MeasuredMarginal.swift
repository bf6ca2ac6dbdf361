package import GraphicalModels
import VectorMath

/// A noisy marginal of the model's attributes.
public struct MeasuredMarginal: Sendable, Equatable, Codable {
    /// Ascending.
    public let attributes: [Int]
    /// Row-major: the last attribute varies fastest.
    public let counts: [Int64]
    /// Variance of the noise in each cell.
    public let variance: Double

    /// - Parameters:
    ///   - attributes: places in the model's attributes, ascending.
    ///   - counts: row-major, the last attribute varies fastest.
    ///   - variance: of the noise in each count.
    public init(attributes: [Int], counts: [Int64], variance: Double) {
        self.attributes = attributes
        self.counts = counts
        self.variance = variance
    }
}

extension MeasuredMarginal {
    /// Released counts of columns or groups of their codes.
    ///
    /// - Parameters:
    ///   - counts: row-major, the last of `members` varies fastest.
    ///   - members: in the order of the release.
    ///   - attributes: the model's, among them all members.
    package init(_ counts: [Int64], variance: Double, of members: [ModelAttribute], in attributes: [ModelAttribute]) {
        let places = members.map { member in attributes.firstIndex(of: member) ?? 0 }
        let order = places.indices.sorted { places[$0] < places[$1] }
        var turned = counts
        if order != Array(places.indices) {
            let shape = Shape(members.map(\.size))
            let target = Shape(order.map { members[$0].size })
            for (cell, codes) in shape.cells.enumerated() {
                turned[target.cell(of: order.map { codes[$0] })] = counts[cell]
            }
        }
        self.init(attributes: order.map { places[$0] }, counts: turned, variance: max(variance, leastVariance))
    }

    /// What a fit is to make of it.
    package var target: MarginalTarget {
        let slack = slackPerDeviation * max(variance, leastVariance).squareRoot()
        return MarginalTarget(
            attributes: attributes, values: counts.map { Double($0) },
            slack: [Double](repeating: slack, count: counts.count))
    }
}

/// How far a fit may leave a noisy cell, in standard deviations of its noise. Slack that grows with σ and not with σ²
/// makes one constant right for every ε and every number of rows (measured in the study behind `auto`).
package let slackPerDeviation = 1.5
