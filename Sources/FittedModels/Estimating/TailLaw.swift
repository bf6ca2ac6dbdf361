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
func withTailLaws(_ values: [Double], counts: [Double], deviation: Double, isWide: Bool) -> [Double] {
    guard deviation > 0, let mode = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[mode] > 0 else {
        return values
    }
    var kept = values
    for order in [Array(counts.indices), counts.indices.reversed()] {
        guard let place = order.firstIndex(of: mode) else { continue }
        let found = order.map { counts[$0] }
        let law = TailLaw(found, from: place, deviation: deviation, isWide: isWide)
        var before = max(kept[order[law.last]], 0)
        var part = law.part
        for cell in order.indices.dropFirst(law.last + 1) {
            before = law.estimate(found[cell], after: before, part: part)
            kept[order[cell]] = before
            part *= law.decline
        }
    }
    return kept
}

private struct TailLaw {
    /// The last cell that noise does not explain.
    private(set) var last: Int
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
    private static let curvaturePrecision = 400.0

    init(_ counts: [Double], from mode: Int, deviation: Double, isWide: Bool) {
        self.deviation = deviation
        mostPart = isWide ? 0.5 : 0.95
        part = isWide ? 0.25 : 0.8
        last = mode
        // The next cells together, or one after a gap.
        let widths = isWide ? [1] : [1, 2, 3, 5, 8, 13]
        func stands(_ cell: Int) -> Bool {
            widths.contains { width in
                cell + width <= counts.count
                    && counts[cell..<cell + width].reduce(0, +) >= Self.near * deviation * Double(width).squareRoot()
            }
        }
        while stands(last + 1) || stands(last + 2) { last += 1 }
        if let island = counts.indices.last(where: { $0 > last && counts[$0] >= Self.far * deviation }) {
            last = island
        }
        fit(counts)
    }

    /// Weighted least squares of the last cells' logarithms: a parabola that is not open above.
    private mutating func fit(_ counts: [Double]) {
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
        if whole <= 0 || curvature >= 0 {
            curvature = 0
            let line = m0 * m2 - m1 * m1
            guard line > 0 else { return }
            slope = (m0 * sums[1] - m1 * sums[0]) / line
        }
        part = exponential(min(max(slope + curvature, -40), 0))
        decline = exponential(max(2 * curvature, -40))
    }

    /// What a cell is likely to hold.
    func estimate(_ count: Double, after before: Double, part: Double) -> Double {
        let expected = before * min(max(part, Self.leastPart), mostPart)
        guard expected > 1e-9 else { return 0 }
        let (noise, prior) = (1 / (deviation * deviation), 1 / (Self.spread * Self.spread * expected * expected))
        let found = (count * noise + expected * prior) / (noise + prior)
        return min(max(found, expected < 2 * deviation ? 0.2 * expected : 0), 2.5 * expected)
    }
}
