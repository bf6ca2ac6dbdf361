public import Domains
public import FittedModels
import GraphicalModels
public import PrivacyKernel
import Tables

/// Adaptive and iterative mechanism (McKenna, Mullins, Sheldon and Miklau 2022, arXiv 2201.12677): round after round,
/// the marginal of the workload that the model gets most wrong is measured, and the model is fitted again.
///
/// Under Gaussian accounting it is the all-Gaussian variant: all errors against independent columns are released once,
/// and each round releases those of the few most promising candidates afresh. A round that taught little doubles the
/// precision of the next.
public struct AIM: Synthesizer {
    /// `aim` in a task.
    public static var name: SynthesizerName { .aim }
    /// As the task gives them.
    public let parameters: [String: Parameter]
    private let choice: AccountingChoice
    private let degree: Int
    private let cellLimit: Int
    private let shortlist: Int

    /// - Parameter parameters: `accounting`, `degree` (of the workload's marginals, 2 or 3; 3), `cells` (of the junction
    ///   tree, 200,000), `shortlist` (candidates looked at each round, 16).
    public init(parameters: [String: Parameter] = [:]) throws(SynthesisError) {
        self.parameters = parameters
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        degree = try reader.integer("degree", default: 3, in: 2...3)
        cellLimit = try reader.integer("cells", default: 200_000, in: 1_000...10_000_000)
        shortlist = try reader.integer("shortlist", default: 16, in: 1...1_000)
        try reader.finish()
    }

    /// Phrases for `entrepot task show`: what the method's rows keep, and what they assume.
    public func fidelity(_ domain: TableDomain) -> Fidelity {
        Fidelity(
            kept: [
                Fidelity.ownDistributions,
                "the sets of up to \(degree) columns that the model got most wrong, round after round",
            ],
            assumed: [
                Fidelity.independence
            ])
    }

    /// One-way marginals, all errors once, then rounds of a few errors and one marginal. One column is measured alone.
    public func plan(
        _ domain: TableDomain, _ privacy: PrivacyParameters, rowsPerKey: Int
    ) throws(SynthesisError) -> MechanismPlan {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        guard columns.count > 1 else {
            return try plan(
                [.init(name: "one-way marginals", share: 1, cells: cells, spread: 1)], privacy, rowsPerKey: rowsPerKey,
                choice)
        }
        try check(domain)
        return try plan(
            [
                .init(
                    name: "one-way marginals", share: 0.2, cells: cells,
                    spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size })),
                .init(
                    name: "errors of all candidates", share: 0.05,
                    spread: Double(columns.count * (columns.count - 1) / 2), changing: 4),
                // How many rounds there will be the rows decide; the last ones may take most of the budget.
                .init(
                    name: "errors of the shortlist, each round", share: 0.075,
                    spread: Double(min(shortlist, columns.count * (columns.count - 1) / 2)), changing: 4),
                .init(name: "marginals, one a round", share: 0.675, spread: 2),
            ], privacy, rowsPerKey: rowsPerKey, choice,
            // The selection of the first round.
            leastShare: 0.075 / Double(16 * columns.count * shortlist))
    }

    private func check(_ domain: TableDomain) throws(SynthesisError) {
        let columns = domain.modelledColumns
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        guard columns.count > 1, cells > cellLimit,
            let widest = columns.max(by: { domain.columns[$0].size < domain.columns[$1].size })
        else { return try checkCandidates(domain) }
        throw .modelTooLarge(
            cells: cells, limit: cellLimit, column: domain.columns[widest].name,
            columnSize: domain.columns[widest].size)
    }

    /// Most cells of all candidates together: each has an estimate of its own before the first errors, some 16 bytes a cell.
    static let candidateCells = 1 << 25

    private func checkCandidates(_ domain: TableDomain) throws(SynthesisError) {
        let sizes = domain.modelledColumns.map { domain.columns[$0].size }
        var cells = 0
        for a in sizes.indices {
            for b in sizes.indices.dropFirst(a + 1) {
                let pair = sizes[a].multipliedReportingOverflow(by: sizes[b])
                guard !pair.overflow, pair.partialValue <= cellLimit else { continue }
                cells += pair.partialValue
            }
        }
        guard cells <= Self.candidateCells else {
            throw .candidatesTooLarge(cells: cells, limit: Self.candidateCells)
        }
    }

    /// Rounds of asking and fitting, until the budget is used up or a replayed transcript ends.
    public func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        try check(domain)
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let columns = oneWays.modelled
        let whole = budget.amount
        var slices = PlannedBudget(budget, plan: plan)
        let first = try slices.next()
        let weights = columns.map { noise.share(ofWeight: Double(domain.columns[$0].size)) }
        let paid = first.amount * (weights.first ?? 1) / max(weights.reduce(0, +), .leastNormalMagnitude)
        let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: first)
        if let measured { oneWays.add(measured) }
        guard let measured, columns.count > 1 else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        if let one = measured.first { noise.calibrate(variance: one.variance, amount: paid) }
        var rounds = try AdaptiveRounds(
            oneWays, domain: domain, degree: degree, cellLimit: cellLimit, shortlist: shortlist, noise: noise)
        guard !rounds.candidates.isEmpty else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        let errors = try slices.next()
        var isLive = try rounds.releaseFirstErrors(kernel, spending: errors)
        // As in the paper, 16 d rounds if none teaches little.
        var amount = slices.amount / Double(16 * columns.count)
        while isLive {
            let left = slices.amount
            let isLast = left < 2 * amount
            let round = try slices.round(isLast ? .all : .amount(amount))
            let outcome = try rounds.run(kernel, allowance: 1 - left / whole, spending: round)
            isLive = outcome != .ended && !isLast
            if outcome == .taughtLittle { amount *= 4 }
            progress(0.9 * (1 - left / whole))
        }
        let model = try FittedModel(
            domain: domain, plan: plan.followed(by: kernel.transcript), attributes: rounds.attributes,
            model: rounds.denoisedModel(),
            shares: oneWays.shares,
            measurements: oneWays.measured(numbering: rounds.attributes) + rounds.tables,
            transcript: kernel.transcript)
        progress(1)
        return model
    }
}

/// The state of AIM's loop.
struct AdaptiveRounds {
    struct Marginal {
        /// Places in `attributes`, ascending.
        let places: [Int]
        let cells: Int
        /// How much of a workload of all sets of one size it helps: in proportion to its own size.
        let weight: Int
        /// The last released error, or what is believed of it.
        var error: Double
    }

    enum Outcome {
        /// The transcript ended, or nothing is left to measure.
        case ended
        case taughtLittle
        case taughtMuch
    }

    let attributes: [ModelAttribute]
    private(set) var candidates: [Marginal] = []
    private(set) var tables: [MeasuredMarginal] = []
    private(set) var model: GraphicalModel
    private let oneWays: OneWayMarginals
    private let domain: TableDomain
    private let cellLimit: Int
    private let shortlist: Int
    private let noise: NoiseScaling
    private var growth: TreeGrowth

    init(
        _ oneWays: OneWayMarginals, domain: TableDomain, degree: Int, cellLimit: Int, shortlist: Int,
        noise: NoiseScaling
    ) throws(SynthesisError) {
        self.oneWays = oneWays
        self.domain = domain
        self.cellLimit = cellLimit
        self.shortlist = shortlist
        self.noise = noise
        let attributes = oneWays.modelled.map { ModelAttribute(column: $0, size: domain.columns[$0].size) }
        self.attributes = attributes
        growth = TreeGrowth(cliques: [], sizes: attributes.map(\.size))
        model = try fittedTree([], oneWays: oneWays, attributes: attributes, domain: domain, cellLimit: .max)
        let order = min(degree, attributes.count)
        for a in attributes.indices {
            for b in attributes.indices.dropFirst(a + 1) {
                append([a, b])
                guard order > 2 else { continue }
                for c in attributes.indices.dropFirst(b + 1) { append([a, b, c]) }
            }
        }
        keepAffordable()
    }

    /// All pairs, and of larger sets those of the fewest cells, as memory allows. Tables of the most cells are the last that
    /// noise would leave legible.
    private mutating func keepAffordable() {
        var left = AIM.candidateCells
        var isKept = [Bool](repeating: false, count: candidates.count)
        for place in candidates.indices.sorted(by: {
            (candidates[$0].places.count, candidates[$0].cells, $0)
                < (candidates[$1].places.count, candidates[$1].cells, $1)
        }) {
            guard candidates[place].cells <= left else { break }
            left -= candidates[place].cells
            isKept[place] = true
        }
        candidates = zip(candidates, isKept).compactMap { $1 ? $0 : nil }
    }

    private mutating func append(_ places: [Int]) {
        var cells = 1
        for place in places {
            let (product, overflow) = cells.multipliedReportingOverflow(by: attributes[place].size)
            if overflow { return }
            cells = product
        }
        guard cells <= cellLimit else { return }
        candidates.append(
            Marginal(places: places, cells: cells, weight: places.count, error: 0))
    }

    private func estimates(_ places: [Int]) -> [[Int64]] {
        // In parts: the marginals of all take as much memory again.
        stride(from: 0, to: places.count, by: 256).flatMap { start in
            let part = places[start..<min(start + 256, places.count)]
            return model.marginals(of: part.map { candidates[$0].places }).map { $0.values.map { wholeCount($0) } }
        }
    }

    private func columns(_ place: Int) -> [Int] { candidates[place].places.map { attributes[$0].column } }

    /// All candidates' errors against independent columns. False where the transcript has ended.
    mutating func releaseFirstErrors(_ kernel: Kernel, spending budget: consuming Budget) throws -> Bool {
        let questions = zip(candidates.indices, estimates(Array(candidates.indices))).map { place, estimate in
            Candidate(attributes: columns(place), estimate: estimate)
        }
        guard let errors = try kernel.measuredErrors(of: questions, spending: budget) else { return false }
        for (place, error) in errors.enumerated() { candidates[place].error = Double(error.value) }
        return true
    }

    private func score(_ place: Int, deviation: Double) -> Double {
        let one = candidates[place]
        return Double(one.weight) * (one.error - meanAbsoluteNoise * deviation * Double(one.cells))
    }

    /// One round: errors of the shortlist, then the marginal of the worst candidate.
    ///
    /// - Parameters:
    ///   - allowance: the part of the budget that is spent, and so of the cells that the tree may have.
    ///   - slices: of the two steps.
    mutating func run(
        _ kernel: Kernel, allowance: Double, spending slices: consuming PlannedBudget
    ) throws -> Outcome {
        let selection = try slices.next()
        let deviation = noise.deviation(amount: slices.amount)
        let limit = Int(Double(cellLimit) * max(allowance, 0.1))
        let scores = candidates.indices.map { score($0, deviation: deviation) }
        var listed: [Int] = []
        for place in candidates.indices.sorted(by: { (scores[$1], $0) < (scores[$0], $1) }) {
            let places = candidates[place].places
            guard growth.supports(places) || growth.cells(adding: places) <= limit else { continue }
            listed.append(place)
            if listed.count == shortlist { break }
        }
        guard !listed.isEmpty else { return .ended }
        let estimates = estimates(listed)
        let questions = zip(listed, estimates).map { place, estimate in
            Candidate(
                attributes: columns(place), estimate: estimate, weight: candidates[place].weight,
                penalty: wholePenalty(
                    Double(candidates[place].weight) * meanAbsoluteNoise * deviation
                        * Double(candidates[place].cells)))
        }
        guard let chosen = try choose(listed, questions, kernel, spending: selection),
            let answer = try kernel.measured([columns(chosen)], spending: slices.rest())?.first
        else { return .ended }
        let before = model.marginal(candidates[chosen].places).values
        tables.append(
            MeasuredMarginal(
                attributes: candidates[chosen].places, counts: answer.counts,
                variance: max(answer.variance, leastVariance)))
        growth.add(candidates[chosen].places)
        let merged = self.merged
        model = try fittedTree(
            merged, targets: merged.map(\.target), oneWays: oneWays, attributes: attributes, domain: domain,
            cellLimit: .max)
        let after = model.marginal(candidates[chosen].places).values
        let moved = zip(before, after).reduce(0) { $0 + abs($1.0 - $1.1) }
        // What remains is at most noise; it is not looked at again before others are.
        candidates[chosen].error = 0
        let expected =
            meanAbsoluteNoise * max(answer.variance, leastVariance).squareRoot() * Double(answer.counts.count)
        return moved <= expected ? .taughtLittle : .taughtMuch
    }

    /// The worst candidate: by fresh errors where noise is Gaussian, which later rounds know too; by the exponential
    /// mechanism under pure accounting.
    private mutating func choose(
        _ listed: [Int], _ questions: [Candidate], _ kernel: Kernel, spending budget: consuming Budget
    ) throws -> Int? {
        if budget.accounting == .pure {
            return try kernel.selected(from: questions, spending: budget).map { listed[$0] }
        }
        guard let errors = try kernel.measuredErrors(of: questions, spending: budget) else { return nil }
        for (place, error) in zip(listed, errors) { candidates[place].error = Double(error.value) }
        let scores = zip(questions, errors).map { Double($0.weight) * Double($1.value) - Double($0.penalty) }
        return scores.indices.max { scores[$0] < scores[$1] }.map { listed[$0] }
    }

    /// The model of all tables, each with what its noise explains taken out.
    func denoisedModel() throws(SynthesisError) -> GraphicalModel {
        try fittedTree(merged, oneWays: oneWays, attributes: attributes, domain: domain, cellLimit: .max)
    }

    /// Measurements of one set of attributes as one, averaged by precision.
    private var merged: [MeasuredMarginal] {
        var places: [[Int]: Int] = [:]
        var result: [MeasuredMarginal] = []
        for table in tables {
            guard let place = places[table.attributes] else {
                places[table.attributes] = result.count
                result.append(table)
                continue
            }
            let old = result[place]
            let (known, fresh) = (max(old.variance, leastVariance), max(table.variance, leastVariance))
            let share = known / (known + fresh)
            result[place] = MeasuredMarginal(
                attributes: old.attributes,
                counts: zip(old.counts, table.counts).map {
                    Int64((Double($0) + share * (Double($1) - Double($0))).rounded())
                }, variance: known * fresh / (known + fresh))
        }
        return result
    }
}
