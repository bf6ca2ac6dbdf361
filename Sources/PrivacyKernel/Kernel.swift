public import Domains
public import Tables
import VectorMath

// KERNEL 9.1
/// The one door between private rows and everything else.
///
/// Each call consumes budget, appends to the transcript and hands the release to the sink before it returns. What it
/// returns depends on the multiset of rows alone, never on their order. Refusals depend on public figures only, come
/// before any noise is drawn, and leave nothing in the transcript. Neighbouring tables differ in all rows of one key.
public final class Kernel: CustomReflectable {
    /// What the codes of the joined rows mean; public.
    public let domain: TableDomain
    /// Number of codes of each column, then of each grouping.
    public internal(set) var sizes: [Int]
    public internal(set) var transcript: Transcript
    /// nil if a transcript is replayed.
    let rows: (any IntegerSource)?
    var noise: NoiseSource
    private let record: (@Sendable (Release) throws -> Void)?
    private(set) var answered = 0
    private var knownCounts: [[Int]: [Int64]] = [:]
    /// Further attributes that follow from a row's columns.
    var further: [FurtherAttribute] = []

    /// No single question may have more cells than this unless the call says otherwise.
    public static let defaultCellLimit = 1 << 26
    private static let largestCellLimit = 1 << 40
    private static let knownCellLimit = 1 << 22

    // KERNEL 1.2
    /// - Parameters:
    ///   - table: the rows; the kernel alone has them from here on.
    ///   - record: takes each release before it is returned; where it throws, the answer is withheld and counts as
    ///     spent.
    public convenience init(table: consuming PrivateTable, record: (@Sendable (Release) throws -> Void)? = nil) {
        self.init(rows: table.rows, record: record, generator: NoiseGenerator())
    }

    /// A kernel of one holder of rows, among several. What it releases are sums over all holders, to which each adds
    /// noise of its own; every holder's kernel is asked the same questions and has the same answers.
    ///
    /// - Parameters:
    ///   - part: this holder's rows; the kernel alone has them from here on.
    ///   - opening: adds the parts of all holders.
    ///   - record: as above.
    public convenience init(
        part: consuming PrivateTable, opening: any SumOpening, record: (@Sendable (Release) throws -> Void)? = nil
    ) {
        self.init(rows: SharedRows(part.rows, opening), record: record, generator: NoiseGenerator())
    }

    /// A kernel of one of three parties that count on shares of columns of two holders; every party's kernel is asked the same
    /// questions and has the same answers.
    ///
    /// - Parameters:
    ///   - table: this holder's rows, aligned with the other's; the kernel alone has them from here on.
    ///   - domain: of the columns of both.
    ///   - sharing: the way to the other parties.
    ///   - record: as above.
    /// - Throws: `shapeMismatch` unless the columns are the first or the last of the domain.
    public convenience init(
        columns table: consuming PrivateTable, of domain: TableDomain, sharing: any ColumnSharing,
        record: (@Sendable (Release) throws -> Void)? = nil
    ) throws(PrivacyError) {
        let rows = table.rows
        let count = rows.domain.columns.count
        let first = sharing.side == 0 ? count : domain.columns.count - count
        guard first >= 0,
            rows.domain.sizes
                == (sharing.side == 0
                    ? domain.sizes.prefix(first).map { $0 } : domain.sizes.dropFirst(first).map { $0 })
        else { throw .shapeMismatch(expected: domain.columns.count, found: count) }
        self.init(
            rows: SharedColumns(rows, of: domain, first: first, rows: rows.table.rowCount, sharing), record: record,
            generator: NoiseGenerator())
    }

    /// The kernel of the third party, which has no rows.
    ///
    /// - Parameters:
    ///   - first: how many columns of the domain the first holder has.
    ///   - rows: of both holders' tables with their padding.
    public convenience init(
        sharesOf domain: TableDomain, first: Int, rows: Int, sharing: any ColumnSharing,
        record: (@Sendable (Release) throws -> Void)? = nil
    ) {
        self.init(
            rows: SharedColumns(nil, of: domain, first: first, rows: rows, sharing), record: record,
            generator: NoiseGenerator())
    }

    /// A kernel of a table of which no row is kept: its file is read anew for each round of questions.
    ///
    /// - Parameters:
    ///   - recipe: columns that follow from the file's, row by row; nil for none.
    ///   - record: as above.
    /// - Throws: `rowsAreGone` if another kernel has it; `wrongRecipe` if the recipe is of another table.
    public convenience init(
        blocks table: StreamedTable, following recipe: TableRecipe? = nil,
        record: (@Sendable (Release) throws -> Void)? = nil
    ) throws(PrivacyError) {
        self.init(rows: try BlockRows(table, recipe), record: record, generator: NoiseGenerator())
    }

    /// A kernel of rows that lie elsewhere and are counted there.
    ///
    /// - Parameters:
    ///   - counter: is believed; whoever agrees to the fit must know who it is.
    ///   - record: as above.
    public convenience init(
        countedBy counter: any ExactCounter, record: (@Sendable (Release) throws -> Void)? = nil
    ) {
        self.init(rows: CountedElsewhere(counter), record: record, generator: NoiseGenerator())
    }

    // KERNEL 8.3
    /// A kernel without rows: it answers the same questions from the transcript, then throws `transcriptExhausted`.
    public init(replaying transcript: Transcript, domain: TableDomain) {
        self.domain = domain
        self.sizes = domain.sizes
        self.rows = nil
        self.record = nil
        self.transcript = transcript
        self.noise = NoiseSource(NoiseGenerator())
    }

    /// For tests: noise that repeats. Production has no way to choose a seed.
    init(
        rows: any IntegerSource, record: (@Sendable (Release) throws -> Void)? = nil,
        generator: consuming NoiseGenerator
    ) {
        self.domain = rows.domain
        self.sizes = rows.domain.sizes
        self.rows = rows
        self.record = record
        self.transcript = Transcript()
        self.noise = NoiseSource(generator)
    }

    // KERNEL 1.4
    /// Reflection shows no row, no count and no noise.
    public var customMirror: Mirror { Mirror(self, children: []) }

    deinit {
        for key in knownCounts.keys { knownCounts[key]?.wipe() }
    }
}

/// A budget that was handed over and checked.
struct Payment {
    let root: BudgetRoot
    let units: UInt64

    var accounting: Accounting { root.promise.accounting }

    /// The noise that `units` pay for: the one place where questions, plans and forecasts get a scale from.
    ///
    /// σ² = sensitivity²/(2ρ), plus `BudgetRoot.smoothing` under Gaussian accounting, rounded up.
    func scale(_ sensitivity: Sensitivity, units: UInt64) throws(PrivacyError) -> NoiseScale {
        try scale(squared: sensitivity.squared, linear: sensitivity.linear, units: units)
    }

    // KERNEL 4.1
    /// The same for a square and an L1 that do not belong together: off the diagonal of a Gram matrix.
    func scale(squared: UInt128, linear: UInt64, units: UInt64) throws(PrivacyError) -> NoiseScale {
        guard units > 0 else { throw .shareTooSmall(0) }
        guard accounting != .pure else { return .laplace(LaplaceScale(units: units, sensitivity: linear)) }
        guard squared < 1 << 78 else {
            throw .figureTooLarge(what: "squared sensitivity", figure: Double(squared), limit: 0x1p78)
        }
        return .gaussian(try GaussianScale(atLeast: squared << 49, over: UInt128(units), plus: smoothing))
    }

    // KERNEL 7.1
    /// What is added to σ² so that discrete noise may be sold as continuous.
    var smoothing: UInt128 { accounting == .gaussian ? BudgetRoot.smoothing : 0 }
}

/// Where an answer comes from.
enum Source {
    case rows(any IntegerSource)
    case recorded(Answer)
}

extension Kernel {
    /// Takes the budget over.
    func payment(_ budget: consuming Budget) throws(PrivacyError) -> Payment {
        guard budget.units > 0 else { throw .budgetIsEmpty }
        return Payment(root: budget.root, units: budget.units)
    }

    // KERNEL 2.4, 6.6
    /// The last checks before rows are read or the transcript is asked.
    ///
    /// - Parameters:
    ///   - changed: how many released figures adding one key can change.
    ///   - figures: how many figures get noise, of each holder; those that can change, where nothing else is said.
    func open(
        _ payment: Payment, changed: Int, figures: Int? = nil, selections: Int = 0
    ) throws(PrivacyError) -> Source {
        guard let rows else {
            guard answered < transcript.releases.count else {
                throw .transcriptExhausted(releases: transcript.releases.count)
            }
            let release = transcript.releases[answered]
            guard release.promise == payment.root.promise, release.spent == payment.units else {
                throw .replayMismatch(release: answered)
            }
            return .recorded(release.answer)
        }
        try rows.budgetClaim.claim(payment.root)
        let draws = (figures ?? changed).multipliedReportingOverflow(by: rows.holders.count)
        guard !draws.overflow else { throw .drawLimitReached(limit: BudgetRoot.drawLimit) }
        try payment.root.reserve(figures: draws.partialValue, changed: changed, selections: selections)
        return .rows(rows)
    }

    /// The Gram matrix that a replayed transcript answers with next; nil where it is another answer.
    var nextRecordedGram: NoisyGram? {
        guard answered < transcript.releases.count, case .gram(let gram) = transcript.releases[answered].answer else {
            return nil
        }
        return gram
    }

    /// Accepts a recorded answer.
    func accept() { answered += 1 }

    func mismatch() -> PrivacyError { .replayMismatch(release: answered) }

    // KERNEL 4.7, 8.1, 8.2
    /// Writes the release down before anyone sees it.
    func publish(_ answer: Answer, _ payment: Payment, changingOne factor: UInt64) throws(PrivacyError) {
        try rows?.checkRead()
        let (changing, overflow) = payment.units.multipliedReportingOverflow(by: factor)
        let release = Release(
            promise: payment.root.promise, spent: payment.units, spentChangingOne: overflow ? .max : changing,
            answer: answer, terms: try terms(of: answer, payment))
        transcript.append(release)
        do { try record?(release) } catch { throw .notRecorded("\(error)") }
    }

    /// An attribute set in ascending order, and its shape. One product of sizes is checked against `limit`.
    func shape(of attributes: [Int], limit: Int) throws(PrivacyError) -> (attributes: [Int], shape: [Int], cells: Int) {
        let sorted = attributes.sorted()
        let limit = min(limit, Kernel.largestCellLimit)
        var cells = 1
        var shape: [Int] = []
        for (place, attribute) in sorted.enumerated() {
            guard sizes.indices.contains(attribute) else {
                throw .attributeOutOfRange(attribute, columns: sizes.count)
            }
            if place > 0, sorted[place - 1] == attribute { throw .attributeRepeated(attribute) }
            let size = sizes[attribute]
            let (product, overflow) = cells.multipliedReportingOverflow(by: size)
            guard !overflow else { throw .tooManyCells(cells: nil, limit: limit) }
            cells = product
            shape.append(size)
        }
        guard cells <= limit else { throw .tooManyCells(cells: cells, limit: limit) }
        return (sorted, shape, cells)
    }

    /// What the price of an answer follows from, besides its scales.
    private func terms(of answer: Answer, _ payment: Payment) throws(PrivacyError) -> ReleaseTerms {
        let isSelection = if case .selection = answer { true } else { false }
        return ReleaseTerms(
            rowsPerKey: Int(try rowsPerKey()),
            selectionEpsilon: isSelection ? Double(payment.selectionUnits) / Budget.unitsPerWhole : nil,
            holders: rows.flatMap { $0.holders.count > 1 ? $0.holders : nil })
    }

    /// The noise that is drawn here for figures that need `scale`.
    func drawn(_ scale: NoiseScale, for kind: FigureKind) throws(PrivacyError) -> NoiseScale {
        let holders = rows?.holders ?? .one
        let share = try holders.share(of: scale)
        // Fifty deviations: no draw is beyond them.
        if let most = rows?.mostFigure(of: kind), case .gaussian(let whole) = holders.total(of: share) {
            let variance = NoiseScale.gaussian(whole).variance
            guard variance.squareRoot() * 50 <= Double(most) else { throw .noiseTooLarge(variance: variance) }
        }
        return share
    }

    // KERNEL 10.4
    /// Whether L1-errors cannot be counted, because parts of several holders do nothing but add up. Of a replayed
    /// transcript: whether it answered with tables.
    var addsUpAlone: Bool {
        if let rows { return rows.holders.count > 1 }
        guard answered < transcript.releases.count, case .marginals = transcript.releases[answered].answer else {
            return false
        }
        return true
    }

    /// Whether rows lie at several holders, of which each adds noise: public. Of a replayed transcript what it records.
    package var isOfSeveralHolders: Bool {
        (rows?.holders ?? transcript.releases.first?.terms?.holders ?? .one).count > 1
    }

    /// The most rows that a key may have: public. Of a replayed transcript what it records; 1 where it does not.
    public var rowsBound: Int { rows?.rowsPerKey ?? transcript.releases.first?.terms?.rowsPerKey ?? 1 }

    // KERNEL 2.3
    /// Rows a key may have, as a factor of every sensitivity.
    func rowsPerKey() throws(PrivacyError) -> UInt64 {
        guard let rows else { return 1 }
        guard rows.rowsPerKey <= 4096 else {
            throw .figureTooLarge(what: "number of rows a key", figure: Double(rows.rowsPerKey), limit: 4096)
        }
        return UInt64(rows.rowsPerKey)
    }

    /// The private marginals, each counted once as long as they fit in memory set aside for them.
    func counts(_ cliques: [[Int]], in rows: any IntegerSource) throws(PrivacyError) -> [[Int64]] {
        let missing = cliques.filter { knownCounts[$0] == nil }
        let counted = try rows.counts(missing, further: further)
        var answers: [[Int]: [Int64]] = [:]
        var known = knownCounts.values.reduce(0) { $0 + $1.count }
        for (clique, counts) in zip(missing, counted) {
            answers[clique] = counts
            known += counts.count
            if known <= Kernel.knownCellLimit { knownCounts[clique] = counts }
        }
        return cliques.map { answers[$0] ?? knownCounts[$0] ?? [] }
    }
}

extension [Int64] {
    mutating func wipe() { for index in indices { self[index] = 0 } }
}
