import Domains
import Foundation
import PrivacyKernel
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import Synthesizers

/// Tables in which ordered columns nearly determine each other, each in another way.
enum RelationShape: String, CaseIterable, Sendable {
    case halfMissing, halfOfBaseMissing, bothMissing, missingTogether, fallingHalfMissing, linearFifthMissing
    case chain, chainHalfMissing, ages, zerosTogether, heavyTail, rooms

    private static let count = 20_000

    func table(_ seed: UInt64) -> Numbers {
        var random = RandomNumbers(seed)
        var numbers = Numbers()
        func column(_ value: () -> Double?) -> [Double?] { (0..<Self.count).map { _ in value() } }
        func map(_ column: [Double?], _ function: (Double) -> Double?) -> [Double?] {
            column.map { $0.flatMap(function) }
        }
        func missing(_ column: [Double?], _ share: Double) -> [Double?] {
            column.map { random.unit() < share ? nil : $0 }
        }
        func logs(_ middle: Double, _ spread: Double) -> [Double?] { column { exp(middle + spread * random.normal()) } }
        func times(_ column: [Double?], _ factor: Double, _ spread: Double) -> [Double?] {
            map(column) { $0 * factor * exp(spread * random.normal()) }
        }
        func add(_ name: String, _ values: [Double?]) {
            numbers.add(name, 0.01...1e10, scale: .log, required: !values.contains { $0 == nil }, values)
        }
        switch self {
        case .halfMissing, .halfOfBaseMissing, .bothMissing:
            let x = logs(10, 2)
            let y = times(x, 1.06, 0.05)
            add("x", self == .halfMissing ? x : missing(x, 0.5))
            add("y", self == .halfOfBaseMissing ? y : missing(y, 0.5))
        case .missingTogether:
            let x = missing(logs(10, 2), 0.5)
            add("x", x)
            add("y", times(x, 1.06, 0.05))
        case .fallingHalfMissing:
            let x = logs(3, 1.2)
            add("x", x)
            add("y", missing(map(x) { 1e4 / $0 * exp(0.1 * random.normal()) }, 0.5))
        case .linearFifthMissing:
            let x = column { min(max(80 + 30 * random.normal(), 0), 500) }
            let y = map(x) { 3 * $0 + 100 + 12 * random.normal() }
            numbers.add("x", 0...500, required: false, missing(x, 0.2))
            numbers.add("y", 0...2_000, required: false, missing(y, 0.2))
        case .chain, .chainHalfMissing:
            let first = logs(8, 1.5)
            let second = times(first, 1.1, 0.08)
            let third = times(self == .chain ? second : first, 1.05, 0.1)
            let share = self == .chain ? 0 : 0.5
            add("a", first)
            add("b", missing(second, share))
            add("c", missing(third, share))
        case .ages:
            let age = column { Double(18 + Int(random.unit() * 60)) }
            let work = map(age) { max($0 - 18 - Double(Int(random.unit() * 6)), 0) }
            numbers.add("age", units: 0...99, age)
            numbers.add("work", units: 0...75, work)
        case .zerosTogether:
            let x = column { random.unit() < 0.4 ? 0 : exp(6 + 1.5 * random.normal()) }
            numbers.add("x", 0...1e8, scale: .log, x)
            numbers.add("y", 0...1e8, scale: .log, times(x, 0.3, 0.1))
        case .heavyTail:
            let x = column { min(1_000 * pow(max(random.unit(), 1e-12), -1 / 1.5), 1e9) }
            numbers.add("x", 0...1e9, scale: .log, x)
            numbers.add("y", 0...1e10, scale: .log, times(x, 0.8, 0.05))
        case .rooms:
            let rooms = column { Double(min(max(Int((3.5 + 1.6 * random.normal()).rounded()), 1), 10)) }
            numbers.add("rooms", units: 1...10, rooms)
            numbers.add("rent", 0...5_000, times(rooms, 120, 0.12))
        }
        return numbers
    }
}

@Suite("relations of ordered columns") struct RelationTests {
    @Test(
        "a rank correlation above 0.9 stays within 0.03, whatever is missing",
        arguments: RelationShape.allCases)
    func kept(shape: RelationShape) throws {
        let numbers = shape.table(1)
        let model = try fit("auto", numbers.table(), usual)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<20_000))
        for first in numbers.columns.indices {
            for second in (first + 1)..<numbers.columns.count {
                let real = spearman(numbers.columns[first], numbers.columns[second])
                let own = spearman(made[first], made[second])
                #expect(abs(real) < 0.9 || abs(real - own) < 0.03, "\(first) \(second): \(own) for \(real)")
            }
            #expect(distance(numbers.columns[first], made[first]) < 0.05, "\(first)")
        }
    }

    @Test("unrelated columns that lie in one bin stay unrelated")
    func unrelated() throws {
        var random = RandomNumbers(3)
        var numbers = Numbers()
        for name in ["x", "y", "z"] {
            numbers.add(name, 0...5e6, (0..<20_000).map { _ in min(exp(10 + 0.8 * random.normal()), 5e6) })
        }
        let model = try fit("auto", numbers.table(), usual)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<20_000))
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            #expect(abs(spearman(made[first], made[second])) < 0.05)
        }
        // What lies inside the one bin comes from a histogram of its own.
        for column in 0..<3 { #expect(distance(numbers.columns[column], made[column]) < 0.05) }
        #expect(try FittedModel(encoded: model.encoded()).differences == model.differences)
    }

    @Test("noise in empty bins of a heavy tail moves no mean: within 4 %", arguments: [1, 2, 3] as [UInt64])
    func means(seed: UInt64) throws {
        var random = RandomNumbers(seed)
        var numbers = Numbers()
        let count = 30_000
        func pareto() -> Double { pow(max(random.unit(), 1e-12), -1 / 2.5) }
        numbers.add(
            "income", 0...5e6, scale: .log, (0..<count).map { _ in min(exp(10.3 + 0.9 * random.normal()), 5e6) })
        numbers.add("wealth", 0...1e9, scale: .log, (0..<count).map { _ in min(15_000 * pareto(), 1e9) })
        numbers.add("linear", 0...1e6, (0..<count).map { _ in min(exp(10.3 + 0.7 * random.normal()), 1e6) })
        numbers.add("class", classes: 5, (0..<count).map { _ in Int(random.unit() * 5) })
        let model = try fit("auto", numbers.table(), usual)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<UInt64(count)))
        for column in 0..<3 {
            func mean(_ values: [Double?]) -> Double { values.compactMap { $0 }.reduce(0, +) / Double(count) }
            let ratio = mean(made[column]) / mean(numbers.columns[column])
            #expect(abs(ratio - 1) < 0.04, "\(column): \(ratio)")
        }
    }

    @Test("a tail goes on as it ended, and ends where a scale is cut off")
    func tails() {
        let falling: [Double] = [50, 900, 3_000, 2_000, 700, 250, 85, 3, -20, 14, -3, 25, -11, 9, 2, -8]
        let kept = withTailLaws(falling, counts: falling, deviation: 12, isWide: true)
        #expect(kept[2] == 3_000 && kept[6] == 85)
        // About a third of each from one to the next.
        #expect((10.0...45.0).contains(kept[7]) && kept[8] < kept[7] && kept[15] < 0.1)
        let cut: [Double] = [1_000, 1_010, 990, 1_005, 7, -9, 15, -2, 8, -12, 20, 3]
        let ended = withTailLaws(cut, counts: cut, deviation: 12, isWide: true)
        #expect(ended[4] < 20 && ended[11] < 0.1)
        // Cells of a fine scale that noise hides one by one stand together.
        let flat = [400] + [Double](repeating: 30, count: 40)
        let far = withTailLaws(flat, counts: flat, deviation: 15, isWide: false)
        #expect(far[1...36].allSatisfy { $0 == 30 } && far[40] > 10)
        let island: [Double] = [1_000, 800, 500, 100, 2, -4, 9, 3, -7, 400]
        #expect(withTailLaws(island, counts: island, deviation: 12, isWide: true)[9] == 400)
    }

    @Test("a projection that has rows to give away gives none to empty cells")
    func projection() {
        let found = projectedOntoSimplex([60, 40, 0, -1, 0.5], total: 110)
        #expect(abs(found.reduce(0, +) - 110) < 1e-9)
        #expect(found[2] == 0 && found[3] == 0 && found[4] < 1)
        #expect(projectedOntoSimplex([60, 40, 5, 5], total: 100).reduce(0, +) == 100)
    }
}
