import PrivacyKernel
import Tables

/// What the Gram matrix is of: a function of public figures and noisy one-way marginals.
struct GramFeatures {
    /// Ordered columns, the first features.
    let latents: [NormalScores]
    /// Columns of text whose values, or pools of values, are told apart; their indicators follow in this order.
    let classes: [ModelAttribute]
    /// The first feature of each of `classes`.
    let offsets: [Int]
    /// Every modelled column: ordered ones whole, columns of text by what is told apart.
    let attributes: [ModelAttribute]
    /// The column of each feature.
    let columns: [Int]
    let scores: [[Int32]]
    /// Of a whole row, in the units of the scores.
    let bound: Int
    /// A score of 1.
    let scale: Double
    /// Whether a row can be longer than the bound.
    let isClipped: Bool

    /// A row of m independent latent numbers is about √m long. This times m, plus 1 for each column of text, is the square
    /// of the bound where noise matters; up to the longest possible row, where it does not.
    private static let clippedNorm = 2.5
    private static let scales: [Double] = [128, 64, 32, 16, 8, 4, 2, 1]
    private static let largestBound = 8192.0
    private static let indicatorLimit = 400

    /// - Parameter amount: of budget for the release.
    init(_ oneWays: OneWayMarginals, _ domain: TableDomain, noise: NoiseBudget, amount: Double) {
        let shares = oneWays.shares
        let latents = oneWays.modelled.filter { domain.columns[$0].isOrdered }.map {
            NormalScores($0, domain: domain.columns[$0], shares: shares[$0])
        }
        let texts = oneWays.modelled.filter { !domain.columns[$0].isOrdered }
        let plainNorm = Self.clippedNorm * Double(latents.count) + Double(texts.count)
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
        let longest =
            latents.reduce(0.0) { sum, one in
                let most = one.means.reduce(0) { max($0, abs($1)) }
                return sum + most * most
            } + Double(classes.count)
        // Noise of half a sampling error in each correlation.
        let affordable = oneWays.total.squareRoot() / (2 * unit)
        let squaredNorm = min(longest, max(plainNorm, affordable))
        let scale = Self.scales.first { squaredNorm.squareRoot() * $0 < Self.largestBound - 1 } ?? 1
        self.scale = scale
        isClipped = squaredNorm < longest
        bound = max(1, Int(min(squaredNorm.squareRoot() * scale, Self.largestBound - 1).rounded(.up)))
        var columns = latents.map(\.column)
        var scores = latents.map { $0.scores(scale: scale, size: domain.columns[$0.column].size) }
        var offsets: [Int] = []
        for one in classes {
            offsets.append(columns.count)
            for group in 0..<one.size {
                columns.append(one.column)
                scores.append(
                    (0..<domain.columns[one.column].size).map { one.group(of: $0) == group ? Int32(scale) : 0 })
            }
        }
        self.columns = columns.count > 1 ? columns : []
        self.scores = scores
        self.offsets = offsets
    }
}
