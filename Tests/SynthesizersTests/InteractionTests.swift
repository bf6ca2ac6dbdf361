import Testing

@testable import FittedModels
@testable import Synthesizers

@Suite("sets of three columns that hold together") struct InteractionTests {
    @Test("however legible they are, all sets together are refined to no more than half of the junction tree")
    func bounded() {
        let shares = [Double](repeating: 1 / 64, count: 64)
        let levels = (0..<3).map { column in
            CodeLevels(
                column, shares: shares, kinds: [(codes: 0..<64, isOrdered: true)], sizes: [2, 4, 8, 16, 32, 64])
        }
        let interactions = Interactions(levels, legible: 1e9, treeCells: 10_000)
        let coarse = levels.map { $0.levels[0] }
        for count in [1, 4] {
            let sets = [[ModelAttribute]](repeating: coarse, count: count)
            let refined = interactions.refined(sets, levels, total: 1e9) { _ in 1e-3 }
            let cells = refined.reduce(0) { sum, set in sum + set.reduce(1) { $0 * $1.size } }
            #expect(cells <= 5_000 && refined.allSatisfy { $0 != coarse }, "\(count): \(cells) cells")
        }
    }
}
