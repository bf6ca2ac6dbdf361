import Linkage
import Testing
import VectorMath

/// Those who moved differ in street and postcode at once; and members of a household, who share surname, street and postcode,
/// are more pairs than there are units in common.
private struct SimulatedHouseholds {
    private var simulated: SimulatedLinks
    private static let deviation = 330.0
    static let units = 50_000
    /// Weights of the levels of each comparison: another, nearly, same, missing.
    private static let weights: [[Double]] = [
        [-4, 5, 7, 0], [-4, 3, 4, 0], [-6, 2, 10, 0], [-4, 3, 4, 0], [-2, 2, 3, 0], [-2, 8, 16, 0],
    ]
    private static let same = [0.05, 0.05, 0.85, 0.05]
    private static let other = [0.97, 0.02, 0.005, 0.005]
    private static let shared = [0.01, 0.01, 0.97, 0.01]
    private static let moved = [0.93, 0.02, 0.04, 0.01]
    private static let telephone = [0.06, 0.06, 0.33, 0.55]
    private static let anotherBirth = [0.92, 0.04, 0.01, 0.03]
    private static let anotherTelephone = [0.388, 0.001, 0.001, 0.61]

    static let one = [
        MatchModel.Kind(pairs: 38_000, levels: [same, same, same, same, same, telephone]),
        MatchModel.Kind(pairs: 12_000, levels: [same, same, same, moved, moved, telephone]),
    ]
    /// Who are born on a day, who have a postcode, and households.
    static let two = [
        MatchModel.Kind(pairs: 350_000, levels: [other, other, shared, other, other, anotherTelephone]),
        MatchModel.Kind(pairs: 550_000, levels: [other, other, other, other, shared, anotherTelephone]),
        MatchModel.Kind(
            pairs: 60_000, levels: [other, shared, [0.92, 0.04, 0.01, 0.03], shared, shared, anotherTelephone]),
    ]

    init(seed: UInt64) {
        simulated = SimulatedLinks(
            random: SplitMix64(state: seed), units: 0, falsePairs: 0, patternDeviation: Self.deviation, linkDeviation: 0
        )
    }

    static var linked: [Bool] {
        weights.reduce([0.0]) { sums, weights in sums.flatMap { sum in weights.map { sum + $0 } } }.map { $0 >= 8 }
    }

    /// The counts with noise, and how many pairs of one unit are linked.
    mutating func draw() throws -> (counts: AgreementCounts, links: Double) {
        var pairs = [Double](repeating: 0, count: Self.linked.count)
        var links = 0.0
        for (kinds, isOne) in [(Self.one, true), (Self.two, false)] {
            let shares = MatchModel(one: kinds, two: []).patternProbabilities.matched
            for (pattern, count) in simulated.counts(Int(kinds.reduce(0) { $0 + $1.pairs }), shares).enumerated() {
                pairs[pattern] += Double(count)
                links += isOne && Self.linked[pattern] ? Double(count) : 0
            }
        }
        let noisy = pairs.map { $0 + Self.deviation * simulated.normal() }
        let counts = try #require(
            AgreementCounts(
                levels: Self.weights.map(\.count), counts: noisy, variance: Self.deviation * Self.deviation))
        return (counts, links)
    }
}

@Suite struct KindSearchTests {
    @Test(
        "where households are more pairs than there are units, common units come out within 5 % at ε = 1"
    )
    func households() throws {
        var simulated = SimulatedHouseholds(seed: 17)
        var (errors, recalls, covered) = (0.0, 0.0, 0)
        let draws = 20
        let truth = MatchModel(one: SimulatedHouseholds.one, two: []).patternProbabilities.matched
        let recall = zip(truth, SimulatedHouseholds.linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        for _ in 0..<draws {
            let draw = try simulated.draw()
            let fit = try #require(FellegiSunterFit(draw.counts, linked: SimulatedHouseholds.linked))
            #expect(fit.model.two.count >= 3)
            let totals = LinkedTotals(
                fit, linked: SimulatedHouseholds.linked, links: draw.links, kept: (draw.links, draw.links),
                keepRate: 1)
            let total = totals.total(links: draw.links, variance: 0)
            let error = total.all / Double(SimulatedHouseholds.units) - 1
            errors += error * error
            recalls += abs(totals.recall - recall)
            covered += total.interval.contains(Double(SimulatedHouseholds.units)) ? 1 : 0
        }
        let error = (errors / Double(draws)).squareRoot()
        print("households: RMSE \(error), recall off by \(recalls / Double(draws)), covered \(covered) of \(draws)")
        #expect(error < 0.05)
    }

    @Test("without noise the kinds are those that pairs were drawn with")
    func kinds() throws {
        let one = MatchModel(one: SimulatedHouseholds.one, two: SimulatedHouseholds.two)
        let (matched, unmatched) = one.patternProbabilities
        let counts = try #require(
            AgreementCounts(
                levels: one.levels, counts: zip(matched, unmatched).map { one.matched * $0 + one.unmatched * $1 },
                variance: 0))
        let fit = try #require(FellegiSunterFit(counts, linked: SimulatedHouseholds.linked))
        #expect(abs(fit.model.matched / one.matched - 1) < 0.01)
        let recall = zip(matched, SimulatedHouseholds.linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        #expect(abs(fit.recall(of: SimulatedHouseholds.linked) - recall) < 0.005)
        for (found, truth) in zip(fit.model.matchedLevels.joined(), one.matchedLevels.joined()) {
            #expect(abs(found - truth) < 0.01)
        }
    }

    @Test("in a law of one kind of either there is one of either")
    func plain() throws {
        var simulated = SimulatedLinks(
            random: SplitMix64(state: 23), units: 70_000, falsePairs: 330_000, patternDeviation: 100.3, linkDeviation: 0
        )
        var kinds = 0
        for _ in 0..<20 {
            let draw = try simulated.draw(groups: [1])
            let fit = try #require(FellegiSunterFit(draw.counts, linked: draw.linked))
            kinds += fit.model.one.count + fit.model.two.count
            #expect(abs(fit.model.matched / 70_000 - 1) < 0.02)
        }
        #expect(kinds <= 44)
    }

    @Test(
        "where no pattern is linked, or none has more pairs than its noise, there is no fit"
    )
    func none() throws {
        var simulated = SimulatedHouseholds(seed: 18)
        let draw = try simulated.draw()
        #expect(FellegiSunterFit(draw.counts, linked: SimulatedHouseholds.linked.map { _ in false }) == nil)
        let empty = try #require(
            AgreementCounts(
                levels: draw.counts.levels, counts: draw.counts.counts.map { _ in -1 }, variance: draw.counts.variance)
        )
        #expect(FellegiSunterFit(empty, linked: SimulatedHouseholds.linked) == nil)
    }

    @Test("whatever the counts are, there is a fit of finite figures or none")
    func anyCounts() throws {
        var random = SplitMix64(state: 31)
        var fits = 0
        for trial in 0..<300 {
            let levels = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 2...4, using: &random) }
            let size = Double([1, 100, 1e6, 1e12][trial % 4])
            let counts = (0..<levels.reduce(1, *)).map { _ in
                Int.random(in: 0..<3, using: &random) == 0
                    ? Double.random(in: -size...10 * size, using: &random).rounded() : 0
            }
            let variance = trial % 3 == 0 ? 0 : size * Double.random(in: 0...10, using: &random)
            let linked = counts.map { _ in Bool.random(using: &random) }
            let all = try #require(AgreementCounts(levels: levels, counts: counts, variance: variance))
            guard let fit = FellegiSunterFit(all, linked: linked) else { continue }
            fits += 1
            let figures = [fit.model.matched, fit.model.unmatched, fit.matched.standardError, fit.recall(of: linked)]
            #expect(figures.allSatisfy { $0.isFinite }, "\(levels) \(counts) \(figures)")
            #expect(fit.model.weights.joined().allSatisfy { $0.isFinite })
        }
        #expect(fits > 30)
    }
}
