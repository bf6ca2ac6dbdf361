import Domains
import Foundation
import SecretSharing
import Synchronization
import Tables
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

extension AuditCheck {
    /// The game from each party's view: what a holder gets of the other's rows has one law whatever they are, no two tables have one
    /// mask, rows that weigh more than one are found, and the three parts sum to the counts of all rows.
    static let sharedColumns = AuditCheck(
        claim: "of columns at two holders nobody sees more than uniform words, and one-hot rows are counted once"
    ) {
        let sizes = [3, 4, 5]
        let rows = (0..<500).map { [$0 % 3, 1, 2] }
        let world = ShareWorld(rows: 500)
        let sources = try SharedColumnsTests.sources(rows, sizes: sizes, first: 1, world)
        let bug = PlantedBug.active
        let cliques = [[0, 1], [0, 1, 2], [0, 2]]
        let parts = try Gathering.run(NoiseHolders(count: 3, colluding: 1), bug: bug) { place, _ in
            Result {
                let counts = try sources[place].counts(cliques, further: [])
                // Of values too, twice: in a field of their own.
                for values: [Int64] in [[1, 2, 3], [4, -5, 6]] { _ = try sources[place].sums(values, of: 0, by: [2]) }
                return counts
            }
        }
        guard let found = try? parts.map({ try $0.get() }) else { return false }
        let whole = try testTable(sizes, rows).counts(cliques, further: [])
        for (place, table) in whole.enumerated() {
            let sum = table.indices.map { cell in
                PrimeField.number(PrimeField.element(found.reduce(0) { $0 + $1[place][cell] }))
            }
            guard sum == table else { return false }
        }
        let seen = world.seen
        let wide = ["2 0", "3 0"].map { ItemPiece.wide(of: seen[$0] ?? []) }
        for (name, words) in seen {
            let isWide = name.hasPrefix("2 ") || name.hasPrefix("3 ")
            let high = isWide ? ItemPiece.wide(of: words).map { $0 >> 30 } : words.map { UInt64($0) }
            guard isUniform(high) else { return false }
        }
        guard !wide[0].isEmpty, zip(wide[0], wide[1]).count(where: { $0 == $1 || $0 &+ 1 == $1 || $0 == $1 &+ 1 }) < 3
        else { return false }
        // Table 0 of a holder has its single columns, table 1 sets of them: where the same mask covers both, words are nearly equal.
        guard let one = seen["0 0"], let two = seen["1 0"] else { return false }
        let near = zip(one, two).count { abs(Int64($0) - Int64($1)) <= 1 }
        return near < 3
    }

    /// The largest of 32 bins' counts, and the smallest, within eight deviations: words come from fixed keys.
    private static func isUniform(_ words: [UInt64]) -> Bool {
        var bins = [Double](repeating: 0, count: 32)
        for word in words { bins[Int(word >> 26)] += 1 }
        let expected = Double(words.count) / 32
        return bins.allSatisfy { abs($0 - expected) < 8 * expected.squareRoot() }
    }
}
