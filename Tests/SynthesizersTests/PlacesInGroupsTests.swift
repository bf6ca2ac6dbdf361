import Domains
import Foundation
import PrivacyKernel
import Tables
import Testing
import VectorMath

@testable import FittedModels

/// Columns that depend on each other moderately, so that noise leaves a table of few groups.
@Suite struct PlacesInGroupsTests {
    /// Weight on height with a slope of 0.6 and a correlation of 0.71.
    private func people(_ count: Int, seed: UInt64) -> Numbers {
        var random = RandomNumbers(seed)
        var numbers = Numbers()
        let height = (0..<count).map { _ in min(max(110 + 20 * random.normal(), 0), 220) }
        let weight = height.map { min(max(20 + 0.6 * $0 + 12 * random.normal(), 0), 200) }
        numbers.add("height", 0...220, height)
        numbers.add("weight", 0...200, weight)
        return numbers
    }

    /// The slope of the second column on the first.
    private func slope(_ numbers: Numbers, _ block: SampleBlock) throws -> Double {
        let columns = try numbers.numbers(block).map { $0.compactMap { $0 } }
        return try #require(RowFigure.regression(columns[1], on: [columns[0]]))[1].estimate
    }

    @Test("a regression on the rows has the table's slope, in balanced and in independent rows")
    func slopes() throws {
        let numbers = people(20_000, seed: 7)
        let model = try fit("auto", numbers.table(), usual)
        for draws in Draws.allCases {
            let rows = try RowSampler(model, seed: 3, draws: draws).rows(0..<20_000)
            let found = try slope(numbers, rows)
            #expect(abs(found - 0.6) < 0.05, "\(draws): \(found)")
        }
    }

    @Test("a group's codes and places stay among its rows, and nothing else moves")
    func dealtOut() throws {
        let numbers = people(5_000, seed: 8)
        let model = try fit("auto", numbers.table(), usual)
        let places = try #require(PlacesInGroups(model))
        let before = try RowSampler(model, seed: 4).rows(0..<PlacesInGroups.stretch)
        var (codes, fractions) = (before.codes, before.fractions)
        places.deal(&codes, &fractions, count: before.rowCount) { column in
            var generator = SplitMix64(state: UInt64(column))
            return (0..<before.rowCount).map { _ in generator.next() }
        }
        let finest = model.attributes.finest(columnCount: 2)
        for column in 0..<2 {
            let attribute = try #require(finest[column].map { model.attributes[$0] })
            #expect(
                zip(codes[column], before.codes[column]).allSatisfy {
                    attribute.group(of: Int($0)) == attribute.group(of: Int($1))
                })
            func sorted(_ codes: [UInt32], _ fractions: [Float]) -> [Double] {
                zip(codes, fractions).map { Double($0) + Double($1) }.sorted()
            }
            #expect(
                sorted(codes[column], fractions[column]) == sorted(before.codes[column], before.fractions[column]))
        }
    }

    @Test("a row is the same whatever range it is asked for in")
    func seekable() throws {
        let numbers = people(5_000, seed: 9)
        let sampler = try RowSampler(fit("auto", numbers.table(), usual), seed: 5, draws: .independent)
        let whole = sampler.rows(0..<3_000)
        let part = sampler.rows(1_500..<1_530)
        for column in 0..<2 {
            #expect(Array(whole.codes[column][1_500..<1_530]) == part.codes[column])
            #expect(Array(whole.fractions[column][1_500..<1_530]) == part.fractions[column])
        }
    }
}
