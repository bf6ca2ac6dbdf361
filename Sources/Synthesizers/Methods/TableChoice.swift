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

    /// Amounts for the tables and further amounts for the one-ways, in the proportion of their shares; one-ways that
    /// have more already keep it and get nothing.
    func split(
        _ tables: [Double], sizes: [Int], known: [Double], left: Double
    ) -> (tables: [Double], oneWays: [Double]) {
        let shares = sizes.map {
            noise.share(ofWeight: Self.oneWayWeight(size: $0, columns: sizes.count))
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
