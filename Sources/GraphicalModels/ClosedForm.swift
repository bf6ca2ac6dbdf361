internal import VectorMath

/// The least-squares model where every clique of the tree was measured: consistent, non-negative, and of highest
/// entropy, because a junction tree's maximum-entropy distribution is the product of its clique marginals over its
/// separators.
///
/// The residual basis gives the exact weighted least squares under consistency; the sign constraint is added by the
/// alternating direction method of multipliers (Boyd et al. 2011, §3), whose quadratic step is the same residual mean
/// with the cliques' non-negative copies as further measurements.
///
/// - Returns: nil where some clique of the tree was not measured, or where attributes determine others.
func consistentModel(
    _ tables: MeasuredTables, _ layout: TreeLayout, total: Double, options: EstimationOptions
) -> GraphicalModel? {
    let tree = layout.tree
    guard tree.dependencies.isEmpty else { return nil }
    var precisions: [[Int]: Double] = [:]
    for table in tables.tables { precisions[table.attributes] = table.precision }
    // Attributes that were never measured make cliques of their own without a table; they stay uniform.
    let single = tree.nodes.allSatisfy { precisions[$0.attributes] != nil || $0.attributes.count == 1 }
    guard single, tree.nodes.allSatisfy({ $0.attributes.count <= 12 }) else { return nil }

    var basis = ResidualBasis(sizes: tree.sizes)
    for table in tables.tables {
        let factor = Factor(
            attributes: table.attributes, shape: table.attributes.map { tree.sizes[$0] }, values: table.values)
        basis.add(factor, precision: table.precision)
    }
    var cliques = tree.nodes.map { basis.table(over: $0.attributes, total: total) }
    var iterations = 1
    var converged = true
    if cliques.contains(where: { $0.values.contains { $0 < 0 } }) {
        converged = false
        var duals = cliques.map { [Double](repeating: 0, count: $0.values.count) }
        var copies = cliques.map { $0.values.map { max($0, 0) } }
        let tolerance = 1e-9 * total
        while iterations < options.maximumIterations && !converged {
            iterations += 1
            var augmented = basis
            for (i, clique) in cliques.enumerated() {
                var target = clique
                for j in target.values.indices { target.values[j] = copies[i][j] - duals[i][j] }
                augmented.add(target, precision: precisions[clique.attributes] ?? 1)
            }
            var moved = 0.0
            for i in cliques.indices {
                cliques[i] = augmented.table(over: cliques[i].attributes, total: total)
                for j in cliques[i].values.indices {
                    let value = cliques[i].values[j] + duals[i][j]
                    let copy = max(value, 0)
                    moved = max(moved, abs(copy - copies[i][j]), abs(cliques[i].values[j] - copy))
                    copies[i][j] = copy
                    duals[i][j] = value - copy
                }
            }
            converged = moved <= tolerance
        }
        for i in cliques.indices { cliques[i].values = copies[i] }
    }
    return product(of: cliques, tables, layout, total: total, iterations: iterations, converged: converged)
}

/// The distribution `∏ μ_C / ∏ μ_S`, made exactly consistent by one calibration.
private func product(
    of cliques: [Factor], _ tables: MeasuredTables, _ layout: TreeLayout, total: Double, iterations: Int,
    converged: Bool
) -> GraphicalModel? {
    var arena = [Double](repeating: 0, count: layout.cellCount)
    for (clique, range) in zip(cliques, layout.ranges) {
        // A trace of uniform keeps every conditional defined; it is far below one record.
        let trace = 1e-12 / Double(max(range.count, 1))
        for (i, value) in zip(range, clique.values) { arena[i] = max(value, 0) / total + trace }
    }
    let zeros = [Double](repeating: 0, count: layout.cellCount)
    var beliefs = TreeBeliefs(layout)
    guard beliefs.calibrate(logPotentials(of: arena, layout, minus: zeros), layout) != nil else { return nil }
    var measured = tables.zeros()
    tables.marginals(of: beliefs.cliques, layout, into: &measured)
    return GraphicalModel(
        layout, cliques: beliefs.cliques, total: total,
        fit: FitSummary(
            loss: tables.loss(measured, total: total), expectedLoss: tables.expectedLoss, iterations: iterations,
            method: .closedForm, converged: converged))
}
