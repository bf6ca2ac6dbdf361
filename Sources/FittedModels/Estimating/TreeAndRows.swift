import GraphicalModels
package import PrivacyKernel
package import Tables

/// The model of one-way marginals and tables: those of the tree fitted on it, those across it by weighting its rows.
///
/// - Parameter cellLimit: what the tree was grown within.
package func treeAndRowsModel(
    _ inTree: [MeasuredTable], across: [MeasuredTable], _ oneWays: OneWayMarginals, domain: TableDomain,
    cellLimit: Int, misfits: [MeasuredMisfit], plan: MechanismPlan, transcript: Transcript,
    progress: (Double) -> Void = { _ in }
) throws(SynthesisError) -> FittedModel {
    var attributes: [ModelAttribute] = []
    let pairs = inTree + across
    for member in pairs.flatMap(\.members) where !attributes.contains(member) { attributes.append(member) }
    attributes.sort { ($0.column, $0.size) < ($1.column, $1.size) }
    guard !attributes.isEmpty else { return try independentModel(oneWays, domain, plan: plan, transcript) }
    // Dropping tables from the grown tree cannot make it larger than the limit by much; the fit must not fail.
    let model = try fittedTree(
        inTree, oneWays: oneWays, attributes: attributes, domain: domain,
        cellLimit: max(cellLimit, 1).multipliedSaturating(by: 20))
    progress(0.6)
    let tree = TreeTables(model, attributes: attributes)
    let measurements = pairs.map { $0.measurement(attributes) }
    guard !across.isEmpty else {
        return try FittedModel(
            domain: domain, plan: plan, attributes: attributes, tree: tree, shares: oneWays.shares,
            corrections: [], measurements: measurements, misfits: misfits, transcript: transcript,
            taskDigest: nil, representatives: nil)
    }
    let program = try RowProgram(
        model: tree.model(attributes: attributes, columnSizes: domain.sizes), attributes: attributes,
        shares: oneWays.shares, domain: domain, corrections: [])
    let fitted =
        oneWayTargets(oneWays, attributes: attributes, columnCount: domain.columns.count)
        + inTree.map { $0.target(attributes) }
    let blockSize = RepresentativeRows.blockSize(forTotal: oneWays.total)
    var corrections: [Factor] = []
    let rows = RepresentativeRows(program, blockSize: blockSize, pairs: measurements.map(\.attributes)) { codes, _ in
        let count = codes.first { !$0.isEmpty }?.count ?? 0
        var raking = Raking(
            codes, attributes: attributes,
            weights: [Double](repeating: oneWays.total / Double(max(count, 1)), count: count), fitted: fitted,
            across: across.map { $0.target(attributes) })
        raking.run()
        corrections = raking.corrections
        return raking.weights
    }
    progress(0.95)
    return try FittedModel(
        domain: domain, plan: plan, attributes: attributes, tree: tree, shares: oneWays.shares,
        corrections: corrections, measurements: measurements, misfits: misfits, transcript: transcript,
        taskDigest: nil, representatives: rows)
}

extension Int {
    /// The product, or the greatest number where it would be beyond that.
    fileprivate func multipliedSaturating(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
