/// Why the kernel refused. Every refusal depends only on public figures, comes before any noise is drawn, and costs
/// nothing.
public enum PrivacyError: Error, Sendable, Equatable {
    case epsilonNotPositive(Double)
    case epsilonTooLarge(Double)
    case deltaOutsideRange(Double)
    /// A Gaussian plan needs δ > 0.
    case deltaIsZero(Accounting)
    /// ε and δ that buy less than one unit.
    case budgetTooSmall(epsilon: Double, delta: Double)
    /// A share that is not a positive number.
    case shareNotPositive(Double)
    /// A share of less than one unit, in ε or ρ.
    case shareTooSmall(Double)
    /// A share beyond what is left, both in ε or ρ.
    case budgetExceeded(asked: Double, left: Double)
    /// A budget of nothing pays for nothing.
    case budgetIsEmpty
    /// Slices of two budgets were offered to one kernel.
    case foreignBudget
    case attributeOutOfRange(Int, columns: Int)
    case attributeRepeated(Int)
    case noQuestions
    case weightsMismatch(expected: Int, found: Int)
    case weightNotPositive(Double)
    /// The product of the domain sizes is beyond the limit; `cells` is nil if it overflows 63 bits.
    case tooManyCells(cells: Int?, limit: Int)
    case shapeMismatch(expected: Int, found: Int)
    /// A weight, penalty, estimate, score or clamp beyond what integer arithmetic is proven for.
    case figureTooLarge(what: String, figure: Double, limit: Double)
    case noiseTooLarge(variance: Double)
    case drawLimitReached(limit: UInt64)
    /// The sink did not take the release; it was not returned and counts as spent.
    case notRecorded(String)
    /// The parts of a sum did not come together; nothing was released.
    case notOpened(String)
    /// What cannot be asked where columns are shared among parties.
    case notOnShares(String)
    /// Noise of several holders is discrete Gaussian, of at most 64 of them.
    case noiseNotShared(holders: Int)
    /// A party's table was joined before, or overwritten.
    case rowsAreGone
    /// The rows are no linkage, were linked without evidence of its quality, or the columns are of both sides.
    case noLinkageEvidence
    /// A file that is read anew for each round of questions could not be read again as it was.
    case rowsChanged(String)
    /// Rows that lie elsewhere could not be counted there.
    case notCounted(String)
    /// Columns were to be made of another table's.
    case wrongRecipe
    /// Every recorded release has been answered; the rows are gone.
    case transcriptExhausted(releases: Int)
    /// The question is not the one that the transcript answers at this place.
    case replayMismatch(release: Int)
}

extension PrivacyError: CustomStringConvertible {
    /// One sentence with what was asked and what is allowed; nothing in it depends on rows.
    public var description: String {
        switch self {
        case .epsilonNotPositive(let epsilon): "ε must be a positive number; it is \(epsilon)."
        case .epsilonTooLarge(let epsilon): "ε must be below 8192; it is \(epsilon)."
        case .deltaOutsideRange(let delta): "δ must be at least 0 and below 1; it is \(delta)."
        case .deltaIsZero(let accounting):
            "Gaussian noise (accounting '\(accounting.rawValue)') needs δ above 0; choose δ, or pure accounting."
        case .budgetTooSmall(let epsilon, let delta):
            "ε = \(epsilon) with δ = \(delta) buys less than 2^-50 of ε or ρ, the least that can be spent."
        case .shareTooSmall(let share): "A share of a budget must be at least 2^-50 of ε or ρ; it is \(share)."
        case .shareNotPositive(let share): "A share of a budget must be a positive number; it is \(share)."
        case .budgetExceeded(let asked, let left): "The plan asks for \(asked) where \(left) of the budget is left."
        case .budgetIsEmpty: "Nothing is left of this budget (0 units)."
        case .foreignBudget: "The budget is not a slice of the one that this kernel began with."
        case .attributeOutOfRange(let attribute, let columns):
            "Attribute \(attribute) is outside the table's \(columns) columns."
        case .attributeRepeated(let attribute): "Attribute \(attribute) stands twice in one question."
        case .noQuestions: "The list of questions is empty (0)."
        case .weightsMismatch(let expected, let found): "\(expected) questions carry \(found) weights."
        case .weightNotPositive(let weight): "A weight must be a positive number; it is \(weight)."
        case .tooManyCells(let cells, let limit):
            "The domain has \(cells.map(String.init) ?? "more than 2^63") cells; the limit is \(limit)."
        case .shapeMismatch(let expected, let found): "\(expected) figures are needed; there are \(found)."
        case .figureTooLarge(let what, let figure, let limit): "The \(what) is \(figure); the limit is \(limit)."
        case .noiseTooLarge(let variance): "The budget is too small: the noise would have variance \(variance)."
        case .drawLimitReached(let limit): "This kernel has drawn its \(limit) noise values; δ covers no more."
        case .notRecorded(let reason): "The release was not recorded and is withheld: \(reason)"
        case .notOpened(let reason): reason
        case .notOnShares(let what):
            "On shares \(what) cannot be asked for: tables of counts can. Use an enclave for it."
        case .noiseNotShared(let holders):
            "Noise that \(holders) holders of rows add together is Gaussian, of 2 to \(NoiseHolders.most) of them: it needs δ "
                + "above 0."
        case .noLinkageEvidence:
            "The quality of a linkage can be asked of linked rows alone, and by columns of one provider."
        case .rowsAreGone: "The table's rows were joined before, or overwritten: 0 are left."
        case .rowsChanged(let what): "The table could not be read again as it was: \(what)."
        case .notCounted(let why): "The rows could not be counted where they lie: \(why)"
        case .wrongRecipe: "The recipe is of another table: 1 or more of its columns do not fit."
        case .transcriptExhausted(let releases): "The transcript holds \(releases) releases, all of them answered."
        case .replayMismatch(let release): "Release \(release) of the transcript answers another question."
        }
    }
}
