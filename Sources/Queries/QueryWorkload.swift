public import Domains
public import PrivacyKernel
import Statistics
import Tables
public import Tasks

/// All queries of a task: asked one after the other of the kernel, before the model is fitted, while the rows exist.
///
/// A query gets the part `price / ε` of the task's budget, in the units in which the budget adds up, so that prices and
/// model make one whole. What cannot be asked is refused here, before anything is spent.
public struct QueryWorkload: Sendable {
    /// What the part of the budget that no query costs is for.
    public enum Remainder: Sendable {
        case model
        /// There is no model: the queries cost all of ε.
        case nothing
    }

    let questions: [ResolvedQuery]
    let privacy: PrivacyParameters
    private let remainder: Remainder
    private let rowsPerKey: Int
    private let holders: NoiseHolders
    /// Whether the number of joined rows is asked for before anything else.
    public let countsRows: Bool
    /// The part of the budget that this costs.
    public static let countShare = 0.01

    /// - Parameters:
    ///   - domain: of the joined table.
    ///   - countsRows: whether the number of joined rows comes first. The queries' prices are then parts of what it leaves
    ///     where there is no model, and parts of the whole where there is one.
    ///   - rowsPerKey: the most rows that a key may have in it.
    ///   - mirror: the terms of the task's join where it is a mirror.
    ///   - linkage: the same where it is a linkage, and for each provider the joined columns that are its own.
    ///   - holders: who adds noise.
    public init(
        _ queries: [TaskSpecification.PermittedQuery], domain: TableDomain, privacy: PrivacyParameters,
        rowsPerKey: Int = 1, remainder: Remainder = .model, countsRows: Bool = false, mirror: MirrorTerms? = nil,
        linkage: (terms: LinkageTerms, sides: [Set<String>])? = nil, holders: NoiseHolders = .one
    ) throws(QueryRefusal) {
        let lists = linkage.map { LinkedLists(terms: $0.terms, sides: $0.sides) }
        var questions: [ResolvedQuery] = []
        for query in queries {
            questions.append(try ResolvedQuery(query, domain: domain, mirror: mirror, lists: lists))
        }
        let prices = queries.reduce(0) { $0 + $1.epsilon }
        switch remainder {
        case .model:
            let left = countsRows ? 1 - Self.countShare : 1
            guard questions.isEmpty || prices < privacy.epsilon * left else {
                throw .overBudget(prices: prices, epsilon: privacy.epsilon)
            }
        case .nothing:
            guard abs(prices - privacy.epsilon) <= 1e-9 * privacy.epsilon else {
                throw .notAllSpent(prices: prices, epsilon: privacy.epsilon)
            }
        }
        self.questions = questions
        self.remainder = remainder
        self.rowsPerKey = rowsPerKey
        self.holders = holders
        self.countsRows = countsRows
        self.privacy = privacy
    }

    /// Names in the order of the task.
    public var names: [String] { questions.map(\.query.name) }

    /// What is left for the model, as a part of the budget.
    public var modelShare: Double { questions.reduce(countsRows ? 1 - Self.countShare : 1) { $0 - share($1) } }

    /// Asks everything and takes what it costs out of the budget; the rest is the model's.
    ///
    /// - Parameter shares: what part of the budget each query gets, as a plan says; nil for the prices.
    /// - Returns: one answer a query; fewer where a replayed transcript ends earlier.
    @discardableResult
    public func ask(
        _ kernel: Kernel, shares: [Double]? = nil, taking budget: inout Budget
    ) throws(PrivacyError) -> [QueryAnswer] {
        try askUnlessFew(kernel, shares: shares, leastRows: nil, taking: &budget) ?? []
    }

    /// The same, unless too few rows came together.
    ///
    /// - Parameters:
    ///   - shares: what part of the budget each query gets, as a plan says; nil for the prices.
    ///   - leastRows: where the noisy number of joined rows is smaller, nothing more is asked; nil for no such rule.
    /// - Returns: one answer a query; fewer where a replayed transcript ends earlier; nil where too few rows came together.
    public func askUnlessFew(
        _ kernel: Kernel, shares: [Double]? = nil, leastRows: Int?, taking budget: inout Budget
    ) throws(PrivacyError) -> [QueryAnswer]? {
        let law = budget.accounting.law
        let released = try releases(
            kernel, shares: shares ?? questions.map(share), leastRows: leastRows, taking: &budget)
        return released?.map { question, released in
            question.answer(released.tables, variances: released.variances, law: law)
        }
    }

    private func releases(
        _ kernel: Kernel, shares: [Double], leastRows: Int? = nil, taking budget: inout Budget
    ) throws(PrivacyError) -> [(question: ResolvedQuery, released: ResolvedQuery.Released)]? {
        let whole = budget.amount
        if countsRows {
            let count = try kernel.measure([[]], spending: budget.take(.amount(whole * Self.countShare)))
            if let leastRows, count[0].counts[0] < leastRows { return nil }
        }
        var all: [(question: ResolvedQuery, released: ResolvedQuery.Released)] = []
        for (place, (question, share)) in zip(questions, shares).enumerated() {
            let isLast = remainder == .nothing && place == questions.count - 1
            let slice = try budget.take(isLast ? .all : .amount(whole * share))
            do throws(PrivacyError) {
                all.append((question, try question.ask(kernel, spending: slice)))
            } catch {
                guard case .transcriptExhausted = error else { throw error }
            }
        }
        return all
    }

    /// What the queries measured, as sums by groups, for a model to agree with: counts are sums of ones. Sums over bins that
    /// are wide beside their numbers are left out.
    ///
    /// - Parameter domain: of the joined table.
    public func sums(
        from transcript: Transcript, domain: TableDomain
    ) throws(PrivacyError) -> [(query: String, question: SumQuestion, figures: [Int64], variance: Double)] {
        guard !questions.isEmpty, let promise = transcript.releases.first?.promise else { return [] }
        var budget = try Budget(promise.parameters, accounting: promise.accounting)
        let kernel = Kernel(replaying: transcript, domain: domain)
        let all = try releases(kernel, shares: questions.map(share), taking: &budget) ?? []
        return all.flatMap { question, released in
            zip(question.sums, zip(released.tables, released.variances)).compactMap { sum, figures in
                sum.overCodes(domain).map { (question.query.name, $0, figures.0, figures.1) }
            }
        }
    }

    /// The answers that a transcript holds: recorded once, read as often as anybody likes.
    public func answers(from transcript: Transcript, domain: TableDomain) throws(PrivacyError) -> [QueryAnswer] {
        guard !questions.isEmpty, let promise = transcript.releases.first?.promise else { return [] }
        var budget = try Budget(promise.parameters, accounting: promise.accounting)
        return try ask(Kernel(replaying: transcript, domain: domain), taking: &budget)
    }

    /// What a query would cost and how far its figures would lie from the truth, without asking it.
    public func forecasts(_ accounting: Accounting) throws(PrivacyError) -> [QueryForecast] {
        let budget = try Budget(privacy, accounting: accounting)
        var forecasts: [QueryForecast] = []
        for question in questions {
            let share = share(question)
            let amount = budget.amount * share
            var scales: [NoiseScale] = []
            let sensitivities = question.sensitivities(rowsPerKey: rowsPerKey)
            for (sensitivity, weight) in zip(sensitivities, question.weights) {
                scales.append(try holders.spread(budget.noise(paidBy: amount * weight, sensitivity)))
            }
            forecasts.append(
                QueryForecast(
                    question, share: share, alone: budget.parameters(ofSlice: amount), scales: scales,
                    law: accounting.law))
        }
        return forecasts
    }

    /// What is known of the queries' releases before they are made, for the choice of an accounting.
    public var releases: [PlannedRelease] {
        let rows = Double(rowsPerKey) * Double(rowsPerKey)
        let count = countsRows ? [PlannedRelease(share: Self.countShare, squaredSensitivity: rows)] : []
        return count
            + questions.map { question in
                let squares = zip(question.sensitivities(rowsPerKey: rowsPerKey), question.weights).map {
                    Double($0.squared) / $1
                }
                return PlannedRelease(share: share(question), squaredSensitivity: squares.min() ?? 1)
            }
    }

    /// The noise that the number of joined rows will get.
    public func countScale(_ accounting: Accounting) throws(PrivacyError) -> NoiseScale {
        let budget = try Budget(privacy, accounting: accounting)
        return try holders.spread(
            budget.noise(paidBy: budget.amount * Self.countShare, .counts(rowsPerKey: rowsPerKey)))
    }

    private func share(_ question: ResolvedQuery) -> Double {
        let left = countsRows && remainder == .nothing ? 1 - Self.countShare : 1
        return question.query.epsilon / privacy.epsilon * left
    }
}

extension ResolvedQuery {
    /// The one call of the kernel.
    func ask(
        _ kernel: Kernel, spending budget: consuming Budget
    ) throws(PrivacyError) -> Released {
        switch question {
        case .marginal(let attributes):
            let marginals = try kernel.measure([attributes], spending: budget, cellLimit: Self.cellLimit)
            return Released(tables: marginals.map(\.counts), variances: marginals.map(\.variance))
        case .sums(let questions):
            let sums = try kernel.sums(questions, spending: budget, cellLimit: Self.cellLimit)
            return Released(tables: sums.map(\.sums), variances: sums.map(\.variance))
        case .linkage(let groups, let lists):
            let answer = try kernel.linkage(
                groups, lists.terms, weights: lists.weights, spending: budget, cellLimit: Self.cellLimit)
            return Released(tables: answer.tables.map(\.counts), variances: answer.tables.map(\.variance))
        }
    }
}

/// The price of a query and the error to expect of it: all of it known before anything is drawn.
public struct QueryForecast: Sendable, Equatable, Codable {
    /// The error of one kind of figure.
    public struct Part: Sendable, Equatable, Codable {
        /// `count`, `exports`, `imports`, …
        public var quantity: String
        /// Of the noise in one group's figure, in the units of the column.
        public var standardError: Double
        /// Half of the width of a 95 % interval.
        public var halfWidth: Double
    }

    /// As the task names the query.
    public var name: String
    /// The kind, as the task writes it.
    public var kind: String
    /// The price as the task names it: `share` is its part of the task's ε.
    public var epsilon: Double
    /// The part of the task's budget.
    public var share: Double
    /// What these answers alone give away: (ε, δ) of this part by itself. Parts of a budget add up in ρ or μ², not in ε,
    /// so that this ε is more than the price; all of the task together stay within its ε.
    public var alone: PrivacyParameters?
    /// How many groups will get an answer.
    public var groups: Int
    /// One for each kind of figure that the answer will have.
    public var parts: [Part]

    /// Whether changing a key costs four times as much, not twice: where values are added up, and of linked lists.
    public var addsValues: Bool {
        [TaskSpecification.PermittedQuery.Kind.sum, .mean, .reconcile, .linked].contains { $0.rawValue == kind }
    }

    init(
        _ question: ResolvedQuery, share: Double, alone: PrivacyParameters?, scales: [NoiseScale], law: NoiseLaw
    ) {
        name = question.query.name
        kind = question.query.kind.rawValue
        epsilon = question.query.epsilon
        self.share = share
        self.alone = alone
        groups = question.cells().count
        let quantities: [String] =
            switch question.query.kind {
            case .reconcile: ["exports", "imports", "matched flows", "sum of log points"]
            case .mean: ["sum", "count"]
            case .sum: ["sum"]
            case .linked:
                [
                    "pairs of an agreement pattern", "records that take part", "linked records",
                    "linked records of a set of passes",
                ]
            case .count, .histogram, .quantile, .cardinality: ["count"]
            }
        parts = zip(quantities, scales).enumerated().map { place, part in
            let isValue =
                [.sum, .mean, .reconcile].contains(question.query.kind) && place < question.columns.prefix(2).count
            let isTally = question.query.kind == .linked && place == 1
            let unit = isValue ? question.unit : isTally ? 1 / Double(LinkageQuestion.parts) : 1
            let deviation = part.1.variance.squareRoot() * unit
            return Part(
                quantity: part.0, standardError: deviation,
                halfWidth: law.critical(ResolvedQuery.confidence) * deviation)
        }
    }
}
