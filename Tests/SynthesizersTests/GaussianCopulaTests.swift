import Domains
import Foundation
import GraphicalModels
import LinearAlgebra
import PrivacyKernel
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import Synthesizers

extension SplitMix64 {
    /// Box and Muller.
    mutating func normal() -> Double {
        (-2 * log(Double.random(in: 0x1p-53..<1, using: &self))).squareRoot()
            * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

/// Integer columns of so many codes, required.
private func orderedDomain(_ sizes: [Int]) throws -> TableDomain {
    try schemaDomain(
        sizes.enumerated().map {
            Field(
                name: "n\($0)", type: .integer,
                constraints: Constraints(required: true, minimum: 0, maximum: .number(Double($1 - 1))))
        })
}

/// Normals with these correlations, cut into equal cells over ±3.
private func correlatedRows(_ correlation: Matrix, sizes: [Int], count: Int, seed: UInt64 = 3) throws -> [[Int]] {
    var generator = SplitMix64(state: seed)
    let factor = try correlation.cholesky()
    var columns = sizes.map { _ in [Int]() }
    for _ in 0..<count {
        let z = sizes.map { _ in generator.normal() }
        for column in sizes.indices {
            let value = (0...column).reduce(0.0) { $0 + factor[column, $1] * z[$1] }
            columns[column].append(min(max(Int((value + 3) / 6 * Double(sizes[column])), 0), sizes[column] - 1))
        }
    }
    return columns
}

private func pearson(_ a: [Int], _ b: [Int]) -> Double {
    let n = Double(a.count)
    let (x, y) = (a.map { Double($0) }, b.map { Double($0) })
    let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let xy = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    let xx = x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    let yy = y.reduce(0) { $0 + ($1 - my) * ($1 - my) }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
}

private let threeColumns = try! Matrix(rows: 3, columns: 3, values: [1, 0.7, -0.5, 0.7, 1, -0.2, -0.5, -0.2, 1])
private let strong = try! PrivacyParameters(epsilon: 50, delta: 1e-9)

@Suite struct GaussianCopulaTests {
    /// 20,000 rows: a sampling error of 0.007 in each correlation, which the fit shares with the rows.
    @Test("correlations come back, through few codes and many", arguments: [[30, 30, 30], [30, 2, 5], [2, 2, 3]])
    func correlations(sizes: [Int]) throws {
        let rows = try correlatedRows(threeColumns, sizes: sizes, count: 20_000)
        let model = try fit("gaussian-copula", table(orderedDomain(sizes), rows), strong)
        let copula = try #require(model.copula)
        for i in 0..<3 {
            for j in 0..<i { #expect(abs(copula.correlation[i * 3 + j] - threeColumns[i, j]) < 0.04, "\(i), \(j)") }
        }
        for draws in Draws.allCases {
            let sample = try RowSampler(model, seed: 1, draws: draws).rows(0..<20_000).columns
            for i in 0..<3 {
                for j in 0..<i {
                    let difference = pearson(sample[i], sample[j]) - pearson(rows[i], rows[j])
                    #expect(abs(difference) < 0.03, "\(draws) \(i), \(j)")
                }
                #expect(
                    totalVariation(shares(sample, sizes, [i]), shares(rows, sizes, [i]))
                        < (draws == .balanced ? 0.004 : 0.03))
            }
        }
    }

    @Test("a clipped Gram matrix gives the same correlations")
    func clipped() throws {
        let sizes = [Int](repeating: 30, count: 12)
        var correlation = Matrix.identity(12)
        for i in 0..<12 { for j in 0..<12 where i != j { correlation[i, j] = 0.5 } }
        let rows = try correlatedRows(correlation, sizes: sizes, count: 20_000)
        let model = try fit("gaussian-copula", table(orderedDomain(sizes), rows), strong)
        // As if noise mattered: the bound of noisy fits, the moments of exact rows.
        var oneWays = OneWayMarginals(model.domain)
        oneWays.add(Array(try #require(marginals(model))))
        let features = GramFeatures(oneWays, model.domain, noise: NoiseScaling(.gaussian), amount: 1e-4)
        #expect(features.isClipped)
        let kernel = Kernel(steady: try table(orderedDomain(sizes), rows))
        let gram = try kernel.gram(
            of: features.columns, scores: features.scores, bound: features.bound,
            spending: Budget(PrivacyParameters(epsilon: 2_000, delta: 1e-9), accounting: .gaussian))
        let copula = try #require(try GramMoments(gram, features, total: oneWays.total).latents(model.model))
        for i in 0..<12 { for j in 0..<i { #expect(abs(copula.correlation[i * 12 + j] - 0.5) < 0.03) } }
    }

    private func marginals(_ model: FittedModel) -> [NoisyMarginal]? {
        if case .marginals(let found) = model.transcript.releases[0].answer { return found }
        return nil
    }

    @Test("missing values, other and spikes keep their mass")
    func masses() throws {
        let domain = try schemaDomain([
            Field(
                name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 100),
                bins: Bins(count: 20, spikes: [0])),
            Field(name: "b", type: .integer, constraints: Constraints(minimum: 0, maximum: 9)),
        ])
        var generator = SplitMix64(state: 9)
        var rows: [[Int]] = [[], []]
        let missing = [try #require(domain.columns[0].missingCode), try #require(domain.columns[1].missingCode)]
        for _ in 0..<20_000 {
            let z = generator.normal()
            let y = 0.8 * z + 0.6 * generator.normal()
            let isSpike = z < -0.5
            rows[0].append(
                Double.random(in: 0..<1, using: &generator) < 0.2
                    ? missing[0] : isSpike ? 0 : 1 + min(Int((z + 0.5) * 6), domain.columns[0].valueCount - 2))
            rows[1].append(
                Double.random(in: 0..<1, using: &generator) < 0.05
                    ? missing[1] : min(max(Int((y + 3) * 1.6), 0), 9))
        }
        let model = try fit("gaussian-copula", table(domain, rows), strong)
        for draws in Draws.allCases {
            let sample = try RowSampler(model, seed: 1, draws: draws).rows(0..<20_480).columns
            for column in 0..<2 {
                let (mine, theirs) = (shares(sample, domain.sizes, [column]), shares(rows, domain.sizes, [column]))
                #expect(abs(mine[missing[column]] - theirs[missing[column]]) < 0.01)
                #expect(totalVariation(mine, theirs) < (draws == .balanced ? 0.004 : 0.03))
            }
        }
        #expect(abs(try #require(model.copula).correlation[1] - 0.8) < 0.04)
    }

    @Test("classes move numbers, and columns of text follow each other")
    func classes() throws {
        let domain = try schemaDomain([
            Field(name: "t", type: .string, categories: ["a", "b", "c"], constraints: Constraints(required: true)),
            Field(name: "u", type: .string, categories: ["x", "y", "z"], constraints: Constraints(required: true)),
            Field(name: "n", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 29)),
            Field(name: "m", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 29)),
        ])
        var generator = SplitMix64(state: 4)
        var rows: [[Int]] = [[], [], [], []]
        for _ in 0..<30_000 {
            let t = [0, 0, 0, 1, 1, 2][Int.random(in: 0..<6, using: &generator)]
            let u = Int.random(in: 0..<10, using: &generator) < 7 ? t : Int.random(in: 0..<3, using: &generator)
            let z = [-0.8, 0.3, 1.2][t] + 0.7 * generator.normal()
            let y = 0.6 * z + [0.5, 0, -0.5][u] + 0.6 * generator.normal()
            rows[0].append(t)
            rows[1].append(u)
            for (column, value) in [(2, z), (3, y)] { rows[column].append(min(max(Int((value + 3) * 5), 0), 29)) }
        }
        let model = try fit("gaussian-copula", table(domain, rows), strong)
        let sample = try RowSampler(model, seed: 1).rows(0..<30_000).columns
        #expect(totalVariation(shares(sample, domain.sizes, [0, 1]), shares(rows, domain.sizes, [0, 1])) < 0.01)
        for column in [2, 3] {
            for text in [0, 1] {
                for code in 0..<3 {
                    func mean(_ rows: [[Int]]) -> Double {
                        let values = rows[0].indices.filter { rows[text][$0] == code }.map { Double(rows[column][$0]) }
                        return values.reduce(0, +) / Double(max(values.count, 1))
                    }
                    #expect(abs(mean(sample) - mean(rows)) < 0.6, "\(column) given \(text) = \(code)")
                }
            }
        }
        #expect(abs(pearson(sample[2], sample[3]) - pearson(rows[2], rows[3])) < 0.03)
    }

    @Test("row i of a seed is the same in any block", arguments: Draws.allCases, [false, true])
    func seek(draws: Draws, isConditioned: Bool) throws {
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 100), bins: Bins(count: 8)),
            Field(name: "b", type: .string, categories: ["x", "y"]),
            Field(name: "c", type: .integer, constraints: Constraints(minimum: 0, maximum: 4)),
        ])
        let model = try fit("gaussian-copula", table(domain, chainRows(domain.sizes, count: 3_000)), usual)
        let conditions = isConditioned ? [(column: 2, code: 1), (column: 0, code: 3)] : []
        let sampler = try RowSampler(model, seed: 99, draws: draws, conditions: conditions)
        let whole = sampler.rows(0..<20_000)
        for range in [0..<UInt64(1), 7..<8, 100..<1_117, 4_090..<4_100, 8_192..<12_288, 13_000..<19_999] {
            let block = sampler.rows(range)
            let places = Int(range.lowerBound)..<Int(range.upperBound)
            #expect(block.codes == whole.codes.map { Array($0[places]) })
            #expect(block.fractions == whole.fractions.map { $0.isEmpty ? [] : Array($0[places]) })
        }
        #expect(sampler.rows(5..<5).rowCount == 0)
        #expect(try RowSampler(model, seed: 100, draws: draws).rows(0..<1_000).codes != sampler.rows(0..<1_000).codes)
    }

    /// Accepted rows of a large sample against rows drawn under the conditions: 200,000 and 20,000 rows; a χ² of the
    /// pairs would be stricter than the model's own rounding needs, so distances are compared with those of chance.
    @Test(
        "rows under conditions are those of a large sample that meet them",
        arguments: [[(2, 3)], [(2, 3), (3, 2)], [(0, 1)], [(0, 1), (3, 4)], [(3, 6)]])
    func conditions(conditions: [(Int, Int)]) throws {
        let domain = try schemaDomain([
            Field(name: "t", type: .string, categories: ["a", "b"], constraints: Constraints(required: true)),
            Field(name: "u", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 3)),
            Field(name: "n", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 5)),
            Field(name: "m", type: .integer, constraints: Constraints(minimum: 0, maximum: 5)),
        ])
        let model = try fit(
            "gaussian-copula", table(domain, chainRows(domain.sizes, count: 20_000)), strong)
        let asked = conditions.map { (column: $0.0, code: $0.1) }
        let all = try RowSampler(model, seed: 5, draws: .independent).rows(0..<400_000).columns
        let kept = all[0].indices.filter { row in asked.allSatisfy { all[$0.column][row] == $0.code } }
        let expected = all.map { column in kept.map { column[$0] } }
        for draws in Draws.allCases {
            let found = try RowSampler(model, seed: 6, draws: draws, conditions: asked).rows(0..<20_000).columns
            for one in asked { #expect(found[one.column].allSatisfy { $0 == one.code }) }
            for (a, b) in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)] {
                let cells = domain.sizes[a] * domain.sizes[b]
                let chance =
                    0.4 * (Double(cells) / 20_000).squareRoot() + 0.4
                    * (Double(cells) / Double(kept.count)).squareRoot()
                let distance = totalVariation(
                    shares(found, domain.sizes, [a, b]), shares(expected, domain.sizes, [a, b]))
                #expect(distance < 1.6 * chance + 0.004, "\(draws) \(a), \(b)")
            }
        }
    }

    @Test("conditions that exact draws would hardly ever meet are refused by name")
    func rareConditions() throws {
        let sizes = [Int](repeating: 30, count: 8)
        var correlation = Matrix.identity(8)
        for i in 0..<8 { for j in 0..<8 where i != j { correlation[i, j] = 0.9 } }
        let rows = try correlatedRows(correlation, sizes: sizes, count: 20_000)
        let model = try fit("gaussian-copula", table(orderedDomain(sizes), rows), strong)
        #expect(throws: SynthesisError.conditionsTooRare) {
            try RowSampler(model, seed: 1, conditions: (0..<8).map { (column: $0, code: $0 % 2 == 0 ? 5 : 25) })
        }
        #expect(SynthesisError.conditionsTooRare.description.contains("fewer conditions"))
        #expect(throws: SynthesisError.conditionOutsideDomain(column: 9, code: 0)) {
            try RowSampler(model, seed: 1, conditions: [(column: 9, code: 0)])
        }
    }

    @Test("a copula that the file's digest agrees with but that is none is refused")
    func malformed() throws {
        let rows = try correlatedRows(threeColumns, sizes: [9, 9, 9], count: 2_000)
        let model = try fit("gaussian-copula", table(orderedDomain([9, 9, 9]), rows), usual)
        let whole = try #require(JSONSerialization.jsonObject(with: Data(model.encoded())) as? [String: Any])
        let body = try #require(whole["body"] as? [String: Any])
        let good = try #require(body["copula"] as? [String: Any])
        func numbers(_ values: [Double]) throws -> Any {
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(NumberArray(values)))
        }
        func read(_ change: (inout [String: Any]) throws -> Void) throws -> FittedModel {
            var changed = body
            var copula = good
            try change(&copula)
            changed["copula"] = copula
            return try FittedModel(
                encoded: FittedModel.sealed([UInt8](JSONSerialization.data(withJSONObject: changed))))
        }
        #expect(throws: Never.self) { try read { _ in } }
        let changes: [(inout [String: Any]) throws -> Void] = [
            { $0["columns"] = [0, 1, 5] }, { $0["columns"] = [0, 1, 1] }, { $0["columns"] = [Int]() },
            { $0["columns"] = [0, 1] }, { $0["correlation"] = try numbers([1, 0, 0, 1]) },
            { $0["correlation"] = try numbers([1, 0.5, 0, 0.4, 1, 0, 0, 0, 1]) },
            { $0["correlation"] = try numbers([1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1]) },
            { $0["correlation"] = try numbers([2, 0, 0, 0, 1, 0, 0, 0, 1]) },
            { $0["correlation"] = try numbers([1, .nan, 0, .nan, 1, 0, 0, 0, 1]) },
            { $0["deviations"] = try numbers([1, 1]) }, { $0["deviations"] = try numbers([1, 1, 0]) },
            { $0["deviations"] = try numbers([1, 1, .infinity]) },
            { $0["classes"] = [["attribute": 0, "means": try numbers([Double](repeating: 0, count: 27))]] },
            { $0["classes"] = [["attribute": 77, "means": try numbers([])]] }, { $0.removeValue(forKey: "columns") },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: SynthesisError.self, "change \(index)") { try read(change) }
        }
    }

    @Test(
        "constant, equal and opposite columns, fewer rows than columns and no rows are fitted like any other",
        arguments: [0, 1, 5, 400], [0.1, 10])
    func badInput(rowCount: Int, epsilon: Double) throws {
        let sizes = [9, 9, 9, 9, 2, 1, 30, 30, 30, 30]
        let rows = sizes.enumerated().map { column, size in
            (0..<rowCount).map { row -> Int in
                switch column {
                case 0: 4
                case 1, 2: row % 9
                case 3: 8 - row % 9
                case 4: row % 2
                case 5: 0
                default: (row * (column + 3)) % size
                }
            }
        }
        let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
        let model = try fit("gaussian-copula", table(orderedDomain(sizes), rows), privacy)
        #expect(model.transcript.releases.count == 2)
        let sample = try RowSampler(model, seed: 1).rows(0..<500)
        #expect(zip(sample.codes, sizes).allSatisfy { codes, size in codes.allSatisfy { Int($0) < size } })
    }

    @Test("under pure accounting too", arguments: [1.0, 100])
    func pure(epsilon: Double) throws {
        let rows = try correlatedRows(threeColumns, sizes: [20, 20, 20], count: 20_000)
        let model = try fit(
            "gaussian-copula", table(orderedDomain([20, 20, 20]), rows), PrivacyParameters(epsilon: epsilon, delta: 0))
        #expect(model.plan.accounting == .pure)
        #expect(abs(try #require(model.copula).correlation[1] - 0.7) < (epsilon == 1 ? 0.1 : 0.04))
    }

    @Test("a transcript that ends after the marginals gives independent columns")
    func endsEarly() throws {
        let rows = try correlatedRows(threeColumns, sizes: [20, 20, 20], count: 2_000)
        let domain = try orderedDomain([20, 20, 20])
        let model = try fit("gaussian-copula", table(domain, rows), usual)
        let copula = try GaussianCopula()
        for (count, hasCopula) in [(2, true), (1, false), (0, false)] {
            let transcript = Transcript(releases: Array(model.transcript.releases.prefix(count)))
            let again = try copula.fit(Kernel(replaying: transcript, domain: domain), usual)
            #expect((again.copula != nil) == hasCopula)
            if hasCopula { #expect(again.copula == model.copula) }
        }
    }

    @Test("Mehler's sum inverts to the tetrachoric correlation")
    func tetrachoric() throws {
        let domain = try orderedDomain([2, 40])
        let binary = NormalScores(0, domain: domain.columns[0], shares: [0.5, 0.5])
        // P[both above the median] = 1/4 + asin(ρ) / 2π, so E[sign sign] = 2 asin(ρ) / π.
        for rho in [-0.9, -0.3, 0, 0.5, 0.8] {
            let moment = 2 / .pi * asin(rho) * binary.variance
            #expect(abs(NormalScores.correlation(binary, binary, moment: moment) - rho) < 0.02)
        }
        let fine = NormalScores(1, domain: domain.columns[1], shares: [Double](repeating: 1 / 40, count: 40))
        #expect(abs(fine.variance - 1) < 0.02)
        #expect(
            abs(NormalScores.correlation(fine, fine, moment: 0.5 * fine.hermite[0] * fine.hermite[0]) - 0.5) < 0.005)
        #expect(NormalScores.correlation(fine, fine, moment: 40) < 1)
    }
}
