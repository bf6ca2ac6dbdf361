import Domains
import Foundation
import GraphicalModels
import PrivacyKernel
import Tables
import Testing

@testable import FittedModels
@testable import Synthesizers

@Suite struct SynthesizerTests {
    static let sizes = [4, 5, 3, 6]

    @Test("without noise every synthesizer gives back the data's one-way marginals", arguments: builtSynthesizers)
    func oneWays(name: String) throws {
        let rows = chainRows(Self.sizes, count: 20_000)
        let model = try fit(name, table(categoryDomain(Self.sizes), rows), noiseOff)
        let sample = try RowSampler(model, seed: 1).rows(0..<20_000).columns
        #expect(abs(model.model.total - 20_000) < 1)
        for column in Self.sizes.indices {
            let distance = totalVariation(
                shares(rows, Self.sizes, [column]), shares(sample, Self.sizes, [column]))
            #expect(distance < 0.002, "column \(column)")
        }
    }

    @Test(
        "without noise the pairs of a chain come back as well",
        arguments: ["mwem", "mst", "clique-tree", "auto", "aim"])
    func pairs(name: String) throws {
        let rows = chainRows(Self.sizes, count: 20_000)
        let model = try fit(name, table(categoryDomain(Self.sizes), rows), noiseOff)
        let sample = try RowSampler(model, seed: 1).rows(0..<20_000).columns
        for column in 1..<Self.sizes.count {
            let pair = [column - 1, column]
            let distance = totalVariation(shares(rows, Self.sizes, pair), shares(sample, Self.sizes, pair))
            #expect(distance < 0.01, "pair \(pair)")
        }
    }

    @Test(
        "every synthesizer fits every awkward table", arguments: builtSynthesizers,
        [
            ([3, 2], 0), ([3, 2], 1), ([4], 50), ([4], 0), ([1, 3, 1], 40), ([1], 3), ([1, 1], 0),
            ([2, 2, 2, 2, 2], 7),
        ]
    )
    func awkward(name: String, shape: (sizes: [Int], rows: Int)) throws {
        for privacy in [usual, try PrivacyParameters(epsilon: 0.5, delta: 0)] {
            let rows = chainRows(shape.sizes, count: shape.rows)
            let model = try fit(name, table(categoryDomain(shape.sizes), rows), privacy)
            #expect(model.model.total >= 1)
            let block = try RowSampler(model, seed: 3).rows(0..<100)
            #expect(block.rowCount == 100)
            for (codes, size) in zip(block.codes, shape.sizes) {
                #expect(codes.count == 100)
                #expect(codes.allSatisfy { Int($0) < size })
            }
            #expect(try #require(model.transcript.spent).epsilon <= privacy.epsilon)
        }
    }

    @Test("a column that is missing throughout is sampled missing", arguments: builtSynthesizers)
    func allMissing(name: String) throws {
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 100), bins: Bins(count: 8)),
            Field(name: "b", type: .string, categories: ["x", "y"]),
        ])
        let missing = try #require(domain.columns[0].missingCode)
        let rows = [[Int](repeating: missing, count: 5_000), (0..<5_000).map { $0 % 2 }]
        let model = try fit(name, table(domain, rows), noiseOff)
        let block = try RowSampler(model, seed: 3).rows(0..<1_000)
        #expect(block.codes[0].allSatisfy { Int($0) == missing })
        #expect(block.fractions[0].count == 1_000)
    }

    @Test("the whole budget is spent, within a ten-thousandth", arguments: builtSynthesizers, Accounting.allCases)
    func spends(name: String, accounting: Accounting) throws {
        let privacy = try PrivacyParameters(epsilon: 1, delta: accounting == .pure ? 0 : 1e-9)
        let rows = chainRows(Self.sizes, count: 5_000)
        let model = try fit(
            name, table(categoryDomain(Self.sizes), rows), privacy, ["accounting": .text(accounting.rawValue)])
        let spent = try #require(model.transcript.spent)
        #expect(model.plan.accounting == accounting)
        #expect(spent.promise.accounting == accounting)
        #expect(spent.epsilon <= 1)
        #expect(spent.epsilon > 0.9999)
        #expect(model.plan.epsilon == 1)
    }

    @Test("the shares of a plan sum to one", arguments: builtSynthesizers)
    func plans(name: String) throws {
        let synthesizer = try synthesizer(named: name)
        for sizes in [[3], [3, 4], [2, 2, 2]] {
            let plan = try synthesizer.plan(categoryDomain(sizes), usual)
            #expect(abs(plan.steps.reduce(0) { $0 + $1.share } - 1) < 1e-9)
            #expect(plan.method == name)
        }
    }

    @Test("another share in a plan moves the money with it, and the model's plan says so", arguments: builtSynthesizers)
    func planIsSpent(name: String) throws {
        let synthesizer = try synthesizer(named: name)
        let domain = categoryDomain(Self.sizes)
        for moved in [1, 0.75] {
            var plan = try synthesizer.plan(domain, usual)
            guard plan.steps.count > 1 else { continue }
            let first = plan.steps[0].share
            plan.steps[0].share = first * moved
            for step in plan.steps.indices.dropFirst() {
                plan.steps[step].share *= (1 - first * moved) / (1 - first)
            }
            let budget = try Budget(usual, accounting: plan.accounting)
            let whole = budget.amount * 0x1p50
            let kernel = Kernel(steady: try table(domain, chainRows(Self.sizes, count: 5_000)))
            let model = try synthesizer.fit(kernel, plan: plan, budget: budget) { _ in }
            #expect(model.plan == plan)
            let releases = model.transcript.releases
            #expect(abs(Double(try #require(releases.first).spent) / whole - first * moved) < 1e-6)
            // Of the rest, what errors and selections cost is what their steps say.
            let named = plan.steps.filter { $0.name.contains("errors") || $0.name.contains("selections") }
            let spent = releases.reduce(0.0) { sum, release in
                switch release.answer {
                case .errors, .selection: sum + Double(release.spent)
                default: sum
                }
            }
            #expect(abs(spent / whole - named.reduce(0) { $0 + $1.share }) < 1e-6, "\(moved)")
        }
    }

    @Test(
        "a share of a plan is taken as the fraction that it is",
        arguments: [
            (0.1 / 0.6, 1, 6), (0.05 / 0.8, 1, 16), (0.4, 2, 5), (0.28 / (0.28 + 0.07 + 0.35), 2, 5), (0.88, 22, 25),
            (0.14 / 0.7, 1, 5),
        ])
    func fractions(ratio: Double, numerator: Int, denominator: Int) {
        #expect(PlannedBudget.share(ratio) == .fraction(numerator, denominator))
    }

    @Test("a fit that a crash cut off ends with what was measured", arguments: builtSynthesizers)
    func replay(name: String) throws {
        let domain = categoryDomain(Self.sizes)
        let rows = chainRows(Self.sizes, count: 5_000)
        let whole = try fit(name, table(domain, rows), usual)
        let releases = whole.transcript.releases
        for kept in Set([0, 1, 2, releases.count - 1, releases.count]).sorted() where kept <= releases.count {
            let synthesizer = try synthesizer(named: name)
            let kernel = Kernel(replaying: Transcript(releases: Array(releases.prefix(kept))), domain: domain)
            let model = try synthesizer.fit(kernel, usual)
            #expect(model.transcript.releases.count == kept)
            let sample = try RowSampler(model, seed: 1).rows(0..<500)
            if kept == releases.count {
                #expect(sample.codes == (try RowSampler(whole, seed: 1).rows(0..<500)).codes)
            }
        }
    }

    @Test("derived columns are computed, not modelled", arguments: builtSynthesizers)
    func derived(name: String) throws {
        let domain = TableDomain(
            columns: [
                .categories("hs2", ["01", "02"]), .categories("hs6", ["0101", "0102", "0201"]),
                .categories("flow", ["in", "out"]),
            ], derivations: [Derivation(column: 0, parent: 1, map: [0, 0, 1])])
        let hs6 = (0..<3_000).map { $0 % 3 }
        let model = try fit(
            name, table(domain, [hs6.map { $0 / 2 }, hs6, hs6.map { $0 == 2 ? 1 : 0 }]), usual)
        #expect(!model.attributes.contains { $0.column == 0 })
        for draws in Draws.allCases {
            let block = try RowSampler(model, seed: 5, draws: draws).rows(0..<3_000)
            #expect(zip(block.codes[0], block.codes[1]).allSatisfy { $0 == $1 / 2 })
            let given = try RowSampler(model, seed: 5, draws: draws, conditions: [(column: 0, code: 1)]).rows(0..<300)
            #expect(given.codes[0].allSatisfy { $0 == 1 })
            #expect(given.codes[1].allSatisfy { $0 == 2 })
        }
    }

    @Test("several rows a key cost more noise, and the fit knows it")
    func rowsPerKey() throws {
        let rows = chainRows(Self.sizes, count: 5_000)
        let model = try fit("auto", table(categoryDomain(Self.sizes), rows, rowsPerKey: 5), usual)
        let single = try fit("auto", table(categoryDomain(Self.sizes), rows), usual)
        let ratio = try #require(model.measurements.first).variance / (try #require(single.measurements.first)).variance
        #expect(ratio > 5)
    }
}

@Suite struct RefusalTests {
    @Test("mwem refuses a dense domain beyond the limit, names its size, and says what to use instead")
    func tooLarge() throws {
        let domain = categoryDomain([100, 100, 101])
        #expect(throws: SynthesisError.denseDomainTooLarge(cells: 1_010_000, limit: 1_000_000)) {
            try MWEM().plan(domain, usual)
        }
        let text = SynthesisError.denseDomainTooLarge(cells: 1_010_000, limit: 1_000_000).description
        #expect(text.contains("1010000") && text.contains("'auto'"))
        #expect(throws: SynthesisError.denseDomainTooLarge(cells: nil, limit: 1_000_000)) {
            try MWEM().plan(categoryDomain([Int](repeating: 1_000, count: 30)), usual)
        }
    }

    @Test("aim refuses a model beyond its cells and names the column to bin")
    func modelTooLarge() throws {
        #expect(
            throws: SynthesisError.modelTooLarge(cells: 1_503, limit: 1_000, column: "c1", columnSize: 1_500)
        ) {
            try AIM(parameters: ["cells": .number(1_000)]).plan(categoryDomain([3, 1_500]), usual)
        }
    }

    @Test("what the kernel would refuse in the middle of a fit, the plan refuses", arguments: builtSynthesizers)
    func tooSmall(name: String) throws {
        let sizes = [4, 6, 3, 8, 5]
        let domain = categoryDomain(sizes)
        let rows = chainRows(sizes, count: 200)
        var refused = 0
        for epsilon in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1] {
            for rowsPerKey in [1, 64, 4096] {
                let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
                let method = try synthesizer(named: name)
                do {
                    _ = try method.plan(domain, privacy, rowsPerKey: rowsPerKey)
                } catch SynthesisError.budgetTooSmall {
                    refused += 1
                    continue
                }
                #expect(throws: Never.self, "\(epsilon) \(rowsPerKey)") {
                    try fit(name, table(domain, rows, rowsPerKey: rowsPerKey), privacy)
                }
            }
        }
        #expect(refused > 0 && refused < 18, "\(refused)")
        let usual = try synthesizer(named: name).plan(domain, usual, rowsPerKey: 1)
        #expect(usual.rowsPerKey == 1)
    }

    @Test("the accounting is the one of the smaller noise, by the plan alone")
    func accountings() throws {
        func accounting(_ columns: Int, _ epsilon: Double, rowsPerKey: Int = 1, delta: Double = 1e-9) throws
            -> Accounting
        {
            try Independent().plan(
                categoryDomain([Int](repeating: 4, count: columns)),
                PrivacyParameters(epsilon: epsilon, delta: delta), rowsPerKey: rowsPerKey
            ).accounting
        }
        #expect(try accounting(5, 1) == .gaussian)
        #expect(try accounting(5, 10) == .zeroConcentrated)
        #expect(try accounting(150, 10) == .gaussian)
        #expect(try accounting(5, 10, rowsPerKey: 4) == .gaussian)
        #expect(try accounting(5, 10, delta: 0) == .pure)
        for name in builtSynthesizers {
            let asked = try synthesizer(named: name, parameters: ["accounting": .text("gdp")])
            let plan = try asked.plan(categoryDomain([4, 4, 4]), PrivacyParameters(epsilon: 10, delta: 1e-9))
            #expect(plan.accounting == .gaussian)
            let free = try synthesizer(named: name).plan(
                categoryDomain([4, 4, 4]), PrivacyParameters(epsilon: 10, delta: 1e-9))
            #expect(free.accounting == .zeroConcentrated)
        }
    }

    @Test(
        "Gaussian accounting pays from 57 equal releases on at ε = 10, from 3 on at ε = 2, always at ε = 1",
        arguments: [(1.0, 0), (2, 2), (10, 56)])
    func equalReleases(epsilon: Double, most: Int) throws {
        let privacy = try PrivacyParameters(epsilon: epsilon, delta: 1e-9)
        for count in 1...200 {
            let releases = (0..<count).map { _ in PlannedRelease(share: 1 / Double(count), squaredSensitivity: 1) }
            #expect(
                Accounting.tightest(for: releases, privacy) == (count > most ? .gaussian : .zeroConcentrated),
                "\(count) at \(epsilon)")
        }
    }

    @Test("by the choice of the accounting no method's pairs get worse", arguments: builtSynthesizers)
    func choiceHelps(name: String) throws {
        let privacy = try PrivacyParameters(epsilon: 10, delta: 1e-9)
        for sizes in [[4, 6, 3], [4, 6, 3, 8, 5, 2, 7, 3, 6, 4]] where name != "mwem" || sizes.count < 4 {
            let rows = chainRows(sizes, count: 250)
            let pairs = sizes.indices.flatMap { a in sizes.indices.dropFirst(a + 1).map { [a, $0] } }
            let exact = pairs.map { shares(rows, sizes, $0) }
            /// The mean total variation between the pairs of the rows and of the model's, over several fits.
            func distance(_ accounting: String) throws -> (mean: Double, accounting: Accounting) {
                var sum = 0.0
                var used = Accounting.pure
                let fits = sizes.count < 4 ? 60 : 12
                for seed in 0..<fits {
                    let model = try fit(
                        name, table(categoryDomain(sizes), rows), privacy, ["accounting": .text(accounting)])
                    used = model.plan.accounting
                    let sample = try RowSampler(model, seed: UInt64(seed)).rows(0..<10_000).columns
                    sum += zip(pairs, exact).reduce(0) { $0 + totalVariation($1.1, shares(sample, sizes, $1.0)) }
                }
                return (sum / Double(fits * pairs.count), used)
            }
            let (chosen, gaussian) = (try distance("auto"), try distance("gdp"))
            #expect(chosen.mean < 1.06 * gaussian.mean + 0.002, "\(sizes.count) columns")
        }
    }

    @Test("a domain without a column to model is refused", arguments: builtSynthesizers)
    func empty(name: String) throws {
        let synthesizer = try synthesizer(named: name)
        #expect(throws: SynthesisError.noColumns) { try synthesizer.plan(TableDomain(columns: []), usual) }
    }

    @Test("unknown names and parameters are refused with what is known")
    func unknown() {
        #expect(throws: SynthesisError.unknownSynthesizer("magic")) { try synthesizer(named: "magic") }
        #expect(
            throws: SynthesisError.unknownParameter("size", known: ["accounting", "cells", "differences", "label"])
        ) {
            try synthesizer(named: "auto", parameters: ["size": .number(3)])
        }
        #expect(
            throws: SynthesisError.invalidParameter(
                "cells", value: "many", expected: "a whole number from 1000 to 10000000")
        ) {
            try synthesizer(named: "auto", parameters: ["cells": .text("many")])
        }
        #expect(
            throws: SynthesisError.invalidParameter(
                "correlations", value: "2", expected: "a number from 0.01 to 0.9")
        ) {
            try synthesizer(named: "gaussian-copula", parameters: ["correlations": .number(2)])
        }
    }
}
