import GraphicalModels
import LinearAlgebra
import PrivacyKernel
import Tables

/// A noisy Gram matrix, read as what the copula is made of.
struct GramMoments {
    private let gram: NoisyGram
    private let features: GramFeatures
    private let unit: Double
    /// Of the noise off the diagonal, in rows.
    private let deviation: Double

    /// One thread makes results repeatable to the last bit, and these matrices are small.
    private static let oneThread: Void = setLinearAlgebraThreads(1)

    init(_ gram: NoisyGram, _ features: GramFeatures) {
        Self.oneThread
        self.gram = gram
        self.features = features
        unit = 1 / (features.scale * features.scale)
        deviation = max(gram.offDiagonalVariance, leastVariance).squareRoot() * unit
    }

    /// Σ over rows of the product of two features.
    private func entry(_ first: Int, _ second: Int) -> Double {
        let (high, low) = (max(first, second), min(first, second))
        return Double(gram.entries[high * (high + 1) / 2 + low]) * unit
    }

    /// The pair tables of columns of text that stand out of their noise, of which a forest is kept.
    func tables(_ oneWays: OneWayMarginals) -> [MeasuredTable] {
        let classes = features.classes
        let shares = oneWays.shares
        var pairs: [(first: Int, second: Int, score: Double)] = []
        for a in classes.indices {
            for b in classes.indices where b > a {
                let expected = [classes[a], classes[b]].productOfShares(shares, total: oneWays.total)
                let distance = zip(cells(a, b), expected).reduce(0.0) { $0 + abs($1.0 - Double($1.1)) }
                let cellCount = Double(expected.count)
                let score = distance - meanAbsoluteNoise * deviation * cellCount
                // Above what noise alone reaches in one of a thousand pairs.
                if score > 3 * deviation * (cellCount * (1 - 2 / Double.pi)).squareRoot() {
                    pairs.append((a, b, score))
                }
            }
        }
        var forest = SpanningForest(classes.count)
        for pair in pairs.sorted(by: { ($1.score, $0.first, $0.second) < ($0.score, $1.first, $1.second) }) {
            forest.join((pair.first, pair.second))
        }
        return forest.edges.map { a, b in
            MeasuredTable(
                members: [classes[a], classes[b]], counts: cells(a, b).map { Int64($0.rounded()) },
                variance: deviation * deviation)
        }
    }

    private func cells(_ a: Int, _ b: Int) -> [Double] {
        (0..<features.classes[a].size).flatMap { first in
            (0..<features.classes[b].size).map { entry(features.offsets[a] + first, features.offsets[b] + $0) }
        }
    }

    /// The latent normals that have these moments under a model of the columns of text; nil without ordered columns.
    func latents(_ model: GraphicalModel) throws -> LatentNormals? {
        let latents = features.latents
        guard !latents.isEmpty else { return nil }
        let total = model.total
        let whole = try correlations(total)
        let effects = try classMeans(model)
        var explained = effects.covariance
        var means = effects.means
        // A column that classes explain wholly keeps a little of its own.
        for (place, _) in latents.enumerated() where explained[place, place] > 0.95 {
            let factor = (0.95 / explained[place, place]).squareRoot()
            for row in 0..<means.rows { means[row, place] *= factor }
            for other in latents.indices {
                explained[place, other] *= factor
                explained[other, place] *= factor
            }
        }
        let deviations = latents.indices.map { max(1 - explained[$0, $0], 0.05).squareRoot() }
        var rest = Matrix.identity(latents.count)
        for i in latents.indices {
            for j in 0..<i {
                let value = (whole[i, j] - explained[i, j]) / (deviations[i] * deviations[j])
                rest[i, j] = min(max(value, -0.9999), 0.9999)
                rest[j, i] = rest[i, j]
            }
        }
        let correlation = try rest.nearestPositiveDefinite()
        let classes = features.classes.enumerated().map { place, one in
            let first = features.offsets[place] - latents.count
            return LatentNormals.ClassMeans(
                attribute: features.attributes.firstIndex(of: one) ?? 0,
                means: (first..<first + one.size).flatMap { row in
                    latents.indices.map { min(max(means[row, $0], -5), 5) }
                })
        }
        return try LatentNormals(
            columns: latents.map(\.column), correlation: correlation, deviations: deviations, classes: classes)
    }

    /// What clipping left of a feature's sum of squares, as a square root; 1 without clipping.
    private func kept(_ feature: Int, of expected: Double) -> Double {
        guard features.isClipped, expected > 0 else { return 1 }
        let noise = max(gram.diagonalVariance, leastVariance).squareRoot() * unit
        // Where noise hides it, nothing is corrected.
        guard expected > 3 * noise else { return 1 }
        return min(max(entry(feature, feature) / expected, 0.2), 1).squareRoot()
    }

    private func kept(latent place: Int, _ total: Double) -> Double {
        let one = features.latents[place]
        return kept(place, of: total * one.present * one.variance)
    }

    /// The correlations of the latent numbers, classes not taken out.
    private func correlations(_ total: Double) throws -> Matrix {
        let latents = features.latents
        var result = Matrix.identity(latents.count)
        var (squares, noises) = (0.0, 0.0)
        for i in latents.indices {
            for j in 0..<i {
                let (a, b) = (latents[i], latents[j])
                let rows = total * a.present * b.present * kept(latent: i, total) * kept(latent: j, total)
                guard rows > 0, a.variance > 1e-9, b.variance > 1e-9 else { continue }
                result[i, j] = NormalScores.correlation(a, b, moment: entry(i, j) / rows)
                result[j, i] = result[i, j]
                let noise = deviation / (rows * (a.variance * b.variance).squareRoot())
                squares += result[i, j] * result[i, j]
                noises += min(noise * noise, 1)
            }
        }
        // James and Stein: noise inflates the sum of squares by its own.
        let factor = squares > 0 ? max(0, 1 - noises / squares) : 0
        for i in latents.indices {
            for j in latents.indices where i != j { result[i, j] *= factor }
        }
        return try result.nearestPositiveDefinite()
    }

    /// Shifts such that the mean of each latent number in each class is the measured one under the model, with noisy
    /// classes drawn towards zero; and the covariance that they bring about.
    private func classMeans(_ model: GraphicalModel) throws -> (means: Matrix, covariance: Matrix) {
        let latents = features.latents
        let total = model.total
        let size = features.columns.count - latents.count
        guard size > 0 else {
            return (Matrix(rows: 0, columns: latents.count), Matrix(rows: latents.count, columns: latents.count))
        }
        let joint = try indicatorCovariance(model)
        let counts = joint.counts
        var sums = Matrix(rows: size, columns: latents.count)
        var noise = 0.0
        for (place, one) in latents.enumerated() where one.variance > 1e-9 && one.present > 1e-9 {
            let slope = one.present * one.variance * kept(latent: place, total)
            for row in 0..<size {
                let feature = latents.count + row
                sums[row, place] = entry(feature, place) / (slope * kept(feature, of: counts[row]))
            }
            noise += deviation * deviation / (slope * slope) / Double(latents.count)
        }
        var penalised = joint.covariance
        for row in 0..<size {
            // Ridge: shifts have a variance of about a tenth.
            penalised[row, row] += 10 * noise / max(counts[row], 1) + 1e-6 * total + 1
        }
        var means = sums
        try means.solve(byCholeskyFactor: penalised.cholesky())
        // Only differences between classes matter.
        for (place, one) in features.classes.enumerated() {
            let first = features.offsets[place] - latents.count
            let rows = first..<first + one.size
            let weight = rows.reduce(0) { $0 + counts[$1] }
            guard weight > 0 else { continue }
            for column in latents.indices {
                let centre = rows.reduce(0) { $0 + counts[$1] * means[$1, column] } / weight
                for row in rows { means[row, column] -= centre }
            }
        }
        var covariance = try means.transposed.multiplied(by: joint.covariance.multiplied(by: means))
        for i in latents.indices {
            for j in latents.indices { covariance[i, j] /= max(total, 1) }
        }
        return (means, covariance)
    }

    /// Counts and n · covariance of the indicators under the model.
    private func indicatorCovariance(_ model: GraphicalModel) throws -> (counts: [Double], covariance: Matrix) {
        let first = features.latents.count
        let size = features.columns.count - first
        let places = features.classes.map { one in features.attributes.firstIndex(of: one) ?? 0 }
        var covariance = Matrix(rows: size, columns: size)
        var counts = [Double](repeating: 0, count: size)
        for (place, one) in features.classes.enumerated() {
            let marginal = model.marginal([places[place]]).values
            for group in 0..<one.size {
                let row = features.offsets[place] - first + group
                counts[row] = marginal[group]
                covariance[row, row] = marginal[group]
            }
        }
        var pairs: [(Int, Int)] = []
        for a in places.indices { for b in places.indices where b > a { pairs.append((a, b)) } }
        let marginals = model.marginals(of: pairs.map { [places[$0.0], places[$0.1]] })
        for ((a, b), table) in zip(pairs, marginals) {
            let width = features.classes[b].size
            for (cell, value) in table.values.enumerated() {
                let row = features.offsets[a] - first + cell / width
                let column = features.offsets[b] - first + cell % width
                covariance[row, column] = value
                covariance[column, row] = value
            }
        }
        for row in 0..<size {
            for column in 0..<size { covariance[row, column] -= counts[row] * counts[column] / max(model.total, 1) }
        }
        return (counts, covariance)
    }
}

extension Matrix {
    /// Itself where it is a positive definite correlation matrix, otherwise the nearest one.
    func nearestPositiveDefinite() throws(LinearAlgebraError) -> Matrix {
        guard rows > 1 else { return self }
        if let least = try symmetricEigen().values.first, least >= 1e-4 { return self }
        return try nearestCorrelation(floor: 1e-4, tolerance: 1e-7, maximumSteps: 100)
    }
}
