import Domains
import GraphicalModels
import Tables
import VectorMath

extension FittedModel {
    /// How to draw rows, given codes of some columns.
    func program(conditions: [(column: Int, code: Int)]) throws(SynthesisError) -> RowProgram {
        guard !conditions.isEmpty else {
            return try RowProgram(
                model: model, attributes: attributes, shares: shares, domain: modelDomain, corrections: corrections,
                tilts: tilts, latent: undrawn)
        }
        let allowed = try allowedCodes(conditions)
        let finest = attributes.finest(columnCount: modelDomain.columns.count)
        var weights: [Factor] = []
        for (column, codes) in allowed.sorted(by: { $0.key < $1.key }) {
            guard !codes.isEmpty else { throw .impossibleConditions }
            guard !differences.rebuilt.contains(column), let index = finest[column] else { continue }
            weights.append(weight(of: codes, in: column, attribute: index))
        }
        let conditioned: GraphicalModel
        do {
            conditioned = try tree.model(attributes: attributes, columnSizes: modelDomain.sizes, weights: weights)
        } catch SynthesisError.estimation(.impossible) {
            throw .impossibleConditions
        } catch {
            throw error
        }
        return try RowProgram(
            model: conditioned, attributes: attributes, shares: shares, domain: modelDomain, corrections: corrections,
            tilts: tilts, allowed: allowed, latent: undrawn)
    }

    /// Of a column that rules compute: what its rows say.
    private func computedShares(of column: Int) -> [Double] {
        let count: UInt64 = 1 << 14
        let size = domain.columns[column].size
        guard let sampler = try? RowSampler(self, seed: 0, draws: .independent) else {
            return [Double](repeating: 1 / Double(size), count: size)
        }
        var shares = [Double](repeating: 0, count: size)
        for code in sampler.rows(0..<count).codes[column] { shares[Int(code)] += 1 / Double(count) }
        return shares
    }

    /// The codes that conditions leave to columns that are not derived.
    func allowedCodes(_ conditions: [(column: Int, code: Int)]) throws(SynthesisError) -> [Int: Set<Int>] {
        let derivations = domain.derivationOf
        var allowed: [Int: Set<Int>] = [:]
        for (column, code) in conditions {
            guard domain.columns.indices.contains(column), code >= 0, code < domain.columns[column].size else {
                throw .conditionOutsideDomain(column: column, code: code)
            }
            var codes: Set<Int> = [code]
            var at = column
            for _ in domain.columns {
                guard let derivation = derivations[at] else { break }
                codes = Set(derivation.map.indices.filter { codes.contains(Int(derivation.map[$0])) })
                at = derivation.parent
            }
            allowed[at] = allowed[at]?.intersection(codes) ?? codes
        }
        return allowed
    }

    /// For each group the logarithm of the share of it that the codes have.
    private func weight(of codes: Set<Int>, in column: Int, attribute index: Int) -> Factor {
        let attribute = attributes[index]
        var part = [Double](repeating: 0, count: attribute.size)
        var whole = part
        var members = part
        var kept = part
        for code in 0..<domain.columns[column].size {
            let group = attribute.group(of: code)
            let share = shares[column][code]
            whole[group] += share
            members[group] += 1
            if codes.contains(code) {
                part[group] += share
                kept[group] += 1
            }
        }
        let logs = (0..<attribute.size).map { group in
            let share =
                attribute.groups == nil || whole[group] == 0
                ? kept[group] / max(members[group], 1) : part[group] / whole[group]
            return share > 0 ? naturalLogarithm(share) : -.infinity
        }
        return Factor(attributes: [index], shape: [attribute.size], values: logs)
    }

    /// The model's distribution of a column's codes; for a derived column too. Of a column that a difference stands for it
    /// is the distribution that was measured.
    public func estimatedShares(of column: Int) -> [Double] {
        if let derivation = domain.derivationOf[column] {
            var result = [Double](repeating: 0, count: domain.columns[column].size)
            for (code, share) in estimatedShares(of: derivation.parent).enumerated() {
                result[Int(derivation.map[code])] += share
            }
            return result
        }
        let finest = attributes.finest(columnCount: modelDomain.columns.count)[column]
        guard let finest else { return shares[column].isEmpty ? computedShares(of: column) : shares[column] }
        let attribute = attributes[finest]
        let groups = model.marginal([finest]).values.map { $0 / model.total }
        if attribute.groups == nil { return groups }
        let within = ConditionalRows(attribute: attribute, shares: shares[column], allowed: nil)
        var result = [Double](repeating: 0, count: shares[column].count)
        for group in 0..<within.rowCount {
            for entry in within.offsets[group]..<within.offsets[group + 1] {
                result[Int(within.codes[entry])] = groups[group] * within.probabilities[entry]
            }
        }
        return result
    }
}

extension RepresentativeRows {
    private static let conditionedBlock = 1 << 12

    /// Rows that represent a model under conditions.
    ///
    /// - Parameter rebuilt: how columns are rebuilt from differences, and which codes are wanted of them.
    /// - Throws: `.impossibleConditions` where no row has a chance to meet those.
    init(
        given program: RowProgram, of model: FittedModel, _ rebuilt: RebuiltColumns, densities: [BinDensity?]
    ) throws(SynthesisError) {
        let pairs = model.measurements.map(\.attributes)
        guard rebuilt.isConditioned else {
            self.init(program, blockSize: RepresentativeRows.conditionedBlock, pairs: pairs)
            return
        }
        var isPossible = false
        self.init(program, blockSize: RepresentativeRows.conditionedBlock, pairs: pairs) { codes, columns in
            let weights = zip(
                RepresentativeRows.weights(program, codes, columns), rebuilt.chances(columns, densities: densities)
            ).map { $0 * $1 }
            isPossible = weights.contains { $0 > 0 }
            return isPossible ? weights : weights.map { _ in 1 }
        }
        guard isPossible else { throw .impossibleConditions }
    }
}
