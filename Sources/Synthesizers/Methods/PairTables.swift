import FittedModels
import GraphicalModels
import PrivacyKernel

/// A table of two columns at some level of detail that could be measured.
struct PairTable {
    /// Places of the two columns in the list of modelled columns, ascending.
    let columns: (Int, Int)
    /// Levels of the two columns.
    var levels: (Int, Int)
    var cells: Int
    /// The noisy distance of the rows from independence.
    var misfit = 0.0
}

/// Which tables to choose from, and what is public about them.
struct PairTables {
    /// For each modelled column its levels.
    let levels: [CodeLevels]
    private(set) var candidates: [PairTable] = []
    /// The number of the first level of each column among all levels of all columns.
    private let firstNode: [Int]

    /// Of each two columns one table: of their levels that noise leaves legible those that can show most of how the columns
    /// depend on each other, by degrees of freedom; where none is legible, the coarsest.
    ///
    /// One alone, since each distance that is asked for takes from the budget of all others.
    ///
    /// - Parameters:
    ///   - legible: so many cells are worth their noise.
    ///   - coarse: levels that sets of more columns take, and pairs do not.
    init(_ levels: [CodeLevels], legible: Double, coarse: Set<ModelAttribute> = []) {
        self.levels = levels
        var next = 0
        firstNode = levels.map { column in
            defer { next += column.levels.count }
            return next
        }
        for a in levels.indices {
            for b in levels.indices.dropFirst(a + 1) where !levels[a].levels.isEmpty && !levels[b].levels.isEmpty {
                func usable(_ column: CodeLevels) -> [(place: Int, size: Int)] {
                    let own = column.levels.enumerated().filter { !coarse.contains($0.element) }
                    return (own.isEmpty ? Array(column.levels.enumerated()) : own).map { ($0.offset, $0.element.size) }
                }
                var best: (levels: (Int, Int), cells: Int, freedom: Int)?
                for (i, first) in usable(levels[a]) {
                    for (j, second) in usable(levels[b]) where Double(first * second) <= legible {
                        let freedom = (first - 1) * (second - 1)
                        if best.map({ freedom > $0.freedom }) ?? true { best = ((i, j), first * second, freedom) }
                    }
                }
                if best == nil, let first = usable(levels[a]).first, let second = usable(levels[b]).first {
                    best = ((first.place, second.place), first.size * second.size, 0)
                }
                if let best { candidates.append(PairTable(columns: (a, b), levels: best.levels, cells: best.cells)) }
            }
        }
    }

    func members(of table: PairTable) -> [ModelAttribute] {
        [levels[table.columns.0].levels[table.levels.0], levels[table.columns.1].levels[table.levels.1]]
    }

    /// The numbers of a set's levels among all levels of all columns; nil if one is not there.
    func nodes(of members: [ModelAttribute]) -> [Int]? {
        var nodes: [Int] = []
        for member in members {
            guard
                let column = levels.firstIndex(where: { $0.levels.contains(member) }),
                let level = levels[column].levels.firstIndex(of: member)
            else { return nil }
            nodes.append(firstNode[column] + level)
        }
        return nodes
    }

    /// The two levels' numbers among all levels of all columns, which junction trees are grown on.
    func nodes(of table: PairTable) -> [Int] {
        [firstNode[table.columns.0] + table.levels.0, firstNode[table.columns.1] + table.levels.1]
    }

    /// What was measured of the candidates.
    mutating func setMisfits(_ misfits: [MeasuredMisfit]) {
        var values: [[ModelAttribute]: Double] = [:]
        for one in misfits { values[[one.first, one.second]] = Double(one.value) }
        for place in candidates.indices {
            let members = members(of: candidates[place])
            candidates[place].misfit = values[members] ?? values[members.reversed()] ?? 0
        }
    }

    /// Takes finer levels where a table's noise leaves them legible: of pairs that depend on each other much, or where few tables
    /// share the budget.
    ///
    /// - Parameters:
    ///   - places: of the tables that are chosen.
    ///   - legible: how many cells are worth their noise, given the table's place and its distance from independence.
    /// - Returns: whether any did.
    mutating func refine(_ places: [Int], legible: (_ place: Int, _ misfit: Double) -> Double) -> Bool {
        var isFiner = false
        for place in places {
            let table = candidates[place]
            let (first, second) = (levels[table.columns.0].levels, levels[table.columns.1].levels)
            let most = min(legible(place, max(table.misfit, 0)), Double(Self.mostCells))
            func freedom(_ pair: (Int, Int)) -> Int { (first[pair.0].size - 1) * (second[pair.1].size - 1) }
            var best = table.levels
            for i in table.levels.0..<first.count {
                for j in table.levels.1..<second.count
                where Double(first[i].size * second[j].size) <= most && freedom((i, j)) > freedom(best) {
                    best = (i, j)
                }
            }
            guard best != table.levels else { continue }
            candidates[place].levels = best
            candidates[place].cells = first[best.0].size * second[best.1].size
            isFiner = true
        }
        return isFiner
    }

    private static let mostCells = 1 << 12

    /// The tables of some pairs of columns.
    func restricted(to isWanted: ((Int, Int)) -> Bool) -> PairTables {
        var part = self
        part.candidates = candidates.filter { isWanted($0.columns) }
        return part
    }

    /// A junction tree over all levels, in which a coarse level is a function of the next finer one.
    func emptyTree() throws(SynthesisError) -> TreeGrowth {
        let all = levels.flatMap(\.levels)
        var functions: [FunctionalDependency] = []
        for (column, one) in levels.enumerated() {
            for (level, coarse) in one.levels.enumerated().dropLast() {
                let fine = one.levels[level + 1]
                guard let map = fine.map(to: coarse) else { continue }
                functions.append(
                    FunctionalDependency(
                        attribute: firstNode[column] + level, parent: firstNode[column] + level + 1, map: map))
            }
        }
        do {
            return TreeGrowth(
                cliques: [], sizes: all.map(\.size), dependencies: try Dependencies(functions, sizes: all.map(\.size)))
        } catch {
            throw .estimation(error)
        }
    }
}

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
        var best: (value: Double, tree: [Int])?
        for strictness in [0.5, 1, 2] {
            let scores = candidates.indices.map { score($0, strictness) }
            var taken: [Int] = []
            var growth = empty
            for place in candidates.indices.sorted(by: { (scores[$1], $0) < (scores[$0], $1) }) where scores[place] > 0
            {
                let nodes = tables.nodes(of: candidates[place])
                if growth.supports(nodes) {
                    taken.append(place)
                } else if growth.cells(adding: nodes) <= cellLimit {
                    growth.add(nodes)
                    taken.append(place)
                }
            }
            let (value, _) = subset(of: taken)
            if best.map({ value > $0.value }) ?? true { best = (value, taken.sorted()) }
        }
        let tree = best?.tree ?? []
        let treeSet = Set(tree)
        let others = candidates.indices.filter { score($0, 1) > 0 && !treeSet.contains($0) }
        let (_, chosen) = subset(of: tree + others)
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
}
