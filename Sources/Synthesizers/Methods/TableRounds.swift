import Domains
import FittedModels
import GraphicalModels
import PrivacyKernel

/// The tables that were chosen, measured in two rounds: first a tree of those that say most, then of the others those that
/// this tree does not explain.
///
/// How far each two columns are from independence is known before, but not how much of that other tables say already. The tree
/// says it at no cost. In the first round each table gets what it would have beside all others; what those that are left out
/// would have had goes to the ones that stay. For Gaussian noise a table measured twice is as good as one that had both parts at once.
struct TableRounds {
    /// What would add less than this part to what a table has had is not asked for, while anything adds more.
    private static let leastPart = 0.05
    /// This part of what the tree explains is taken from a distance. Two columns may also depend on each other beyond what the tree
    /// says in cells where it says the opposite.
    private static let explainedPart = 0.9

    private let choice: TableChoice
    private let tables: PairTables
    private let cellLimit: Int
    private let sizes: [Int]
    /// What each question has had of the budget, and each column alone.
    private var known: [Double]
    private var amounts: [Double]
    private var questions: [Question]
    /// The single columns, with all that was measured of them.
    private(set) var oneWays: OneWayMarginals

    /// A table to ask for, and the mean of its answers by precision.
    private struct Question {
        /// Among the candidates; nil for a set.
        let place: Int?
        let members: [ModelAttribute]
        let share: Double
        var isInTree: Bool
        /// Whether the fit takes what was measured of it.
        var isKept = true
        var ordered: [ModelAttribute] = []
        var numbers: [Int] = []
        var answers = MeanOfAnswers()
    }

    /// - Parameters:
    ///   - measuresAcross: whether tables across the junction tree are measured too.
    ///   - amounts: what each single column has had.
    ///   - sizes: of the columns.
    ///   - cellLimit: of the tree.
    init(
        _ choice: TableChoice, _ tables: PairTables, measuresAcross: Bool, _ oneWays: OneWayMarginals,
        amounts: [Double], sizes: [Int], cellLimit: Int
    ) {
        self.choice = choice
        self.tables = tables
        self.oneWays = oneWays
        self.amounts = amounts
        self.sizes = sizes
        self.cellLimit = cellLimit
        questions =
            choice.sets.map { Question(place: nil, members: $0, share: choice.share(ofSet: $0), isInTree: true) }
            + choice.inTree.map {
                Question(
                    place: $0, members: tables.members(of: tables.candidates[$0]), share: choice.share(of: $0),
                    isInTree: true)
            }
        if measuresAcross {
            questions += choice.across.map {
                Question(
                    place: $0, members: tables.members(of: tables.candidates[$0]), share: choice.share(of: $0),
                    isInTree: false)
            }
        }
        known = questions.map { _ in 0 }
    }

    /// What the tables are over.
    var attributes: [ModelAttribute] { .inUse(measured.map(\.members)) }
    /// Measured tables that the junction tree holds.
    var inTree: [MeasuredMarginal] { marginals(measured.filter(\.isInTree), of: attributes) }
    /// Measured tables across it.
    var across: [MeasuredMarginal] { marginals(measured.filter { !$0.isInTree }, of: attributes) }

    private var measured: [Question] { questions.filter(isMeasured) }

    private func isMeasured(_ question: Question) -> Bool { question.isKept && question.answers.variance.isFinite }

    private func marginals(_ questions: [Question], of attributes: [ModelAttribute]) -> [MeasuredMarginal] {
        questions.map {
            MeasuredMarginal(
                $0.answers.rounded, variance: $0.answers.variance, of: $0.ordered, in: attributes)
        }
    }

    /// Asks both rounds; what was measured is in `inTree`, `across` and `oneWays`.
    ///
    /// - Parameter released: tables that are known already; where one of them is asked for, it has so much less to get.
    /// - Returns: false if a replayed transcript has ended before any table.
    mutating func measure(
        _ grouped: inout GroupedKernel, adding released: ReleasedTables, spending budget: consuming Budget
    ) throws -> Bool {
        for place in questions.indices {
            (questions[place].ordered, questions[place].numbers) = try grouped.ordered(questions[place].members)
            guard let one = released[questions[place].numbers] else { continue }
            questions[place].answers.add(one.answer)
            known[place] += one.amount
        }
        let forest = Set(choice.forest(questions.compactMap(\.place)))
        let first = questions.indices.filter { questions[$0].place.map(forest.contains) ?? true }
        let others = questions.indices.filter { !first.contains($0) }
        let whole = budget.amount
        guard !others.isEmpty else {
            guard try ask(first, &grouped, further(first, left: whole), spending: budget) else { return false }
            try leaveOutOfTree()
            return true
        }
        let all = further(Array(questions.indices), left: whole)
        let own = first.map { all.tables[$0] }
        let part = (own.reduce(0, +) + all.oneWays.reduce(0, +)) / whole
        let slice = try budget.take(.fraction(min(max(1, Int((part * 1000).rounded())), 990), 1000))
        guard try ask(first, &grouped, (own, all.oneWays), spending: slice) else { return false }
        // What is known of them already is little beside what the tree says.
        for place in others { questions[place].isKept = false }
        let kept = try unexplained(others)
        for place in kept { questions[place].isKept = true }
        let second = first + kept
        _ = try ask(second, &grouped, further(second, left: budget.amount), spending: budget)
        try leaveOutOfTree()
        return true
    }

    /// Lets tables lie across the tree where it would have too many cells with them.
    ///
    /// The tree was grown over all levels of detail and all tables that were chosen. Of fewer levels and tables it may come out
    /// larger, as it is found greedily. Sets come first, since nothing but the tree keeps them, then tables by their distance.
    private mutating func leaveOutOfTree() throws(SynthesisError) {
        let attributes = self.attributes
        func distance(_ place: Int) -> Double {
            questions[place].place.map { tables.candidates[$0].misfit } ?? .infinity
        }
        let places = questions.indices.filter { questions[$0].isInTree && isMeasured(questions[$0]) }
            .sorted { (distance($1), $0) < (distance($0), $1) }
        let cliques = places.map { questions[$0].members.compactMap { attributes.firstIndex(of: $0) } }
        let sizes = attributes.map(\.size)
        do {
            let functions = attributes.dependencies(columnSizes: oneWays.domain.sizes)
            let held = TreeGrowth.held(
                cliques, required: places.prefix { questions[$0].place == nil }.count, sizes: sizes,
                dependencies: try Dependencies(functions, sizes: sizes), cellLimit: cellLimit)
            for (place, isHeld) in zip(places, held) { questions[place].isInTree = isHeld }
        } catch {
            throw .estimation(error)
        }
    }

    /// What questions get, and single columns once more, such that in the end each has its share.
    private func further(_ places: [Int], left: Double) -> (tables: [Double], oneWays: [Double]) {
        let own = places.map { questions[$0].share }
        let both = TableChoice.further(
            own + choice.shares(ofOneWays: sizes), known: places.map { known[$0] } + amounts, left: left)
        return (Array(both.prefix(places.count)), Array(both.dropFirst(places.count)))
    }

    /// Asks for tables and one-ways, each with its amount.
    private mutating func ask(
        _ places: [Int], _ grouped: inout GroupedKernel, _ split: (tables: [Double], oneWays: [Double]),
        spending budget: consuming Budget
    ) throws -> Bool {
        func worthwhile(_ least: Double) -> (tables: [Int], oneWays: [Int]) {
            (
                places.indices.filter { split.tables[$0] > least * known[places[$0]] },
                amounts.indices.filter { split.oneWays[$0] > least * amounts[$0] }
            )
        }
        var (chosen, again) = worthwhile(Self.leastPart)
        // Little for each is better than nothing for all: what is left is for nothing else.
        if chosen.isEmpty, again.isEmpty { (chosen, again) = worthwhile(0) }
        let asked = chosen.map { questions[places[$0]].numbers }
        let columns = oneWays.modelled
        let weights = chosen.map { split.tables[$0] } + again.map { split.oneWays[$0] }
        guard !weights.isEmpty else { return true }
        let spent = budget.amount
        let answers = try grouped.kernel.measured(
            asked + again.map { [grouped.number(ofColumn: columns[$0])] }, weights: weights, spending: budget)
        guard let answers else { return false }
        let rate = spent / weights.reduce(0, +)
        for (place, answer) in zip(chosen, answers) {
            questions[places[place]].answers.add(answer)
            known[places[place]] += rate * split.tables[place]
        }
        for place in again { amounts[place] += rate * split.oneWays[place] }
        oneWays.add(zip(again, answers.dropFirst(chosen.count)).map { $1.of(columns[$0]) })
        return true
    }

    /// Of the questions that are left those that are worth their noise though the tree is known.
    private func unexplained(_ others: [Int]) throws -> [Int] {
        let attributes = [ModelAttribute].inUse(questions.map(\.members))
        let known = marginals(measured, of: attributes)
        var learned = oneWays
        learned.learn(from: known, of: attributes)
        let model = try fittedTree(
            known, targets: denoisedTargets(known, learned, of: attributes, alongScales: true), oneWays: learned,
            attributes: attributes,
            domain: learned.domain, cellLimit: cellLimit)
        let pairs = others.map { questions[$0].members.compactMap { attributes.firstIndex(of: $0) }.sorted() }
        let marginals = model.marginals(of: pairs)
        let places = others.compactMap { questions[$0].place }
        var misfits: [Double] = []
        for (place, (pair, table)) in zip(places, zip(pairs, marginals)) {
            let (first, second) = (attributes[pair[0]], attributes[pair[1]])
            let (rows, columns) = (
                first.sums(of: learned.shares[first.column]), second.sums(of: learned.shares[second.column])
            )
            var explained = 0.0
            for (cell, value) in table.values.enumerated() {
                explained += abs(value - rows[cell / second.size] * columns[cell % second.size] * learned.total)
            }
            misfits.append(tables.candidates[place].misfit - Self.explainedPart * explained)
        }
        let fixed = questions.indices.filter { !others.contains($0) && questions[$0].place != nil }
            .reduce(0) { $0 + questions[$1].share }
        let kept = choice.worthwhile(places, misfits: misfits, besides: fixed)
        return others.filter { questions[$0].place.map(kept.contains) ?? false }
    }
}
