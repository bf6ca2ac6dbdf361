package import Domains
import GraphicalModels
package import PrivacyKernel
import Tables

/// Smoothing has taken most of the noise out of columns on a scale. With the slack of raw counts, what tables say of pairs would widen
/// each column's ends, and weaken regressions.
private let smoothedSlackPerDeviation = 0.3

/// The model of one-way marginals and tables: those of the tree fitted on it, those across it by weighting its rows.
///
/// - Parameters:
///   - attributes: those of the tables; none without tables.
///   - cellLimit: the most cells of the tree.
///   - differences: what stands for columns that are rebuilt; `oneWays` carries them.
package func treeAndRowsModel(
    _ inTree: [MeasuredMarginal], across: [MeasuredMarginal], of attributes: [ModelAttribute],
    _ oneWays: OneWayMarginals, domain: TableDomain,
    cellLimit: Int, misfits: [MeasuredMisfit], differences: [ColumnDifference] = [], plan: MechanismPlan,
    transcript: Transcript,
    progress: (Double) -> Void = { _ in }
) throws(SynthesisError) -> FittedModel {
    guard !attributes.isEmpty else {
        return try independentModel(oneWays, domain, differences: differences, plan: plan, transcript)
    }
    var oneWays = oneWays
    oneWays.learn(from: inTree + across, of: attributes)
    let treeTargets = denoisedTargets(inTree, oneWays, of: attributes, alongScales: true)
    let treeTrends = try trendsInTree(inTree, oneWays, of: attributes, domain: oneWays.domain)
    let model = try fittedTree(
        inTree, targets: treeTargets, trends: treeTrends, oneWays: oneWays, attributes: attributes,
        domain: oneWays.domain,
        cellLimit: cellLimit, smoothedSlackPerDeviation: smoothedSlackPerDeviation)
    progress(0.6)
    let tree = TreeTables(model, attributes: attributes)
    let measurements = inTree + across
    guard !across.isEmpty else {
        return try FittedModel(
            domain: domain, plan: plan, attributes: attributes, tree: tree, shares: oneWays.shares,
            corrections: [], measurements: measurements, misfits: misfits, differences: differences,
            transcript: transcript, taskDigest: nil, representatives: nil)
    }
    let program = try RowProgram(
        model: tree.model(attributes: attributes, columnSizes: oneWays.domain.sizes), attributes: attributes,
        shares: oneWays.shares, domain: oneWays.domain, corrections: [], latent: differences.rebuilt.sorted())
    let fitted =
        oneWayTargets(oneWays, attributes: attributes, columnCount: oneWays.domain.columns.count)
        + treeTargets
    let acrossTargets = denoisedTargets(
        across, oneWays, of: attributes, around: model, alongScales: true)
    let trends = treeTrends + measuredTrends(across, oneWays, of: attributes)
    let blockSize = RepresentativeRows.blockSize(forTotal: oneWays.total)
    var corrections: [Factor] = []
    let rows = RepresentativeRows(program, blockSize: blockSize, pairs: measurements.map(\.attributes)) { codes, _ in
        let count = codes.first { !$0.isEmpty }?.count ?? 0
        var raking = Raking(
            codes, attributes: attributes,
            weights: [Double](repeating: oneWays.total / Double(max(count, 1)), count: count), fitted: fitted,
            across: acrossTargets, trends: trends)
        raking.run()
        corrections = raking.corrections
        return raking.weights
    }
    progress(0.95)
    return try FittedModel(
        domain: domain, plan: plan, attributes: attributes, tree: tree, shares: oneWays.shares,
        corrections: corrections, measurements: measurements, misfits: misfits, differences: differences,
        transcript: transcript, taskDigest: nil, representatives: rows)
}
