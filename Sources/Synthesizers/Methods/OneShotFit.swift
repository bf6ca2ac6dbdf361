import FittedModels
import GraphicalModels
import PrivacyKernel
import Tables

/// What `clique-tree` and `auto` do, in the three questions that they ask.
struct OneShotFit {
    let parameters: [String: Parameter]
    let choice: AccountingChoice
    private let cellLimit: Int
    /// Whether tables that do not fit into the tree are measured as well.
    private let measuresAcross: Bool

    /// A pair's table may have as many cells as keep their total noise below this part of the rows.
    private static let noiseOfLegibleTable = 0.15
    private static let detail = (1...12).map { 1 << $0 }

    init(_ parameters: [String: Parameter], measuresAcross: Bool) throws(SynthesisError) {
        self.parameters = parameters
        self.measuresAcross = measuresAcross
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        cellLimit = try reader.integer("cells", default: 100_000, in: 1_000...10_000_000)
        try reader.finish()
    }

    /// - Parameter pairs: which pairs of columns are kept.
    func fidelity(pairs: String) -> Fidelity {
        Fidelity(kept: [Fidelity.ownDistributions, pairs], assumed: [Fidelity.independence])
    }

    func steps(_ domain: TableDomain) throws(SynthesisError) -> [MechanismPlan.Step] {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        return [
            .init(
                name: "one-way marginals", share: 0.4, cells: cells,
                spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size })),
            .init(
                name: "pair errors", share: 0.1,
                spread: Double(max(1, columns.count * (columns.count - 1) / 2)), changing: 4),
            // A tree has a table less than columns, and one-ways come again.
            .init(
                name: "pair marginals, and one-way marginals again", share: 0.5,
                spread: Double(2 * columns.count - 1)),
        ]
    }

    func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        let columns = oneWays.modelled
        let sizes = columns.map { domain.columns[$0].size }

        // One-way marginals.
        var slices = PlannedBudget(budget, plan: plan)
        let first = try slices.next()
        let weights = sizes.map { noise.share(ofWeight: Double($0)) }
        let weightSum = weights.reduce(0, +)
        var amounts = weights.map { first.amount * $0 / weightSum }
        guard let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: first) else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        oneWays.add(measured)
        if let one = measured.first { noise.calibrate(variance: one.variance, amount: amounts[0]) }
        progress(0.2)

        // Distances from independence.
        let errorBudget = try slices.next()
        let typical = noise.deviation(amount: slices.amount / Double(2 * columns.count))
        var tables = pairTables(oneWays, domain, typical: typical)
        var grouped = GroupedKernel(kernel)
        guard !tables.candidates.isEmpty else {
            // Nothing to pair: the rest goes to the one-ways.
            if let again = try kernel.measured(columns.map { [$0] }, weights: weights, spending: slices.rest()) {
                oneWays.add(again)
            }
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        let misfits = try self.misfits(tables, oneWays, &grouped, spending: errorBudget)
        guard let misfits else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        tables.setMisfits(misfits.map { Double($0.value) })
        progress(0.3)

        // The tables that promise most.
        let left = slices.amount
        let choice = try TableChoice(
            tables, noise: noise, amount: left + amounts.reduce(0, +), oneWaySizes: sizes, typical: typical,
            cellLimit: cellLimit)
        progress(0.4)
        let chosen = choice.inTree + (measuresAcross ? choice.across : [])
        let split = split(chosen.map { choice.share(of: $0) }, sizes: sizes, known: amounts, left: left, noise)
        var questions: [[Int]] = []
        var members: [[ModelAttribute]] = []
        for place in chosen {
            let ordered = try grouped.ordered(tables.members(of: tables.candidates[place]))
            questions.append(ordered.numbers)
            members.append(ordered.members)
        }
        let again = columns.indices.filter { split.oneWays[$0] > 0 }
        let answers = try kernel.measured(
            questions + again.map { [columns[$0]] }, weights: split.tables + again.map { split.oneWays[$0] },
            spending: slices.rest())
        guard let answers else {
            return try independentModel(oneWays, domain, plan: plan.followed(by: kernel.transcript), kernel.transcript)
        }
        oneWays.add(Array(answers.dropFirst(chosen.count)))
        for column in again { amounts[column] += split.oneWays[column] }
        let used = [ModelAttribute].inUse(members)
        let pairs = zip(members, answers).map {
            MeasuredMarginal($1.counts, variance: $1.variance, of: $0, in: used)
        }
        progress(0.5)
        // Dropping tables from the grown tree cannot make it larger than the limit by much; the fit must not fail.
        return try treeAndRowsModel(
            Array(pairs.prefix(choice.inTree.count)), across: Array(pairs.dropFirst(choice.inTree.count)), of: used,
            oneWays, domain: domain, cellLimit: 20 * cellLimit, misfits: misfits,
            plan: plan.followed(by: kernel.transcript),
            transcript: kernel.transcript, progress: progress)
    }

    /// The levels of each column and the tables that can be made of them.
    private func pairTables(_ oneWays: OneWayMarginals, _ domain: TableDomain, typical: Double) -> PairTables {
        let legible = max(Self.noiseOfLegibleTable * oneWays.total / (meanAbsoluteNoise * typical), 4)
        let detail = Self.detail.filter { Double($0 * $0) >= legible / 8 && Double($0) <= max(legible, 2) }
        let shares = oneWays.shares
        let most = Self.detail[Self.detail.count - 1]
        return PairTables(
            oneWays.modelled.map {
                CodeLevels($0, domain: domain.columns[$0], shares: shares[$0], sizes: detail.isEmpty ? [most] : detail)
            }, legible: 1.5 * legible)
    }

    private func misfits(
        _ tables: PairTables, _ oneWays: OneWayMarginals, _ grouped: inout GroupedKernel,
        spending budget: consuming Budget
    ) throws -> [MeasuredMisfit]? {
        let shares = oneWays.shares
        var questions: [Candidate] = []
        for table in tables.candidates {
            let ordered = try grouped.ordered(tables.members(of: table))
            questions.append(
                Candidate(
                    attributes: ordered.numbers,
                    estimate: ordered.members.productOfShares(shares, total: oneWays.total)))
        }
        guard let errors = try grouped.kernel.measuredErrors(of: questions, spending: budget) else { return nil }
        return zip(tables.candidates, errors).map { table, error in
            let members = tables.members(of: table)
            return MeasuredMisfit(
                first: members[0], second: members[1], value: error.value, variance: error.variance)
        }
    }

    /// Amounts for the tables and further amounts for the one-ways, in the proportion of their shares; one-ways that
    /// have more already keep it and get nothing.
    private func split(
        _ tables: [Double], sizes: [Int], known: [Double], left: Double, _ noise: NoiseScaling
    ) -> (tables: [Double], oneWays: [Double]) {
        let shares = sizes.map {
            noise.share(ofWeight: TableChoice.oneWayWeight(size: $0, columns: sizes.count))
        }
        var satisfied = Set<Int>()
        var rate = 0.0
        while true {
            let open = shares.indices.filter { !satisfied.contains($0) }
            let sum = tables.reduce(0, +) + open.reduce(0) { $0 + shares[$1] }
            rate = sum > 0 ? (left + open.reduce(0) { $0 + known[$1] }) / sum : 0
            let rich = open.filter { rate * shares[$0] < known[$0] }
            if rich.isEmpty { break }
            satisfied.formUnion(rich)
        }
        if tables.isEmpty && satisfied.count == shares.count { return ([], shares) }
        return (
            tables.map { rate * $0 },
            shares.indices.map { satisfied.contains($0) ? 0 : max(0, rate * shares[$0] - known[$0]) }
        )
    }
}
