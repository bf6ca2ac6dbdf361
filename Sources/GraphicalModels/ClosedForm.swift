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
    let tableParts = tables.tables.map { basis.parts(of: $0.attributes) }
    let cliqueParts = tree.nodes.map { basis.parts(of: $0.attributes) }
    var measured = basis.empty()
    for (table, parts) in zip(tables.tables, tableParts) {
        var values = [Double](repeating: 0, count: table.values.count)
        tree.projection(from: tree.storageOrder(table.attributes), onto: table.attributes).sum(
            table.values, into: &values)
        basis.add(values, parts, precision: table.precision, to: &measured)
    }
    var cliques = tree.nodes.map { [Double](repeating: 0, count: $0.cells) }
    for i in cliques.indices { basis.synthesise(measured, cliqueParts[i], total: total, into: &cliques[i]) }
    var iterations = 1
    var converged = true
    if cliques.contains(where: { $0.contains { $0 < 0 } }) {
        converged = false
        let penalties = tree.nodes.map { precisions[$0.attributes] ?? 1 }
        var duals = cliques.map { [Double](repeating: 0, count: $0.count) }
        var copies = cliques.map { $0.map { max($0, 0) } }
        var target = copies
        while iterations < options.maximumIterations && !converged {
            iterations += 1
            var sums = measured
            for i in cliques.indices {
                for j in target[i].indices { target[i][j] = copies[i][j] - duals[i][j] }
                basis.add(target[i], cliqueParts[i], precision: penalties[i], to: &sums)
            }
            var moved = 0.0
            for i in cliques.indices {
                basis.synthesise(sums, cliqueParts[i], total: total, into: &cliques[i])
                for j in cliques[i].indices {
                    let value = cliques[i][j] + duals[i][j]
                    let copy = max(value, 0)
                    moved = max(moved, abs(copy - copies[i][j]), abs(cliques[i][j] - copy))
                    copies[i][j] = copy
                    duals[i][j] = value - copy
                }
            }
            converged = moved <= 1e-6 * total
        }
        cliques = copies
    }
    return product(of: cliques, tables, layout, total: total, iterations: iterations, converged: converged)
}

/// The distribution `∏ μ_C / ∏ μ_S`, made exactly consistent by one calibration.
private func product(
    of cliques: [[Double]], _ tables: MeasuredTables, _ layout: TreeLayout, total: Double, iterations: Int,
    converged: Bool
) -> GraphicalModel? {
    var arena = [Double](repeating: 0, count: layout.cellCount)
    for (node, clique) in cliques.enumerated() {
        // A trace of uniform keeps every conditional defined; it is far below one record.
        let trace = 1e-12 / Double(max(clique.count, 1))
        let values = clique.map { max($0, 0) / total + trace }
        layout.add(values, over: layout.tree.nodes[node].axes, to: &arena, node: node)
    }
    let zeros = [Double](repeating: 0, count: layout.cellCount)
    var beliefs = TreeBeliefs(layout)
    guard beliefs.calibrate(logPotentials(of: arena, layout, minus: zeros), layout) != nil else { return nil }
    var measured = tables.forest.zeros()
    tables.forest.fill(&measured, from: beliefs.cliques, layout)
    return GraphicalModel(
        layout, cliques: beliefs.cliques, total: total,
        fit: FitSummary(
            loss: tables.loss(measured, total: total), expectedLoss: tables.expectedLoss, iterations: iterations,
            method: .closedForm, converged: converged))
}
