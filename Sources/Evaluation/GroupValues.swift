import Domains
import Tables

/// What the groups of a column of numbers stand for in a table of two columns, and what they hide.
struct GroupValues {
    /// The mean value of each group; nil for groups of what is no value.
    let means: [Double?]
    /// The least and the largest value of each group.
    let ends: [(lower: Double, upper: Double)]
    /// The standard deviation between groups, and the one that they hide, as parts of the whole one. Inside a bin the values
    /// are taken to stand as far apart as they can.
    let kept: Double
    let lost: Double

    init(_ groups: CodeGroups, _ summary: ColumnSummary) {
        let shares = summary.counts
        var sums = [Double](repeating: 0, count: groups.count)
        var weights = sums
        var plain = sums
        var members = [Int](repeating: 0, count: groups.count)
        var strangers = Set<Int>()
        var ends = [(lower: Double, upper: Double)](repeating: (.infinity, -.infinity), count: groups.count)
        for (code, group) in groups.map.enumerated() {
            guard code < summary.values.count else {
                strangers.insert(group)
                continue
            }
            sums[group] += shares[code] * summary.values[code]
            weights[group] += shares[code]
            plain[group] += summary.values[code]
            members[group] += 1
            ends[group] = (
                min(ends[group].lower, summary.edges[code].lower), max(ends[group].upper, summary.edges[code].upper)
            )
        }
        let means = sums.indices.map { group -> Double? in
            guard members[group] > 0, !strangers.contains(group) else { return nil }
            return weights[group] > 0 ? sums[group] / weights[group] : plain[group] / Double(members[group])
        }
        (self.means, self.ends) = (means, ends)
        let all = weights.indices.reduce(0) { $0 + (means[$1] == nil ? 0 : weights[$1]) }
        let middle = weights.indices.reduce(0) { $0 + weights[$1] * (means[$1] ?? 0) } / max(all, .leastNormalMagnitude)
        var (between, within) = (0.0, 0.0)
        for (code, group) in groups.map.enumerated() where code < summary.values.count {
            guard let mean = means[group] else { continue }
            let width = summary.edges[code].upper - summary.edges[code].lower
            between += shares[code] * (mean - middle) * (mean - middle)
            within += shares[code] * ((summary.values[code] - mean) * (summary.values[code] - mean) + width * width / 4)
        }
        let part = between + within > 0 ? between / (between + within) : 0
        (kept, lost) = (part.squareRoot(), (1 - part).squareRoot())
    }
}
