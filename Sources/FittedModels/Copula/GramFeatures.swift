package import Domains
import PrivacyKernel
import Tables

/// The features of the Gram matrix: a function of public figures and noisy one-way marginals.
package struct GramFeatures {
    /// Ordered columns, the first features.
    let latents: [NormalScores]
    /// Columns of text whose values, or pools of values, are told apart; their indicators follow in this order.
    let classes: [ModelAttribute]
    /// The first feature of each of `classes`.
    let offsets: [Int]
    /// Every modelled column: ordered ones whole, columns of text by what is told apart.
    package let attributes: [ModelAttribute]
    /// For each indicator its place in `classes`.
    let classOf: [Int]
    /// The column of each feature.
    package let columns: [Int]
    /// The factor of each feature's scores, besides the common scale.
    let weights: [Double]
    package let scores: [[Int32]]
    /// For each feature the mean square of its weighted scores.
    let meanSquares: [Double]
    /// For each of `classes` the part of the rows in each group.
    let groupShares: [[Double]]
    /// The greatest norm of a row, in the units of the scores.
    package let bound: Int
    /// A score of 1.
    let scale: Double
    /// What clipping does to latent numbers.
    let spectrum: ClippedSpectrum
    /// Whether a row can be longer than the bound.
    let isClipped: Bool

    /// Where noise matters, the square of the bound is this times the mean square of a row's length. Shorter rows mean
    /// less noise and more clipping; the diagonal shows how much was clipped. Where noise does not matter, the bound is
    /// the longest possible row.
    private static let clippedNorm = 1.0
    /// Noise in a correlation that matters as little as what clipping makes of it.
    private static let noiseAsClipping = 0.004
    /// Scores of a column with a single value that matters would be long where it has another one.
    private static let largestWeight = 4.0
    private static let scales: [Double] = [128, 64, 32, 16, 8, 4, 2, 1]
    private static let largestBound = 8192.0
    private static let indicatorLimit = 400
    /// Whatever the scores, no bound is larger.
    package static let mostBound = Int(largestBound)

    /// - Parameter amount: of budget for the release.
    package init(_ oneWays: OneWayMarginals, _ domain: TableDomain, noise: NoiseScaling, amount: Double) {
        let shares = oneWays.shares
        let latents = oneWays.modelled.filter { domain.columns[$0].isOrdered }.map {
            NormalScores($0, domain: domain.columns[$0], shares: shares[$0])
        }
        let texts = oneWays.modelled.filter { !domain.columns[$0].isOrdered }
        let latentWeights = latents.map { one in
            one.variance > 1e-9 ? min(1 / one.variance.squareRoot(), Self.largestWeight) : 1
        }
        // Scores of indicators are centred: (1 − p)² + Σ p² over the others, on average 1 − Σ p².
        let spreads = texts.map { 1 - shares[$0].reduce(0) { $0 + $1 * $1 } }
        let meanSquare = zip(latents, latentWeights).reduce(spreads.reduce(0, +)) {
            $0 + $1.1 * $1.1 * $1.0.present * $1.0.variance
        }
        let plainNorm = max(Self.clippedNorm * meanSquare, 0.01)
        // Of an entry off the diagonal, for rows of norm 1. The indicators are not counted yet: under pure accounting, where
        // their number matters, as if there were four a column.
        let entries = Double(latents.count + 4 * texts.count + 1)
        let unit =
            noise.deviation(amount: amount) * (noise.accounting == .pure ? entries / 2 : 0.5.squareRoot())
        let legible = oneWays.total / (2 * unit * plainNorm)
        let groupLimit = Double(max(2, Self.indicatorLimit / max(texts.count, 1)))
        var attributes = latents.map { ModelAttribute(column: $0.column, size: domain.columns[$0.column].size) }
        var classes: [ModelAttribute] = []
        for column in texts {
            let levels = CodeLevels(
                column, domain: domain.columns[column], shares: shares[column],
                sizes: [Int(min(max(legible, 2), groupLimit))]
            ).levels
            let whole = ModelAttribute(column: column, size: domain.columns[column].size)
            guard let told = levels.last else {
                attributes.append(ModelAttribute(column: column, groups: whole.allTogether, size: 1))
                continue
            }
            attributes.append(told)
            classes.append(told)
        }
        self.attributes = attributes.sorted { $0.column < $1.column }
        self.latents = latents
        self.classes = classes
        let groupShares = classes.map { $0.sums(of: shares[$0.column]) }
        let longest =
            zip(latents, latentWeights).reduce(0.0) { sum, one in
                let most = one.0.means.reduce(0) { max($0, abs($1)) } * one.1
                return sum + most * most
            }
            + groupShares.reduce(0.0) { sum, shares in
                let squares = shares.reduce(0) { $0 + $1 * $1 }
                return sum + (shares.map { 1 - 2 * $0 + squares }.max() ?? 0)
            }
        let affordable = Self.noiseAsClipping * oneWays.total / unit
        let squaredNorm = min(longest, max(plainNorm, affordable))
        let scale = Self.scales.first { squaredNorm.squareRoot() * $0 < Self.largestBound - 1 } ?? 1
        self.scale = scale
        spectrum = ClippedSpectrum(squaredBound: squaredNorm, others: spreads.reduce(0, +))
        isClipped = squaredNorm < longest
        bound = max(1, Int(min(squaredNorm.squareRoot() * scale, Self.largestBound - 1).rounded(.up)))
        var columns = latents.map(\.column)
        var weights = latentWeights
        var scores = zip(latents, latentWeights).map { one, weight in
            one.scores(scale: scale * weight, size: domain.columns[one.column].size)
        }
        var offsets: [Int] = []
        for (one, shares) in zip(classes, groupShares) {
            offsets.append(columns.count)
            for group in 0..<one.size {
                columns.append(one.column)
                weights.append(1)
                scores.append(
                    (0..<domain.columns[one.column].size).map {
                        Int32((scale * ((one.group(of: $0) == group ? 1 : 0) - shares[group])).rounded())
                    })
            }
        }
        self.columns = columns.count > 1 ? columns : []
        classOf = classes.indices.flatMap { [Int](repeating: $0, count: classes[$0].size) }
        self.weights = weights
        self.groupShares = groupShares
        meanSquares =
            zip(latents, latentWeights).map { $0.1 * $0.1 * $0.0.present * $0.0.variance }
            + groupShares.joined().map { $0 * (1 - $0) }
        self.scores = scores
        self.offsets = offsets
    }
}
