import Domains
import GraphicalModels

/// How the two ordered columns of each table move together, as measured: neither denoising nor slack draws it to independence.
///
/// The measured table says what the sum over its cells is; what follows it are the finest groups of both columns, whatever the
/// table's own. So groups that other tables have made finer than this one depend on each other too.
///
/// - Parameters:
///   - attributes: those that the tables number.
///   - areFinest: whether the finest groups follow, or the table's own.
func measuredTrends(
    _ tables: [MeasuredMarginal], _ oneWays: OneWayMarginals, of attributes: [ModelAttribute],
    areFinest: Bool = true
) -> [MarginalTrend] {
    let finest = attributes.finest(columnCount: oneWays.domain.columns.count)
    let shares = oneWays.shares
    var scores: [Int: [Double]] = [:]
    for (place, attribute) in attributes.enumerated() {
        guard let scale = GroupScale(attribute, oneWays.domain.columns[attribute.column]) else { continue }
        let means = scale.scores(attribute.column, shares: attribute.sums(of: shares[attribute.column])).means
        scores[place] = scale.places.map { $0.map { means[$0] } ?? 0 }
    }
    return tables.compactMap { table in
        guard table.attributes.count == 2 else { return nil }
        let followers = table.attributes.map { areFinest ? finest[attributes[$0].column] ?? $0 : $0 }
        guard followers.reduce(1, { $0 * attributes[$1].size }) <= largestTrend else { return nil }
        // The score of each follower's group in the measured table, and its own.
        var known: [(measured: [Double], own: [Double])] = []
        for (place, follower) in zip(table.attributes, followers) {
            guard let measured = scores[place], let own = scores[follower],
                let map = attributes[follower].map(to: attributes[place])
            else { return nil }
            known.append((map.map { measured[Int($0)] }, own))
        }
        func products(_ first: [Double], _ second: [Double]) -> [Double] {
            first.flatMap { one in second.map { one * $0 } }
        }
        let measured = table.attributes.compactMap { scores[$0] }
        let weights = products(measured[0], measured[1])
        let value = zip(weights, table.counts).reduce(0) { $0 + $1.0 * Double($1.1) }
        let noise = weights.reduce(0) { $0 + $1 * $1 } * max(table.variance, leastVariance) * oneWays.draws
        guard abs(value) > leastDeviations * noise.squareRoot() else { return nil }
        return MarginalTrend(
            attributes: followers, weights: products(known[0].measured, known[1].measured),
            direction: products(known[0].own, known[1].own), value: value, width: known[1].own.count)
    }
}

/// A sum nearer to zero than so many deviations of its noise says nothing.
private let leastDeviations = 2.0

/// Cells of the finest groups of two columns that a trend may have.
private let largestTrend = 1 << 14

/// The trends of tables on the tree, at the finest groups where the tree stays small with them, else at the tables' own.
func trendsInTree(
    _ tables: [MeasuredMarginal], _ oneWays: OneWayMarginals, of attributes: [ModelAttribute], domain: TableDomain
) throws(SynthesisError) -> [MarginalTrend] {
    var tree: TreeGrowth
    let sizes = attributes.map(\.size)
    do {
        tree = TreeGrowth(
            cliques: tables.map(\.attributes), sizes: sizes,
            dependencies: try Dependencies(attributes.dependencies(columnSizes: domain.sizes), sizes: sizes))
    } catch {
        throw .estimation(error)
    }
    let limit = max(2 * tree.cells, leastTree)
    return tables.compactMap { table in
        if let one = measuredTrends([table], oneWays, of: attributes).first, tree.cells(adding: one.attributes) <= limit
        {
            tree.add(one.attributes)
            return one
        }
        return measuredTrends([table], oneWays, of: attributes, areFinest: false).first
    }
}

/// A tree of so many cells costs nothing that is felt.
private let leastTree = 20_000
