public import Tables

/// The one door between private rows and everything else.
///
/// Each call consumes budget, appends to the transcript and hands the release to the sink before it returns. What it
/// returns depends on the multiset of rows alone, never on their order. Refusals depend on public figures alone.
public final class Kernel {
    public let domain: TableDomain
    public internal(set) var transcript: Transcript
    let table: PrivateTable?
    let record: (@Sendable (Release) throws -> Void)?
    var noise: NoiseSource
    /// The budget that the first call brought; slices of another are refused.
    var root: BudgetRoot?
    /// How many releases of a replayed transcript have been answered.
    var answered = 0
    var selections = 0
    var changedCoordinates = 0.0

    /// No single question may have more cells than this unless the call says otherwise.
    public static let defaultCellLimit = 1 << 26

    /// - Parameters:
    ///   - table: the rows.
    ///   - record: takes each release before it is returned; where it throws, the answer is withheld.
    public init(table: PrivateTable, record: (@Sendable (Release) throws -> Void)? = nil) {
        self.domain = table.domain
        self.table = table
        self.record = record
        self.transcript = Transcript()
        self.noise = NoiseSource(NoiseGenerator())
    }

    /// A kernel without rows: answers the same questions from the transcript, then throws `transcriptExhausted`.
    public init(replaying transcript: Transcript, domain: TableDomain) {
        self.domain = domain
        self.table = nil
        self.record = nil
        self.transcript = transcript
        self.noise = NoiseSource(NoiseGenerator())
    }

    /// For tests: noise that repeats. Production has no way to choose a seed.
    init(table: PrivateTable, record: (@Sendable (Release) throws -> Void)? = nil, generator: NoiseGenerator) {
        self.domain = table.domain
        self.table = table
        self.record = record
        self.transcript = Transcript()
        self.noise = NoiseSource(generator)
    }

    /// Number of codes of each column.
    public var sizes: [Int] { domain.sizes }
}
