package import Domains
package import GraphicalModels

/// Targets for every column in use: its smoothed one-way marginal at the finest attribute that a table has.
///
/// - Parameters:
///   - slackPerDeviation: less than the tables' where they know little of single columns.
///   - smoothed: that of a column whose counts were smoothed over its scale, where it is another.
package func oneWayTargets(
    _ oneWays: OneWayMarginals, attributes: [ModelAttribute], columnCount: Int,
    slackPerDeviation: Double = slackPerDeviation, smoothed: Double? = nil
) -> [MarginalTarget] {
    let shares = oneWays.shares
    return attributes.finest(columnCount: columnCount).compactMap { index in
        guard let index else { return nil }
        let attribute = attributes[index]
        let deviation = oneWays.variance(of: attribute.column).squareRoot()
        guard deviation.isFinite else { return nil }
        var members = [Double](repeating: 0, count: attribute.size)
        for code in shares[attribute.column].indices { members[attribute.group(of: code)] += 1 }
        let isSmoothed = OneWayMarginals.smooths(oneWays.domain.columns[attribute.column])
        let slack = isSmoothed ? smoothed ?? slackPerDeviation : slackPerDeviation
        return MarginalTarget(
            attributes: [index],
            values: attribute.sums(of: shares[attribute.column]).map { max($0, 1e-9) * oneWays.total },
            slack: members.map { slack * deviation * max($0, 1).squareRoot() })
    }
}

/// Regularised proportional fitting of tables on their junction tree, starting from independent columns.
///
/// - Parameters:
///   - targets: what the tables are to become; without them, their denoised counts.
///   - trends: sums over them that are met without slack.
package func fittedTree(
    _ tables: [MeasuredMarginal], targets tableTargets: [MarginalTarget]? = nil, trends: [MarginalTrend] = [],
    oneWays: OneWayMarginals,
    attributes: [ModelAttribute], domain: TableDomain,
    cellLimit: Int, oneWaySlackPerDeviation: Double = slackPerDeviation, smoothedSlackPerDeviation: Double? = nil,
    sweeps: Int = 10, tolerance: Double = 1e-3
) throws(SynthesisError) -> GraphicalModel {
    let shares = oneWays.shares
    var targets = oneWayTargets(
        oneWays, attributes: attributes, columnCount: domain.columns.count,
        slackPerDeviation: oneWaySlackPerDeviation, smoothed: smoothedSlackPerDeviation)
    targets += tableTargets ?? denoisedTargets(tables, oneWays, of: attributes)
    do {
        return try proportionalFit(
            targets, trends: trends, sizes: attributes.map(\.size), total: oneWays.total,
            prior: attributes.map { attribute in
                attribute.sums(of: shares[attribute.column]).map { max($0, 1e-9) }
            },
            dependencies: attributes.dependencies(columnSizes: domain.sizes),
            weights: impossibleCells(of: attributes, domain),
            options: ProportionalFitOptions(sweeps: sweeps, tolerance: tolerance, cellLimit: cellLimit))
    } catch {
        throw .estimation(error)
    }
}
