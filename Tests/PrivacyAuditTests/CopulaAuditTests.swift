import Domains
import Foundation
import Tables
import Testing

@testable import PlantedBugs
@testable import PrivacyKernel

/// The distinguishing game on the Gram matrix that `gaussian-copula` asks for: the adversary knows both tables and the
/// scores, and guesses by the likelihood ratio of every entry.
private struct GramGame {
    let sizes: [Int]
    let features: [Int]
    let scores: [[Int32]]
    let bound: Int
    let rows: (without: [[Int]], with: [[Int]])

    /// Rows of norm `bound` as far as the scores go, and none.
    static func fresh(columns: Int) -> GramGame {
        GramGame(
            sizes: [Int](repeating: 2, count: columns), features: Array(0..<columns),
            scores: [[Int32]](repeating: [-100, 100], count: columns),
            bound: Int((Double(columns).squareRoot() * 100).rounded(.up)),
            rows: ([], [[Int](repeating: 1, count: columns)]))
    }

    /// One row twice as long as the bound.
    static let long = GramGame(
        sizes: [2, 2, 2, 2], features: [0, 1, 2, 3], scores: [[Int32]](repeating: [-100, 100], count: 4),
        bound: 100,
        rows: ([], [[1, 1, 1, 1]]))

    /// A row, and the same with its opposite.
    static let opposite = GramGame(
        sizes: [2, 2, 2], features: [0, 1, 2], scores: [[Int32]](repeating: [-100, 100], count: 3), bound: 174,
        rows: ([[0, 0, 0]], [[0, 0, 0], [1, 1, 1]]))

    /// An ordered column and the indicators of a column of text, one row among others.
    static let indicators = GramGame(
        sizes: [3, 3], features: [0, 1, 1, 1], scores: [[-120, 0, 120], [100, 0, 0], [0, 100, 0], [0, 0, 100]],
        bound: 157, rows: ([[1, 0], [0, 2], [2, 0]], [[1, 0], [0, 2], [2, 0], [2, 1]]))

    struct Verdict: CustomStringConvertible {
        let claimed: Double
        let empirical: Double
        let lowerBound: Double
        let error: Double

        var description: String { "claimed \(claimed), found \(empirical), at least \(lowerBound)" }
    }

    /// - Parameter fits: in each world.
    func play(_ accounting: Accounting = .zeroConcentrated, fits: Int, planted: PlantedBug? = nil) throws -> Verdict {
        try PlantedBug.$active.withValue(planted) {
            let domain = try auditDomain(sizes)
            let tables = try [rows.without, rows.with].map { try auditTable(domain, $0, rowsPerKey: 1).rows }
            let exact = try tables.map {
                try Kernel(rows: $0, generator: NoiseGenerator()).gramSums(features, scores, bound, $0)
            }
            let parameters = try PrivacyParameters(epsilon: 4, delta: 1e-5)
            var wrong = [0, 0]
            var units: UInt64 = 0
            for world in 0..<2 {
                // One kernel a world keeps its noise tables; each fit brings a budget of its own.
                let kernel = Kernel(rows: tables[world], generator: NoiseGenerator())
                for _ in 0..<fits {
                    kernel.forgetBudget()
                    let gram = try kernel.gram(
                        of: features, scores: scores, bound: bound,
                        spending: Budget(parameters, accounting: accounting))
                    let ratio = ratio(gram, exact)
                    let saysWith = ratio > 0 || (ratio == 0 && Bool.random())
                    if saysWith != (world == 1) { wrong[world] += 1 }
                    units = max(units, kernel.transcript.releases.last?.spent ?? 0)
                }
            }
            func leak(_ positive: Double, _ negative: Double) -> Double {
                NormalBounds.quantile(1 - positive) - NormalBounds.quantile(negative)
            }
            let count = Double(fits)
            return Verdict(
                claimed: (2 * Double(units) / Budget.unitsPerWhole).squareRoot(),
                empirical: leak(Double(wrong[0]) / count, Double(wrong[1]) / count),
                lowerBound: leak(
                    NormalBounds.upperProportion(wrong[0], of: fits, alpha: 0.025),
                    NormalBounds.upperProportion(wrong[1], of: fits, alpha: 0.025)), error: 1.8 / count.squareRoot()
            )
        }
    }

    private func ratio(_ gram: NoisyGram, _ exact: [[Int64]]) -> Double {
        var ratio = 0.0
        var place = 0
        for first in features.indices {
            for second in 0...first {
                let cell = first * features.count + second
                let (without, with) = (exact[0][cell], exact[1][cell])
                let noisy = gram.entries[place]
                let variance = first == second ? gram.diagonalVariance : gram.offDiagonalVariance
                ratio +=
                    Double((noisy - without) * (noisy - without) - (noisy - with) * (noisy - with)) / (2 * variance)
                place += 1
            }
        }
        return ratio
    }
}

@Suite("Audit of the copula's Gram matrix", .serialized)
struct CopulaAuditTests {
    /// 8,000 fits of each world: a standard error of 0.02 in μ near 1. Four of them: one false alarm in 30,000 games.
    @Test("the best adversary reaches what the release claims to leak, and never more", arguments: [1, 4, 9])
    func games(columns: Int) throws {
        for accounting in [Accounting.zeroConcentrated, .gaussian] {
            let verdict = try GramGame.fresh(columns: columns).play(accounting, fits: 8_000)
            #expect(verdict.empirical <= verdict.claimed + 4 * verdict.error, "\(verdict)")
            #expect(verdict.empirical >= 0.95 * verdict.claimed - verdict.error, "\(verdict)")
        }
    }

    @Test("neither long rows, nor opposite ones, nor indicators leak more than is claimed")
    func worse() throws {
        for game in [GramGame.long, .opposite, .indicators] {
            let verdict = try game.play(fits: 8_000)
            #expect(verdict.empirical <= verdict.claimed + 4 * verdict.error, "\(verdict)")
            #expect(verdict.empirical >= 0.9 * verdict.claimed, "\(verdict)")
        }
    }

    @Test("rows left long are found")
    func unclipped() throws {
        let verdict = try GramGame.long.play(fits: 2_000, planted: .gramUnclipped)
        #expect(verdict.lowerBound > 1.5 * verdict.claimed, "\(verdict)")
    }

    @Test("noise that is too small by √2 off the diagonal is found")
    func rootTwo() throws {
        // 20,000 fits: a standard error of 0.013 in μ, some nine of them above the bound.
        let verdict = try GramGame.fresh(columns: 9).play(fits: 20_000, planted: .gramRootTwoLost)
        #expect(verdict.lowerBound > 1.1 * verdict.claimed, "\(verdict)")
    }

    @Test("scores by rank among the private rows are found: one row more moves the other")
    func ranks() throws {
        let verdict = try GramGame.opposite.play(fits: 4_000, planted: .gramOfRanks)
        #expect(verdict.lowerBound > 1.5 * verdict.claimed || verdict.claimed == 0, "\(verdict)")
    }
}
