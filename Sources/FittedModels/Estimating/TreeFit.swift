package import GraphicalModels
package import Tables

/// A noisy table of groups of columns, on its way into a model.
package struct MeasuredTable {
    /// Two or more columns' groups, columns ascending.
    package let members: [ModelAttribute]
    /// Row-major: the last member varies fastest.
    package let counts: [Int64]
    package let variance: Double

    package init(members: [ModelAttribute], counts: [Int64], variance: Double) {
        self.members = members
        self.counts = counts
        self.variance = variance
    }

    package var deviation: Double { max(variance, leastVariance).squareRoot() }
}

/// How far a fit may leave a noisy cell, in standard deviations of its noise. Slack that grows with σ and not with σ²
/// makes one constant right for every ε and every number of rows (measured in the study behind `auto`).
package let slackPerDeviation = 1.5

/// Soft targets for every column in use: its smoothed one-way marginal at the finest attribute that a table has.
///
/// - Parameter slackPerDeviation: less than the tables' where they know little of single columns.
package func oneWayTargets(
    _ oneWays: OneWayMarginals, attributes: [ModelAttribute], columnCount: Int,
    slackPerDeviation: Double = slackPerDeviation
) -> [SoftMarginal] {
    let shares = oneWays.shares
    return attributes.finest(columnCount: columnCount).compactMap { index in
        guard let index else { return nil }
        let attribute = attributes[index]
        let deviation = oneWays.variance(of: attribute.column).squareRoot()
        guard deviation.isFinite else { return nil }
        var members = [Double](repeating: 0, count: attribute.size)
        for code in shares[attribute.column].indices { members[attribute.group(of: code)] += 1 }
        return SoftMarginal(
            attributes: [index],
            values: attribute.sums(of: shares[attribute.column]).map { max($0, 1e-9) * oneWays.total },
            slack: members.map { slackPerDeviation * deviation * max($0, 1).squareRoot() })
    }
}

/// Regularised proportional fitting of tables on their junction tree, starting from independent columns.
package func fittedTree(
    _ tables: [MeasuredTable], oneWays: OneWayMarginals, attributes: [ModelAttribute], domain: TableDomain,
    cellLimit: Int, oneWaySlackPerDeviation: Double = slackPerDeviation, sweeps: Int = 10, tolerance: Double = 1e-3
) throws(SynthesisError) -> GraphicalModel {
    let shares = oneWays.shares
    var targets = oneWayTargets(
        oneWays, attributes: attributes, columnCount: domain.columns.count,
        slackPerDeviation: oneWaySlackPerDeviation)
    for table in tables { targets.append(table.target(attributes)) }
    do {
        return try proportionalFit(
            targets, sizes: attributes.map(\.size), total: oneWays.total,
            prior: attributes.map { attribute in
                attribute.sums(of: shares[attribute.column]).map { max($0, 1e-9) }
            },
            dependencies: attributes.dependencies(columnSizes: domain.sizes),
            options: ProportionalFitOptions(sweeps: sweeps, tolerance: tolerance, cellLimit: cellLimit))
    } catch {
        throw .estimation(error)
    }
}

extension MeasuredTable {
    /// The places of the members in a list of attributes, ascending, with the cells in that order.
    private func sorted(_ attributes: [ModelAttribute]) -> (places: [Int], counts: [Int64]) {
        let places = members.map { member in attributes.firstIndex(of: member) ?? 0 }
        if zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }) { return (places, counts) }
        let order = places.indices.sorted { places[$0] < places[$1] }
        var turned = [Int64](repeating: 0, count: counts.count)
        for cell in counts.indices {
            var rest = cell
            var codes = [Int](repeating: 0, count: members.count)
            for member in members.indices.reversed() {
                (rest, codes[member]) = rest.quotientAndRemainder(dividingBy: members[member].size)
            }
            turned[order.reduce(0) { $0 * members[$1].size + codes[$1] }] = counts[cell]
        }
        return (order.map { places[$0] }, turned)
    }

    package func target(_ attributes: [ModelAttribute]) -> SoftMarginal {
        let (places, counts) = sorted(attributes)
        return SoftMarginal(
            attributes: places, values: counts.map { Double($0) },
            slack: [Double](repeating: slackPerDeviation * deviation, count: counts.count))
    }

    package func measurement(_ attributes: [ModelAttribute]) -> MeasuredMarginal {
        let (places, counts) = sorted(attributes)
        return MeasuredMarginal(attributes: places, counts: counts, variance: max(variance, leastVariance))
    }
}
