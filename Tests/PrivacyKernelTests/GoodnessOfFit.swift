import Foundation

/// Tests of samples against an exact law. Under the law each is a standard normal figure, so a bound of 5 is passed by
/// all but 6 in 10 million samples.
struct GoodnessOfFit {
    /// Pearson's χ² over cells of at least 20 expected draws, made normal by Wilson and Hilferty's cube root.
    let chiSquare: Double
    /// (sample variance − variance) in standard errors.
    let variance: Double
    /// (sample mean − 0) in standard errors.
    let mean: Double

    var worst: Double { max(chiSquare, abs(variance), abs(mean)) }

    /// - Parameter law: weight of each value of −reach...reach, not normalised, summing up all but a negligible part.
    init(_ draws: [Int64], reach: Int, law: (Double) -> Double) {
        let weights = (-reach...reach).map { law(Double($0)) }
        let total = weights.reduce(0, +)
        let count = Double(draws.count)
        var second = 0.0
        var fourth = 0.0
        for (place, weight) in weights.enumerated() {
            let square = pow(Double(place - reach), 2)
            second += weight / total * square
            fourth += weight / total * square * square
        }
        let squares = draws.reduce(0.0) { $0 + Double($1) * Double($1) }
        variance = (squares / count - second) / ((fourth - second * second) / count).squareRoot()
        mean = draws.reduce(0.0) { $0 + Double($1) } / count / (second / count).squareRoot()

        let expectedPerCell = max(20, count / 400)
        var cellOf = [Int](repeating: 0, count: weights.count)
        var expected = [0.0]
        for (place, weight) in weights.enumerated() {
            cellOf[place] = expected.count - 1
            expected[expected.count - 1] += weight / total * count
            if expected[expected.count - 1] >= expectedPerCell { expected.append(0) }
        }
        if expected.count > 1, expected[expected.count - 1] < expectedPerCell {
            let last = expected.removeLast()
            expected[expected.count - 1] += last
        }
        var observed = [Double](repeating: 0, count: expected.count)
        for draw in draws {
            let place = min(max(Int(draw) + reach, 0), weights.count - 1)
            observed[min(cellOf[place], expected.count - 1)] += 1
        }
        chiSquare = GoodnessOfFit.chiSquare(observed, expected)
    }

    /// Wilson and Hilferty's normal figure of Pearson's statistic.
    static func chiSquare(_ observed: [Double], _ expected: [Double]) -> Double {
        let statistic = zip(observed, expected).reduce(0.0) { $0 + pow($1.0 - $1.1, 2) / $1.1 }
        let degrees = Double(max(1, observed.count - 1))
        return (pow(statistic / degrees, 1.0 / 3) - (1 - 2 / (9 * degrees))) / (2 / (9 * degrees)).squareRoot()
    }

    static func gaussian(_ draws: [Int64], sigmaSquared: Double) -> GoodnessOfFit {
        GoodnessOfFit(draws, reach: Int(12 * sigmaSquared.squareRoot()) + 12) { exp(-$0 * $0 / (2 * sigmaSquared)) }
    }

    static func laplace(_ draws: [Int64], decay: Double) -> GoodnessOfFit {
        GoodnessOfFit(draws, reach: Int(45 / decay) + 45) { exp(-abs($0) * decay) }
    }
}
