import Domains
import FittedModels
import GraphicalModels
import PrivacyKernel
import Statistics
import Tables
import VectorMath

/// Finds columns that another column nearly determines, from what the kernel released, and how to take their difference.
///
/// Pairs of ordered columns whose table is far from independence are candidates. Of each the histograms of a few public
/// differences are released. The one that is farthest from what independent columns would give says most about the second
/// column; where it says enough, the difference takes the column's place in the model.
struct DifferenceSearch {
    /// A pair of columns: the second may be rebuilt from the first.
    struct Edge {
        let base: Int
        let column: Int
        /// How the two were compared, and how far from independence they are, as a part of the rows; nil where that was not
        /// measured.
        let baseGroups: ModelAttribute
        let columnGroups: ModelAttribute
        let distance: Double?
    }

    /// A way to take the difference, and where its histogram lies.
    struct Trial {
        let edge: Edge
        let baseAxis: NumberAxis
        let columnAxis: NumberAxis
        /// Ends of the intervals.
        let edges: [Int32]
        let scale: Double
        /// What independent columns would give in each interval, and outside.
        let independent: [Double]
        /// The part of the rows in which both columns have a number, if one says nothing of the other.
        let both: Double
        let isScore: Bool
        let isLattice: Bool
    }

    let domain: TableDomain
    let shares: [[Double]]
    /// Of columns on finer intervals these and the parts of the rows in them.
    let fine: [Int: (ColumnDifference, [Double])]
    let spots: [[FineColumns.Spot]]

    private static let trialCells = 96
    private static let finalCells = 64
    /// With so few edges there are further trials of each.
    static let fewEdges = 1
    /// Nats that the difference must say about the column: those of a correlation of about 0.9.
    private static let leastInformation = 0.6
    /// Of the rows in which both columns have a number, and of all rows, the parts that must lie inside the intervals.
    private static let leastInside = 0.6
    private static let leastOfAll = 0.15
    /// What the difference may leave out: of the distance from independence, and of the column's own distribution.
    private static let mostMissed = 0.15
    private static let mostMoved = 0.04
    /// A ratio or plain difference is preferred to one of scores that says little more: of single values, scores stand further
    /// apart than noise can tell.
    private static let preference = 0.05
    private static let partOfScores = 0.8

    /// - Parameters:
    ///   - shares: the estimated distribution of each column.
    ///   - fine: columns on finer intervals, with their histograms.
    init(_ domain: TableDomain, shares: [[Double]], fine: [(ColumnDifference, [Double])] = []) {
        self.domain = domain
        self.shares = shares
        let known = Dictionary(uniqueKeysWithValues: fine.map { ($0.0.column, $0) })
        self.fine = known
        spots = shares.enumerated().map { column, own in
            FineColumns.spots(domain.columns[column], shares: own, fine: known[column])
        }
    }

    /// Columns with an order and enough numbers.
    static func candidates(_ domain: TableDomain) -> [Int] {
        let parents = Set(domain.derivations.map(\.parent))
        return domain.modelledColumns.filter {
            let column = domain.columns[$0]
            return column.isOrdered && column.type != .boolean && column.valueCount >= 8 && !parents.contains($0)
        }
    }

    /// Whether the difference, drawn on its own, gives the column's own distribution and about the distance from
    /// independence that was measured. Where it does not, the two columns are related in another way too.
    ///
    /// - Parameter found: the shares of the intervals, and of none.
    private func explains(_ edge: Edge, _ difference: ColumnDifference, _ found: [Double]) -> Bool {
        let base = PlacedSpots(difference.baseAxis, domain.columns[edge.base], spots[edge.base])
        let own = PlacedSpots(difference.columnAxis, domain.columns[edge.column], spots[edge.column])
        let ends = difference.edges.map { Double($0) / difference.scale }
        let width = edge.columnGroups.size
        let alone = edge.columnGroups.sums(of: shares[edge.column])
        // In which rows both have a number follows from the difference: where they do, there mostly is one.
        let (ofBase, ofOwn) = (base.mass, own.mass)
        let known = found.dropLast().reduce(0, +)
        let both = min(max(known, ofBase + ofOwn - 1, 1e-9), ofBase, ofOwn)
        // Of the rows of a base with a number: those with a difference, with another number, and with none.
        let inside = min(known / max(ofBase, 1e-9), 1)
        let valueless = 1 - both / max(ofBase, 1e-9)
        let scale = known > 0 ? inside / known : 0
        let numbers = own.masses(size: shares[edge.column].count)
        let others = zip(shares[edge.column], numbers).map { $0 - $1 }
        let (numberGroups, otherGroups) = (
            edge.columnGroups.sums(of: numbers).map { ofOwn > 0 ? $0 / ofOwn : 0 },
            edge.columnGroups.sums(of: others).map { ofOwn < 1 ? $0 / (1 - ofOwn) : 0 }
        )
        func mixed(_ numbered: Double, _ other: Double) -> [Double] {
            zip(numberGroups, otherGroups).map { max(numbered, 0) * $0 + max(other, 0) * $1 }
        }
        let outside = mixed(1 - inside - valueless, valueless)
        let ofOthers = ofBase < 1 ? (ofOwn - both) / (1 - ofBase) : 0
        let unplaced = mixed(ofOthers, 1 - ofOthers)
        var table = [Double](repeating: 0, count: edge.baseGroups.size * width)
        let range = own.positions.range
        // Rows that would lie beyond the column's bounds.
        var beyond = 0.0
        for (spot, place) in base.spots {
            let row = edge.baseGroups.group(of: spot.code) * width
            guard let position = place else {
                for group in 0..<width { table[row + group] += spot.mass * unplaced[group] }
                continue
            }
            for group in 0..<width { table[row + group] += spot.mass * outside[group] }
            for (cell, sharesInside) in found.dropLast().enumerated() where sharesInside > 0 {
                let mass = sharesInside * scale
                for piece in [0.25, 0.75] {
                    let reached = position + ends[cell] + piece * (ends[cell + 1] - ends[cell])
                    if reached < range.low || reached > range.high { beyond += spot.mass * mass / 2 }
                    let place = own.positions.place(of: reached)
                    table[row + edge.columnGroups.group(of: Int(place.code))] += spot.mass * mass / 2
                }
            }
        }
        var sums = [Double](repeating: 0, count: width)
        for (cell, mass) in table.enumerated() { sums[cell % width] += mass }
        let moved = zip(sums, alone).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
        let rows = edge.baseGroups.sums(of: shares[edge.base])
        let distance = table.enumerated().reduce(0.0) {
            $0 + abs($1.element - rows[$1.offset / width] * alone[$1.offset % width])
        }
        // What lies beyond is moved to the nearest bound, as a table has it that was cut off there.
        return moved + beyond / 4 <= Self.mostMoved
            && edge.distance.map { abs(distance - $0) <= Self.mostMissed } ?? true
    }

    /// The differences whose histograms are worth a look.
    ///
    /// - Parameter isFree: whether there are so few edges that multiples of the base are looked at too.
    func trials(of edge: Edge, isFree: Bool) -> [Trial] {
        let (base, column) = (domain.columns[edge.base], domain.columns[edge.column])
        var kinds: [(NumberAxis, NumberAxis)] = [(NumberAxis(.logarithm), NumberAxis(.logarithm))]
        if (base.type == .date) == (column.type == .date) { kinds.append((NumberAxis(.value), NumberAxis(.value))) }
        for sign in [1.0, -1.0] where fine[edge.base] == nil && fine[edge.column] == nil {
            kinds.append(
                (.score(base, shares: shares[edge.base], factor: sign), .score(column, shares: shares[edge.column])))
        }
        for kind in [NumberAxis.Kind.logarithm, .value] where isFree {
            guard kind == .logarithm || (base.type == .date) == (column.type == .date) else { continue }
            for slope in slopes(edge, kind) { kinds.append((NumberAxis(kind, factor: slope), NumberAxis(kind))) }
        }
        return kinds.compactMap { trial(edge, $0.0, $0.1) }
    }

    /// How steep a line is that maps the base's quantiles to the column's, rising and falling: y = a + b · x, or of logarithms a
    /// power. None where it is as steep as the plain difference.
    private func slopes(_ edge: Edge, _ kind: NumberAxis.Kind) -> [Double] {
        let from = WeightedPositions(PlacedSpots(NumberAxis(kind), domain.columns[edge.base], spots[edge.base]))
        let to = WeightedPositions(PlacedSpots(NumberAxis(kind), domain.columns[edge.column], spots[edge.column]))
        guard from.mass >= Self.leastOfAll, to.mass >= Self.leastOfAll, from.spread > 0, to.spread > 0 else {
            return []
        }
        let slope = to.spread / from.spread
        guard slope > 1e-4, slope < 1e4 else { return [] }
        return abs(naturalLogarithm(slope)) > 0.1 ? [slope, -slope] : [-slope]
    }

    private func trial(_ edge: Edge, _ baseAxis: NumberAxis, _ columnAxis: NumberAxis) -> Trial? {
        let (basePlaces, ownPlaces) = (
            PlacedSpots(baseAxis, domain.columns[edge.base], spots[edge.base]),
            PlacedSpots(columnAxis, domain.columns[edge.column], spots[edge.column])
        )
        let (base, own) = (basePlaces.positions, ownPlaces.positions)
        let (from, to) = (WeightedPositions(basePlaces), WeightedPositions(ownPlaces))
        guard from.mass >= Self.leastOfAll, to.mass >= Self.leastOfAll, to.deviation > 0, from.deviation > 0 else {
            return nil
        }
        let reach = max(abs(base.range.low), abs(base.range.high), abs(own.range.low), abs(own.range.high))
        let scale = 0x1p29 / max(reach, 1e-9)
        let middle = to.differences(from)
        let half = (middle.high - middle.low) / 2 + to.deviation
        let isLattice =
            base.isDiscrete && own.isDiscrete && columnAxis.kind == .value && abs(baseAxis.factor) == 1
        let edges = Self.edges(
            from: (middle.low + middle.high) / 2 - half, to: (middle.low + middle.high) / 2 + half,
            cells: Self.trialCells, scale: scale, isLattice: isLattice)
        guard edges.count >= 3 else { return nil }
        return Trial(
            edge: edge, baseAxis: baseAxis, columnAxis: columnAxis, edges: edges, scale: scale,
            independent: to.histogram(less: from, edges: edges.map { Double($0) / scale }), both: from.mass * to.mass,
            isScore: columnAxis.kind == .score, isLattice: isLattice)
    }

    /// Equally wide intervals. Of whole numbers every interval holds as many of them, and no end is one.
    private static func edges(
        from low: Double, to high: Double, cells: Int, scale: Double, isLattice: Bool
    ) -> [Int32] {
        var (low, width) = (low, (high - low) / Double(cells))
        if isLattice {
            width = max(1, width.rounded(.up))
            low = low.rounded(.down) - 0.5
        }
        var edges: [Int32] = []
        for cell in 0...cells {
            let edge = ((low + Double(cell) * width) * scale).rounded()
            guard abs(edge) < 0x1p31 - 1 else { continue }
            if let last = edges.last, Int32(edge) <= last { continue }
            edges.append(Int32(edge))
            if isLattice, low + Double(cell) * width > high + 1 { break }
        }
        return edges
    }

    /// What the kernel is asked for a trial: all rows outside the intervals in one cell.
    func question(_ trial: Trial) -> DifferenceQuestion {
        let question = ColumnDifference(
            column: trial.edge.column, base: trial.edge.base, columnAxis: trial.columnAxis, baseAxis: trial.baseAxis,
            edges: trial.edges, scale: trial.scale
        ).question(domain)
        return DifferenceQuestion(
            first: question.first, second: question.second, firstNumbers: question.firstNumbers,
            secondNumbers: question.secondNumbers, edges: question.edges,
            others: question.others.map { _ in 0 })
    }

    /// For each edge the difference that says most, where it says enough.
    func chosen(_ trials: [Trial], _ histograms: [NoisyMarginal]) -> [ColumnDifference] {
        var best: [Int: (value: Double, difference: ColumnDifference)] = [:]
        for (trial, histogram) in zip(trials, histograms) {
            let found = sparseShares(
                histogram.counts.map { Double($0) }, deviation: histogram.variance.squareRoot(),
                intervals: trial.edges.count - 1)
            let inside = found.dropLast().reduce(0, +)
            let information = information(found, trial)
            guard inside >= max(Self.leastOfAll, Self.leastInside * trial.both),
                information >= Self.leastInformation,
                let difference = difference(trial, found),
                explains(trial.edge, difference, expected(trial, found, in: difference))
            else { continue }
            let value = trial.isScore ? Self.partOfScores * information : information + Self.preference
            if best[trial.edge.column].map({ value > $0.value }) ?? true {
                best[trial.edge.column] = (value, difference)
            }
        }
        // In an order in which what is rebuilt from has been rebuilt; of a circle the weakest goes.
        var result: [ColumnDifference] = []
        var open = best.sorted { $0.key < $1.key }
        while !open.isEmpty {
            let rebuilt = Set(open.map(\.key))
            if let next = open.firstIndex(where: { !rebuilt.contains($0.value.difference.base) }) {
                result.append(open.remove(at: next).value.difference)
            } else if let weakest = open.indices.min(by: { open[$0].value.value < open[$1].value.value }) {
                open.remove(at: weakest)
            }
        }
        return result
    }

    /// What the difference says about the column, in nats, among rows in which both have a number.
    private func information(_ found: [Double], _ trial: Trial) -> Double {
        let inside = found.dropLast().reduce(0, +)
        guard inside > 0, trial.both > 0 else { return 0 }
        let part = min(inside / max(trial.both, inside), 1)
        func divergence(_ share: Double, _ expected: Double) -> Double {
            share > 0 ? share * naturalLogarithm(share / max(expected, 1e-6)) : 0
        }
        let within = zip(found, trial.independent).dropLast().reduce(0.0) {
            $0 + divergence($1.0 * part / inside, $1.1 / trial.both)
        }
        return within + divergence(1 - part, 1 - trial.independent.dropLast().reduce(0, +) / trial.both)
    }

    /// What a trial's histogram says about the intervals of the final difference: of scores that it is normal.
    private func expected(_ trial: Trial, _ found: [Double], in difference: ColumnDifference) -> [Double] {
        let inside = found.dropLast().reduce(0, +)
        let ends = difference.edges.map { Double($0) / difference.scale }
        var shares: [Double]
        if trial.isScore {
            let rho = abs(difference.baseAxis.factor)
            let deviation = max((1 - rho * rho).squareRoot(), 1e-6)
            let below = ends.map { Normal.distribution($0 / deviation) }
            shares = zip(below, below.dropFirst()).map { inside * ($1 - $0) }
        } else {
            let old = trial.edges.map { Double($0) / trial.scale }
            func reached(_ position: Double) -> Double {
                var sum = 0.0
                for (cell, share) in found.dropLast().enumerated() where position > old[cell] {
                    sum += share * min(1, (position - old[cell]) / (old[cell + 1] - old[cell]))
                }
                return sum
            }
            let below = ends.map(reached)
            shares = zip(below, below.dropFirst()).map { $1 - $0 }
        }
        shares.append(max(0, 1 - shares.reduce(0, +)))
        return shares
    }

    /// The difference on intervals that fit its histogram.
    private func difference(_ trial: Trial, _ found: [Double]) -> ColumnDifference? {
        let ends = trial.edges.map { Double($0) / trial.scale }
        let inside = Array(found.dropLast())
        let sum = inside.reduce(0, +)
        guard sum > 0, let first = inside.firstIndex(where: { $0 > 0 }), let last = inside.lastIndex(where: { $0 > 0 })
        else { return nil }
        func made(_ baseAxis: NumberAxis, _ edges: [Int32]) -> ColumnDifference? {
            guard edges.count >= 2 else { return nil }
            return ColumnDifference(
                column: trial.edge.column, base: trial.edge.base, columnAxis: trial.columnAxis, baseAxis: baseAxis,
                edges: edges, scale: trial.scale)
        }
        if trial.isScore {
            // Of standard normal numbers the variance of the difference is 2 − 2ρ.
            var variance = 0.0
            for (cell, share) in inside.enumerated() {
                let middle = (ends[cell] + ends[cell + 1]) / 2
                variance += share / sum * middle * middle
            }
            let rho = min(max(1 - variance / 2, 0.5), 0.99999)
            // Scores inside wide cells are not quite normal: the intervals reach as far as the histogram does.
            let normal = max(4.2 * (1 - rho * rho).squareRoot(), (ends[1] - ends[0]) / 2)
            let half = max(normal, min(max(abs(ends[first]), abs(ends[last + 1])), 3 * normal))
            let axis = NumberAxis(.score, factor: trial.baseAxis.factor * rho, masses: trial.baseAxis.masses)
            return made(
                axis, Self.edges(from: -half, to: half, cells: Self.finalCells, scale: trial.scale, isLattice: false))
        }
        let (low, high) = (max(first - 1, 0), min(last + 1, inside.count - 1))
        if trial.isLattice {
            return made(
                trial.baseAxis,
                Self.edges(
                    from: ends[low] + 0.5, to: ends[high + 1] - 0.5, cells: Self.finalCells, scale: trial.scale,
                    isLattice: true))
        }
        // Half of the intervals evenly, half where the rows are.
        let width = Double(high - low + 1)
        var edges = [Int32((ends[low] * trial.scale).rounded())]
        for cell in low...high {
            let weight = 0.5 / width + 0.5 * inside[cell] / sum
            let parts = max(1, Int((weight * Double(Self.finalCells)).rounded()))
            for part in 1...parts {
                let end = ends[cell] + (ends[cell + 1] - ends[cell]) * Double(part) / Double(parts)
                let whole = Int32((end * trial.scale).rounded())
                if let before = edges.last, whole > before { edges.append(whole) }
            }
        }
        return made(trial.baseAxis, edges)
    }
}
