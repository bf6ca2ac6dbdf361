import FittedModels
import PrivacyKernel

/// Sets of three and four columns whose distance from independence no pairs of them explain.
///
/// Where columns are few, the distances of all such sets, each column at a coarse level, are released with those of the pairs. A
/// set stands out whose distance is larger than those of its pairs together: an exclusive or, for example.
struct Interactions {
    /// One set, and the noisy distance of the rows from independence.
    struct Candidate {
        let members: [ModelAttribute]
        var distance = 0.0

        var cells: Int { members.reduce(1) { $0 * $1.size } }
    }

    private(set) var candidates: [Candidate] = []
    /// The deviation of the noise of one distance.
    private var deviation = 0.0
    private let legible: Double
    private let treeCells: Int

    /// Sets are asked for where they are no more than this: the noise of each distance grows with the root of their number.
    private static let mostSets = 800
    /// What of the budget for errors they have, in thousandths.
    static let errorPart = 400
    /// Groups of each column in a set of three, and of four.
    private static let groups = [3: 4, 4: 2]
    /// What a set says beyond its pairs, as a part of the rows, and in deviations of the noise of one distance.
    private static let leastPart = 0.05
    private static let leastDeviations = 5.0
    private static let mostChosen = 8

    /// Whether a table of so many columns is looked through.
    ///
    /// - Parameter aboutOne: whether one of them is in every set.
    static func areSought(columns: Int, aboutOne: Bool) -> Bool {
        let free = columns - (aboutOne ? 1 : 0)
        let pairs = free * (free - 1) / 2
        let triples = pairs * max(0, free - 2) / 3
        let sets = aboutOne ? pairs + triples : triples + triples * max(0, free - 3) / 4
        return columns > 2 && sets <= mostSets
    }

    /// - Parameters:
    ///   - levels: of each column, coarse to fine.
    ///   - legible: so many cells are worth their noise.
    ///   - treeCells: so many the junction tree may have.
    ///   - label: the column that every set is about, if there is one.
    init(_ levels: [CodeLevels], legible: Double, treeCells: Int, label: Int? = nil) {
        self.legible = legible
        self.treeCells = treeCells
        let known = levels.filter { !$0.levels.isEmpty }
        guard Self.areSought(columns: levels.count, aboutOne: label != nil) else { return }
        for size in [3, 4] where known.count >= size {
            for places in Self.combinations(of: known.count, size) {
                let members = places.map { place in
                    known[place].levels.last { $0.size <= Self.groups[size] ?? 2 } ?? known[place].levels[0]
                }
                let candidate = Candidate(members: members)
                if let label, !members.contains(where: { $0.column == label }) { continue }
                if Double(candidate.cells) <= max(1.5 * legible, 16) { candidates.append(candidate) }
            }
        }
    }

    /// Looks for no set where distances are taken from tables whose noise would hide all that stands out.
    ///
    /// - Parameters:
    ///   - most: so many rows may be what stands out least.
    ///   - deviation: of the noise in each cell.
    mutating func keepLegible(within most: Double, deviation: Double) {
        let cells = Double(candidates.reduce(0) { max($0, $1.cells) })
        if Self.leastDeviations * deviation * cells.squareRoot() > most { candidates = [] }
    }

    mutating func setDistances(_ errors: [NoisyError]) {
        // Of tables that answer in place of errors, those of more cells show their distance less exactly.
        deviation = (errors.map(\.variance).max() ?? 0).squareRoot()
        for (place, error) in errors.enumerated() where candidates.indices.contains(place) {
            candidates[place].distance = Double(error.value)
        }
    }

    /// The sets that stand out, the strongest first, each at the finest levels that noise leaves legible.
    func chosen(_ misfits: [MeasuredMisfit], _ levels: [CodeLevels], _ oneWays: OneWayMarginals) -> [[ModelAttribute]] {
        let (shares, total) = (oneWays.shares, oneWays.total)
        // Rows that are independent stray from what is expected by chance, in a table of many cells by much.
        func chance(_ members: [ModelAttribute]) -> Double {
            members.reduce(meanAbsoluteNoise * total.squareRoot()) { product, member in
                product * member.sums(of: shares[member.column]).reduce(0) { $0 + $1.squareRoot() }
            }
        }
        var pairs: [[Int]: Double] = [:]
        for one in misfits {
            let pair = [one.first.column, one.second.column].sorted()
            pairs[pair] = max(pairs[pair] ?? 0, Double(one.value) - chance([one.first, one.second]))
        }
        func excess(_ candidate: Candidate) -> Double {
            let columns = candidate.members.map(\.column).sorted()
            var rest = candidate.distance - chance(candidate.members)
            for (place, first) in columns.enumerated() {
                for second in columns.dropFirst(place + 1) { rest -= max(pairs[[first, second]] ?? 0, 0) }
            }
            return rest
        }
        let least = Self.leastPart * total + Self.leastDeviations * deviation
        let found = candidates.map { (members: $0.members, excess: excess($0)) }.filter { $0.excess > least }
        var result: [[ModelAttribute]] = []
        for one in found.sorted(by: { ($0.members.count, $1.excess) < ($1.members.count, $0.excess) })
        where result.count < Self.mostChosen {
            let columns = Set(one.members.map(\.column))
            // A set of four around a set of three that stands out has its distance from that one.
            guard !result.contains(where: { columns.isSuperset(of: $0.map(\.column)) }) else { continue }
            result.append(one.members)
        }
        return result.map { refined($0, levels, legible: bounded(legible, sets: result.count)) }
    }

    /// Half of the tree's cells are for sets, the others for pairs: a set that is too large for the tree would be lost.
    private func bounded(_ legible: Double, sets: Int) -> Double {
        min(legible, Double(treeCells / (2 * max(sets, 1))))
    }

    /// The cells of a set that are worth their noise, once it is known how little else is: rows for each cell, in deviations of
    /// its noise.
    private static let noiseOfLegibleSet = 0.3

    /// The sets at finer levels, where what they are to have of the budget leaves these legible. Pairs stay as they are.
    ///
    /// - Parameter deviation: of the noise in each cell of a set.
    func refined(
        _ sets: [[ModelAttribute]], _ levels: [CodeLevels], total: Double, deviation: ([ModelAttribute]) -> Double
    ) -> [[ModelAttribute]] {
        sets.map { set in
            guard set.count > 2 else { return set }
            let legible = Self.noiseOfLegibleSet * total / (meanAbsoluteNoise * deviation(set))
            return refined(set, levels, legible: bounded(legible, sets: sets.count))
        }
    }

    private func refined(
        _ members: [ModelAttribute], _ levels: [CodeLevels], legible: Double
    ) -> [ModelAttribute] {
        var members = members
        func next(_ member: ModelAttribute) -> ModelAttribute? {
            guard let own = levels.first(where: { $0.levels.contains(member) })?.levels,
                let place = own.firstIndex(of: member), place + 1 < own.count
            else { return nil }
            return own[place + 1]
        }
        while true {
            let cells = members.reduce(1) { $0 * $1.size }
            let steps = members.indices.compactMap { place -> (place: Int, finer: ModelAttribute)? in
                guard let finer = next(members[place]), Double(cells / members[place].size * finer.size) <= legible
                else { return nil }
                return (place, finer)
            }
            guard let step = steps.min(by: { $0.finer.size < $1.finer.size }) else { return members }
            members[step.place] = step.finer
        }
    }

    private static func combinations(of count: Int, _ size: Int) -> [[Int]] {
        guard size > 0 else { return [[]] }
        guard count >= size else { return [] }
        return combinations(of: count - 1, size) + combinations(of: count - 1, size - 1).map { $0 + [count - 1] }
    }
}
