import VectorMath

/// The ends of an ordered scale, where noise is larger than counts.
///
/// Noise would put rows far from all others, and a few of them move a mean by much. From the mode outwards cells are taken as
/// counted while noise does not explain them. Beyond, each cell is expected to hold a part of the one before: the part by which
/// the last cells fall, and by which that part falls itself (a Pareto law falls by the same part from one logarithmic cell to
/// the next, a normal one ever faster). What was counted there corrects the expectation as far as its noise lets it.
///
/// - Parameters:
///   - values: as they were smoothed.
///   - counts: as they were measured.
///   - isWide: whether a cell is wider than the one before by a good part; then cells are taken one by one, and tails end sooner.
///   - draw: for one of the laws that the counts may have come from, in place of the likeliest.
func withTailLaws(
    _ values: [Double], counts: [Double], deviation: Double, isWide: Bool, draw: TailDraw? = nil
) -> TailedCounts {
    var tailed = TailedCounts(values: values, weights: values.map { _ in 1 }, counted: nil)
    guard deviation > 0, !counts.isEmpty else { return tailed }
    // A draw begins where counts began that had no further noise: what this makes of cells is chance, and twice as much of it.
    var counted = draw?.counted
    if counted == nil, let mode = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[mode] > 0 {
        func last(_ order: [Int]) -> Int? {
            order.firstIndex(of: mode).map { place in
                order[
                    TailLaw.last(
                        order.map { counts[$0] }, from: place, deviation: deviation, isWide: isWide)]
            }
        }
        let (lower, upper) = (last(counts.indices.reversed()), last(Array(counts.indices)))
        if let lower, let upper { counted = lower...upper }
    }
    guard let counted, counts.indices.contains(counted.lowerBound), counts.indices.contains(counted.upperBound) else {
        return tailed
    }
    tailed.counted = counted
    var chance = draw?.chance
    for (order, end) in [
        (Array(counts.indices), counted.upperBound), (counts.indices.reversed(), counted.lowerBound),
    ] {
        guard let last = order.firstIndex(of: end) else { continue }
        let found = order.map { counts[$0] }
        let law = TailLaw(found, last: last, deviation: deviation, isWide: isWide, chance: &chance)
        var before = max(tailed.values[end], 0)
        var part = law.part
        for cell in order.indices.dropFirst(last + 1) {
            before = law.estimate(found[cell], after: before, part: part, chance: &chance)
            tailed.values[order[cell]] = before
            tailed.weights[order[cell]] = law.weight(ofExpected: before)
            part *= law.decline
        }
    }
    return tailed
}

/// Counts along a scale with laws of tails at both ends.
struct TailedCounts {
    var values: [Double]
    /// How much of what all cells together have too much each one is to give: as the square of what it may be off, beside that of a
    /// counted one. A cell of the tail is known better than noise lets any be, and would be emptied with the share of a counted one.
    var weights: [Double]
    /// The cells that were taken as counted; nil where none was.
    var counted: ClosedRange<Int>?
}

/// What one of the laws that noisy counts of a column may have come from is drawn with.
struct TailDraw {
    /// The cells that were taken as counted before noise was drawn once more.
    let counted: ClosedRange<Int>
    let chance: NormalNumbers
}

private struct TailLaw {
    /// What the next cell holds of it.
    private(set) var part: Double
    /// What that part becomes from one cell to the next.
    private(set) var decline = 1.0
    private let deviation: Double

    /// Deviations of noise that a cell next to one that is taken has to reach, and one far from all others.
    private static let (near, far) = (3.0, 5.0)
    /// So many cells show how the tail falls.
    private static let window = 5
    private static let leastPart = 0.02
    private let mostPart: Double
    /// The deviation of a cell from what is expected, as a part of it; and that of its logarithm from the law.
    private static let (spread, roughness) = (0.5, 0.15)
    /// Of the logarithms' curvature, which is expected to be near zero.
    private static let curvaturePrecision = 200.0
    /// Of the logarithm of a drawn cell, before its count is known.
    private static let drawnSpread = 0.35

    /// - Parameters:
    ///   - last: the last cell that noise does not explain.
    ///   - chance: where it is given, the law is drawn among likely ones.
    init(_ counts: [Double], last: Int, deviation: Double, isWide: Bool, chance: inout NormalNumbers?) {
        self.deviation = deviation
        mostPart = isWide ? 0.5 : 0.95
        part = isWide ? 0.25 : 0.8
        fit(counts, last: last, chance: &chance)
    }

    /// The last cell that noise does not explain.
    static func last(_ counts: [Double], from mode: Int, deviation: Double, isWide: Bool) -> Int {
        var last = mode
        // The next cells together, or one after a gap.
        let widths = isWide ? [1] : [1, 2, 3, 5, 8, 13]
        func stands(_ cell: Int) -> Bool {
            widths.contains { width in
                cell + width <= counts.count
                    && counts[cell..<cell + width].reduce(0, +) >= near * deviation * Double(width).squareRoot()
            }
        }
        while stands(last + 1) || stands(last + 2) { last += 1 }
        return counts.indices.last { $0 > last && counts[$0] >= far * deviation } ?? last
    }

    /// Weighted least squares of the last cells' logarithms: a parabola that is not open above.
    ///
    /// With chance the curvature that is expected is drawn (the counts have been already), which is a draw of the parabola from all
    /// that are likely; one that is open above goes on as it leaves the last cell.
    private mutating func fit(_ counts: [Double], last: Int, chance: inout NormalNumbers?) {
        let cells = (max(last - Self.window + 1, 0)...last).filter { counts[$0] >= 2 * deviation }
        guard cells.count > 1 else { return }
        var moments = [Double](repeating: 0, count: 5)
        var sums = [Double](repeating: 0, count: 3)
        for cell in cells {
            let noise = deviation / counts[cell]
            let weight = 1 / (noise * noise + Self.roughness * Self.roughness)
            let (place, height) = (Double(cell - last), naturalLogarithm(counts[cell]))
            var power = 1.0
            for degree in 0..<5 {
                moments[degree] += weight * power
                if degree < 3 { sums[degree] += weight * power * height }
                power *= place
            }
        }
        let isDrawn = chance != nil
        if let number = chance?.normal() { sums[2] += Self.curvaturePrecision.squareRoot() * number }
        let (m0, m1, m2, m3, m4) = (
            moments[0], moments[1], moments[2], moments[3], moments[4] + Self.curvaturePrecision
        )
        let whole = m0 * (m2 * m4 - m3 * m3) - m1 * (m1 * m4 - m2 * m3) + m2 * (m1 * m3 - m2 * m2)
        var (slope, curvature) = (0.0, 0.0)
        if whole > 0 {
            slope =
                (m0 * (sums[1] * m4 - m3 * sums[2]) - sums[0] * (m1 * m4 - m3 * m2)
                    + m2 * (m1 * sums[2] - sums[1] * m2)) / whole
            curvature =
                (m0 * (m2 * sums[2] - sums[1] * m3) - m1 * (m1 * sums[2] - sums[1] * m2)
                    + sums[0] * (m1 * m3 - m2 * m2)) / whole
        }
        if whole <= 0 || (curvature >= 0 && !isDrawn) {
            curvature = 0
            let line = m0 * m2 - m1 * m1
            guard line > 0 else { return }
            slope = (m0 * sums[1] - m1 * sums[0]) / line
        }
        part = exponential(min(max(slope + curvature, -40), 0))
        decline = exponential(min(max(2 * curvature, -40), 0))
    }

    /// What a cell is likely to hold, or with chance may hold.
    func estimate(
        _ count: Double, after before: Double, part: Double, chance: inout NormalNumbers?
    ) -> Double {
        let expected = before * min(max(part, Self.leastPart), mostPart)
        guard expected > 1e-9 else { return 0 }
        let (noise, prior) = (1 / (deviation * deviation), 1 / (Self.spread * Self.spread * expected * expected))
        let wanted = (chance?.normal()).map { expected * exponential(Self.drawnSpread * $0) } ?? expected
        let found = (count * noise + wanted * prior) / (noise + prior)
        return min(max(found, expected < 2 * deviation ? 0.2 * expected : 0), 2.5 * expected)
    }

    /// What a cell may be off, squared, beside a counted one.
    func weight(ofExpected expected: Double) -> Double {
        let square = Self.spread * Self.spread * expected * expected
        return square / (square + deviation * deviation)
    }
}
