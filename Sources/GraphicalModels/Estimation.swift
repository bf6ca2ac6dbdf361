internal import VectorMath

/// Finds the model of highest entropy that agrees with noisy marginals as far as their noise warrants.
///
/// - Parameters:
///   - measurements: noisy marginals of any sets of attributes; the same set may come several times. May be empty.
///   - sizes: the number of codes of every attribute of the domain.
///   - structuralZeros: impossible combinations and functional dependencies; they hold exactly in the model.
///   - options: method, limits and stopping rules.
///   - warmStart: a model of the same domain to start from; its marginals on the new tree's cliques are where the
///     search begins, unless they would take far more work than a cold start.
/// - Returns: a valid model for any finite measurements; its total is estimated from them and at least 1.
/// - Throws: `GraphicalModelError`, before anything large is allocated.
public func estimate(
    _ measurements: [MarginalMeasurement], sizes: [Int], structuralZeros: [StructuralZeros] = [],
    options: EstimationOptions = EstimationOptions(), warmStart: GraphicalModel? = nil
) throws(GraphicalModelError) -> GraphicalModel {
    try validate(measurements: measurements, sizes: sizes)
    let total = options.total ?? estimatedTotal(measurements)
    try validate(total: total)
    let zeros = try ImpossibleCells(structuralZeros, sizes: sizes)
    let tree = JunctionTree(
        cliques: measurements.map(\.attributes) + zeros.cliques, sizes: sizes, dependencies: zeros.dependencies)
    try tree.check(cellLimit: options.cellLimit)
    let layout = TreeLayout(tree)
    let base = try zeros.potentials(layout)
    let tables = MeasuredTables(measurements, layout: layout, possible: base.map { $0 > -.infinity ? 1 : 0 })
    // Without noise to speak of there is nothing to stop early for.
    let exact = options.method == .automatic && tables.unexplainedShare(total: total) < 0.05
    if options.method == .closedForm || exact, zeros.combinations.isEmpty,
        let model = consistentModel(tables, layout, total: total, options: options)
    {
        return model
    }
    var start = base
    if let warmStart, warmStart.sizes == sizes, let cliques = warmStart.cliqueArena(on: layout) {
        start = logPotentials(of: cliques, layout, minus: base)
    }
    let descent = AcceleratedDescent(layout: layout, tables: tables, total: total, options: options)
    guard let outcome = descent.run(from: start) else {
        throw .impossible(attributes: Array(Set(zeros.cliques.flatMap { $0 })).sorted())
    }
    return GraphicalModel(
        layout, cliques: outcome.cliques, total: total,
        fit: FitSummary(
            loss: outcome.loss, expectedLoss: tables.expectedLoss, iterations: outcome.iterations, method: .iterative,
            converged: outcome.converged))
}

/// The inverse-variance mean of the tables' sums, at least 1; 1 without measurements.
///
/// A table of n cells sums to the total with variance n · variance.
public func estimatedTotal(_ measurements: [MarginalMeasurement]) -> Double {
    var precision = 0.0
    var sum = 0.0
    for one in measurements {
        let weight = one.weight / (one.variance * Double(max(one.values.count, 1)))
        precision += weight
        sum += weight * one.values.reduce(0, +)
    }
    let mean = precision > 0 ? sum / precision : 1
    return mean.isFinite ? min(max(mean, 1), largestCount) : 1
}

/// No count is larger; squares of it, times any precision that is accepted, stay far from overflow.
let largestCount = 1e18

func validate(total: Double) throws(GraphicalModelError) {
    guard total > 0, total <= largestCount else { throw .invalidTotal }
}

func validate(measurements: [MarginalMeasurement], sizes: [Int]) throws(GraphicalModelError) {
    if let empty = sizes.firstIndex(where: { $0 < 1 }) { throw .emptyDomain(attribute: empty) }
    for one in measurements {
        try validate(attributes: one.attributes, sizes: sizes)
        let cells = one.attributes.reduce(1) { JunctionTree.saturatingProduct($0, sizes[$1]) }
        guard one.values.count == cells else {
            throw .wrongShape(attributes: one.attributes, expected: cells, found: one.values.count)
        }
        let precision = one.weight / one.variance
        guard one.variance > 0, one.weight > 0, precision > 1e-60, precision < 1e30,
            one.values.allSatisfy({ abs($0) <= largestCount })
        else { throw .invalidMeasurement(attributes: one.attributes) }
    }
}

func validate(attributes: [Int], sizes: [Int]) throws(GraphicalModelError) {
    let ascending = zip(attributes, attributes.dropFirst()).allSatisfy { $0 < $1 }
    guard ascending, attributes.allSatisfy(sizes.indices.contains) else {
        throw .invalidAttributes(attributes, attributeCount: sizes.count)
    }
}

extension JunctionTree {
    /// Refuses a tree with more cells than the limit, before anything of its size is allocated.
    func check(cellLimit: Int) throws(GraphicalModelError) {
        let limit = min(cellLimit, Int(Int32.max) - 1)
        guard totalCells > limit, let largest = nodes.max(by: { $0.cells < $1.cells }) else { return }
        throw .modelTooLarge(
            cells: totalCells, limit: limit, largestClique: largest.attributes, largestCells: largest.cells)
    }
}
