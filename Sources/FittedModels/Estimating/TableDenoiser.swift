package import GraphicalModels
import LinearAlgebra
import VectorMath

/// What a noisy table of counts is likely to have been without its noise.
///
/// Two estimates are made. In the first every cell is a multiple of what independent columns give (`CountMixture`). In the second the multiples are of a table of low rank instead:
/// the singular values of what stands out of independence are shrunk for the least squared error (Gavish and Donoho 2017).
/// Of these two and their mean, that is taken whose unbiased estimate of risk is least (Stein 1981; its divergence by
/// one random probe, Ramani, Blu and Unser 2008).
///
/// It sees nothing but what was released, and gives the same values for the same counts.
struct TableDenoiser {
    private let rows: Int
    private let columns: Int
    /// What independent columns give, row-major.
    private let expected: [Double]
    private let deviation: Double

    /// Larger tables stay as they are.
    static let mostCells = 1 << 16
    private static let leastExpected = 1e-6

    /// - Parameters:
    ///   - expected: row-major, as many as rows and columns make.
    ///   - deviation: standard deviation of the noise in each cell.
    init(rows: Int, columns: Int, expected: [Double], deviation: Double) {
        self.rows = rows
        self.columns = columns
        self.expected = expected.map { max($0, Self.leastExpected) }
        self.deviation = deviation
    }

    /// The estimated counts: none is negative.
    func estimate(_ counts: [Double]) -> [Double] {
        guard deviation > 0, rows > 1, columns > 1, counts.count <= Self.mostCells else { return counts }
        var generator = SplitMix64(state: 0x5EED)
        let step = 0.3 * deviation
        let probe = counts.map { _ in generator.next() & 1 == 0 ? step : -step }
        let moved = zip(counts, probe).map { $0 + $1 }
        let (cells, movedCells) = (mixture(counts, around: expected), mixture(moved, around: expected))
        let low = mixture(counts, around: lowRank(counts))
        let movedLow = mixture(moved, around: lowRank(moved))
        func mean(_ first: [Double], _ second: [Double]) -> [Double] { zip(first, second).map { ($0 + $1) / 2 } }
        let estimates = [(cells, movedCells), (low, movedLow), (mean(cells, low), mean(movedCells, movedLow))]
        let risks = estimates.map { found, moved in
            var risk = 0.0
            for cell in found.indices {
                let miss = found[cell] - counts[cell]
                risk +=
                    miss * miss + 2 * deviation * deviation * (moved[cell] - found[cell]) * probe[cell]
                    / (step * step)
            }
            return risk
        }
        let best = risks.indices.min { risks[$0] < risks[$1] } ?? 0
        return estimates[best].0
    }

    private func mixture(_ counts: [Double], around prior: [Double]) -> [Double] {
        CountMixture(deviation: deviation).means(of: counts, around: prior)
    }

    /// Independence and the part of what stands out of it that noise of this size does not explain; positive everywhere.
    private func lowRank(_ counts: [Double]) -> [Double] {
        let rest = zip(counts, expected).map { $0 - $1 }
        guard let kept = try? shrunk(rest) else { return expected }
        let slack = deviation / 4
        return expected.indices.map { cell in
            let step = softStep(
                marginal: expected[cell], target: expected[cell] + kept[cell], slack: slack, potential: 0)
            return max(expected[cell] * exponential(min(max(step, -40), 40)), 1e-3 * expected[cell])
        }
    }

    /// The optimal shrinker of singular values for the Frobenius norm, for noise of known size.
    private func shrunk(_ rest: [Double]) throws -> [Double] {
        // Row-major with these sides is column-major with them turned.
        let isWide = columns > rows
        let own = try Matrix(rows: columns, columns: rows, values: rest)
        let tall = isWide ? own : own.transposed
        let eigen = try tall.gram.symmetricEigen()
        let (long, short) = (Double(tall.rows), Double(tall.columns))
        let unit = deviation * long.squareRoot()
        let aspect = short / long
        var scaled = eigen.vectors
        for place in 0..<tall.columns {
            let value = max(eigen.values[place], 0).squareRoot() / unit
            var kept = 0.0
            if value > 1 + aspect.squareRoot() {
                let square = value * value - aspect - 1
                kept = max(square * square - 4 * aspect, 0).squareRoot() / (value * value)
            }
            for row in 0..<tall.columns { scaled[row, place] *= kept }
        }
        let projected = try tall.multiplied(by: scaled.multiplied(by: eigen.vectors.transposed))
        return (isWide ? projected : projected.transposed).values
    }
}

/// Targets of measured tables: half what was measured, half what it is likely to have been without noise.
///
/// - Parameters:
///   - attributes: those that the tables number.
///   - model: what other tables say of these; without it, columns are independent.
package func denoisedTargets(
    _ tables: [MeasuredMarginal], _ oneWays: OneWayMarginals, of attributes: [ModelAttribute],
    around model: GraphicalModel? = nil
) -> [MarginalTarget] {
    let shares = oneWays.shares
    let explained = model?.marginals(of: tables.map(\.attributes))
    return tables.enumerated().map { place, table in
        let members = table.attributes.map { attributes[$0] }
        guard members.count > 1, table.counts.count <= TableDenoiser.mostCells, members.allSatisfy({ $0.size > 1 })
        else { return table.target }
        let sums = members.map { member in member.sums(of: shares[member.column]).map { $0 * oneWays.total } }
        var expected = explained?[place].values ?? [oneWays.total]
        if explained == nil {
            for own in sums { expected = expected.flatMap { cell in own.map { cell * $0 / oneWays.total } } }
        }
        // Of more than two columns the last stands against the others.
        let deviation = (max(table.variance, leastVariance) * oneWays.draws).squareRoot()
        let denoiser = TableDenoiser(
            rows: table.counts.count / members[members.count - 1].size, columns: members[members.count - 1].size,
            expected: expected, deviation: deviation)
        let raw = table.counts.map { Double($0) }
        var denoised = denoiser.estimate(raw)
        denoised.bring(to: sums)
        // A fit of many tables takes out noise as well, by what the tables have in common, and needs the counts for it: the mean
        // of both is better than either.
        return MarginalTarget(
            attributes: table.attributes, values: zip(denoised, raw).map { ($0 + $1) / 2 },
            slack: [Double](repeating: deviation, count: raw.count))
    }
}

extension [Double] {
    /// Scales a table towards its one-way marginals.
    ///
    /// - Parameter sums: for each member of the table, the last varying fastest.
    fileprivate mutating func bring(to sums: [[Double]]) {
        for _ in 0..<8 {
            var stride = 1
            for own in sums.reversed() {
                var found = [Double](repeating: 0, count: own.count)
                for (cell, value) in enumerated() { found[cell / stride % own.count] += value }
                let factors = zip(own, found).map { $1 > 0 ? Swift.min(Swift.max($0 / $1, 0.1), 10) : 1 }
                for cell in indices { self[cell] *= factors[cell / stride % own.count] }
                stride *= own.count
            }
        }
    }
}
