/// One noisy table of counts: the marginal of an attribute set.
public struct NoisyMarginal: Sendable, Equatable, Codable {
    /// Columns, ascending.
    public let attributes: [Int]
    /// The number of codes of each attribute, in the same order.
    public let shape: [Int]
    /// Row-major: the last attribute is fastest. Noisy, so cells may be negative.
    public let counts: [Int64]
    /// Variance of the noise in each cell.
    public let variance: Double
    /// The exact parameter of the noise.
    public let scale: NoiseScale

    /// - Parameters:
    ///   - shape: the number of codes of each attribute.
    ///   - counts: row-major, as many as the product of `shape`.
    ///   - scale: of the noise in every cell.
    public init(attributes: [Int], shape: [Int], counts: [Int64], scale: NoiseScale) {
        self.attributes = attributes
        self.shape = shape
        self.counts = counts
        self.scale = scale
        self.variance = scale.variance
    }
}

/// A marginal that a selection may choose, with the model's public opinion of it.
public struct Candidate: Sendable, Equatable, Codable {
    /// Columns or groupings, in any order.
    public let attributes: [Int]
    /// The public model's marginal, rounded to whole counts, row-major in ascending order of attributes.
    public let estimate: [Int64]
    /// At least 1. The score is weight · ‖M(D) − estimate‖₁ − penalty.
    public let weight: Int
    /// Taken off the score, for instance for what the marginal would cost.
    public let penalty: Int64

    /// A candidate for `Kernel.select` and `Kernel.measureErrors`, which check its figures.
    public init(attributes: [Int], estimate: [Int64], weight: Int = 1, penalty: Int64 = 0) {
        self.attributes = attributes
        self.estimate = estimate
        self.weight = weight
        self.penalty = penalty
    }
}

/// The noisy L1-distance between a marginal of the rows and a public estimate.
public struct NoisyError: Sendable, Equatable, Codable {
    /// Columns or groupings, ascending.
    public let attributes: [Int]
    /// The noisy distance in counts; it may be negative.
    public let value: Int64
    /// Of the noise in `value`.
    public let variance: Double

    /// A noisy distance as the kernel released it.
    public init(attributes: [Int], value: Int64, variance: Double) {
        self.attributes = attributes
        self.value = value
        self.variance = variance
    }
}

/// The noisy Gram matrix of clipped integer scores.
public struct NoisyGram: Sendable, Equatable, Codable {
    /// The column of each feature, in the order of the matrix.
    public let attributes: [Int]
    /// Lower triangle, row by row: (0,0), (1,0), (1,1), (2,0)…
    public let entries: [Int64]
    /// Of the noise in each entry of the diagonal.
    public let diagonalVariance: Double
    /// Of the noise in each other entry.
    public let offDiagonalVariance: Double
    /// Rows were clipped to this Euclidean norm, in units of the scores.
    public let bound: Int
}

/// Noisy sums of a public integer value of one attribute, one for each cell of the groups.
public struct NoisySums: Sendable, Equatable, Codable {
    /// The column whose codes have values.
    public let attribute: Int
    /// Columns, ascending.
    public let groups: [Int]
    /// The number of codes of each group, in the same order.
    public let shape: [Int]
    /// Row-major over the groups: the last one varies fastest. Noisy.
    public let sums: [Int64]
    /// Of the noise in each sum.
    public let variance: Double
    /// The most that a row can add to a sum, either way; absent from files of earlier versions.
    public let largest: UInt64?
}

/// One noisy table of counts about a linkage, with how far one record can move it.
public struct NoisyTally: Sendable, Equatable, Codable {
    /// Noisy, so figures may be negative.
    public let counts: [Int64]
    /// The exact parameter of the noise.
    public let scale: NoiseScale
    /// How far one record more or less moves the counts.
    public let movement: CountMovement

    /// Variance of the noise in each figure.
    public var variance: Double { scale.variance }
}

/// The answer of one call.
public enum Answer: Sendable, Equatable, Codable {
    case marginals([NoisyMarginal])
    /// The place of the chosen candidate among so many.
    case selection(chosen: Int, candidates: Int)
    case errors([NoisyError])
    case gram(NoisyGram)
    case sums([NoisySums])
    /// Of a linkage: agreement patterns, tallies of records that take part, links by groups and, of three passes or more, linked
    /// records by the passes that link them.
    case linkage([NoisyTally])
}

/// What the price of a release follows from, besides the scales in its answer: with both, anybody can recompute it.
public struct ReleaseTerms: Sendable, Equatable, Codable {
    /// How many joined rows one key may have.
    public let rowsPerKey: Int
    /// Of a selection: ε of its exponential mechanism.
    public let selectionEpsilon: Double?
    /// Of a sum over several holders of rows: whose noise is in the figures, and how much of it counts; nil for noise that
    /// was drawn in one place.
    public let holders: NoiseHolders?

    /// - Parameters:
    ///   - selectionEpsilon: of a selection, ε of its exponential mechanism; nil for everything else.
    ///   - holders: nil for noise that was drawn in one place.
    public init(rowsPerKey: Int, selectionEpsilon: Double? = nil, holders: NoiseHolders? = nil) {
        self.rowsPerKey = rowsPerKey
        self.selectionEpsilon = selectionEpsilon
        self.holders = holders
    }
}

/// One release: what left the kernel and what it cost.
public struct Release: Sendable, Equatable, Codable {
    /// The promise of the budget that paid.
    public let promise: PrivacyPromise
    /// Units of 2^-50 of ε or ρ, for adding or removing one key.
    public let spent: UInt64
    /// The same for changing all rows of one key: twice ε; twice ρ for counts and four times for scores (KERNEL.md).
    public let spentChangingOne: UInt64
    /// The noisy figures.
    public let answer: Answer
    /// Absent from files of earlier versions.
    public let terms: ReleaseTerms?

    /// A release from its parts, as a record of it is read back. Only `Kernel` makes new ones.
    public init(
        promise: PrivacyPromise, spent: UInt64, spentChangingOne: UInt64, answer: Answer, terms: ReleaseTerms? = nil
    ) {
        self.promise = promise
        self.spent = spent
        self.spentChangingOne = spentChangingOne
        self.answer = answer
        self.terms = terms
    }
}

/// Every release in order. It can be written, read and replayed; the ledger entry is a function of it.
public struct Transcript: Sendable, Equatable, Codable {
    /// In the order in which they were made.
    public private(set) var releases: [Release]

    /// A transcript of recorded releases; empty for a kernel that was asked nothing.
    public init(releases: [Release] = []) { self.releases = releases }

    /// How many figures all releases have together.
    public var figureCount: Int {
        releases.reduce(0) { count, release in
            switch release.answer {
            case .marginals(let marginals): count + marginals.reduce(0) { $0 + $1.counts.count }
            case .selection: count + 1
            case .errors(let errors): count + errors.count
            case .gram(let gram): count + gram.entries.count
            case .sums(let sums): count + sums.reduce(0) { $0 + $1.sums.count }
            case .linkage(let tallies): count + tallies.reduce(0) { $0 + $1.counts.count }
            }
        }
    }

    mutating func append(_ release: Release) { releases.append(release) }

    /// What all releases together cost; nil before the first.
    ///
    /// ε is rounded up and never exceeds the promise, which a test and `Budget` prove.
    public var spent: PrivacySpent? { PrivacySpent(releases) }
}
