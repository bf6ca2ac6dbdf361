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
    /// How far the rows are likely to be from independence.
    var misfit = 0.0
}

/// Which tables to choose from, and what is public about them.
struct PairTables {
    /// For each modelled column its levels.
    let levels: [CodeLevels]
    private(set) var candidates: [PairTable] = []
    /// The number of the first level of each column among all levels of all columns.
    private let firstNode: [Int]
    /// By column and level the part of the rows with the greatest code of its group: as good as alone.
    private var alone: [[Double]]

    /// Of each two columns one table: of their levels that noise leaves legible those that can show most of how the columns
    /// depend on each other, by degrees of freedom; where none is legible, the coarsest.
    ///
    /// One alone as a rule, since each distance that is asked for takes from the budget of all others; one for each limit where
    /// noise allows to ask for more, so that columns which nearly determine each other get the detail that they are worth.
    ///
    /// - Parameters:
    ///   - limits: so many cells are worth their noise, ascending.
    ///   - coarse: levels that sets of more columns take, and pairs do not.
    init(_ levels: [CodeLevels], limits: [Double], coarse: Set<ModelAttribute> = []) {
        self.levels = levels
        var next = 0
        firstNode = levels.map { column in
            defer { next += column.levels.count }
            return next
        }
        alone = levels.map { $0.levels.map { _ in 0 } }
        for a in levels.indices {
            for b in levels.indices.dropFirst(a + 1) where !levels[a].levels.isEmpty && !levels[b].levels.isEmpty {
                var taken: [(Int, Int)] = []
                for limit in limits {
                    let one = richest(a, b, coarse: coarse, cells: limit)
                    guard !taken.contains(where: { $0 == one }) else { continue }
                    taken.append(one)
                    candidates.append(
                        PairTable(
                            columns: (a, b), levels: one,
                            cells: levels[a].levels[one.0].size * levels[b].levels[one.1].size))
                }
            }
        }
    }

    /// The levels of two columns with the most degrees of freedom in so many cells; the coarsest where none has so few.
    private func richest(_ a: Int, _ b: Int, coarse: Set<ModelAttribute>, cells: Double) -> (Int, Int) {
        func usable(_ column: CodeLevels) -> [(place: Int, size: Int)] {
            let own = column.levels.enumerated().filter { !coarse.contains($0.element) }
            return (own.isEmpty ? Array(column.levels.enumerated()) : own).map { ($0.offset, $0.element.size) }
        }
        let (rows, columns) = (usable(levels[a]), usable(levels[b]))
        var best = (levels: (rows[0].place, columns[0].place), freedom: -1)
        for (i, first) in rows {
            for (j, second) in columns where Double(first * second) <= cells {
                let freedom = (first - 1) * (second - 1)
                if freedom > best.freedom { best = ((i, j), freedom) }
            }
        }
        return best.levels
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

    /// What was measured of the candidates, and what it is likely to be without its noise.
    mutating func setMisfits(_ misfits: [MeasuredMisfit], _ oneWays: OneWayMarginals) {
        let shares = oneWays.shares
        alone = levels.map { $0.levels.map { Self.alone($0, shares[$0.column]) } }
        var values: [[ModelAttribute]: Double] = [:]
        for (one, value) in zip(misfits, ExpectedMisfits(misfits, oneWays).values) {
            values[[one.first, one.second]] = value
        }
        for place in candidates.indices {
            let members = members(of: candidates[place])
            candidates[place].misfit = values[members] ?? values[members.reversed()] ?? 0
        }
    }

    private static func alone(_ level: ModelAttribute, _ shares: [Double]) -> Double {
        var greatest = [Double](repeating: 0, count: level.size)
        for (code, share) in shares.enumerated() {
            greatest[level.group(of: code)] = max(greatest[level.group(of: code)], share)
        }
        return greatest.reduce(0, +)
    }

    /// The part of a distance that a table leaves unseen: in codes that it joins with others, less the more groups there are.
    private func unseen(_ columns: (Int, Int), _ levels: (Int, Int)) -> Double {
        let cells = self.levels[columns.0].levels[levels.0].size * self.levels[columns.1].levels[levels.1].size
        let joined = 1 - alone[columns.0][levels.0] * alone[columns.1][levels.1]
        return min(1, Self.unseen / Double(cells).squareRoot()) * joined
    }

    /// Takes finer levels where they show more than their noise is: of pairs that depend on each other much, where few tables
    /// share the budget, and where few steps lead to single codes, which leave nothing unseen.
    ///
    /// - Parameters:
    ///   - places: of the tables that are chosen.
    ///   - noise: what a cell of a table costs, given the table's place.
    /// - Returns: whether any did.
    mutating func refine(_ places: [Int], noise: (_ place: Int) -> Double) -> Bool {
        var isFiner = false
        for place in places {
            let table = candidates[place]
            let (first, second) = (levels[table.columns.0].levels, levels[table.columns.1].levels)
            let noiseOfCell = noise(place)
            let before = unseen(table.columns, table.levels)
            func gain(_ pair: (Int, Int)) -> Double {
                max(table.misfit, 0) * (1 + before - unseen(table.columns, pair))
                    - noiseOfCell * Double(first[pair.0].size * second[pair.1].size)
            }
            var best = (levels: table.levels, gain: gain(table.levels))
            for i in table.levels.0..<first.count {
                for j in table.levels.1..<second.count where first[i].size * second[j].size <= Self.mostCells {
                    let gain = gain((i, j))
                    if gain > best.gain { best = ((i, j), gain) }
                }
            }
            guard best.levels != table.levels else { continue }
            candidates[place].levels = best.levels
            candidates[place].cells = first[best.levels.0].size * second[best.levels.1].size
            candidates[place].misfit += (before - unseen(table.columns, best.levels)) * max(table.misfit, 0)
            isFiner = true
        }
        return isFiner
    }

    private static let mostCells = 1 << 12
    /// A table of k cells leaves this times k^(−1/2) unseen of what is in codes that it joins, and no more than all of it.
    private static let unseen = 16.0

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
