import Domains
import GraphicalModels

extension OneWayMarginals {
    /// Takes in what tables of several columns say of each of them.
    ///
    /// A table's sums over its other columns are counts of groups of a column's codes, free of smoothing and independent of
    /// what was measured of the column alone. Groups lie inside those of coarser tables, so the best linear estimate of all of them
    /// takes two passes over the levels: up, where each group is estimated from its own sums and its parts, and down, where
    /// what the whole has too much or too little is shared out (Hay, Rastogi, Miklau and Suciu 2010). Inside the finest groups
    /// shares stay in proportion.
    ///
    /// Differences are left as they are: most of their cells hold no row and were emptied, and noise of tables would fill them again.
    ///
    /// - Parameters:
    ///   - tables: noisy counts.
    ///   - attributes: those that the tables number.
    package mutating func learn(from tables: [MeasuredMarginal], of attributes: [ModelAttribute]) {
        var estimates = [GroupEstimate?](repeating: nil, count: attributes.count)
        for table in tables where table.attributes.count > 1 {
            for axis in table.attributes.indices {
                let place = table.attributes[axis]
                let sums = GroupEstimate(table, axis: axis, sizes: attributes.map(\.size), total: total)
                estimates[place] = estimates[place].map { $0.joined(sums) } ?? sums
            }
        }
        for finest in attributes.finest(columnCount: domain.columns.count) {
            guard let finest, attributes[finest].column < firstDifference else { continue }
            let column = attributes[finest].column
            let levels = attributes.indices.filter { attributes[$0].column == column && estimates[$0] != nil }
                .sorted { attributes[$0].size > attributes[$1].size }
            guard let first = levels.first, attributes[first] == attributes[finest], variance(of: column).isFinite
            else {
                continue
            }
            learn(attributes[finest], levels.compactMap { level in estimates[level].map { (attributes[level], $0) } })
        }
    }

    /// - Parameter levels: fine to coarse; the first is the finest attribute.
    private mutating func learn(
        _ finest: ModelAttribute, _ levels: [(attribute: ModelAttribute, estimate: GroupEstimate)]
    ) {
        let shares = self.shares[finest.column]
        var members = [Double](repeating: 0, count: finest.size)
        for code in shares.indices { members[finest.group(of: code)] += 1 }
        let own = finest.sums(of: shares).map { $0 * total }
        // Up.
        var passed: [(maps: [UInt32], values: [Double], variances: [Double])] = []
        var (values, variances) = (own, members.map { $0 * variance(of: finest.column) })
        var below = finest
        for (attribute, estimate) in levels {
            guard let map = below.map(to: attribute, codes: shares.count) else { continue }
            var (sums, spreads) = (
                [Double](repeating: 0, count: attribute.size), [Double](repeating: 0, count: attribute.size)
            )
            for (part, group) in map.enumerated() {
                sums[Int(group)] += values[part]
                spreads[Int(group)] += variances[part]
            }
            passed.append((map, values, variances))
            values = sums.indices.map { group in
                sums[group] + spreads[group] / (spreads[group] + estimate.variance)
                    * (estimate.values[group] - sums[group])
            }
            variances = spreads.map { $0 * estimate.variance / ($0 + estimate.variance) }
            below = attribute
        }
        // Down, from the whole.
        passed.append(([UInt32](repeating: 0, count: values.count), values, variances))
        var whole = [total]
        for (map, parts, spreads) in passed.reversed() {
            var (sums, all) = ([Double](repeating: 0, count: whole.count), [Double](repeating: 0, count: whole.count))
            for (part, group) in map.enumerated() {
                sums[Int(group)] += parts[part]
                all[Int(group)] += spreads[part]
            }
            whole = parts.indices.map { part in
                let group = Int(map[part])
                return parts[part] + (all[group] > 0 ? spreads[part] / all[group] * (whole[group] - sums[group]) : 0)
            }
        }
        let found = whole.map { max($0, 0) }
        let sum = found.reduce(0, +)
        guard sum > 0 else { return }
        setShares(
            shares.indices.map { code in
                let group = finest.group(of: code)
                let part = own[group] > 0 ? shares[code] * total / own[group] : 1 / members[group]
                return part * found[group] / sum
            }, of: finest.column)
    }
}

/// Noisy counts of the groups of one attribute.
private struct GroupEstimate {
    let values: [Double]
    /// Of the noise in each.
    let variance: Double

    init(values: [Double], variance: Double) {
        self.values = values
        self.variance = variance
    }

    /// A table summed over all members but one. The number of rows is known better than by a table: what the sum lacks is added to
    /// all groups alike.
    init(_ table: MeasuredMarginal, axis: Int, sizes: [Int], total: Double) {
        let size = sizes[table.attributes[axis]]
        let stride = table.attributes[(axis + 1)...].reduce(1) { $0 * sizes[$1] }
        var sums = [Double](repeating: 0, count: size)
        for (cell, count) in table.counts.enumerated() { sums[cell / stride % size] += Double(count) }
        let lack = (total - sums.reduce(0, +)) / Double(size)
        self.init(
            values: sums.map { $0 + lack },
            variance: max(table.variance, leastVariance) * Double(table.counts.count / size))
    }

    /// The mean of both by precision.
    func joined(_ other: GroupEstimate) -> GroupEstimate {
        let part = variance / (variance + other.variance)
        return GroupEstimate(
            values: zip(values, other.values).map { $0 + part * ($1 - $0) },
            variance: variance * other.variance / (variance + other.variance))
    }
}
