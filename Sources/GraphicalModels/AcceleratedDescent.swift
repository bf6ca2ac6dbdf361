internal import VectorMath

/// Accelerated mirror descent with the entropy as its distance, over the marginals of a junction tree.
///
/// The iterates are Nesterov's universal fast gradient method (Nesterov 2015, Algorithm 3) on the unit simplex of the
/// whole domain: `z` is a model with explicit potentials, `x` a running average of its marginals. The Bregman distance of
/// two such models has a closed form in their potentials and partition functions, so the local Lipschitz constant is
/// found by comparing `½‖Q(z′ − z)‖²` with `L · KL(z′ ‖ z)` at no extra pass. When the loss rises, the average becomes the
/// new start (function-value restart, O'Donoghue and Candès 2015).
///
/// The path from the start to the optimum is one of growing complexity; it is left where the loss says that only noise
/// remains to be fitted.
struct AcceleratedDescent {
    struct Outcome {
        /// Calibrated marginals, each clique summing to 1.
        var cliques: [Double]
        var loss: Double
        var iterations: Int
        var converged: Bool
    }

    let layout: TreeLayout
    let tables: MeasuredTables
    let total: Double
    let options: EstimationOptions

    /// - Parameter start: log-potentials of the first model; −∞ in cells that cannot occur.
    /// - Returns: nil if no combination is possible.
    func run(from start: [Double]) -> Outcome? {
        var potentials = start
        var model = TreeBeliefs(layout)
        guard var logPartition = model.calibrate(potentials, layout) else { return nil }
        var measured = tables.forest.zeros()
        tables.forest.fill(&measured, from: model.cliques, layout)
        var average = model.cliques
        var averageMeasured = measured
        var loss = tables.loss(averageMeasured, total: total)
        let target = targetLoss
        var outcome = Outcome(cliques: average, loss: loss, iterations: 0, converged: true)
        guard !tables.tables.isEmpty, loss > target else { return outcome }

        let bound = tables.tables.reduce(0) { $0 + $1.precision } * total * total
        var smoothness = bound / 8
        var weight = 0.0
        var candidate = model
        var candidatePotentials = potentials
        var candidateMeasured = measured
        var gradient = tables.forest.zeros()
        var blended = measured
        var checkpoint = loss
        var nextCheck = Self.checkInterval
        var passes = 0
        while passes < options.maximumIterations {
            let step = (1 + (1 + 4 * smoothness * weight).squareRoot()) / (2 * smoothness)
            let share = step / (weight + step)
            for table in tables.tables {
                let i = table.place
                copyCells(averageMeasured[i], into: &blended[i])
                blend(&blended[i], toward: measured[i], by: share)
                scaledDifference(
                    blended[i], scale: total, table.values, factor: table.precision * total, into: &gradient[i])
            }
            copyCells(potentials, into: &candidatePotentials)
            let slopeBefore = slope(gradient, measured)
            var pushed = gradient
            tables.forest.spread(-step, times: &pushed, to: &candidatePotentials, layout)
            passes += 1
            guard let candidatePartition = candidate.calibrate(candidatePotentials, layout) else { return nil }
            tables.forest.fill(&candidateMeasured, from: candidate.cliques, layout)
            // KL(z′ ‖ z) = ⟨θ′ − θ, z′⟩ − (ln Z′ − ln Z), and θ′ − θ = −step · gradient.
            let slopeAfter = slope(gradient, candidateMeasured)
            let divergence = max(0, -step * slopeAfter - (candidatePartition - logPartition))
            let curvature = tables.squaredDistance(candidateMeasured, measured, total: total)
            let roundoff = 1e-13 * (abs(candidatePartition) + abs(step * (slopeAfter - slopeBefore)))
            if curvature > smoothness * (divergence + roundoff), smoothness < 4 * bound {
                smoothness = min(smoothness * 2, 4 * bound)
                continue
            }
            weight += step
            swap(&model, &candidate)
            swap(&potentials, &candidatePotentials)
            swap(&measured, &candidateMeasured)
            logPartition = candidatePartition
            smoothness *= 0.8

            let before = averageMeasured
            for table in tables.tables {
                blend(&averageMeasured[table.place], toward: measured[table.place], by: share)
            }
            let next = tables.loss(averageMeasured, total: total)
            if next <= target {
                // The loss is a parabola along the step: stop where it crosses the target.
                let part = crossing(from: before, to: averageMeasured, lossBefore: loss, lossAfter: next, at: target)
                blend(&average, toward: model.cliques, by: share * part)
                outcome.loss = part < 1 ? target : next
                outcome.cliques = average
                outcome.iterations = passes
                return outcome
            }
            blend(&average, toward: model.cliques, by: share)
            if next > loss, passes < options.maximumIterations {
                // Restart from the average: it becomes the model.
                potentials = logPotentials(of: average, layout, minus: start)
                guard let partition = model.calibrate(potentials, layout) else { return nil }
                logPartition = partition
                tables.forest.fill(&measured, from: model.cliques, layout)
                copyCells(model.cliques, into: &average)
                averageMeasured = measured
                weight = 0
                passes += 1
            }
            loss = next
            if passes >= nextCheck {
                nextCheck = passes + Self.checkInterval
                if checkpoint - loss <= options.relativeTolerance * checkpoint, loss <= checkpoint {
                    return Outcome(cliques: average, loss: loss, iterations: passes, converged: true)
                }
                checkpoint = loss
            }
        }
        return Outcome(cliques: average, loss: loss, iterations: passes, converged: false)
    }

    /// Passes between two looks at how much the loss still improves.
    private static let checkInterval = 32

    private var targetLoss: Double {
        switch options.earlyStop {
        case .adaptive: tables.adaptiveStopRatio(total: total) * tables.expectedLoss
        case .ratio(let ratio): ratio * tables.expectedLoss
        case .never: 0
        }
    }

    private func slope(_ gradient: [[Double]], _ marginals: [[Double]]) -> Double {
        tables.tables.reduce(0) { $0 + dotProduct(gradient[$1.place], marginals[$1.place]) }
    }

    /// The share of the step at which the loss equals the target, between 0 and 1.
    private func crossing(
        from before: [[Double]], to after: [[Double]], lossBefore: Double, lossAfter: Double, at target: Double
    ) -> Double {
        let quadratic = tables.squaredDistance(before, after, total: total)
        // loss(s) = lossBefore + linear · s + quadratic · s²
        let linear = lossAfter - lossBefore - quadratic
        let discriminant = linear * linear - 4 * quadratic * (lossBefore - target)
        guard quadratic > 0, discriminant > 0 else { return 1 }
        let root = 2 * (lossBefore - target) / (-linear + discriminant.squareRoot())
        return root > 0 && root < 1 ? root : 1
    }
}

/// Log-potentials of the tree model with the given calibrated marginals: `ln μ_C − ln μ_S` for the separator to the
/// parent.
///
/// - Parameter zeros: potentials whose −∞ cells stay −∞; elsewhere a marginal of zero becomes a very small one, because
///   a potential of −∞ could never recover.
func logPotentials(of cliques: [Double], _ layout: TreeLayout, minus zeros: [Double]) -> [Double] {
    var potentials = zeros
    let smallest = 1e-250
    for (node, range) in layout.ranges.enumerated() {
        for i in range where zeros[i] > -.infinity { potentials[i] = naturalLogarithm(max(cliques[i], smallest)) }
        guard let edge = layout.edges[node] else { continue }
        var separator = [Double](repeating: 0, count: edge.range.count)
        edge.fromNode.sum(cliques, from: range.lowerBound, into: &separator)
        for i in separator.indices { separator[i] = naturalLogarithm(max(separator[i], smallest)) }
        edge.fromNode.add(-1, times: separator, to: &potentials, from: range.lowerBound)
    }
    return potentials
}
