import Foundation
import GraphicalModels
import PrivacyKernel
import Tables
import Testing

@testable import FittedModels

@Suite struct UncertaintyTests {
    static let sizes = [4, 5, 3]

    @Test("measured marginals cover the table's counts as often as they say, and implied ones at least so often")
    func coverage() throws {
        // About 1,000 cells of each kind: their standard error is 0.7 %, a little more as cells of one fit share noise.
        var (hits, cells) = (["measured": 0, "bounded": 0], ["measured": 0, "bounded": 0])
        for seed in 0..<12 {
            let rows = chainRows(Self.sizes, count: 3_000, seed: UInt64(seed))
            let model = try fit("mst", table(categoryDomain(Self.sizes), rows), usual)
            let known = try MarginalUncertainty(model)
            for columns in [[0], [1], [2], [0, 1], [1, 2], [0, 2]] {
                let marginal = try known.marginal(columns)
                let truth = shares(rows, Self.sizes, columns).map { $0 * 3_000 }
                #expect(marginal.counts.count == truth.count)
                for cell in truth.indices {
                    let basis = marginal.bases[cell].rawValue
                    cells[basis, default: 0] += 1
                    if marginal.intervals[cell].contains(truth[cell].rounded()) { hits[basis, default: 0] += 1 }
                }
            }
        }
        let measured = Double(hits["measured"] ?? 0) / Double(cells["measured"] ?? 1)
        #expect(cells["measured"] ?? 0 > 300 && measured > 0.91 && measured < 0.99, "\(measured)")
        #expect(cells["bounded"] ?? 0 > 50)
        #expect(Double(hits["bounded"] ?? 0) / Double(cells["bounded"] ?? 1) > 0.95)
    }

    @Test("released errors bound the distance between model and table")
    func bound() throws {
        let rows = chainRows([4, 5, 3, 6], count: 20_000)
        for name in ["auto", "clique-tree"] {
            let model = try fit(name, table(categoryDomain([4, 5, 3, 6]), rows), usual)
            let known = try MarginalUncertainty(model, confidence: 0.999)
            var bounds = 0
            for pair in [[0, 1], [0, 2], [0, 3], [1, 3], [2, 3]] {
                guard let bound = try known.marginal(pair).distanceBound else { continue }
                bounds += 1
                let groups = try #require(
                    model.misfits.first { [$0.first.column, $0.second.column].sorted() == pair })
                let members = [groups.first, groups.second]
                let truth = members.parts(of: rows.map { $0.map { UInt32($0) } }).map { $0 * 20_000 }
                let sample = try RowSampler(model, seed: 0).rows(0..<UInt64(model.representatives.count)).codes
                let modelled = members.parts(of: sample).map { $0 * model.model.total }
                #expect(zip(truth, modelled).reduce(0) { $0 + abs($1.0 - $1.1) } <= bound)
            }
            #expect(bounds > 0, "pairs that are nearly independent have a bound")
        }
    }

    @Test("derived columns carry the interval of the codes that make them")
    func derived() throws {
        let domain = TableDomain(
            columns: [.categories("hs2", ["01", "02"]), .categories("hs6", ["0101", "0102", "0201"])],
            derivations: [Derivation(column: 0, parent: 1, map: [0, 0, 1])])
        let hs6 = (0..<3_000).map { $0 % 3 }
        let model = try fit("auto", table(domain, [hs6.map { $0 / 2 }, hs6]), noiseOff)
        let known = try MarginalUncertainty(model)
        let hs2 = try known.marginal([0])
        #expect(hs2.bases == [.measured, .measured])
        #expect(hs2.intervals[0].contains(2_000) && hs2.intervals[1].contains(1_000))
        let both = try known.marginal([0, 1])
        #expect(both.intervals[0 * 3 + 1].contains(1_000))
        #expect(both.intervals[1 * 3 + 1].upperBound < 5, "no row has a chapter other than its code's")
        #expect(throws: SynthesisError.self) { try known.marginal([7]) }
    }

    @Test("imputations differ by the noise, come back with their seed, and are refused for a copula")
    func imputations() throws {
        let rows = chainRows(Self.sizes, count: 3_000)
        for name in ["independent", "mwem", "mst", "aim", "clique-tree", "auto"] {
            let model = try fit(name, table(categoryDomain(Self.sizes), rows), usual)
            let first = try model.imputation(1, seed: 5)
            #expect(first.tree == (try model.imputation(1, seed: 5)).tree)
            #expect(first.tree != (try model.imputation(2, seed: 5)).tree)
            #expect(abs(first.model.total / model.model.total - 1) < 0.2)
        }
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 9), bins: Bins(count: 8)),
            Field(name: "b", type: .number, constraints: Constraints(minimum: 0, maximum: 9), bins: Bins(count: 8)),
        ])
        let copula = try fit("gaussian-copula", table(domain, chainRows(domain.sizes, count: 500)), usual)
        #expect(throws: SynthesisError.notImputable("gaussian-copula")) { try copula.imputation(1, seed: 5) }
    }

    @Test("imputations combine by Rubin's rules for synthetic rows")
    func rubin() {
        let one = ImputedEstimate(
            estimates: [0.30, 0.32, 0.28, 0.31], variances: [1e-5, 1e-5, 1e-5, 1e-5], syntheticRows: 20_000,
            tableRows: 20_000)
        #expect(abs(one.estimate - 0.3025) < 1e-12)
        // b = 0.000291667, T = 1.25 b − 1e-5.
        #expect(abs(one.variance - (1.25 * 0.000291666667 - 1e-5)) < 1e-10)
        let flat = ImputedEstimate(
            estimates: [0.3, 0.3], variances: [1e-5, 1e-5], syntheticRows: 1_000, tableRows: 4_000)
        #expect(abs(flat.variance - 2.5e-6) < 1e-12)
    }
}
