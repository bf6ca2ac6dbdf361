extension Kernel {
    /// Noisy marginals of any attribute sets: discrete Gaussian noise, discrete Laplace under pure accounting.
    public func measure(
        _ cliques: [[Int]], weights: [Double]? = nil, spending budget: consuming Budget,
        cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> [NoisyMarginal] {
        throw .noQuestions
    }

    public func select(from candidates: [Candidate], spending budget: consuming Budget) throws(PrivacyError) -> Int {
        throw .noQuestions
    }

    public func measureErrors(
        of candidates: [Candidate], spending budget: consuming Budget
    ) throws(PrivacyError) -> [NoisyError] {
        throw .noQuestions
    }

    public func gram(
        of attributes: [Int], scores: [[Int32]], bound: Int, spending budget: consuming Budget
    ) throws(PrivacyError) -> NoisyGram {
        throw .noQuestions
    }

    public func sums(_ questions: [SumQuestion], spending budget: consuming Budget) throws(PrivacyError) -> [NoisySums]
    {
        throw .noQuestions
    }

    public func quantiles(
        of attribute: Int, at shares: [Double], spending budget: consuming Budget
    ) throws(PrivacyError) -> NoisyQuantiles {
        throw .noQuestions
    }
}

/// Σ over rows of a public integer value of the row's code, clamped, for each cell of the groups.
public struct SumQuestion: Sendable, Equatable {
    public let attribute: Int
    /// One value a code of `attribute`.
    public let values: [Int64]
    public let clamp: ClosedRange<Int64>
    public let groups: [Int]

    public init(attribute: Int, values: [Int64], clamp: ClosedRange<Int64>, groups: [Int] = []) {
        self.attribute = attribute
        self.values = values
        self.clamp = clamp
        self.groups = groups
    }
}

/// The codes of an ordered attribute at which the noisy distribution function passes the asked shares.
public struct NoisyQuantiles: Sendable, Equatable, Codable {
    /// What was released; the codes are computed from it.
    public let marginal: NoisyMarginal
    public let shares: [Double]
    public let codes: [Int]
}
