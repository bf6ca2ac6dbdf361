import Domains
import Tables
import Testing

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

/// Where rows lie at several holders, tables are measured in place of their distances, and are data like any other.
@Suite struct ReleasedTablesTests {
    /// All rows at one of three holders; the others' noise is left out, so that figures are better than they say.
    private struct Alone: SumOpening {
        let holders = NoiseHolders(count: 3, colluding: 1)

        func open(_ part: [Int64], question: String) -> [Int64] { part }
    }

    private static func fit(
        _ sizes: [Int], _ rows: [[Int]], key: UInt64 = 1, parameters: [String: Parameter] = [:]
    ) throws -> FittedModel {
        let source = SharedRows(try table(categoryDomain(sizes), rows).rows, Alone())
        let kernel = Kernel(rows: source, generator: NoiseGenerator(key: [key, 2, 3, 4]))
        return try Auto(parameters: parameters).fit(kernel, usual)
    }

    private func tables(_ model: FittedModel) -> [NoisyMarginal] {
        model.transcript.releases.flatMap { release -> [NoisyMarginal] in
            if case .marginals(let marginals) = release.answer { marginals } else { [] }
        }
    }

    @Test("a table released in place of a distance is part of what the model knows of its columns")
    func released() throws {
        let sizes = [3, 3]
        let model = try Self.fit(sizes, chainRows(sizes, count: 20_000))
        let answers = tables(model).filter { $0.attributes == [0, 1] }
        #expect(answers.count == 2)
        let precision = answers.reduce(0) { $0 + 1 / $1.variance }
        let mean = (0..<9).map { cell in
            answers.reduce(0) { $0 + Double($1.counts[cell]) / $1.variance } / precision
        }
        let known = try #require(model.measurements.first { $0.counts.count == 9 })
        #expect(abs(known.variance * precision - 1) < 1e-9)
        for (count, value) in zip(known.counts, mean) { #expect(abs(Double(count) - value) < 0.51) }
        #expect(try #require(model.transcript.spent).epsilon > 0.999)
    }

    @Test("of several holders no distance is released, and of one no table in its place")
    func kinds() throws {
        let sizes = [4, 6, 5, 3, 6]
        let rows = chainRows(sizes, count: 5_000)
        let apart = try Self.fit(sizes, rows)
        let one = try Synthesizers.synthesizer(named: "auto").fit(
            Kernel(steady: table(categoryDomain(sizes), rows), "one"), usual)
        func distances(_ model: FittedModel) -> Int {
            model.transcript.releases.count { if case .errors = $0.answer { true } else { false } }
        }
        #expect(distances(apart) == 0)
        #expect(distances(one) == 2)
        #expect(one.plan == (try Auto().plan(categoryDomain(sizes), usual)))
        let usually = one.plan.steps.map(\.share)
        let shares = apart.plan.steps.map(\.share)
        #expect(shares[1] > usually[1])
        #expect(shares[0] == usually[0])
        #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    }

    @Test("a replayed transcript of several holders gives the same model, and one that is cut short gives one too")
    func replay() throws {
        for (sizes, count) in [([4, 6, 5, 3, 6], 20_000), ([4, 6, 5], 300), ([12, 9, 7, 8], 3_000)] {
            let model = try Self.fit(sizes, chainRows(sizes, count: count))
            for releases in 0...model.transcript.releases.count {
                let part = Transcript(releases: Array(model.transcript.releases.prefix(releases)))
                let again = try Auto().fit(Kernel(replaying: part, domain: model.domain), usual)
                if releases == model.transcript.releases.count { #expect(try again.encoded() == model.encoded()) }
            }
        }
    }

    @Test("four columns of which one is the exclusive or of the others are found by tables, too")
    func exclusiveOr() throws {
        let plain = chainRows([2, 5, 4], count: 200_000)
        let other = chainRows([2], count: 200_000, seed: 2)[0]
        let rows = plain + [other, zip(plain[0], other).map { $0 ^ $1 }]
        let model = try Self.fit([2, 5, 4, 2, 2], rows)
        #expect(
            model.measurements.contains { table in
                Set(table.attributes.map { model.attributes[$0].column }).isSuperset(of: [0, 3, 4])
            })
    }

    @Test("a distance from a table that claims no noise is the plain one")
    func noNoise() {
        let table = NoisyMarginal(
            attributes: [0], shape: [2], counts: [5, 1], scale: .gaussian(GaussianScale(units: 0)))
        #expect(table.distance(from: [2, 2]).value == 4)
        #expect(table.distance(from: [2, 2]).variance == 0)
    }
}
