import Foundation
import Testing

@testable import PlantedBugs
@testable import PrivacyKernel

/// One claim about the kernel that can be checked in about a second, so that it can be tried against every planted bug.
/// `holds` is false, or throws, where the claim is broken. All noise comes from fixed keys.
struct AuditCheck: Sendable, CustomTestStringConvertible {
    let claim: String
    let holds: @Sendable () throws -> Bool

    var testDescription: String { claim }

    /// The quick ones first: a planted bug is looked for in one after the other.
    static let all: [AuditCheck] = [
        everyCallPays, slices, sinkRefusal, emptyTable, oneBudget, setAside, gramNeighbours, sumNeighbours,
        differenceNeighbours, emptyCells, smallNoise, independence, failureIsSpent, duplicateKeys, rowOrder, loneTable,
        sharedNoise, sharedColumns, hiddenColumns, noiseLaw, selectionLaw, neighbours, changedKeys, joinWork,
        paddingUncounted,
        linkageNeighbours, linkageChains, linkageCascade, linkageHistories, linkageEvidence, linkageWork,
        unionNeighbours,
    ]
}

private let noiseSizes = [64, 64, 32]

/// Noise of a whole marginal of an empty table.
private func noise(
    _ accounting: Accounting, _ amount: Double, rowsPerKey: Int = 1, weights: [Double]? = nil, in kernel: Kernel
) throws -> [[Int64]] {
    var budget = try testBudget(200, 1e-5, accounting)
    let cliques = [[Int]](repeating: [0, 1, 2], count: weights?.count ?? 1)
    // Tests take many slices of budgets of their own; `oneBudget` tests that production refuses that.
    kernel.forgetBudget()
    return try kernel.measure(cliques, weights: weights, spending: budget.take(.amount(amount))).map(\.counts)
}

extension AuditCheck {
    /// 131,072 draws a law: a σ² off by 3 % is 7.7 standard errors away; false positives below 10^-6.
    static let noiseLaw = AuditCheck(claim: "noise has variance k²/(2ρ), or decay ε/k, for its share and its k") {
        for rowsPerKey in [1, 3] {
            let table = try testTable(noiseSizes, [], rowsPerKey: rowsPerKey)
            let kernel = testKernel(table)
            let square = Double(rowsPerKey * rowsPerKey)
            for (amount, weights) in [(0.02, [1.0]), (0.004, [1, 3])] {
                let parts = weights.map { $0 / weights.reduce(0, +) }
                let plain = try noise(.zeroConcentrated, amount, weights: weights, in: kernel)
                for (draws, part) in zip(plain, parts) {
                    let sigmaSquared = square / (2 * amount * part)
                    guard GoodnessOfFit.gaussian(draws, sigmaSquared: sigmaSquared).worst < 5 else { return false }
                }
                let gaussian = try noise(.gaussian, amount, weights: weights, in: kernel)
                for (draws, part) in zip(gaussian, parts) {
                    let sigmaSquared = square / (2 * amount * part) + 2
                    guard GoodnessOfFit.gaussian(draws, sigmaSquared: sigmaSquared).worst < 5 else { return false }
                }
            }
            let pure = try noise(.pure, 0.3, in: kernel)
            guard GoodnessOfFit.laplace(pure[0], decay: 0.3 / Double(rowsPerKey)).worst < 5 else { return false }
        }
        return true
    }

    static let smallNoise = AuditCheck(claim: "noise of σ² = 1/2 and 4 has the discrete law, not a rounded one") {
        let kernel = testKernel(try testTable(noiseSizes, []))
        for amount in [1, 0.125] {
            let draws = try noise(.zeroConcentrated, amount, in: kernel)[0]
            guard GoodnessOfFit.gaussian(draws, sigmaSquared: 1 / (2 * amount)).worst < 5 else { return false }
        }
        return true
    }

    static let emptyCells = AuditCheck(claim: "cells without rows and the total get noise like any other") {
        let table = try testTable([2, 3], [[0, 0], [0, 0], [1, 2]])
        let exact: [Int64] = [2, 0, 0, 0, 0, 1]
        var sums = [Double](repeating: 0, count: 7)
        for key in 0..<400 {
            let kernel = testKernel(table, key: UInt64(key))
            var budget = try testBudget(200, 1e-5, .zeroConcentrated)
            let counts = try kernel.measure([[1, 0]], spending: budget.take(.amount(0.02)))[0].counts
            for cell in exact.indices { sums[cell] += pow(Double(counts[cell] - exact[cell]), 2) }
            sums[6] += pow(Double(counts.reduce(0, +) - 3), 2) / 6
        }
        // σ² = 25; the mean of 400 squares is within 5 standard errors of 1.77.
        return sums.allSatisfy { abs($0 / 400 - 25) < 9 }
    }

    /// 131,072 pairs: a correlation of 0.02 is 7 standard errors away.
    static let independence = AuditCheck(claim: "noise is not shared between cells, marginals or calls") {
        let kernel = testKernel(try testTable(noiseSizes, []))
        let first = try noise(.zeroConcentrated, 0.02, weights: [1, 1], in: kernel)
        let second = try noise(.zeroConcentrated, 0.02, weights: [1, 1], in: kernel)
        func correlation(_ a: ArraySlice<Int64>, _ b: ArraySlice<Int64>) -> Double {
            zip(a, b).reduce(0.0) { $0 + Double($1.0 * $1.1) } / Double(a.count) / 50
        }
        let pairs = [
            correlation(first[0][...], first[1][...]), correlation(first[0][...], second[0][...]),
            correlation(first[1][...], second[0][...]), correlation(first[0].dropLast(), first[0].dropFirst()),
        ]
        return pairs.allSatisfy { abs($0) < 5 / 131_072.0.squareRoot() }
    }

    /// 20,000 selections of five candidates against the enumerated law, for two weights and k = 1 and 4.
    static let selectionLaw = AuditCheck(claim: "selection has the law exp(ε·score/(2Δ)) with Δ = k · largest weight") {
        for (rowsPerKey, accounting) in [
            (1, Accounting.pure), (1, .zeroConcentrated), (4, .zeroConcentrated), (4, .pure),
        ] {
            let rows = (0..<12).map { [$0 % 2, $0 % 3] }
            let table = try testTable([2, 3], rows, rowsPerKey: rowsPerKey)
            var kernel = testKernel(table)
            let candidates = [
                Candidate(attributes: [0], estimate: [6, 6], weight: 1), Candidate(attributes: [0], estimate: [0, 8]),
                Candidate(attributes: [1], estimate: [0, 0, 0], weight: 3, penalty: 20),
                Candidate(attributes: [1], estimate: [9, 9, 9], weight: 2),
                Candidate(attributes: [1, 0], estimate: [2, 2, 2, 2, 2, 7], weight: 1, penalty: -3),
            ]
            let scores: [Double] = [0, 8, 36 - 20, 30, 5 + 3]
            let units = 0.5 * Double(rowsPerKey)
            let epsilon = accounting == .pure ? units : (8 * units).squareRoot()
            let weights = scores.map { exp(epsilon * $0 / (2 * 3 * Double(rowsPerKey))) }
            let count = 20_000
            let expected = weights.map { $0 / weights.reduce(0, +) * Double(count) }
            var observed = [Double](repeating: 0, count: 5)
            for draw in 0..<count {
                // A kernel makes 2^14 selections and no more.
                if draw % 10_000 == 0 { kernel = testKernel(table, key: UInt64(draw + 1)) }
                kernel.forgetBudget()
                var budget = try testBudget(10, 1e-3, accounting)
                observed[try kernel.select(from: candidates, spending: budget.take(.amount(units)))] += 1
            }
            guard GoodnessOfFit.chiSquare(observed, expected) < 5 else { return false }
        }
        return true
    }

    static let everyCallPays = AuditCheck(claim: "each release records what was handed over, and the sum stays within")
    {
        for accounting in Accounting.allCases {
            let kernel = testKernel(try testTable([2, 3, 2], [[0, 1, 1], [1, 2, 0]]))
            var budget = try testBudget(1, 1e-6, accounting)
            let whole = budget.units
            let candidates = [
                Candidate(attributes: [0], estimate: [1, 1]),
                Candidate(attributes: [1, 2], estimate: [1, 0, 0, 0, 1, 1]),
            ]
            let first = try budget.take(.fraction(1, 3))
            var handed = [first.units]
            _ = try kernel.measure([[0], [1], [2]], spending: first)
            for _ in 0..<3 {
                let selection = try budget.take(.fraction(1, 4))
                handed.append(selection.units)
                _ = try kernel.select(from: candidates, spending: selection)
                let measurement = try budget.take(.fraction(1, 4))
                handed.append(measurement.units)
                _ = try kernel.measure([[0, 1]], spending: measurement)
            }
            let last = try budget.take(.all)
            handed.append(last.units)
            _ = try kernel.measureErrors(of: candidates, spending: last)
            let spent = kernel.transcript.releases.map(\.spent)
            guard spent == handed, spent.reduce(0, +) == whole, let total = kernel.transcript.spent,
                total.epsilon <= 1, total.epsilon > 0.999
            else { return false }
        }
        return true
    }

    static let slices = AuditCheck(claim: "what is cut off a budget is gone from it") {
        var budget = try testBudget(1, 1e-6, .pure)
        let whole = budget.units
        let slice = try budget.take(.fraction(1, 3))
        return slice.units + budget.units == whole
    }

    static let sinkRefusal = AuditCheck(claim: "an answer that could not be recorded is withheld") {
        struct Full: Error {}
        let kernel = Kernel(rows: try testTable([2], [[0]])) { _ in throw Full() }
        do {
            _ = try kernel.measure([[0]], spending: testBudget(1, 1e-6, .pure))
            return false
        } catch PrivacyError.notRecorded { return true }
    }

    static let emptyTable = AuditCheck(claim: "a table without rows answers every question") {
        let kernel = testKernel(try testTable([2, 3], []))
        var budget = try testBudget(1, 1e-6, .gaussian)
        let candidates = [Candidate(attributes: [0, 1], estimate: [0, 0, 0, 0, 0, 0])]
        _ = try kernel.measure([[], [0], [0, 1]], spending: budget.take(.fraction(1, 6)))
        _ = try kernel.select(from: candidates, spending: budget.take(.fraction(1, 5)))
        _ = try kernel.measureErrors(of: candidates, spending: budget.take(.fraction(1, 4)))
        _ = try kernel.gram(
            of: [0, 1], scores: [[-5, 5], [-5, 0, 5]], bound: 8, spending: budget.take(.fraction(1, 3)))
        _ = try kernel.sums(
            [SumQuestion(attribute: 1, values: [0, 1, 2], clamp: 0...2)], spending: budget.take(.all))
        return kernel.transcript.releases.count == 5
    }

    static let oneBudget = AuditCheck(claim: "a table answers to one budget only, through however many kernels") {
        let table = try testTable([2], [[0]])
        var budget = try testBudget(1, 1e-6, .pure)
        let first = Kernel(rows: table)
        _ = try first.measure([[0]], spending: budget.take(.fraction(1, 2)))
        _ = try Kernel(rows: table).measure([[0]], spending: budget.take(.all))
        for kernel in [first, Kernel(rows: table)] {
            do {
                _ = try kernel.measure([[0]], spending: testBudget(1, 1e-6, .pure))
                return false
            } catch PrivacyError.foreignBudget { continue }
        }
        return true
    }

    static let failureIsSpent = AuditCheck(claim: "a release that was not recorded is charged, and its retry too") {
        struct Full: Error {}
        let kernel = Kernel(rows: try testTable([2], [[0]])) { _ in throw Full() }
        var budget = try testBudget(1, 1e-6, .pure)
        let whole = budget.units
        for left in [2, 1] {
            do { _ = try kernel.measure([[0]], spending: budget.take(.fraction(1, left))) } catch {}
        }
        return kernel.transcript.releases.reduce(0) { $0 + $1.spent } == whole
    }

    static let setAside = AuditCheck(claim: "part of δ is set aside for what is not exact") {
        // At δ = 1e-8 and ε = 11 the set-aside is 4e-8 of δ: visible beyond the rounding of 1e-9.
        let budget = try testBudget(11, 1e-8, .zeroConcentrated)
        let reserve = (1 + exp(11.0)) * 0x1p-67
        return !budget.root.isExact && budget.amount <= Conversion.rho(epsilon: 11, delta: 1e-8 - reserve)
    }
}

extension AuditCheck {
    /// 131,072 draws of each holder: a σ² off by 3 % is 7.7 standard errors away; false positives below 10^-6.
    static let sharedNoise = AuditCheck(
        claim: "of several holders each draws noise of its own, and any honest ones together have what was paid for"
    ) {
        let holders = NoiseHolders(count: 4, colluding: 1)
        for amount in [0.02, 0.004] {
            var shares: [[Int64]] = []
            for holder in 0..<holders.count {
                let rows = SharedRows(try testTable(noiseSizes, []), Alone(holders: holders))
                let kernel = Kernel(rows: rows, generator: NoiseGenerator(key: [UInt64(holder), 4, 4, 4]))
                shares += try noise(.gaussian, amount, in: kernel)
            }
            let whole = 1 / (2 * amount) + 2
            for left in shares.indices {
                let honest = shares.enumerated().filter { $0.offset != left }.map(\.element)
                let sum = honest.dropFirst().reduce(honest[0]) { zip($0, $1).map { $0 + $1 } }
                guard GoodnessOfFit.gaussian(sum, sigmaSquared: whole).worst < 5 else { return false }
                guard GoodnessOfFit.gaussian(shares[left], sigmaSquared: whole / 3).worst < 5 else { return false }
            }
        }
        return true
    }
}
