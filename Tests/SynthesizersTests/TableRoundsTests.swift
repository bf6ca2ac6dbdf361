import Domains
import GraphicalModels
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import PrivacyKernel
@testable import Synthesizers

/// What `auto` measures once it knows what a tree of tables says.
@Suite struct TableRoundsTests {
    /// The pairs of columns of which a table was measured.
    private func pairs(_ model: FittedModel) -> Set<[Int]> {
        Set(model.measurements.map { table in table.attributes.map { model.attributes[$0].column }.sorted() })
    }

    @Test("little budget goes to tables that a chain of others explains", arguments: [1_000, 3_000, 20_000])
    func chain(count: Int) throws {
        let sizes = [4, 6, 5, 3, 6, 4, 5]
        let rows = chainRows(sizes, count: count)
        let model = try fit("auto", table(categoryDomain(sizes), rows), usual)
        #expect(Set((1..<sizes.count).map { [$0 - 1, $0] }).isSubset(of: pairs(model)))
        #expect(try #require(model.transcript.spent).epsilon > 0.999)
        let (auto, tree) = (
            try FewRowsTests.distance("auto", sizes, rows, fits: 10),
            try FewRowsTests.distance("mst", sizes, rows, fits: 10)
        )
        // Of 1,000 rows noise leaves little of each table: 5 to 6 %.
        let most = (count < 2_000 ? 1.1 : 1.05) * tree
        #expect(auto < most, "\(auto) by auto, \(tree) by mst, \(pairs(model).count) tables")
    }

    @Test("a table that no chain of others explains is measured beside them")
    func cycle() throws {
        let sizes = [4, 6, 5, 3, 6, 4, 5]
        var rows = chainRows(sizes, count: 20_000)
        for row in rows[0].indices where row % 2 == 0 { rows[6][row] = rows[0][row] }
        let model = try fit("auto", table(categoryDomain(sizes), rows), usual)
        #expect(pairs(model).contains([0, 6]))
        let exact = shares(rows, sizes, [0, 6])
        let sample = try RowSampler(model, seed: 1).rows(0..<20_000).columns
        #expect(totalVariation(exact, shares(sample, sizes, [0, 6])) < 0.05)
    }

    @Test("a budget is added to what tables have such that each has its share or what it had before")
    func further() {
        #expect(TableChoice.further([1, 1, 2], known: [0, 0, 0], left: 4) == [1, 1, 2])
        #expect(TableChoice.further([1, 1, 2], known: [1, 0, 0], left: 3) == [0, 1, 2])
        #expect(TableChoice.further([1, 1], known: [5, 0], left: 1) == [0, 1])
        #expect(TableChoice.further([], known: [], left: 1).isEmpty)
    }

    /// How rows fill a table: none of them, all alike, each column after the one before, or each on its own.
    enum Filling: CaseIterable { case empty, alike, chain, independent }

    @Test(
        "all of the budget is spent and no more, whatever the table", arguments: Filling.allCases,
        [[9], [1, 1, 1], [1, 8], [6, 7], [1, 5, 1, 4, 6], [2, 2, 2, 2, 2, 2, 2], [120, 3, 80, 2]])
    func anyTable(filling: Filling, sizes: [Int]) throws {
        let count = filling == .empty ? 0 : 3_000
        var generator = SplitMix64(state: 9)
        let rows =
            switch filling {
            case .empty, .chain: chainRows(sizes, count: count)
            case .alike: sizes.map { [Int](repeating: $0 - 1, count: count) }
            case .independent:
                sizes.map { size in (0..<count).map { _ in Int.random(in: 0..<size, using: &generator) } }
            }
        for (epsilon, delta) in [(1, 1e-9), (1, 0), (0.02, 1e-9), (200, 1e-9), (3_000, 0)] {
            let privacy = try PrivacyParameters(epsilon: epsilon, delta: delta)
            let model = try fit("auto", table(categoryDomain(sizes), rows), privacy)
            let spent = try #require(model.transcript.spent)
            #expect(spent.epsilon <= epsilon)
            #expect(spent.epsilon > 0.999 * epsilon, "\(epsilon), \(delta): \(spent.epsilon)")
            #expect(model.model.total.isFinite)
            let block = try RowSampler(model, seed: 1).rows(0..<50)
            #expect(zip(block.codes, sizes).allSatisfy { codes, size in codes.allSatisfy { Int($0) < size } })
        }
    }

    @Test("a model is a function of the kernel's answers alone, and of any first part of them", arguments: [0.0, 1e-9])
    func replayed(delta: Double) throws {
        let sizes = [4, 6, 5, 3, 6]
        let privacy = try PrivacyParameters(epsilon: 1, delta: delta)
        let first = try fit("auto", table(categoryDomain(sizes), chainRows(sizes, count: 4_000)), privacy)
        // Of answers alone, without any rows, the same model comes.
        let again = try Auto().fit(Kernel(replaying: first.transcript, domain: categoryDomain(sizes)), privacy)
        #expect(again.measurements == first.measurements)
        #expect(
            try RowSampler(again, seed: 2).rows(0..<500).columns == RowSampler(first, seed: 2).rows(0..<500).columns)
        // A transcript that ends anywhere gives a model of what is there.
        for end in first.transcript.releases.indices {
            let part = Transcript(releases: Array(first.transcript.releases[..<end]))
            let model = try Auto().fit(Kernel(replaying: part, domain: categoryDomain(sizes)), privacy)
            #expect(try RowSampler(model, seed: 2).rows(0..<50).rowCount == 50)
        }
    }

    @Test("answers are averaged by precision, in any order, and no count is beyond what a model holds")
    func meanOfAnswers() {
        func answer(_ counts: [Int64], _ variance: UInt64) -> NoisyMarginal {
            NoisyMarginal(
                attributes: [0], shape: [counts.count], counts: counts,
                scale: .gaussian(GaussianScale(units: UInt128(variance) << 32)))
        }
        let answers = [answer([10, -4], 4), answer([22, 8], 12), answer([16, 2], 6)]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var mean = MeanOfAnswers()
            #expect(mean.variance == .infinity && mean.rounded.isEmpty)
            for place in order { mean.add(answers[place]) }
            #expect(abs(mean.variance - 2) < 1e-9)
            // (10/4 + 22/12 + 16/6) · 2 and (−4/4 + 8/12 + 2/6) · 2.
            #expect(abs(mean.counts[0] - 14) < 1e-9 && abs(mean.counts[1]) < 1e-9)
        }
        var largest = MeanOfAnswers()
        largest.add(answer([.max, .min], 4))
        #expect(largest.rounded == [1 << 62, -1 << 62])
    }

    @Test("a table that others explain is found among its noise by what they say of it")
    func aroundModel() throws {
        // Two columns that follow a third one; the table of the two is measured with much noise.
        let sizes = [12, 12, 12]
        let rows = 20_000
        var tables: [MeasuredMarginal] = []
        let own = (0..<144).map { $0 / 12 == $0 % 12 ? 0.7 / 12 + 0.3 / 144 : 0.3 / 144 }
        for pair in [[0, 1], [1, 2]] {
            tables.append(
                MeasuredMarginal(
                    attributes: pair, counts: own.map { Int64((Double(rows) * $0).rounded()) }, variance: 1))
        }
        let across = (0..<144).map { $0 / 12 == $0 % 12 ? 0.49 / 12 + 0.51 / 144 : 0.51 / 144 }
        let domain = categoryDomain(sizes)
        var oneWays = OneWayMarginals(domain)
        let scale = NoiseScale.gaussian(GaussianScale(units: 1 << 32))
        oneWays.add(
            sizes.indices.map { column in
                NoisyMarginal(
                    attributes: [column], shape: [12], counts: (0..<12).map { _ in Int64(rows / 12) }, scale: scale)
            })
        let attributes = sizes.enumerated().map { ModelAttribute(column: $0, size: $1) }
        let model = try fittedTree(tables, oneWays: oneWays, attributes: attributes, domain: domain, cellLimit: .max)
        var generator = SplitMix64(state: 4)
        let noisy = across.map { share in
            // A sum of twelve has the variance 1.
            let noise = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
            return Int64((Double(rows) * share + 60 * noise).rounded())
        }
        let measured = [MeasuredMarginal(attributes: [0, 2], counts: noisy, variance: 3_600)]
        func miss(_ model: GraphicalModel?) -> Double {
            let target = denoisedTargets(measured, oneWays, of: attributes, around: model)[0]
            // Half of a target is what was measured.
            var sum = 0.0
            for cell in across.indices {
                let denoised = 2 * target.values[cell] - Double(noisy[cell])
                sum += abs(denoised - Double(rows) * across[cell])
            }
            return sum
        }
        #expect(miss(model) < 0.5 * miss(nil))
    }
}
