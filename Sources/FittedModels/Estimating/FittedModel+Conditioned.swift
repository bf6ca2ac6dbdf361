import Domains
import GraphicalModels
import PrivacyKernel
import Tables

/// Sums that were released beside the model's own measurements, and agree with its rows.
extension FittedModel {
    /// The same model with its rows weighted such that noisy sums come out, as far as their noise warrants, and its own
    /// marginals stay. Post-processing: it spends nothing.
    ///
    /// Each sum tilts the rows of its cells exponentially in the value, which among all changes that give the sum moves the
    /// distribution least (generalised raking; Deville, Särndal and Sautory 1993). Sums of columns that latent normals draw
    /// or that are rebuilt from differences are left out.
    public func conditioned(on sums: [MeasuredSums]) throws(SynthesisError) -> FittedModel {
        var oneWays = OneWayMarginals(domain, differences: differences)
        oneWays.add(
            wholeColumnMeasurements.map { known in
                NoisyMarginal(
                    attributes: [known.column], shape: [known.counts.count], counts: known.counts, scale: known.scale)
            })
        return try conditioned(on: sums, oneWays)
    }

    func conditioned(
        on sums: [MeasuredSums], _ oneWays: OneWayMarginals
    ) throws(SynthesisError) -> FittedModel {
        let program = try RowProgram(
            model: model, attributes: attributes, shares: shares, domain: modelDomain, corrections: corrections,
            tilts: tilts, latent: undrawn)
        let usable = sums.filter { program.draws($0.question) }
        guard !usable.isEmpty else { return self }
        var targets = oneWayTargets(oneWays, attributes: attributes, columnCount: modelDomain.columns.count)
        targets += denoisedTargets(measurements.filter { $0.attributes.count > 1 }, oneWays, of: attributes)
        // Counts of all rows are measurements of their number, like every marginal.
        let total = estimatedTotal(
            oneWays.modelled.compactMap { oneWays.measurement(of: $0) } + usable.compactMap(\.countOfRows))
        var moved = corrections
        var tilted = tilts
        let rows = RepresentativeRows(
            program, blockSize: RepresentativeRows.blockSize(forTotal: total), pairs: measurements.map(\.attributes),
            sums: usable
        ) { codes, columns in
            let all = program.withDerived(columns)
            let weights = RepresentativeRows.weights(program, codes, columns)
            let scale = total / max(weights.reduce(0, +), .leastNormalMagnitude)
            var raking = Raking(
                codes, attributes: attributes, weights: weights.map { $0 * scale }, fitted: targets, across: [],
                sums: SumsTarget.targets(usable, columns: all, sizes: modelDomain.sizes))
            raking.run()
            moved += raking.corrections
            tilted += zip(usable, raking.rates).map { SumsTilt(measured: $0, rates: $1) }
            return raking.weights
        }
        return try FittedModel(
            domain: domain, plan: plan, attributes: attributes, tree: tree.scaled(to: total), shares: shares,
            corrections: moved.merged, tilts: tilted, measurements: measurements, misfits: misfits, copula: copula,
            differences: differences,
            transcript: transcript, taskDigest: taskDigest, representatives: rows)
    }

    /// What the synthetic rows say about a sum, for as many rows as the model estimates; nil if a column is drawn by
    /// latent normals.
    public func sums(of measured: MeasuredSums) throws(SynthesisError) -> [Double]? {
        let rows = try RowSampler(self, seed: 0).rows(0..<UInt64(representatives.count))
        let weights = [Double](repeating: model.total / Double(max(rows.rowCount, 1)), count: rows.rowCount)
        return measured.sums(of: rows.codes, sizes: domain.sizes, weights: weights)
    }
}

extension [Factor] {
    /// Log-weights of the same attributes added up.
    fileprivate var merged: [Factor] {
        var places: [[Int]: Int] = [:]
        var result: [Factor] = []
        for factor in self {
            guard let place = places[factor.attributes] else {
                places[factor.attributes] = result.count
                result.append(factor)
                continue
            }
            result[place] = Factor(
                attributes: factor.attributes, shape: factor.shape,
                values: zip(result[place].values, factor.values).map { $0 + $1 })
        }
        return result
    }
}

extension TreeTables {
    /// The same distribution with another number of rows.
    fileprivate func scaled(to total: Double) -> TreeTables {
        let factor = total / self.total
        func scaled(_ tables: [Factor]) -> [Factor] {
            tables.map { Factor(attributes: $0.attributes, shape: $0.shape, values: $0.values.map { $0 * factor }) }
        }
        return TreeTables(total: total, cliques: scaled(cliques), separators: scaled(separators))
    }
}
