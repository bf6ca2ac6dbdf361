import Domains
import FittedModels
import GraphicalModels
import PrivacyKernel
import Tables
import VectorMath

/// What `clique-tree` and `auto` do: one-way marginals, pair errors, differences of columns that nearly determine each other
/// (where there are any), and the tables that promise most.
struct OneShotFit {
    let parameters: [String: Parameter]
    let choice: AccountingChoice
    private let cellLimit: Int
    /// Whether tables that do not fit into the tree are measured as well.
    private let measuresAcross: Bool
    private let differences: DifferenceChoice
    /// The column that tables are to be about, by its name.
    private let label: String?

    /// Whether columns that another one nearly determines are modelled by their difference.
    private enum DifferenceChoice: String, CaseIterable {
        case automatic = "auto"
        case none
    }

    /// A pair's table may have this times r^(2/3) cells, r being the rows in units of a cell's mean noise. What a table of k cells
    /// leaves unseen falls as k^(−1/2), as groups get narrower in both columns, and its noise grows as k / r.
    private static let cellsOfTable = 0.85
    /// This part of the noise counts against finer tables: most of what they add are cells that the fit knows to be empty.
    private static let noiseOfFinerTables = 0.3
    /// A set of more columns may have as many cells as keep their total noise below this part of the rows.
    private static let noiseOfLegibleSet = 0.15
    /// With fewer rows in units of a cell's mean noise, no table of two columns tells as much as the same money does of single
    /// columns.
    private static let leastRowsInNoise = 12.0
    /// How many cells tables of a pair have, in units of those that are legible: the first alone where there are more pairs than
    /// these, or the noise of so many distances is beyond this part of the rows.
    private static let limits = [1.5, 6, 24]
    private static let (fewPairs, noiseOfDistance) = (80, 0.1)
    /// Where distances come from tables, they are of as few cells as keep noise small, and what is chosen is refined after them.
    private static let limitOfTables = 0.35
    private static let detail = (1...12).map { 1 << $0 }
    /// The part of the budget that differences may take, and what of it each of three questions has, in thousandths.
    private static let differenceShare = 0.06
    /// What one-ways have, and errors of pairs alone, or of sets of more columns as well.
    private static let (oneWayShare, pairErrorShare, setErrorShare) = (0.4, 0.05, 0.1)
    /// What tables of pairs have where they answer in place of errors, and tables of sets beside them: they say more, since each is
    /// part of what is measured of its columns.
    private static let (pairTableShare, setTableShare, setTablePart) = (0.125, 0.05, 286)
    /// Sets are looked for by tables where what stands out is no more than this part of the rows.
    private static let leastSeenByTables = 0.5
    /// One-ways get this part of what they are to have at first: what they lack is added with the tables, when it is known which of these
    /// there are, and what they have had too much cannot be taken back.
    private static let firstPart = 0.85
    /// Where columns are few: what one-ways have at least, and what their codes and the cells of a table are counted as at most.
    private static let (leastOneWayShare, legibleCodes, cellsOfTypicalTable) = (0.1, 32, 144.0)
    private static let refinements = 3
    private static let errorStep = "pair errors"
    static let (finePart, trialPart, histogramPart, errorPart) = (300, 400, 300, 300)

    init(_ parameters: [String: Parameter], measuresAcross: Bool) throws(SynthesisError) {
        self.parameters = parameters
        self.measuresAcross = measuresAcross
        var reader = ParameterReader(parameters)
        choice = try reader.choice("accounting", default: .automatic)
        cellLimit = try reader.integer("cells", default: 100_000, in: 1_000...10_000_000)
        differences = try reader.choice("differences", default: .automatic)
        label = reader.text("label")
        try reader.finish()
    }

    /// - Parameter pairs: which pairs of columns are kept.
    func fidelity(pairs: String) -> Fidelity {
        Fidelity(kept: [Fidelity.ownDistributions, pairs], assumed: [Fidelity.independence])
    }

    func steps(_ domain: TableDomain) throws(SynthesisError) -> [MechanismPlan.Step] {
        let columns = domain.modelledColumns
        guard !columns.isEmpty else { throw .noColumns }
        if let label, labelColumn(domain) == nil {
            throw .invalidParameter("label", value: label, expected: "the name of a column that is modelled")
        }
        let cells = columns.reduce(0) { $0 + domain.columns[$1].size }
        var steps: [MechanismPlan.Step] = [
            .init(
                name: "one-way marginals", share: oneWayShare(domain), cells: cells,
                spread: AccountingChoice.spread(ofMarginals: columns.map { domain.columns[$0].size })),
            .init(
                name: Self.errorStep, share: errorShare(domain),
                spread: Double(max(1, columns.count * (columns.count - 1) / 2)), changing: 4),
        ]
        var left = shareLeft(domain)
        if seeksDifferences(domain) {
            steps.append(
                .init(
                    name:
                        "differences of columns that nearly determine each other; where there are none, the next step",
                    share: Self.differenceShare, spread: 16, changing: 4))
            left -= Self.differenceShare
        }
        // A tree has a table less than columns, and one-ways come again.
        steps.append(
            .init(
                name: "pair marginals, and one-way marginals again", share: left,
                spread: Double(2 * columns.count - 1)))
        return steps
    }

    private func errorShare(_ domain: TableDomain) -> Double {
        seeksSets(domain) ? Self.setErrorShare : Self.pairErrorShare
    }

    private func seeksSets(_ domain: TableDomain) -> Bool {
        Interactions.areSought(columns: domain.modelledColumns.count, aboutOne: labelColumn(domain) != nil)
    }

    /// The steps where errors are answered with tables: these have what they need from the tables that come after them.
    func withTables(_ plan: MechanismPlan, _ domain: TableDomain) -> MechanismPlan {
        var plan = plan
        guard let place = plan.steps.firstIndex(where: { $0.name == Self.errorStep }), place + 1 < plan.steps.count
        else { return plan }
        let whole = plan.steps.reduce(0) { $0 + $1.share }
        let more = tableShare(domain) * whole - plan.steps[place].share
        let last = plan.steps.count - 1
        guard more > 0, more < plan.steps[last].share else { return plan }
        plan.steps[place].share += more
        // A key that changes moves tables as it moves all counts.
        plan.steps[place].changing = nil
        plan.steps[last].share -= more
        return plan
    }

    /// What the first tables have together.
    private func tableShare(_ domain: TableDomain) -> Double {
        Self.pairTableShare + (seeksSets(domain) ? Self.setTableShare : 0)
    }

    /// What one-ways and errors leave.
    private func shareLeft(_ domain: TableDomain) -> Double { 1 - oneWayShare(domain) - errorShare(domain) }

    /// As `TableChoice` would split the budget between one-ways and the tables of a tree, where that is less than usual: of few
    /// columns their tables say much.
    private func oneWayShare(_ domain: TableDomain) -> Double {
        let sizes = domain.modelledColumns.map { Double(min(domain.columns[$0].size, Self.legibleCodes)) }
        let count = Double(sizes.count)
        guard count > 1 else { return Self.oneWayShare }
        let own = sizes.reduce(0) { $0 + power((count - 1) / 2 * $1, 2.0 / 3) }
        let mean = sizes.reduce(0, +) / count
        let tables = (count - 1) * power(min(mean * mean, Self.cellsOfTypicalTable), 2.0 / 3)
        // In whole hundredths, as people read a plan.
        let first = (100 * Self.firstPart * own / (own + tables)).rounded() / 100
        return min(Self.oneWayShare, max(Self.leastOneWayShare, first))
    }

    private func labelColumn(_ domain: TableDomain) -> Int? {
        label.flatMap { domain.index(of: $0) }.flatMap { domain.modelledColumns.contains($0) ? $0 : nil }
    }

    /// Whether there are two columns of which a difference could be taken.
    private func seeksDifferences(_ domain: TableDomain) -> Bool {
        differences == .automatic && DifferenceSearch.candidates(domain).count > 1
    }

    func fit(
        _ kernel: Kernel, plan: MechanismPlan, budget: consuming Budget, progress: (Double) -> Void
    ) throws -> FittedModel {
        let domain = kernel.domain
        var noise = NoiseScaling(budget.accounting)
        var oneWays = OneWayMarginals(domain)
        var columns = oneWays.modelled
        var amounts: [Int: Double] = [:]

        // One-way marginals.
        var slices = PlannedBudget(budget, plan: plan)
        let first = try slices.next()
        let weights = columns.map { noise.share(ofWeight: Double(domain.columns[$0].size)) }
        let weightSum = weights.reduce(0, +)
        for (column, weight) in zip(columns, weights) { amounts[column] = first.amount * weight / weightSum }
        var differences: [ColumnDifference] = []
        func independent() throws -> FittedModel {
            try independentModel(
                oneWays, domain, differences: differences, plan: plan.followed(by: kernel.transcript),
                kernel.transcript)
        }
        guard let measured = try kernel.measured(columns.map { [$0] }, weights: weights, spending: first) else {
            return try independent()
        }
        oneWays.add(measured)
        if let one = measured.first { noise.calibrate(variance: one.variance, amount: amounts[columns[0]] ?? 0) }
        progress(0.2)

        // Distances from independence.
        // So many tables share what is left.
        let pairCount = columns.count * (columns.count - 1) / 2
        let errorAmount = slices.amount * errorShare(domain) / (errorShare(domain) + shareLeft(domain))
        let typical = noise.deviation(
            amount: (slices.amount - errorAmount) / Double(max(1, min(2 * columns.count, pairCount))))
        let rowsInNoise = oneWays.total / (meanAbsoluteNoise * typical)
        let legible = max(Self.cellsOfTable * power(rowsInNoise, 2.0 / 3), 4)
        let labelColumn = self.labelColumn(domain)
        let seeksSets = Interactions.areSought(columns: columns.count, aboutOne: labelColumn != nil)
        // Finer tables of each pair are asked for too where the noise of so many distances leaves the rows to be seen.
        let choices = Self.limits.count * max(1, pairCount)
        let isQuiet =
            noise.deviation(amount: errorAmount / Double(choices)) < Self.noiseOfDistance * oneWays.total
        let isByTables = kernel.isOfSeveralHolders
        let asked = pairCount <= Self.fewPairs && isQuiet && !isByTables ? Self.limits.count : 1
        let limits = Self.limits.prefix(asked).map { $0 * legible * (isByTables ? Self.limitOfTables : 1) }
        var tables = pairTables(oneWays, legible: legible, limits: limits, withCoarse: seeksSets)
        var interactions = Interactions(
            tables.levels, legible: max(Self.noiseOfLegibleSet * rowsInNoise, 4), treeCells: cellLimit,
            label: labelColumn)
        var grouped = GroupedKernel(kernel)
        var released = ReleasedTables()
        guard !tables.candidates.isEmpty, rowsInNoise >= Self.leastRowsInNoise else {
            // Nothing to pair, or too few rows for any table: all the rest goes to the one-ways.
            let sets = columns.map { [$0] }
            let errorBudget = try slices.next()
            if let again = try kernel.measured(sets, weights: weights, spending: errorBudget) { oneWays.add(again) }
            if let again = try kernel.measured(sets, weights: weights, spending: slices.rest()) { oneWays.add(again) }
            return try independent()
        }
        // Where too few rows leave no larger set legible, pairs have what they would have without any.
        if isByTables {
            let amount = slices.amount * Self.setTableShare / (1 - oneWayShare(domain))
            interactions.keepLegible(
                within: Self.leastSeenByTables * oneWays.total,
                deviation: noise.deviation(amount: amount / Double(max(1, interactions.candidates.count))))
        }
        let errorPart =
            !interactions.candidates.isEmpty
            ? 1
            : isByTables ? Self.pairTableShare / tableShare(domain) : Self.pairErrorShare / errorShare(domain)
        let errorBudget = try slices.next(part: Int((1000 * errorPart).rounded()))
        guard
            var misfits = try self.misfits(
                tables, oneWays, &grouped, &interactions, &released, spending: errorBudget)
        else { return try independent() }
        var sets = interactions.chosen(misfits, tables.levels, oneWays)
        progress(0.3)

        // Columns that another one nearly determines.
        var found: [ColumnDifference] = []
        var fine: [NoisyMarginal] = []
        if seeksDifferences(domain),
            !noise.isSilent(total: oneWays.total, slices.amount * Self.differenceShare / shareLeft(domain))
        {
            found = try self.differences(misfits, oneWays, domain, kernel, &slices, &fine)
        }
        if !found.isEmpty {
            let known = try measure(found, fine, domain, &oneWays, &grouped, &slices)
            guard let known else { return try independent() }
            differences = found
            columns = oneWays.modelled
            for (column, amount) in known { amounts[column] = amount }
            let presence = Presence(differences, domain, shares: oneWays.shares)
            tables = pairTables(
                oneWays, legible: legible, limits: limits, withCoarse: seeksSets, kinds: presence.kinds)
            let rebuilt = differences.rebuilt
            sets.removeAll { set in set.contains { rebuilt.contains($0.column) || presence.kinds[$0.column] != nil } }
            sets = presence.sets(tables.levels) + sets
            misfits.removeAll { rebuilt.contains($0.first.column) || rebuilt.contains($0.second.column) }
            let open = tables.restricted {
                domain.columns.count <= columns[$0.0] || domain.columns.count <= columns[$0.1]
            }
            if !open.candidates.isEmpty {
                var none = Interactions([], legible: legible, treeCells: cellLimit)
                let more = try self.misfits(
                    open, oneWays, &grouped, &none, &released, spending: slices.some(Self.errorPart))
                guard let more else { return try independent() }
                misfits += more
            }
        }
        let sizes = columns.map { oneWays.domain.columns[$0].size }
        tables.setMisfits(misfits, oneWays)
        let ownAmounts = columns.map { amounts[$0] ?? 0 }

        // The tables that promise most.
        let left = slices.amount
        func chosenTables(_ sets: [[ModelAttribute]]) throws(SynthesisError) -> TableChoice {
            try TableChoice(
                tables, noise: noise, amount: left + ownAmounts.reduce(0, +), oneWaySizes: sizes, typical: typical,
                cellLimit: cellLimit, sets: sets)
        }
        var choice = try chosenTables(sets)
        // Where little besides the sets is worth its noise, they have much of the budget, and finer levels are legible.
        for _ in 0..<Self.refinements where choice.sets.contains(where: { $0.count > 2 }) {
            let rate = left / choice.shares(withAcross: measuresAcross)
            let finer = interactions.refined(sets, tables.levels, total: oneWays.total) {
                noise.deviation(amount: rate * choice.share(ofSet: $0))
            }
            choice = try chosenTables(finer)
        }
        for _ in 0..<Self.refinements {
            let rate = left / max(choice.shares(withAcross: measuresAcross), .leastNormalMagnitude)
            let known = choice
            let chosen = choice.inTree + (measuresAcross ? choice.across : [])
            // Of the others nothing is known yet of what they say beyond these.
            let isFiner = tables.refine(choice.forest(chosen)) { place in
                Self.noiseOfFinerTables * meanAbsoluteNoise * noise.deviation(amount: rate * known.share(of: place))
            }
            guard isFiner else { break }
            choice = try chosenTables(choice.sets)
        }
        progress(0.4)
        var rounds = TableRounds(
            choice, tables, measuresAcross: measuresAcross, oneWays, amounts: ownAmounts, sizes: sizes,
            cellLimit: 20 * cellLimit)
        guard try rounds.measure(&grouped, adding: released, spending: slices.rest()) else { return try independent() }
        progress(0.5)
        // `rounds` lets tables lie across a tree that would come out larger than this: the fit must not fail.
        return try treeAndRowsModel(
            rounds.inTree, across: rounds.across, of: rounds.attributes,
            rounds.oneWays, domain: domain, cellLimit: 20 * cellLimit, misfits: misfits, differences: differences,
            plan: plan.followed(by: kernel.transcript),
            transcript: kernel.transcript, progress: progress)
    }

    /// The levels of each column and the tables that can be made of them.
    ///
    /// - Parameters:
    ///   - withCoarse: whether columns have coarser levels too, for sets of more columns.
    ///   - kinds: of some columns the codes that no level joins.
    private func pairTables(
        _ oneWays: OneWayMarginals, legible: Double, limits: [Double], withCoarse: Bool,
        kinds: [Int: Presence.Kinds] = [:]
    ) -> PairTables {
        let detail = Self.detail.filter { Double($0 * $0) >= legible / 8 && Double($0) <= max(4 * legible, 2) }
        let shares = oneWays.shares
        let most = Self.detail[Self.detail.count - 1]
        func levels(_ sizes: [Int]) -> [CodeLevels] {
            oneWays.modelled.map { column in
                if let kinds = kinds[column] {
                    return CodeLevels(column, shares: shares[column], kinds: kinds, sizes: sizes)
                }
                return CodeLevels(column, domain: oneWays.domain.columns[column], shares: shares[column], sizes: sizes)
            }
        }
        let own = levels(detail.isEmpty ? [most] : detail)
        guard withCoarse else { return PairTables(own, limits: limits) }
        // Sets of three and four have more cells than pairs of the same levels: theirs are all the coarser ones too.
        let all = levels(Self.detail.filter { $0 <= detail.last ?? most })
        let coarse = Set(all.flatMap(\.levels)).subtracting(own.flatMap(\.levels))
        return PairTables(all, limits: limits, coarse: coarse)
    }

    private func misfits(
        _ tables: PairTables, _ oneWays: OneWayMarginals, _ grouped: inout GroupedKernel,
        _ interactions: inout Interactions, _ released: inout ReleasedTables, spending budget: consuming Budget
    ) throws -> [MeasuredMisfit]? {
        let isByTables = grouped.kernel.isOfSeveralHolders
        func distances(_ candidates: [Candidate], spending budget: consuming Budget) throws -> [NoisyError]? {
            isByTables
                ? try released.distances(of: candidates, grouped.kernel, spending: budget)
                : try grouped.kernel.measuredErrors(of: candidates, spending: budget)
        }
        let shares = oneWays.shares
        func questions(_ sets: [[ModelAttribute]]) throws -> [Candidate] {
            var questions: [Candidate] = []
            for set in sets {
                let ordered = try grouped.ordered(set)
                questions.append(
                    Candidate(
                        attributes: ordered.numbers,
                        estimate: ordered.members.productOfShares(shares, total: oneWays.total)))
            }
            return questions
        }
        var budget = budget
        if !interactions.candidates.isEmpty {
            let part = try budget.take(.fraction(isByTables ? Self.setTablePart : Interactions.errorPart, 1000))
            let errors = try distances(try questions(interactions.candidates.map(\.members)), spending: part)
            guard let errors else { return nil }
            interactions.setDistances(errors)
        }
        let pairs = try questions(tables.candidates.map { tables.members(of: $0) })
        guard let errors = try distances(pairs, spending: budget.take(.all)) else { return nil }
        return zip(tables.candidates, errors).map { table, error in
            let members = tables.members(of: table)
            return MeasuredMisfit(
                first: members[0], second: members[1], value: error.value, variance: error.variance)
        }
    }
}
