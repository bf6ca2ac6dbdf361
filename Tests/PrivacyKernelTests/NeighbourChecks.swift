import Domains
import Foundation
@_spi(PrivateRows) import Tables
import VectorMath

@testable import PrivacyKernel

/// What one release of marginals and one of errors cost, and the exact figures behind them on every table.
private struct Costs {
    let marginals: Release
    let errors: Release

    init(_ accounting: Accounting, _ universe: JoinedUniverse) throws {
        let kernel = testKernel(universe.joined(0, 0))
        let (cliques, candidates) = (universe.cliques, universe.candidates)
        var budget = try testBudget(2, 1e-3, accounting)
        _ = try kernel.measure(cliques, weights: [1, 2, 3, 5], spending: budget.take(.fraction(1, 3)))
        _ = try kernel.measureErrors(of: candidates, spending: budget.take(.fraction(1, 2)))
        marginals = kernel.transcript.releases[0]
        errors = kernel.transcript.releases[1]
    }

    /// Privacy loss between two tables by the released scales, in units of 2^-50: Σ‖Δ‖₂²/(2σ²) or Σ‖Δ‖₁·decay.
    static func loss(_ differences: [[Int64]], _ scales: [NoiseScale], _ accounting: Accounting) -> Double {
        var loss = 0.0
        for (difference, scale) in zip(differences, scales) {
            switch scale {
            case .laplace(let scale):
                let decay = Double(scale.numerator) / Double(scale.denominator)
                loss += decay * Double(difference.reduce(0) { $0 + abs($1) })
            case .gaussian(let scale):
                let effective = scale.sigmaSquared - (accounting == .gaussian ? 2 : 0)
                loss += difference.reduce(0.0) { $0 + Double($1 * $1) } / (2 * effective)
            }
        }
        return loss * Budget.unitsPerWhole
    }
}

/// Pairs of neighbours: (Alice's, Bob's) choices of tables.
typealias Neighbours = [((Int, Int), (Int, Int))]

/// What one accounting's releases charge, and what they leave between two neighbours of a universe.
private struct NeighbourLosses {
    let accounting: Accounting
    private let costs: Costs
    private let scales: [NoiseScale]
    private let errorVariance: Double
    private let charged: (marginals: Double, errors: Double)

    /// - Parameter charged: the figure that must cover the neighbours.
    init?(_ accounting: Accounting, _ universe: JoinedUniverse, _ charged: (Release) -> UInt64) throws {
        self.accounting = accounting
        costs = try Costs(accounting, universe)
        guard case .marginals(let marginals) = costs.marginals.answer, case .errors(let errors) = costs.errors.answer,
            let variance = errors.first?.variance
        else { return nil }
        scales = marginals.map(\.scale)
        // All errors share one variance.
        errorVariance = variance
        self.charged = (Double(charged(costs.marginals)), Double(charged(costs.errors)))
    }

    /// The loss of marginals and of errors between the figures of two tables, as parts of the charge.
    func parts(_ left: NeighbourFigures, _ right: NeighbourFigures) -> (marginals: Double, errors: Double) {
        let differences = zip(left.counts, right.counts).map { zip($0, $1).map { $0 - $1 } }
        let moved = zip(left.errors, right.errors).map { $0 - $1 }
        let errorLoss: Double
        if accounting == .pure {
            errorLoss = Double(moved.reduce(0) { $0 + abs($1) }) * decay(ofVariance: errorVariance)
        } else {
            let effective = errorVariance - (accounting == .gaussian ? 2 : 0)
            errorLoss = moved.reduce(0.0) { $0 + Double($1 * $1) } / (2 * effective)
        }
        return (
            Costs.loss(differences, scales, accounting) / charged.marginals,
            errorLoss * Budget.unitsPerWhole / charged.errors
        )
    }
}

/// The exact figures of one pair of tables.
private struct NeighbourFigures {
    let counts: [[Int64]]
    let errors: [Int64]
}

/// The figures of every pair of tables of a universe, each computed when it is first asked for.
private struct FigureCache {
    private let universe: JoinedUniverse
    private let cliques: [[Int]]
    private let candidates: [Candidate]
    private var known: [NeighbourFigures?]

    init(_ universe: JoinedUniverse) {
        self.universe = universe
        (cliques, candidates) = (universe.cliques, universe.candidates)
        known = [NeighbourFigures?](repeating: nil, count: universe.tables[0].count * universe.tables[1].count)
    }

    subscript(pair: (Int, Int)) -> NeighbourFigures {
        mutating get throws {
            let place = pair.0 * universe.tables[1].count + pair.1
            if let figures = known[place] { return figures }
            let table = universe.joined(pair.0, pair.1)
            // A kernel remembers what it has counted: each table has its own.
            let kernel = testKernel(table)
            let figures = NeighbourFigures(
                counts: try kernel.counts(cliques, in: table),
                errors: try kernel.errors(of: candidates, candidates.map(\.attributes), in: table))
            known[place] = figures
            return figures
        }
    }
}

/// Runs over pairs of neighbours and compares the loss that the released scales imply with what was recorded.
///
/// - Parameter charged: the figure that must cover them.
/// - Returns: for each accounting the largest loss of marginals and of errors as a part of the charge.
func worstLosses(
    _ universe: JoinedUniverse, _ neighbours: Neighbours, _ charged: (Release) -> UInt64
) throws -> [(accounting: Accounting, marginals: Double, errors: Double)] {
    var figures = FigureCache(universe)
    var worst: [(accounting: Accounting, marginals: Double, errors: Double)] = []
    for accounting in Accounting.allCases {
        guard let losses = try NeighbourLosses(accounting, universe, charged) else { return [] }
        var largest = (marginals: 0.0, errors: 0.0)
        for (one, other) in neighbours {
            let parts = try losses.parts(figures[one], figures[other])
            largest = (max(largest.marginals, parts.marginals), max(largest.errors, parts.errors))
        }
        worst.append((accounting, largest.marginals, largest.errors))
    }
    return worst
}

/// Whether every pair is covered; stops at the first that is not. Pairs are visited in strides, since those that a bug
/// breaks lie together.
private func isCovered(
    _ universe: JoinedUniverse, _ neighbours: Neighbours, _ charged: (Release) -> UInt64
) throws -> Bool {
    var figures = FigureCache(universe)
    let losses = try Accounting.allCases.map { try NeighbourLosses($0, universe, charged) }
    // A prime that divides no number of pairs here: each is visited once.
    let stride = 7_919
    guard neighbours.count % stride != 0 else { return false }
    var largest = 0.0
    for step in neighbours.indices {
        let (one, other) = neighbours[step * stride % neighbours.count]
        let (left, right) = (try figures[one], try figures[other])
        for loss in losses {
            guard let parts = loss?.parts(left, right) else { return false }
            // Scales are exact; the decay of errors is found back from a variance in `Double`.
            guard parts.marginals <= 1 + 1e-12, parts.errors <= 1 + 1e-9 else { return false }
            largest = max(largest, parts.marginals)
        }
    }
    // Where hardly anything moves, nothing is shown.
    return largest > 0.5
}

/// The decay of a discrete Laplace from its variance v = 2q/(1−q)²: q + 1/q = 2 + 2/v.
private func decay(ofVariance variance: Double) -> Double { acosh(1 + 1 / variance) }

extension AuditCheck {
    /// Every table of two keys and every removal of one of them, from both parties or from one, through CSV, keyed
    /// hashes, truncation and join, for one row a key and for two.
    static let neighbours = AuditCheck(
        claim: "what is recorded covers every removal of a key, through join and truncation"
    ) {
        for rowsPerKey in [1, 2] {
            let universe = try JoinedUniverse(rowsPerKey: rowsPerKey)
            guard try isCovered(universe, universe.removals, \.spent) else { return false }
        }
        return true
    }

    /// The same for unions, of either unit: what is removed or changed is the rows of a key in one table, or in both.
    static let unionNeighbours = AuditCheck(
        claim: "what is recorded covers every removal and change of a unit of a union, be it a record or a key"
    ) {
        for rowsPerKey in [1, 2] {
            for unit in [UnionUnit.record, .key] {
                let universe = try JoinedUniverse(rowsPerKey: rowsPerKey, join: .union(unit))
                guard try isCovered(universe, universe.removals, \.spent),
                    try isCovered(universe, universe.changes, \.spentChangingOne)
                else { return false }
            }
        }
        return true
    }

    static let duplicateKeys = AuditCheck(claim: "a second row of a key is refused by the uploader's own table alone") {
        do {
            _ = try readTable([("a", 0), ("b", 1), ("a", 1)], rowsPerKey: 1)
            return false
        } catch let problems as TableProblems { return problems.counts["duplicate_key"] == 1 }
    }

    static let rowOrder = AuditCheck(claim: "which rows of a key are kept hangs on the rows, not on their order") {
        let rows = (0..<64).map { (key: "k\($0 / 4)", value: $0 % 4 == 0 ? 1 : 0) }
        func counts(_ rows: [(key: String, value: Int)]) throws -> [[Int64]] {
            let table = try readTable(rows, rowsPerKey: 2)
            let joined = PrivateRows(joining: parties([("a", table), ("b", table)]), rowsPerKey: 2)
            return try testKernel(joined).counts([[0, 1]], in: joined)
        }
        return try counts(rows) == counts(rows.reversed())
    }

    static let loneTable = AuditCheck(claim: "a table that is not joined keeps its k rows a key, too") {
        let rows = (0..<9).map { (key: "a", value: $0 % 2) }
        let table = PrivateRows(single: try readTable(rows, rowsPerKey: 2).rows, rowsPerKey: 2)
        let counts = try testKernel(table).counts([[]], in: table)
        return table.rowsPerKey == 2 && counts == [[2]]
    }

    /// The same for every change of all rows of one key, with the figure for changing one.
    static let changedKeys = AuditCheck(claim: "the figure for changing one key covers every change of its rows") {
        let universe = try JoinedUniverse(rowsPerKey: 2)
        return try isCovered(universe, universe.changes, \.spentChangingOne)
    }

    static let gramNeighbours = AuditCheck(claim: "what a Gram matrix costs covers every row and every change of a row")
    {
        let sizes = [5, 4, 3]
        // The last column also with an indicator of one of its codes.
        let features = [0, 1, 2, 2]
        let scores: [[Int32]] = [[-90, -20, 0, 35, 90], [-70, 5, 6, 80], [-60, 1, 60], [0, 0, 40]]
        let bound = 60
        func sums(_ rows: [Int]) throws -> [Int64] {
            let table = try testTable(sizes, rows.map { [$0 / 12, $0 / 3 % 4, $0 % 3] })
            return try testKernel(table).gramSums(features, scores, bound, table)
        }
        let all = try (0..<60).map { try sums([$0]) }
        // What a row adds to another one.
        let added = try stride(from: 0, to: 60, by: 7).flatMap { other in
            try (0..<60).map { row in zip(try sums([row, other]), all[other]).map { $0 - $1 } }
        }
        for accounting in Accounting.allCases {
            let kernel = testKernel(try testTable(sizes, []))
            let gram = try kernel.gram(
                of: features, scores: scores, bound: bound, spending: testBudget(2, 1e-3, accounting))
            let release = kernel.transcript.releases[0]
            let isPure = accounting == .pure
            let smoothing = accounting == .gaussian ? 2.0 : 0
            func loss(_ difference: [Int64]) -> Double {
                var loss = 0.0
                for first in features.indices {
                    for second in 0...first {
                        let value = Double(difference[first * features.count + second])
                        let variance = first == second ? gram.diagonalVariance : gram.offDiagonalVariance
                        loss +=
                            isPure
                            ? abs(value) * decay(ofVariance: variance) : value * value / (2 * (variance - smoothing))
                    }
                }
                return loss * Budget.unitsPerWhole
            }
            for one in added {
                guard loss(one) <= Double(release.spent) * (1 + 1e-9) else { return false }
            }
            for one in all {
                guard loss(one) <= Double(release.spent) * (1 + 1e-9) else { return false }
                for other in all {
                    let difference = zip(one, other).map { $0 - $1 }
                    guard loss(difference) <= Double(release.spentChangingOne) * (1 + 1e-9) else { return false }
                }
            }
        }
        return true
    }

    static let sumNeighbours = AuditCheck(claim: "what sums cost covers every row and every change of a row") {
        let sizes = [4, 3]
        let questions = [
            SumQuestion(attribute: 0, values: [-900, -3, 4, 70], clamp: -50...60, groups: [1]),
            SumQuestion(attribute: 1, values: [0, 1, 1000], clamp: 0...500),
            // Two values a code: a row counts as that of the half of its cell in which it lies.
            SumQuestion(attribute: 0, values: [-900, -40, -3, 0, 4, 9, 70, 800], clamp: -50...60, groups: [1]),
        ]
        for accounting in Accounting.allCases {
            let kernel = testKernel(try testTable(sizes, []))
            let sums = try kernel.sums(questions, spending: testBudget(2, 1e-3, accounting))
            let release = kernel.transcript.releases[0]
            let smoothing = accounting == .gaussian ? 2.0 : 0
            var all: [[[Int64]]] = [[[0, 0, 0], [0], [0, 0, 0]]]
            for row in 0..<24 {
                let columns = [
                    try CodedColumn(.bytes([UInt8(row / 6)]), places: [row / 3 % 2 == 0 ? 3 : 200], domainSize: 4),
                    try CodedColumn(.bytes([UInt8(row % 3)]), domainSize: 3),
                ]
                let table = PrivateRows(
                    domain: try testDomain(sizes), table: try CodedTable(columns: columns), rowsPerKey: 1)
                let kernel = testKernel(table)
                all.append(
                    try questions.map { try kernel.groupedSums($0, $0.groups, $0.groups.isEmpty ? 1 : 3, table) })
            }
            for (place, one) in all.enumerated() {
                for other in all {
                    var loss = 0.0
                    for (sum, (left, right)) in zip(sums, zip(one, other)) {
                        for (a, b) in zip(left, right) {
                            let value = Double(a - b)
                            loss +=
                                accounting == .pure
                                ? abs(value) * decay(ofVariance: sum.variance)
                                : value * value / (2 * (sum.variance - smoothing))
                        }
                    }
                    let charged = place == 0 ? release.spent : release.spentChangingOne
                    guard loss * Budget.unitsPerWhole <= Double(charged) * (1 + 1e-9) else { return false }
                }
            }
        }
        return true
    }
}
