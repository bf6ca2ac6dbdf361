import Domains
import Foundation
import PrivacyKernel
import Tables
import Testing
import VectorMath

@testable import FittedModels
@testable import Synthesizers

@Suite("columns that another one nearly determines") struct ColumnDifferenceTests {
    private let count = 20_000

    /// Values at the exporter and at the importer, in other bins, with freight that depends on the mode of transport.
    private func trade(_ seed: UInt64 = 1) -> Numbers {
        var random = RandomNumbers(seed)
        var (from, to, mode) = ([Double?](), [Double?](), [Int]())
        for _ in 0..<count {
            let value = exp(10 + 2 * random.normal())
            let air = random.unit() < 0.3
            from.append(value)
            to.append(value * exp((air ? 0.15 : 0.05) + 0.04 * random.normal()))
            mode.append(air ? 1 : 0)
        }
        var numbers = Numbers()
        numbers.add("from", 0.01...1e9, scale: .log, from)
        numbers.add("mode", classes: 2, mode)
        numbers.add("to", 0.001...1e10, scale: .log, to)
        return numbers
    }

    @Test("a ratio of two columns survives, and what it depends on")
    func ratio() throws {
        let numbers = trade()
        let model = try fit("auto", numbers.table(), usual)
        #expect(model.differences.count == 1)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<UInt64(count)))
        let truth = numbers.columns
        let logs = knownPairs(made[0], made[2]).map { (log($0.0), log($0.1)) }
        #expect(correlation(logs) > 0.998)
        for share in [0.05, 0.5, 0.95] {
            let real = quantile(knownPairs(truth[0], truth[2]).map { $0.1 / $0.0 }, share)
            let own = quantile(knownPairs(made[0], made[2]).map { $0.1 / $0.0 }, share)
            #expect(abs(own / real - 1) < 0.02, "\(share): \(own) for \(real)")
        }
        for mode in [0.0, 1] {
            let rows = made[0].indices.filter { made[1][$0] == mode }
            let middle = quantile(
                rows.compactMap { row in made[2][row].flatMap { b in made[0][row].map { b / $0 } } }, 0.5)
            #expect(abs(middle / exp(mode == 1 ? 0.15 : 0.05) - 1) < 0.02, "\(mode): \(middle)")
        }
        for column in [0, 2] { #expect(distance(truth[column], made[column]) < 0.02) }
    }

    @Test("chains, falling relations, other scales, whole numbers and missing values", arguments: [1, 2] as [UInt64])
    func shapes(seed: UInt64) throws {
        var random = RandomNumbers(seed)
        var columns = [[Double?]](repeating: [], count: 6)
        for _ in 0..<count {
            let z = random.normal()
            let second = 0.97 * z + (1 - 0.97 * 0.97).squareRoot() * random.normal()
            let third = 0.98 * second + (1 - 0.98 * 0.98).squareRoot() * random.normal()
            columns[0].append(min(max(5 + 1.5 * z, 0), 12))
            columns[1].append(exp(3 + second))
            columns[2].append(min(max(-third * 20, -100), 100))
            columns[3].append(
                random.unit() < 0.1 ? nil : min(max(500 + 100 * second + 3 * random.normal(), 0), 1000).rounded())
            columns[4].append(random.unit() < 0.2 ? 0 : exp(4 + second + 0.02 * random.normal()))
            columns[5].append(random.normal().rounded())
        }
        var numbers = Numbers()
        numbers.add("a", 0...12, columns[0])
        numbers.add("b", 0.01...1e5, scale: .log, columns[1])
        numbers.add("c", -100...100, columns[2])
        numbers.add("d", 0...2_000, type: .integer, required: false, columns[3])
        numbers.add("e", 0...1e6, scale: .log, columns[4])
        numbers.add("f", units: -6...6, columns[5])
        numbers.columns[5] = columns[5].map { $0.map { min(max($0, -6), 6) } }
        let model = try fit("auto", numbers.table(), usual)
        #expect(model.differences.count >= 2)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<UInt64(count)))
        for first in 0..<5 {
            for second in (first + 1)..<5 {
                let real = spearman(numbers.columns[first], numbers.columns[second])
                let own = spearman(made[first], made[second])
                // Column 3 has wide cells and missing values: of some of its rows only the code is kept.
                let limit = first == 3 || second == 3 ? 0.06 : 0.03
                if abs(real) > 0.9 { #expect(abs(real - own) < limit, "\(first) \(second): \(own) for \(real)") }
            }
            #expect(distance(numbers.columns[first], made[first]) < 0.05, "\(first)")
        }
    }

    @Test("equal columns stay equal, to the unit")
    func equal() throws {
        var random = RandomNumbers(4)
        let values = (0..<count).map { _ -> Double? in Double(Int(random.unit() * random.unit() * 80)) }
        var numbers = Numbers()
        numbers.add("a", units: 0...99, values)
        numbers.add("b", units: 0...99, values.map { $0.map { $0 + 5 } })
        let model = try fit("auto", numbers.table(), usual)
        #expect(model.differences.count == 1)
        let made = try numbers.numbers(RowSampler(model, seed: 3).rows(0..<5_000))
        let kept = knownPairs(made[0], made[1]).count { $0.1 - $0.0 == 5 }
        #expect(kept > 4_700, "\(kept)")
    }

    @Test(
        "constant, empty and independent columns, and few rows, are modelled as before", arguments: [0, 1, 50, 3_000])
    func nothingToFind(rows: Int) throws {
        var random = RandomNumbers(9)
        var numbers = Numbers()
        numbers.add("constant", 0...1e6, scale: .log, [Double?](repeating: 77, count: rows))
        numbers.add("same", 0...1e6, scale: .log, [Double?](repeating: 77, count: rows))
        numbers.add("empty", 0...10, required: false, [Double?](repeating: nil, count: rows))
        numbers.add("zero", -5...5, [Double?](repeating: 0, count: rows))
        numbers.add("free", 0...1, (0..<rows).map { _ in random.unit() })
        let model = try fit("auto", numbers.table(), usual)
        let made = try RowSampler(model, seed: 1).rows(0..<500)
        #expect(made.codes.count == 5 && made.codes.allSatisfy { $0.count == 500 })
    }

    @Test("the first rows of a seed are the same, in every file, stretch and kind of draws")
    func seekable() throws {
        let numbers = trade(2)
        let model = try fit("auto", numbers.table(), usual)
        let read = try FittedModel(encoded: model.encoded())
        #expect(read.differences == model.differences && !model.differences.isEmpty)
        #expect(String(decoding: try model.encoded().prefix(40), as: UTF8.self).contains(#""entrepot-model":2"#))
        for draws in Draws.allCases {
            let whole = try RowSampler(model, seed: 5, draws: draws).rows(0..<70_000)
            let part = try RowSampler(read, seed: 5, draws: draws).rows(65_000..<66_000)
            #expect(whole.codes.map { Array($0[65_000..<66_000]) } == part.codes)
            #expect(whole.fractions.map { $0.isEmpty ? [] : Array($0[65_000..<66_000]) } == part.fractions)
        }
    }

    @Test("conditions on either column hold in every row", arguments: [0, 2])
    func conditions(column: Int) throws {
        let numbers = trade(3)
        let domain = try numbers.domain
        let model = try fit("auto", numbers.table(), usual)
        let code = try #require(domain.columns[column].code(of: "30000"))
        for draws in Draws.allCases {
            let block = try RowSampler(model, seed: 5, draws: draws, conditions: [(column, code), (1, 1)]).rows(
                0..<2_000)
            #expect(block.codes[column].allSatisfy { Int($0) == code })
            #expect(block.codes[1].allSatisfy { $0 == 1 })
            let made = try numbers.numbers(block)
            let ratio = quantile(knownPairs(made[0], made[2]).map { $0.1 / $0.0 }, 0.5)
            #expect(abs(ratio / exp(0.15) - 1) < 0.04, "\(ratio)")
        }
    }

    @Test("imputations keep the ratio and differ")
    func imputations() throws {
        let numbers = trade(4)
        let model = try fit("auto", numbers.table(), usual)
        let first = try model.imputation(1, seed: 1)
        let second = try model.imputation(2, seed: 1)
        #expect(first.differences == model.differences)
        #expect(first.shares.last != second.shares.last)
        let made = try numbers.numbers(RowSampler(first, seed: 1).rows(0..<10_000))
        #expect(correlation(knownPairs(made[0], made[2]).map { (log($0.0), log($0.1)) }) > 0.998)
    }

    @Test("a replayed transcript gives the same model, and what is cut short gives one too")
    func replay() throws {
        let numbers = trade(5)
        let model = try fit("auto", numbers.table(), usual)
        let synthesizer = try synthesizer(named: "auto")
        for releases in 0...model.transcript.releases.count {
            let part = Transcript(releases: Array(model.transcript.releases.prefix(releases)))
            let again = try synthesizer.fit(Kernel(replaying: part, domain: model.domain), usual)
            if releases == model.transcript.releases.count { #expect(try again.encoded() == model.encoded()) }
        }
    }

    @Test("a file whose difference does not fit is refused")
    func malformed() throws {
        let numbers = trade(6)
        let model = try fit("auto", numbers.table(), usual)
        let text = String(decoding: try model.encoded(), as: UTF8.self)
        let body = try #require(text.range(of: #""body":"#)).upperBound
        for (from, to) in [
            (#""base":0"#, #""base":9"#), (#""base":0"#, #""base":2"#), (#""base":0"#, #""base":1"#),
            (#""column":2,"columnAxis""#, #""column":-1,"columnAxis""#),
        ] {
            let changed = text[body...].dropLast(2).replacingOccurrences(of: from, with: to)
            #expect(changed != String(text[body...].dropLast(2)))
            #expect(throws: SynthesisError.self) {
                _ = try FittedModel(encoded: FittedModel.sealed(Array(changed.utf8), version: 2))
            }
        }
    }
}
