import Domains
import Foundation
import PrivacyKernel
import Statistics
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

    @Test("columns that may have gaps keep their slope, with gaps and without", arguments: [0, 0.02, 0.2])
    func gaps(share: Double) throws {
        // Gaps that are too rare for a group of their own lie in one of values. That took the trend off the whole table, and left slopes
        // of 0.34 to 0.45.
        var whole = people(20_000, seed: 9)
        var random = RandomNumbers(10)
        var numbers = Numbers()
        for (name, range, place) in [("height", 0...220.0, 0), ("weight", 0...200.0, 1)] {
            whole.columns[place] = whole.columns[place].map { random.unit() < share ? nil : $0 }
            numbers.add(name, range, required: false, whole.columns[place])
        }
        let rows = try RowSampler(fit("auto", numbers.table(), usual), seed: 3).rows(0..<20_000)
        let made = try numbers.numbers(rows)
        let both = made[0].indices.filter { made[0][$0] != nil && made[1][$0] != nil }
        let columns = made.map { column in both.compactMap { column[$0] } }
        let found = try #require(RowFigure.regression(columns[1], on: [columns[0]]))[1].estimate
        #expect(abs(found - 0.6) < 0.06, "\(found)")
        #expect(abs(Double(both.count) / 20_000 - (1 - share) * (1 - share)) < 0.03)
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

    @Test("columns of numbers that depend on each other are as wide as the table's")
    func spread() throws {
        // Fits of 5,000 rows in linear bins: 5 % too wide where tables of pairs widen the ends; noise of a mean of 8 is 0.9 %.
        var widths: [Double] = []
        for seed in 0..<8 {
            let numbers = people(5_000, seed: UInt64(20 + seed))
            let rows = try RowSampler(fit("auto", numbers.table(), usual), seed: 3).rows(0..<20_000)
            func deviation(_ values: [Double]) -> Double {
                let mean = values.reduce(0, +) / Double(values.count)
                return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
            }
            let made = try numbers.numbers(rows).map { $0.compactMap { $0 } }
            for column in 0..<2 {
                widths.append(deviation(made[column]) / deviation(numbers.columns[column].compactMap { $0 }) - 1)
            }
        }
        let mean = widths.reduce(0, +) / Double(widths.count)
        #expect(abs(mean) < 0.035, "\(mean)")
    }

    @Test("the largest numbers of a group belong to the classes that have large numbers")
    func classes() throws {
        var random = RandomNumbers(11)
        var numbers = Numbers()
        let kinds = (0..<20_000).map { _ in random.unit() < 0.05 ? 1 : 0 }
        numbers.add("kind", classes: 2, kinds)
        numbers.add(
            "income", 1...1e9, scale: .log, kinds.map { exp(8 + 1.6 * Double($0) + 0.8 * random.normal()) })
        let model = try fit("auto", numbers.table(), usual)
        let block = try RowSampler(model, seed: 3).rows(0..<20_000)
        let incomes = try numbers.numbers(block)[1].map { $0 ?? 0 }
        // The part of the highest 200 incomes that are of the small class: 93 % in the population. Dealt out without the class it
        // is that of the whole highest group.
        let top = incomes.indices.sorted { incomes[$0] > incomes[$1] }.prefix(200)
        let share = Double(top.count { block.codes[0][$0] == 1 }) / Double(top.count)
        #expect(share > 0.6, "\(share)")
    }

    /// A standard normal number between two bounds below which a share of the mass between them lies.
    private func cut(from low: Float, to high: Float, share: Float) -> Float {
        var number: [Float] = [0]
        CutNormals.shared.draw(
            around: &number, deviation: 1, codes: [0], cells: [.init(low: low, high: high)],
            words: [UInt64(share * 0x1p24) << 40])
        return number[0]
    }

    @Test("looked-up normal numbers are those of the exact functions")
    func lookedUp() {
        for (low, high) in [(-8, 8), (-0.3, 0.1), (1.5, 2), (-6, -4), (3, 8), (5, 5.01), (-8, 0)] as [(Float, Float)] {
            for share in stride(from: Float(0.01), to: 1, by: 0.07) {
                let below = Normal.distribution(Double(-high))
                let upTo = Normal.distribution(Double(-low))
                let wanted = -Normal.quantile(upTo - Double(share) * (upTo - below))
                let found = cut(from: low, to: high, share: share)
                #expect(abs(Double(found) - wanted) < 3e-3, "\(low) \(high) \(share): \(found) for \(wanted)")
            }
        }
        // Beyond the table: inside the bounds still.
        let far = cut(from: 20, to: 30, share: 0.5)
        #expect(far >= 20 && far <= 30)
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
