import Domains
package import GraphicalModels
import LinearAlgebra
package import PrivacyKernel
import Tables

/// The copula's moments, from a noisy Gram matrix.
package struct GramMoments {
    private let gram: NoisyGram
    private let features: GramFeatures
    private let unit: Double
    /// Standard deviation of the noise off the diagonal, in rows, for features of weight 1.
    private let deviation: Double
    /// For each feature what clipping left of its sum of squares, as a square root; 1 without clipping.
    private let kept: [Double]
    /// Whether rows were shortened: on shares they cannot be, and the release has a greater bound.
    private let isClipped: Bool

    /// One thread makes results repeatable to the last bit, and these matrices are small.
    private static let oneThread: Void = setLinearAlgebraThreads(1)

    /// - Parameter total: of rows, as the one-way marginals have it.
    package init(_ gram: NoisyGram, _ features: GramFeatures, total: Double) {
        Self.oneThread
        self.gram = gram
        self.features = features
        unit = 1 / (features.scale * features.scale)
        deviation = max(gram.offDiagonalVariance, leastVariance).squareRoot() * unit
        isClipped = features.isClipped && gram.bound <= features.bound
        kept =
            isClipped
            ? Self.kept(gram, features, total: total, unit: unit)
            : [Double](repeating: 1, count: features.columns.count)
    }

    /// Σ over rows of the product of two features, as it were without clipping: of latent numbers, or of indicators less
    /// their shares.
    private func entry(_ first: Int, _ second: Int) -> Double {
        let (high, low) = (max(first, second), min(first, second))
        return Double(gram.entries[high * (high + 1) / 2 + low]) * unit
            / (features.weights[first] * features.weights[second] * kept[first] * kept[second])
    }

    /// Standard deviation of the noise in an entry off the diagonal.
    private func deviation(_ first: Int, _ second: Int) -> Double {
        deviation / (features.weights[first] * features.weights[second] * kept[first] * kept[second])
    }

    /// Compares sums of squares with what they were without clipping. Where noise hides one, it has the mean of all.
    private static func kept(_ gram: NoisyGram, _ features: GramFeatures, total: Double, unit: Double) -> [Double] {
        let count = features.columns.count
        let noise = max(gram.diagonalVariance, leastVariance).squareRoot() * unit
        let squares = (0..<count).map { Double(gram.entries[$0 * ($0 + 1) / 2 + $0]) * unit }
        let whole = features.meanSquares.map { $0 * total }
        let share = squares.reduce(0, +) / max(whole.reduce(0, +), 1e-9)
        let common = min(max(share, 0.2), 1)
        return zip(squares, whole).map { square, whole in
            // Weighted by precision.
            let precision = whole * whole / (whole * whole + 25 * noise * noise)
            let own = whole > 0 ? min(max(square / whole, 0.2), 1) : common
            return (precision * own + (1 - precision) * common).squareRoot()
        }
    }

    /// The pair tables of columns of text that exceed their noise; a forest of them is kept.
    package func tables(_ oneWays: OneWayMarginals) -> [MeasuredMarginal] {
        let classes = features.classes
        let shares = oneWays.shares
        var pairs: [(first: Int, second: Int, score: Double)] = []
        for a in classes.indices {
            for b in classes.indices where b > a {
                let expected = [classes[a], classes[b]].productOfShares(shares, total: oneWays.total)
                let counts = cells(a, b, oneWays.total)
                let deviation = cellDeviation(a, b)
                let distance = zip(counts, expected).reduce(0.0) { $0 + abs($1.0 - Double($1.1)) }
                let cellCount = Double(expected.count)
                let score = distance - meanAbsoluteNoise * deviation * cellCount
                // Above what noise reaches in one of a thousand pairs.
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
            MeasuredMarginal(
                cells(a, b, oneWays.total).map { Int64($0.rounded()) },
                variance: cellDeviation(a, b) * cellDeviation(a, b), of: [classes[a], classes[b]],
                in: features.attributes)
        }
    }

    /// The counts of two columns of text together: their covariance and what independence gives.
    private func cells(_ a: Int, _ b: Int, _ total: Double) -> [Double] {
        let shares = features.groupShares
        return (0..<features.classes[a].size).flatMap { first in
            (0..<features.classes[b].size).map {
                entry(features.offsets[a] + first, features.offsets[b] + $0) + total * shares[a][first] * shares[b][$0]
            }
        }
    }

    private func cellDeviation(_ a: Int, _ b: Int) -> Double {
        var squares = 0.0
        for first in 0..<features.classes[a].size {
            for second in 0..<features.classes[b].size {
                let one = deviation(features.offsets[a] + first, features.offsets[b] + second)
                squares += one * one
            }
        }
        return (squares / Double(features.classes[a].size * features.classes[b].size)).squareRoot()
    }

    /// The latent normals that have these moments under a model of the columns of text; nil without ordered columns.
    package func latents(_ model: GraphicalModel) throws -> LatentNormals? {
        let latents = features.latents
        guard !latents.isEmpty else { return nil }
        let total = model.total
        let whole = try correlations(total)
        let effects = try classMeans(model)
        let shrinking = try effects.covariance.shrinking(below: whole)
        let means = try effects.means.multiplied(by: shrinking)
        let explained = try shrinking.transposed.multiplied(by: effects.covariance.multiplied(by: shrinking))
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

    /// The correlations of the latent numbers, classes not taken out.
    private func correlations(_ total: Double) throws -> Matrix {
        let latents = features.latents
        var scores = Matrix.identity(latents.count)
        var (squares, noises) = (0.0, 0.0)
        for i in latents.indices {
            for j in 0..<i {
                let scale = total * latents[i].deviation * latents[j].deviation
                guard scale > 1e-9 * total else { continue }
                scores[i, j] = entry(i, j) / scale
                squares += scores[i, j] * scores[i, j]
                let noise = deviation(i, j) / scale
                noises += noise * noise
            }
        }
        // James and Stein: noise inflates the sum of squares by its own.
        let factor = squares > 0 ? max(0, 1 - noises / squares) : 0
        for i in latents.indices {
            for j in 0..<i {
                scores[i, j] *= factor
                scores[j, i] = scores[i, j]
            }
        }
        if isClipped { scores = try features.spectrum.undone(scores) }
        var result = Matrix.identity(latents.count)
        for i in latents.indices {
            for j in 0..<i {
                let (a, b) = (latents[i], latents[j])
                guard a.deviation * b.deviation > 1e-9 else { continue }
                let moment = scores[i, j] * (a.variance * b.variance).squareRoot()
                result[i, j] = NormalScores.correlation(a, b, moment: moment)
                result[j, i] = result[i, j]
            }
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
        var squares = [Double](repeating: 0, count: features.classes.count)
        var noises = squares
        for (place, one) in latents.enumerated() where one.variance > 1e-9 && one.present > 1e-9 {
            let slope = one.present * one.variance
            for row in 0..<size {
                let feature = latents.count + row
                sums[row, place] = entry(feature, place) / slope
                let own = deviation(feature, place) / slope
                noise += own * own / Double(latents.count * size)
                let text = features.classOf[row]
                squares[text] += sums[row, place] * sums[row, place] / max(counts[row], 1)
                noises[text] += own * own / max(counts[row], 1)
            }
        }
        for row in 0..<size {
            let text = features.classOf[row]
            let factor = squares[text] > 0 ? max(0, 1 - noises[text] / squares[text]) : 0
            for place in latents.indices { sums[row, place] *= factor }
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
    /// The linear map T of least effect for which `whole` − TᵀET is positive definite, E being this covariance: what classes
    /// explain of latent numbers may then be taken out of their correlations, and these stay as they were measured.
    ///
    /// In the coordinates in which `whole` is the identity, directions of which classes explain more than nearly all are
    /// drawn in.
    func shrinking(below whole: Matrix) throws(LinearAlgebraError) -> Matrix {
        let root = try whole.spectral { $0.squareRoot() }
        let inverse = try whole.spectral { 1 / $0.squareRoot() }
        let shrunk = try inverse.multiplied(by: multiplied(by: inverse)).spectral {
            $0 > Self.largestExplained ? (Self.largestExplained / $0).squareRoot() : 1
        }
        return try inverse.multiplied(by: shrunk.multiplied(by: root))
    }

    private static let largestExplained = 0.95

    /// A function of a symmetric matrix: of its eigenvalues, the smallest taken as positive.
    private func spectral(_ function: (Double) -> Double) throws(LinearAlgebraError) -> Matrix {
        let eigen = try symmetricEigen()
        var scaled = eigen.vectors
        for column in 0..<columns {
            let factor = function(max(eigen.values[column], 1e-9))
            for row in 0..<rows { scaled[row, column] *= factor }
        }
        return try scaled.multiplied(by: eigen.vectors.transposed)
    }

    /// Itself where it is a positive definite correlation matrix, otherwise the nearest one.
    func nearestPositiveDefinite() throws(LinearAlgebraError) -> Matrix {
        guard rows > 1 else { return self }
        if let least = try symmetricEigen().values.first, least >= 1e-4 { return self }
        return try nearestCorrelation(floor: 1e-4, tolerance: 1e-7, maximumSteps: 100)
    }
}
