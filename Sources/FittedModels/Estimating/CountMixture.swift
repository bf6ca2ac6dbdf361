import VectorMath

/// What noisy counts are likely to have been without their noise: each is a multiple of what a prior expects, and how the multiples
/// are distributed is estimated from all counts together (empirical Bayes; Efron 2014).
///
/// There is a point at zero, which cells that no row can reach share, and normal distributions around multiples.
struct CountMixture {
    /// Multiples of the expected count, and how far cells stray around each, as a part of it; the first is zero.
    private let components: [(multiple: Double, spread: Double)]
    private let deviation: Double

    private static let rounds = 12
    private static let leastWeight = 1e-6
    /// Neighbouring multiples are e^0.4 apart.
    private static let step = 0.4
    private static let usualSteps = 9

    /// - Parameters:
    ///   - deviation: standard deviation of the noise in each count.
    ///   - mostMultiple: of what the prior expects no count is a greater multiple; some 36 at least.
    init(deviation: Double, mostMultiple: Double = 1) {
        self.deviation = deviation
        let steps = max(Int((naturalLogarithm(max(mostMultiple, 1)) / Self.step).rounded(.up)), Self.usualSteps)
        components =
            [(0, 0), (1, 0.02), (1, 0.07)]
            + (-Self.usualSteps...steps).map {
                (exponential(Self.step * Double($0)), 0.22 * exponential(Self.step * Double($0)))
            }
    }

    /// The mean of each count given what was measured; none is negative.
    ///
    /// The weights are those under which the measurements are most likely (expectation maximisation).
    func means(of counts: [Double], around prior: [Double]) -> [Double] {
        let width = components.count
        let noise = deviation * deviation
        var likelihoods = [Double](repeating: 0, count: counts.count * width)
        var means = likelihoods
        for cell in counts.indices {
            var largest = -Double.infinity
            for (place, one) in components.enumerated() {
                let middle = prior[cell] * one.multiple
                let spread = prior[cell] * one.spread * prior[cell] * one.spread
                let variance = spread + noise
                let off = counts[cell] - middle
                let log = -off * off / (2 * variance) - 0.5 * naturalLogarithm(variance)
                likelihoods[cell * width + place] = log
                means[cell * width + place] = (middle * noise + counts[cell] * spread) / variance
                largest = max(largest, log)
            }
            for place in cell * width..<(cell + 1) * width {
                likelihoods[place] = exponential(max(likelihoods[place] - largest, -700))
            }
        }
        var weights = [Double](repeating: 1 / Double(width), count: width)
        var found = counts
        for round in 0...Self.rounds {
            var sums = [Double](repeating: 0, count: width)
            for cell in counts.indices {
                let start = cell * width
                var total = 0.0
                for place in 0..<width { total += likelihoods[start + place] * weights[place] }
                guard total > 0 else { continue }
                if round == Self.rounds {
                    var mean = 0.0
                    for place in 0..<width {
                        mean += likelihoods[start + place] * weights[place] * means[start + place]
                    }
                    found[cell] = mean / total
                } else {
                    for place in 0..<width { sums[place] += likelihoods[start + place] * weights[place] / total }
                }
            }
            guard round < Self.rounds else { break }
            let all = sums.reduce(0, +) + Self.leastWeight * Double(width * counts.count)
            weights = sums.map { ($0 + Self.leastWeight * Double(counts.count)) / all }
        }
        return found.map { max($0, 0) }
    }
}

/// The distribution over codes without an order that noisy counts suggest.
///
/// Where noise drowns single codes, they are drawn towards each other. Otherwise those that noise has raised would be believed and
/// all others emptied: the column would come out wrong, and so would every group of codes that is made from it.
///
/// - Parameter deviation: standard deviation of the noise in each count.
func likelyShares(_ counts: [Double], deviation: Double, total: Double) -> [Double] {
    // Of two codes there is no law to learn.
    guard counts.count > 2, deviation > 0, total > 0 else {
        return projectedOntoSimplex(counts, total: total).map { $0 / total }
    }
    let even = [Double](repeating: total / Double(counts.count), count: counts.count)
    let mixture = CountMixture(deviation: deviation, mostMultiple: Double(counts.count))
    let found = mixture.means(of: counts, around: even)
    let sum = found.reduce(0, +)
    guard sum > 0 else { return projectedOntoSimplex(counts, total: total).map { $0 / total } }
    return found.map { $0 / sum }
}
