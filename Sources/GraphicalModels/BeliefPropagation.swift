internal import VectorMath

/// Clique beliefs and separator beliefs of one tree, and the two sweeps that make them agree (Hugin; Koller and
/// Friedman 2009, §10.3).
struct TreeBeliefs: Sendable {
    /// One arena over all cliques; after calibration each clique sums to 1.
    var cliques: [Double]
    /// One arena over all separators; after calibration the marginals of their cliques.
    var separators: [Double]
    private var ratio: [Double]
    /// By how much each node's message was scaled on its way up.
    private var scales: [Double]

    init(_ layout: TreeLayout) {
        cliques = [Double](repeating: 0, count: layout.cellCount)
        separators = [Double](repeating: 0, count: layout.separatorCellCount)
        ratio = [Double](repeating: 0, count: layout.edges.reduce(0) { max($0, $1?.range.count ?? 0) })
        scales = [Double](repeating: 1, count: layout.edges.count)
    }

    /// Turns log-potentials into calibrated marginals.
    ///
    /// The fast path exponentiates once, with the maximum of each clique subtracted, and then only adds and multiplies;
    /// each message is scaled by its maximum. Mass is lost to underflow only where a cell falls below e⁻⁷⁰⁸ of those
    /// maxima, so the total lost is below `e⁻⁷⁰⁸ · |domain| / Z`; if the scaled `Z` is so small that this could matter,
    /// the log-space path answers instead.
    ///
    /// - Parameter potentials: logarithms, laid out as the clique arena; −∞ is impossible.
    /// - Returns: the log-partition function, or nil if no combination is possible.
    mutating func calibrate(_ potentials: [Double], _ layout: TreeLayout) -> Double? {
        var shift = 0.0
        for range in layout.ranges {
            let largest = maximum(potentials, in: range)
            guard largest > -.infinity else { return nil }
            shift += largest
            exponentials(potentials, in: range, minus: largest, into: &cliques)
        }
        if let logScale = propagate(layout), logScale > layout.logDomainSize - Self.underflowMargin {
            return shift + logScale
        }
        return calibrateInLogSpace(potentials, layout)
    }

    /// 708 less 48: what is lost stays below e⁻⁴⁸ of the whole.
    private static let underflowMargin = 660.0

    /// Both sweeps over beliefs that hold unnormalised clique potentials in linear space.
    ///
    /// - Returns: the logarithm of the partition function, or nil if it underflowed or is zero.
    mutating func propagate(_ layout: TreeLayout) -> Double? {
        guard let logScale = collect(layout) else { return nil }
        distribute(layout)
        return logScale
    }

    private mutating func collect(_ layout: TreeLayout) -> Double? {
        var logScale = 0.0
        for node in layout.edges.indices.reversed() {
            let range = layout.ranges[node]
            if let edge = layout.edges[node] {
                edge.fromNode.sum(cliques, from: range.lowerBound, into: &separators, at: edge.range.lowerBound)
                let largest = maximum(separators, in: edge.range)
                guard largest > 0, largest.isFinite else { return nil }
                let scale = 1 / largest
                guard scale.isFinite else { return nil }
                for i in edge.range { separators[i] *= scale }
                scales[node] = scale
                logScale += naturalLogarithm(largest)
                edge.fromParent.multiply(
                    &cliques, from: layout.ranges[edge.parent].lowerBound, by: separators, at: edge.range.lowerBound)
            } else {
                let sum = total(of: cliques, in: range)
                guard sum > 0, sum.isFinite, (1 / sum).isFinite else { return nil }
                let scale = 1 / sum
                for i in range { cliques[i] *= scale }
                logScale += naturalLogarithm(sum)
            }
        }
        return logScale
    }

    private mutating func distribute(_ layout: TreeLayout) {
        for node in layout.edges.indices {
            guard let edge = layout.edges[node] else { continue }
            let from = edge.range.lowerBound
            edge.fromParent.sum(cliques, from: layout.ranges[edge.parent].lowerBound, into: &ratio)
            for i in 0..<edge.range.count {
                let old = separators[from + i]
                let new = ratio[i]
                separators[from + i] = new
                ratio[i] = old > 0 ? scales[node] * (new / old) : 0
            }
            edge.fromNode.multiply(&cliques, from: layout.ranges[node].lowerBound, by: ratio)
        }
    }
}

/// The oracle: the same two sweeps with log-sum-exp, where −∞ − −∞ counts as −∞.
extension TreeBeliefs {
    /// As `calibrate`, in log space throughout: slower, and exact for potentials of any range.
    mutating func calibrateInLogSpace(_ potentials: [Double], _ layout: TreeLayout) -> Double? {
        var logs = potentials
        var logSeparators = [Double](repeating: -.infinity, count: layout.separatorCellCount)
        var logPartition = 0.0
        for node in layout.edges.indices.reversed() {
            let range = layout.ranges[node]
            if let edge = layout.edges[node] {
                edge.fromNode.logSumExp(logs, from: range.lowerBound, into: &logSeparators, at: edge.range.lowerBound)
                edge.fromParent.add(
                    1, times: logSeparators, at: edge.range.lowerBound, to: &logs,
                    from: layout.ranges[edge.parent].lowerBound)
            } else {
                let sum = logSumExp(logs, in: range)
                guard sum > -.infinity else { return nil }
                for i in range { logs[i] -= sum }
                logPartition += sum
            }
        }
        var change = [Double](repeating: 0, count: ratio.count)
        for node in layout.edges.indices {
            guard let edge = layout.edges[node] else { continue }
            let from = edge.range.lowerBound
            edge.fromParent.logSumExp(logs, from: layout.ranges[edge.parent].lowerBound, into: &change)
            for i in 0..<edge.range.count {
                let old = logSeparators[from + i]
                logSeparators[from + i] = change[i]
                change[i] = old > -.infinity ? change[i] - old : -.infinity
            }
            edge.fromNode.add(1, times: change, to: &logs, from: layout.ranges[node].lowerBound)
        }
        for i in logs.indices { cliques[i] = 0 }
        exponentials(logs, in: 0..<logs.count, minus: 0, into: &cliques)
        exponentials(logSeparators, in: 0..<logSeparators.count, minus: 0, into: &separators)
        return logPartition
    }
}
