import FittedModels
import GraphicalModels
import PrivacyKernel

/// Which tables to measure, and how to share out the budget.
///
/// The expected gain of a set S is Σ misfit − Σ γ·E|noise|, least over all splits of the budget (as SWIFT of
/// google/dpsynth does); one-way marginals take part with a fixed weight. γ < 1 because the fit takes part of the noise
/// out again.
struct TableChoice {
    static let noiseThatStays = 0.6

    /// Tables that the junction tree holds.
    var inTree: [Int] = []
    /// Tables across the tree, which rows are weighted for afterwards.
    var across: [Int] = []
    /// Tables of more than two columns, which the tree holds as well.
    private(set) var sets: [[ModelAttribute]] = []

    private let tables: PairTables
    private let noise: NoiseScaling
    private let amount: Double
    /// Σ share(weight) of the one-way marginals.
    private let baseShare: Double

    /// - Parameters:
    ///   - sets: tables of more than two columns that come before all pairs.
    ///   - amount: what one-way and pair marginals together may have.
    ///   - oneWaySizes: sizes of the modelled columns.
    ///   - typical: standard deviation of a pair table's noise, before it is known how many are measured.
    init(
        _ tables: PairTables, noise: NoiseScaling, amount: Double, oneWaySizes: [Int], typical: Double, cellLimit: Int,
        sets: [[ModelAttribute]] = []
    ) throws(SynthesisError) {
        self.tables = tables
        self.noise = noise
        self.amount = amount
        var empty = try tables.emptyTree()
        var kept: [[ModelAttribute]] = []
        for set in sets {
            guard let nodes = tables.nodes(of: set), empty.cells(adding: nodes) <= cellLimit else { continue }
            empty.add(nodes)
            kept.append(set)
        }
        self.sets = kept
        baseShare =
            oneWaySizes.reduce(0) {
                $0 + noise.share(ofWeight: Self.oneWayWeight(size: $1, columns: oneWaySizes.count))
            } + kept.reduce(0) { $0 + noise.share(ofWeight: Self.weight(ofSet: $1)) }
        let candidates = tables.candidates
        func score(_ place: Int, _ strictness: Double) -> Double {
            candidates[place].misfit
                - strictness * Self.noiseThatStays * meanAbsoluteNoise * Double(candidates[place].cells) * typical
        }
        func pair(_ place: Int) -> [Int] { [candidates[place].columns.0, candidates[place].columns.1] }
        var best: (value: Double, tree: [Int])?
        for strictness in [0.5, 1, 2] {
            let scores = candidates.indices.map { score($0, strictness) }
            var taken: [[Int]: Int] = [:]
            var growth = empty
            for place in candidates.indices.sorted(by: { (scores[$1], $0) < (scores[$0], $1) })
            where scores[place] > 0 && taken[pair(place)] == nil {
                let nodes = tables.nodes(of: candidates[place])
                if growth.supports(nodes) {
                    taken[pair(place)] = place
                } else if growth.cells(adding: nodes) <= cellLimit {
                    growth.add(nodes)
                    taken[pair(place)] = place
                }
            }
            let (value, _) = subset(of: Array(taken.values))
            if best.map({ value > $0.value }) ?? true { best = (value, taken.values.sorted()) }
        }
        let tree = best?.tree ?? []
        let treeSet = Set(tree)
        let treePairs = Set(tree.map(pair))
        var others: [[Int]: Int] = [:]
        for place in candidates.indices where score(place, 1) > 0 && !treePairs.contains(pair(place)) {
            if let known = others[pair(place)], score(known, 1) >= score(place, 1) { continue }
            others[pair(place)] = place
        }
        let (_, chosen) = subset(of: tree + others.values.sorted())
        self.inTree = chosen.filter(treeSet.contains).sorted()
        across = chosen.filter { !treeSet.contains($0) }.sorted()
    }

    static func oneWayWeight(size: Int, columns: Int) -> Double {
        Double(columns - 1) / 2 * noiseThatStays * meanAbsoluteNoise * Double(size)
    }

    private static func weight(ofSet members: [ModelAttribute]) -> Double {
        noiseThatStays * meanAbsoluteNoise * Double(members.reduce(1) { $0 * $1.size })
    }

    /// Of a table of more than two columns.
    func share(ofSet members: [ModelAttribute]) -> Double { noise.share(ofWeight: Self.weight(ofSet: members)) }

    func share(of place: Int) -> Double {
        noise.share(
            ofWeight: Self.noiseThatStays * meanAbsoluteNoise * Double(tables.candidates[place].cells))
    }

    /// What all that was chosen asks for together.
    func shares(withAcross: Bool) -> Double {
        (inTree + (withAcross ? across : [])).reduce(0) { $0 + share(of: $1) }
            + sets.reduce(0) { $0 + share(ofSet: $1) }
    }

    /// The subset of greatest expected gain, by falling gain for each part of the budget.
    private func subset(of places: [Int]) -> (value: Double, chosen: [Int]) {
        func ratio(_ place: Int) -> Double { tables.candidates[place].misfit / share(of: place) }
        var chosen: [Int] = []
        var misfit = 0.0
        var shares = baseShare
        var value = -noise.leastNoise(shares: shares, amount: amount)
        for place in places.sorted(by: { (ratio($1), $0) < (ratio($0), $1) }) {
            let next = misfit + tables.candidates[place].misfit
            let nextShares = shares + share(of: place)
            let gain = next - noise.leastNoise(shares: nextShares, amount: amount)
            guard gain > value else { continue }
            chosen.append(place)
            (misfit, shares, value) = (next, nextShares, gain)
        }
        return (value, chosen)
    }

    /// Of some tables those that lie farthest from independence and close no circle with each other or with the sets.
    func forest(_ places: [Int]) -> [Int] {
        var forest = SpanningForest(tables.levels.count)
        for set in sets {
            let columns = set.compactMap { member in tables.levels.firstIndex { $0.levels.contains(member) } }
            for (one, other) in zip(columns, columns.dropFirst()) { forest.join((one, other)) }
        }
        let misfits = tables.candidates.map(\.misfit)
        return places.sorted { (misfits[$1], $0) < (misfits[$0], $1) }.filter { place in
            guard forest.joinsTwoParts(tables.candidates[place].columns) else { return false }
            forest.join(tables.candidates[place].columns)
            return true
        }
    }

    /// Of some tables those that are worth their noise beside others that are measured anyway.
    ///
    /// - Parameters:
    ///   - misfits: of each of the tables.
    ///   - fixed: what those others ask for.
    func worthwhile(_ places: [Int], misfits: [Double], besides fixed: Double) -> [Int] {
        let order = places.indices.map { (place: places[$0], misfit: misfits[$0]) }
            .sorted { ($1.misfit / share(of: $1.place), $0.place) < ($0.misfit / share(of: $0.place), $1.place) }
        var chosen: [Int] = []
        var shares = baseShare + fixed
        var misfit = 0.0
        var value = -noise.leastNoise(shares: shares, amount: amount)
        for one in order {
            let next = misfit + one.misfit
            let nextShares = shares + share(of: one.place)
            let gain = next - noise.leastNoise(shares: nextShares, amount: amount)
            guard gain > value else { continue }
            chosen.append(one.place)
            (misfit, shares, value) = (next, nextShares, gain)
        }
        return chosen
    }

    /// How a budget is added to what tables have already, such that in the end each has its share of all, or what it had if that is
    /// more.
    static func further(_ shares: [Double], known: [Double], left: Double) -> [Double] {
        var rich = Set<Int>()
        while true {
            let open = shares.indices.filter { !rich.contains($0) }
            let sum = open.reduce(0) { $0 + shares[$1] }
            guard sum > 0 else { return shares.map { _ in 0 } }
            let rate = (left + open.reduce(0) { $0 + known[$1] }) / sum
            let more = open.filter { rate * shares[$0] < known[$0] }
            if more.isEmpty { return shares.indices.map { rich.contains($0) ? 0 : rate * shares[$0] - known[$0] } }
            rich.formUnion(more)
        }
    }

    /// Of the one-way marginals.
    func shares(ofOneWays sizes: [Int]) -> [Double] {
        sizes.map { noise.share(ofWeight: Self.oneWayWeight(size: $0, columns: sizes.count)) }
    }
}
