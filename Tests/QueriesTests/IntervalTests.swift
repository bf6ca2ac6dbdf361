import Foundation
import Statistics
import Tasks
import Testing

@testable import PrivacyKernel
@testable import Queries

@Suite("Intervals") struct IntervalTests {
    /// Of 1,000 intervals at 95 % the number that cover has a standard deviation of 6.9, and the noise of a test key
    /// repeats, so that this cannot fail by chance.
    private static let wanted = 935...965

    @Test(
        "of 1,000 intervals 93.5 to 96.5 % hold the truth",
        arguments: [
            PermittedQuery(name: "q", kind: .count, by: ["group"], epsilon: 0.05),
            PermittedQuery(name: "q", kind: .histogram, columns: ["group"], epsilon: 0.05),
            PermittedQuery(name: "q", kind: .sum, columns: ["exported"], by: ["group"], epsilon: 1),
            PermittedQuery(name: "q", kind: .mean, columns: ["imported"], by: ["group"], epsilon: 8),
        ], [1e-9, 0])
    func coverage(query: PermittedQuery, delta: Double) throws {
        let amounts = try Amounts(groups: 1000, rows: 60_000)
        let truth = try amounts.exact(query)
        let noisy = try amounts.asked(query, delta: delta)
        #expect(noisy.figures.count == 1000)
        let covered = zip(truth.figures, noisy.figures).filter { $1.covers($0.estimate) }.count
        #expect(Self.wanted.contains(covered), "\(query.kind) at δ = \(delta): \(covered) of 1,000")
    }

    @Test(
        "of 3,000 releases of one figure 93.5 to 96.5 % hold the truth",
        arguments: [
            PermittedQuery(name: "q", kind: .cardinality, epsilon: 0.005),
            PermittedQuery(name: "q", kind: .count, conditions: ["colour": "red"], epsilon: 0.005),
            PermittedQuery(name: "q", kind: .quantile, columns: ["exported"], shares: [0.1], epsilon: 0.3),
            PermittedQuery(name: "q", kind: .quantile, columns: ["exported"], shares: [0.5], epsilon: 0.3),
            PermittedQuery(name: "q", kind: .quantile, columns: ["imported"], shares: [0.9], epsilon: 0.3),
        ], [1e-9, 0])
    func coverageOfOne(query: PermittedQuery, delta: Double) throws {
        let amounts = try Amounts(groups: 2, rows: 4000)
        let truth = try #require(try amounts.exact(query).figures.first).estimate
        let covered = try (1...3000).filter { key in
            try amounts.asked(query, delta: delta, key: UInt64(key)).figures[0].covers(truth)
        }.count
        #expect(Self.wanted.contains(covered / 3), "\(query.kind) at δ = \(delta): \(covered) of 3,000")
    }

    @Test(
        "differences, ratios, log-ratios, matched flows and mean log points cover as they say", arguments: [1e-9, 0])
    func reconciliationCoverage(delta: Double) throws {
        let amounts = try Amounts(groups: 1000, rows: 60_000)
        let query = PermittedQuery(
            name: "q", kind: .reconcile, columns: ["exported", "imported", "points"], by: ["group"], epsilon: 9)
        let truth = try #require(try amounts.exact(query).flows)
        let noisy = try #require(try amounts.asked(query, delta: delta).flows)
        func covered(_ figure: (FlowReconciliation) -> NoisyFigure?) -> Int {
            zip(truth, noisy).filter { truth, noisy in
                guard let expected = figure(truth)?.estimate else { return false }
                return figure(noisy)?.covers(expected) ?? false
            }.count
        }
        let kinds: [(String, (FlowReconciliation) -> NoisyFigure?)] = [
            ("exports", \.exports), ("imports", \.imports), ("difference", \.difference), ("ratio", \.ratio),
            ("log-ratio", \.logRatio), ("mean log points", \.meanLogPoints),
        ]
        for (what, figure) in kinds {
            let count = covered(figure)
            #expect(Self.wanted.contains(count), "\(what) at δ = \(delta): \(count) of 1,000")
        }
        // At that price matched flows have noise of about 1, and whole bounds hold more; at a lower one they cover as said.
        #expect(covered(\.matched) >= 935)
        var cheap = query
        cheap.epsilon = 0.05
        var matched = 0
        for key: UInt64 in 1...3 {
            let coarse = try #require(try amounts.asked(cheap, delta: delta, key: key).flows)
            matched += zip(truth, coarse).filter { $1.matched?.covers($0.matched?.estimate ?? 0) == true }.count
        }
        #expect(Self.wanted.contains(matched / 3), "matched flows at δ = \(delta): \(matched) of 3,000")
    }

    @Test("a quantile's bounds are not the whole scale")
    func quantileWidth() throws {
        let amounts = try Amounts(groups: 2, rows: 4000)
        let query = PermittedQuery(
            name: "q", kind: .quantile, columns: ["exported"], shares: [0.1, 0.5, 0.9], epsilon: 8)
        for figure in try amounts.asked(query).figures {
            #expect(((figure.upper ?? 1000) - (figure.lower ?? 0)) < 150)
        }
    }

    @Test("under equal flows no group is called significant in 95 of 100 reports")
    func familyWise() throws {
        let amounts = try Amounts(groups: 50, rows: 50)
        let query = PermittedQuery(
            name: "q", kind: .reconcile, columns: ["exported", "exported"], by: ["group"], epsilon: 8)
        // The same column twice is refused, so the null hypothesis is made from two noisy readings of it.
        #expect(throws: QueryRefusal.self) { try ResolvedQuery(query, domain: amounts.domain) }
        var single = query
        single.columns = ["exported", "imported"]
        let question = try ResolvedQuery(single, domain: amounts.domain)
        guard case .sums(let sums) = question.question else { return }
        let privacy = try PrivacyParameters(epsilon: 5, delta: 1e-9)
        var alarms = 0
        for key in 1...200 {
            let kernel = amounts.kernel(UInt64(key))
            let released = try kernel.sums([sums[0], sums[0]], spending: try Budget(privacy, accounting: .gaussian))
            let answer = question.answer(released.map(\.sums), variances: released.map(\.variance), law: .gaussian)
            if answer.flows?.contains(where: \.isSignificant) == true { alarms += 1 }
        }
        // 5 % of 200 is 10, with a standard deviation of 3.1.
        #expect(alarms <= 20)
        #expect(alarms >= 1)
    }
}
