package import GraphicalModels
import LinearAlgebra
import VectorMath

/// What a noisy table of counts is likely to have been without its noise.
///
/// Two estimates are made. In the first every cell is a multiple of what independent columns give (`CountMixture`). In the second the multiples are of a table of low rank instead:
/// the singular values of what stands out of independence are shrunk for the least squared error (Gavish and Donoho 2017).
/// Along scales that is also tried with the slow waves alone (`ScaleWaves`).
/// Of all these and their means with the first, that is taken whose unbiased estimate of risk is least (Stein 1981; its divergence by
/// one random probe, Ramani, Blu and Unser 2008).
///
/// It sees nothing but what was released, and gives the same values for the same counts.
struct TableDenoiser {
    private let rows: Int
    private let columns: Int
    /// What independent columns give, row-major.
    private let expected: [Double]
    private let deviation: Double
    /// What to keep of both sides.
    private let waves: (rows: [ScaleWaves], columns: [ScaleWaves])

    /// Larger tables stay as they are.
    static let mostCells = 1 << 16
    private static let leastExpected = 1e-6

    /// - Parameters:
    ///   - expected: row-major, as many as rows and columns make.
    ///   - deviation: standard deviation of the noise in each cell.
    ///   - ordered: how many rows and columns at the front lie on a scale.
    init(
        rows: Int, columns: Int, expected: [Double], deviation: Double, ordered: (rows: Int, columns: Int) = (0, 0)
    ) {
        self.rows = rows
        self.columns = columns
        self.expected = expected.map { max($0, Self.leastExpected) }
        self.deviation = deviation
        waves = (
            ScaleWaves.choices(size: rows, ordered: ordered.rows),
            ScaleWaves.choices(size: columns, ordered: ordered.columns)
        )
    }

    /// The estimated counts: none is negative.
    func estimate(_ counts: [Double]) -> [Double] {
        guard deviation > 0, rows > 1, columns > 1, counts.count <= Self.mostCells else { return counts }
        var generator = SplitMix64(state: 0x5EED)
        let step = 0.3 * deviation
        let probe = counts.map { _ in generator.next() & 1 == 0 ? step : -step }
        let moved = zip(counts, probe).map { $0 + $1 }
        let (cells, movedCells) = (mixture(counts, around: expected), mixture(moved, around: expected))
        func mean(_ first: [Double], _ second: [Double]) -> [Double] { zip(first, second).map { ($0 + $1) / 2 } }
        var estimates = [(cells, movedCells)]
        for own in waves.rows {
            for other in waves.columns {
                let low = mixture(counts, around: lowRank(counts, own, other))
                let movedLow = mixture(moved, around: lowRank(moved, own, other))
                estimates += [(low, movedLow), (mean(cells, low), mean(movedCells, movedLow))]
            }
        }
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
    private func lowRank(_ counts: [Double], _ own: ScaleWaves, _ other: ScaleWaves) -> [Double] {
        let rest = zip(counts, expected).map { $0 - $1 }
        guard let kept = try? slow(rest, own, other) else { return expected }
        let slack = deviation / 4
        return expected.indices.map { cell in
            let step = softStep(
                marginal: expected[cell], target: expected[cell] + kept[cell], slack: slack, potential: 0)
            return max(expected[cell] * exponential(min(max(step, -40), 40)), 1e-3 * expected[cell])
        }
    }

    /// What is left of a table that is taken apart into waves along its rows and its columns.
    private func slow(_ rest: [Double], _ own: ScaleWaves, _ other: ScaleWaves) throws -> [Double] {
        // Row-major with these sides is column-major with them turned.
        var table = try Matrix(rows: columns, columns: rows, values: rest)
        let (down, along) = (own.basis, other.basis)
        if let down { table = try table.multiplied(by: down) }
        if let along { table = try along.transposed.multiplied(by: table) }
        table = try shrunk(table)
        if let along { table = try along.multiplied(by: table) }
        if let down { table = try table.multiplied(by: down.transposed) }
        return table.values
    }

    /// The optimal shrinker of singular values for the Frobenius norm, for noise of known size.
    private func shrunk(_ table: Matrix) throws -> Matrix {
        let isWide = table.columns >= table.rows
        let tall = isWide ? table.transposed : table
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
        return isWide ? projected.transposed : projected
    }
}

/// Targets of measured tables: half what was measured, half what it is likely to have been without noise.
///
/// - Parameters:
///   - attributes: those that the tables number.
///   - model: what other tables say of these; without it, columns are independent.
///   - alongScales: whether what changes slowly along the scale of a column is told from noise by that.
package func denoisedTargets(
    _ tables: [MeasuredMarginal], _ oneWays: OneWayMarginals, of attributes: [ModelAttribute],
    around model: GraphicalModel? = nil, alongScales: Bool = false
) -> [MarginalTarget] {
    let shares = oneWays.shares
    let explained = model?.marginals(of: tables.map(\.attributes))
    func ordered(_ members: [ModelAttribute]) -> (rows: Int, columns: Int) {
        let scales = members.map { oneWays.orderedGroups(of: $0) }
        return (members.count == 2 ? scales[0] : 0, scales[members.count - 1])
    }
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
            expected: expected, deviation: deviation, ordered: alongScales ? ordered(members) : (0, 0))
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
