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
