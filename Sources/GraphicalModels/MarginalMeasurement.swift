/// A noisy marginal: what was released for a set of attributes, and how noisy it is.
public struct MarginalMeasurement: Sendable, Equatable, Codable {
    /// Ascending attribute numbers.
    public let attributes: [Int]
    /// Row-major cells: the last attribute varies fastest.
    public let values: [Double]
    /// The variance of the noise in each cell.
    public let variance: Double
    /// How much this measurement counts in the objective, beside its precision `1 / variance`.
    public let weight: Double

    public init(attributes: [Int], values: [Double], variance: Double, weight: Double = 1) {
        self.attributes = attributes
        self.values = values
        self.variance = variance
        self.weight = weight
    }
}
