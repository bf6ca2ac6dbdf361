package import Domains
import Tables

/// A column at several levels of detail, coarse to fine: public groups of codes, made from its estimated distribution.
///
/// Each level refines the one before it. Noise that would drown a fine table leaves a coarse one legible.
package struct CodeLevels {
    /// Coarse to fine; none where the column has nothing to tell apart.
    package let levels: [ModelAttribute]

    /// - Parameters:
    ///   - shares: the estimated distribution of the column's codes.
    ///   - sizes: wanted numbers of groups; a group of the level for L has a mass of about 1/L at least.
    package init(_ column: Int, domain: ColumnDomain, shares: [Double], sizes: [Int]) {
        var groups = (0..<shares.count).map { UInt32($0) }
        var masses = shares
        var ordered = domain.isOrdered ? domain.valueCount : 0
        var found: [ModelAttribute] = []
        for size in sizes.sorted(by: >) {
            let merged = Self.grouped(masses, orderedCount: ordered, least: 1 / Double(size))
            groups = groups.map { merged.groups[Int($0)] }
            var next = [Double](repeating: 0, count: merged.count)
            for (place, mass) in masses.enumerated() { next[Int(merged.groups[place])] += mass }
            masses = next
            ordered = merged.orderedCount
            found.append(ModelAttribute(column: column, groups: groups, size: merged.count))
        }
        var kept: [ModelAttribute] = []
        for level in found.reversed() where level.size > (kept.last?.size ?? 1) { kept.append(level) }
        levels = kept
    }

    /// Levels none of which joins codes of different kinds: what has a number stays apart from what has none.
    ///
    /// - Parameters:
    ///   - kinds: runs of codes that together are all; each that is ordered has its codes joined with their neighbours.
    ///   - sizes: wanted numbers of groups in a kind of the whole mass. The coarsest level is the kinds themselves.
    package init(
        _ column: Int, shares: [Double], kinds: [(codes: Range<Int>, isOrdered: Bool)], sizes: [Int]
    ) {
        let kinds = kinds.filter { !$0.codes.isEmpty }
        struct Part {
            var groups: [UInt32]
            var masses: [Double]
            var ordered: Int
        }
        var parts = kinds.map { kind in
            Part(
                groups: (0..<kind.codes.count).map { UInt32($0) }, masses: Array(shares[kind.codes]),
                ordered: kind.isOrdered ? kind.codes.count : 0)
        }
        var found: [ModelAttribute] = []
        for size in sizes.sorted(by: >) + [1] {
            var groups: [UInt32] = []
            var count = 0
            for place in parts.indices {
                var part = parts[place]
                let merged =
                    size == 1
                    ? Grouping(
                        groups: part.masses.map { _ in 0 }, count: 1, orderedCount: part.ordered > 0 ? 1 : 0)
                    : Self.grouped(part.masses, orderedCount: part.ordered, least: 1 / Double(size))
                part.groups = part.groups.map { merged.groups[Int($0)] }
                var next = [Double](repeating: 0, count: merged.count)
                for (code, mass) in part.masses.enumerated() { next[Int(merged.groups[code])] += mass }
                part.masses = next
                part.ordered = merged.orderedCount
                groups += part.groups.map { $0 + UInt32(count) }
                count += merged.count
                parts[place] = part
            }
            found.append(ModelAttribute(column: column, groups: groups, size: count))
        }
        var kept: [ModelAttribute] = []
        for level in found.reversed() where level.size > (kept.last?.size ?? 1) { kept.append(level) }
        levels = kept
    }

    private struct Grouping {
        var groups: [UInt32]
        var count: Int
        /// How many groups at the front are runs of an ordered scale.
        var orderedCount: Int
    }

    /// Cells of at least the least mass stay alone; others are joined with their neighbours, or pooled where there is no
    /// order.
    private static func grouped(_ masses: [Double], orderedCount: Int, least: Double) -> Grouping {
        var runs = orderedRuns(Array(masses.prefix(orderedCount)), least: least)
        let rest = Array(masses.indices.dropFirst(orderedCount))
        var groups = [UInt32](repeating: 0, count: masses.count)
        let kept = rest.filter { masses[$0] >= least }
        var pooled = rest.filter { masses[$0] < least }
        var count = runs.count
        var sets = kept.map { [$0] }
        if pooled.count == 1 && orderedCount == 0 {
            sets.append(pooled)
        } else if !pooled.isEmpty {
            let mass = pooled.reduce(0) { $0 + masses[$1] }
            if mass >= least / 2 || (sets.isEmpty && runs.isEmpty) {
                sets.append(pooled)
            } else if sets.isEmpty {
                // Too light for its own group: it joins the lightest run.
                let lightest = runs.indices.min { sum(runs[$0], masses) < sum(runs[$1], masses) } ?? 0
                runs[lightest].append(contentsOf: pooled)
                pooled = []
            } else {
                let lightest = sets.indices.min { sum(sets[$0], masses) < sum(sets[$1], masses) } ?? 0
                sets[lightest] += pooled
            }
        }
        for (index, run) in runs.enumerated() { for place in run { groups[place] = UInt32(index) } }
        for set in sets {
            for place in set { groups[place] = UInt32(count) }
            count += 1
        }
        return Grouping(groups: groups, count: count, orderedCount: runs.count)
    }

    private static func sum(_ places: [Int], _ masses: [Double]) -> Double { places.reduce(0) { $0 + masses[$1] } }

    /// A run that lacks no more than this of its mass is full. Noise leaves runs of codes that hold 1/L in truth a little short,
    /// and one more code in each would end in fewer runs, whose ends lie elsewhere.
    private static let nearness = 0.15

    private static func orderedRuns(_ masses: [Double], least: Double) -> [[Int]] {
        let almost = least * (1 - nearness)
        var runs: [[Int]] = []
        var heights: [Double] = []
        var isOpen = false
        for (place, mass) in masses.enumerated() {
            if mass >= least {
                runs.append([place])
                heights.append(mass)
                isOpen = false
            } else if isOpen {
                runs[runs.count - 1].append(place)
                heights[runs.count - 1] += mass
                isOpen = heights[runs.count - 1] < almost
            } else {
                runs.append([place])
                heights.append(mass)
                isOpen = mass < almost
            }
        }
        while runs.count > 1, let light = heights.indices.min(by: { heights[$0] < heights[$1] }),
            heights[light] < least / 2
        {
            let neighbours = [light - 1, light + 1].filter { heights.indices.contains($0) }
            let other = neighbours.min { heights[$0] < heights[$1] } ?? 0
            let (first, second) = (min(light, other), max(light, other))
            runs[first] += runs[second]
            heights[first] += heights[second]
            runs.remove(at: second)
            heights.remove(at: second)
        }
        return runs
    }
}
