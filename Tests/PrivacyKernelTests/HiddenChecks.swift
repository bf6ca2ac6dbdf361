import Domains
import Foundation
import SecretSharing
import Synchronization
import Tables
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

extension AuditCheck {
    /// The game from each party's view: what goes to any of the three is uniform, no two tables have one mask, places that a holder
    /// hears of have one law whoever met, the third party counts what the noise's law says, and three parts sum to the counts of
    /// joined rows, zero rows uncounted.
    static let hiddenColumns = AuditCheck(
        claim:
            "where members are hidden a holder sees uniform places and words, the third a noisy number, and joined rows count once"
    ) {
        let sizes = [[3, 2], [5]]
        let tables = [
            HiddenWorld.random(0..<400, sizes: sizes[0], seed: 1),
            HiddenWorld.random(150..<500, sizes: sizes[1], seed: 2),
        ]
        let world = HiddenWorld(HiddenTerms(rows: [400, 380], privacy: try PrivacyParameters(epsilon: 1, delta: 1e-6)))
        let sources = try world.sources(tables, sizes: sizes)
        let bug = PlantedBug.active
        let cliques = [[], [0], [0, 1], [1, 2], [0, 1, 2]]
        let parts = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: bug) { place, _ in
            Result { (try sources[place].counts(cliques, further: []), try values(of: sources[place])) }
        }
        guard let found = try? parts.map({ try $0.get() }) else { return false }
        let rows = try testTable(sizes.flatMap { $0 }, HiddenWorld.joined(tables))
        let whole = rows.counts(cliques, further: [])
        for (place, table) in whole.enumerated() {
            let sum = table.indices.map { cell in
                PrimeField.number(PrimeField.element(found.reduce(0) { $0 + $1.0[place][cell] }))
            }
            guard sum == table else { return false }
        }
        let sums = found[0].1.indices.map { cell in
            WideField.number(found.reduce(0) { WideField.sum($0, WideField.element($1.1[cell])) })
        }
        guard try sums == values(of: rows) else { return false }
        let seen = world.seen
        for (name, words) in seen where !name.hasPrefix("list") && !name.hasPrefix("places") {
            guard isUniform(name.hasPrefix("wide") ? high(words) : words) else { return false }
        }
        // Both have rows of three columns: the same mask would cover them alike.
        guard let three = seen["wide rows 2 0 to 2"], let four = seen["wide rows 3 0 to 2"], !three.isEmpty,
            zip(high(three), high(four)).count(where: { abs(Int64($0) - Int64($1)) <= 1 }) < 3
        else { return false }
        guard let one = seen["rows 0 0 to 2"], let two = seen["rows 1 0 to 2"] else { return false }
        // Rows of five columns, and rows of six: the same mask would cover the first ones of a row alike.
        let near = zip(stride(from: 0, to: one.count, by: 5), stride(from: 0, to: two.count, by: 6)).count {
            abs(Int64(one[$0]) - Int64(two[$1])) <= 1
        }
        return try near < 3 && HiddenViews(meets: true).areRight() && HiddenViews(meets: false).areRight()
    }

    /// Sums of two columns by one of the other holder, whose digits have as many columns, and a sum by none.
    private static func values(of source: any IntegerSource) throws -> [Int64] {
        try source.sums([1, 0, 1], of: 0, by: [2]) + source.sums([1, 0, -1], of: 0, by: [2])
            + source.sums([7, -9], of: 1, by: [])
    }

    /// The upper half of wide elements, as many bits as an element of the other field has.
    private static func high(_ words: [UInt32]) -> [UInt32] {
        ItemPiece.wide(of: words).map { UInt32(truncatingIfNeeded: $0 >> 30) }
    }

    /// The counts of 32 bins within eight deviations: words come from fixed keys.
    private static func isUniform(_ words: [UInt32]) -> Bool {
        var bins = [Double](repeating: 0, count: 32)
        for word in words { bins[Int(word >> 26)] += 1 }
        let expected = Double(words.count) / 32
        return bins.allSatisfy { abs($0 - expected) < 8 * expected.squareRoot() }
    }
}

/// What holders and third party see of who met, over many short lists of fixed keys: of all keys in both tables, or of none.
struct HiddenViews {
    static let runs = 1_000
    private static let rows = 6

    /// How often which place stood in which slot's half, at either holder.
    private(set) var places: [[Double]] = [[], []]
    /// How often the place of the first slot was before that of the second.
    private(set) var ascending = [0.0, 0.0]
    /// How many names the third party found in both lists beyond those of keys.
    private(set) var dummies: [Double]
    private let terms: HiddenTerms

    init(meets: Bool) throws {
        terms = HiddenTerms(
            rows: [Self.rows, Self.rows], privacy: try PrivacyParameters(epsilon: 0.7, delta: 0.1))
        let first = try HiddenWorld.table(HiddenWorld.random(0..<Self.rows, sizes: [2], seed: 1), sizes: [2]).rows
        let keys = meets ? 0..<Self.rows : 100..<(100 + Self.rows)
        let second = try HiddenWorld.table(HiddenWorld.random(keys, sizes: [2], seed: 2), sizes: [2]).rows
        dummies = [Double](repeating: 0, count: terms.dummies + 1)
        places = (0..<2).map { [Double](repeating: 0, count: 2 * terms.places($0)) }
        for run in 0..<Self.runs {
            func key(_ number: Int) -> [UInt8] {
                [UInt8(run & 255), UInt8(run >> 8), UInt8(number)] + [UInt8](repeating: 1, count: 29)
            }
            let lists = try [first, second].enumerated().map { side, rows in
                try HiddenList(
                    ("\(side)", rows), terms, side: side, keys: HiddenKeys(common: key(0), own: key(1 + side)))
            }
            let slots = try HiddenSlots(
                lists.map(\.words), named: [terms.named(0), terms.named(1)], slots: terms.slots, seed: key(3))
            for side in 0..<2 {
                for (slot, place) in slots.places[side].enumerated() {
                    places[side][Int(place) + (2 * slot < terms.slots ? 0 : terms.places(side))] += 1
                }
                if slots.places[side][0] < slots.places[side][1] { ascending[side] += 1 }
            }
            // A filling has a 1 before its key: what the third party sees to stand in a slot with a name.
            let met = slots.places[0].count { lists[0].words[HiddenList.placeWords * Int($0)] == 0 }
            let beyond = met - (meets ? Self.rows : 0)
            guard dummies.indices.contains(beyond) else { continue }
            dummies[beyond] += 1
        }
    }

    /// Figures of a standard normal law where the views are as claimed: 1,000 runs of 14 slots, so that places which are off their
    /// law by a twentieth in all are beyond six, and beyond five is what keys like these do once in three million.
    func figures() -> [Double] {
        let all = Double(Self.runs * terms.slots)
        let law = places.map { counts in
            GoodnessOfFit.chiSquare(counts, [Double](repeating: all / Double(counts.count), count: counts.count))
        }
        let orders = ascending.map { ($0 - Double(Self.runs) / 2) / (Double(Self.runs) / 4).squareRoot() }
        let q = exp(-0.7)
        let expected = dummies.indices.map { place -> Double in
            let distance = abs(place - terms.reach)
            let weight =
                distance == terms.reach
                ? pow(q, Double(distance)) / (1 + q) : (1 - q) / (1 + q) * pow(q, Double(distance))
            return weight * Double(Self.runs)
        }
        return law + orders + [GoodnessOfFit.chiSquare(dummies, expected)]
    }

    func areRight() -> Bool { dummies.reduce(0, +) == Double(Self.runs) && figures().allSatisfy { abs($0) < 5 } }
}
