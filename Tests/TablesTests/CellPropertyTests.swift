import Testing
import VectorMath

@testable import Domains
@testable import Tables

/// Random domains of numbers and dates.
@Suite struct CellPropertyTests {
    static func randomField(_ random: inout SplitMix64) -> Field {
        let type: FieldType = [.integer, .number, .date].randomElement(using: &random) ?? .number
        if type == .date {
            let first = Int.random(in: -40_000...40_000, using: &random)
            let length = Int.random(in: 0...60_000, using: &random)
            return Field(
                name: "x", type: .date,
                constraints: Constraints(
                    minimum: .text(CalendarDate.text(ofDay: first)),
                    maximum: .text(CalendarDate.text(ofDay: first + length))),
                bins: Bool.random(using: &random) ? nil : Bins(count: Int.random(in: 1...50, using: &random)))
        }
        let size: Double = [1e-3, 1, 100, 1e5, 1e9, 1e12].randomElement(using: &random) ?? 1
        func value() -> Double {
            let value = Double.random(in: -size...size, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: return 0
            case 1: return value.rounded()
            default: return type == .integer ? value.rounded() : value
            }
        }
        let (first, second) = (value(), value())
        let upper = first == second ? first + max(1, size) : max(first, second)
        let lower = min(first, second)
        let whole = type == .integer
        var bins = Bins(
            count: Int.random(in: 1...70, using: &random), scale: Bool.random(using: &random) ? .log : .linear)
        if Bool.random(using: &random) {
            let spikes = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                let value = Double.random(in: lower...upper, using: &random)
                return whole ? max(lower.rounded(.up), value.rounded(.down)) : value
            }
            bins.spikes = spikes
        }
        return Field(
            name: "x", type: type,
            constraints: Constraints(
                minimum: .number(whole ? lower.rounded() : lower), maximum: .number(whole ? upper.rounded(.up) : upper)),
            bins: bins)
    }

    static let fractions: [Double] = [0, 1e-9, 0.001, 0.25, 0.5, 0.75, 0.999, Double(Float(1).nextDown), 1.0.nextDown]

    @Test("what a cell writes always reads back into the same cell", arguments: 0..<400)
    func roundTrip(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let field = Self.randomField(&random)
        let domain = try TableDomain(schema: TableSchema(fields: [field]), keyColumns: []).columns[0]
        for code in 0..<domain.size {
            let more = (0..<3).map { _ in Double.random(in: 0..<1, using: &random) }
            for fraction in Self.fractions + more {
                let text = domain.text(of: code, fraction: fraction)
                #expect(domain.code(of: text) == code, "\(field) writes \(text)")
                #expect(text.utf8.count <= 26, "\(text)")
            }
        }
    }

    @Test("every value within the bounds has one cell, in ascending order, and none outside", arguments: 0..<400)
    func cover(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed) + 1_000)
        let field = Self.randomField(&random)
        let domain = try TableDomain(schema: TableSchema(fields: [field]), keyColumns: []).columns[0]
        guard case .bins(let binning) = domain.cells else { return }
        var values = binning.starts + [binning.maximum] + binning.starts.dropFirst().map(\.nextDown)
        for _ in 0..<200 { values.append(Double.random(in: binning.starts[0]...binning.maximum, using: &random)) }
        if binning.isWhole { values = values.map { $0.rounded(.down) }.filter { $0 >= binning.starts[0] } }
        var last = 0
        for value in values.sorted() {
            let code = try #require(binning.cell(of: value))
            #expect(code >= last)
            last = code
            let edges = try #require(domain.edges(of: code))
            #expect(value >= edges.lower && value <= edges.upper)
        }
        #expect(binning.cell(of: binning.starts[0].nextDown) == nil)
        #expect(binning.cell(of: binning.maximum.nextUp) == nil)
        #expect(binning.cell(of: .nan) == nil)
    }

    @Test("sampled numbers are short: four or five figures where a bin is as wide as its values")
    func short() throws {
        let domain = try field(#""type":"number","constraints":{"minimum":0,"maximum":1e12},"bins":{"scale":"log"}"#)
        for code in 1..<32 {
            let digits = domain.text(of: code, fraction: 0.4321).filter(\.isNumber)
            let significant = digits.drop { $0 == "0" }.reversed().drop { $0 == "0" }
            #expect(significant.count <= 5)
        }
    }

    @Test("on a logarithmic scale half way is the geometric mean")
    func geometric() throws {
        let domain = try field(
            #""type":"number","constraints":{"minimum":1,"maximum":10000},"bins":{"count":2,"scale":"log"}"#)
        #expect(domain.text(of: 0, fraction: 0.5) == "10")
        #expect(domain.text(of: 1, fraction: 0.5) == "1000")
    }

    @Test("dates agree with the calendar over four centuries")
    func calendar() {
        var day = CalendarDate.day(year: 1800, month: 1, dayOfMonth: 1)
        for year in 1800..<2200 {
            for month in 1...12 {
                for date in 1...CalendarDate.length(month: month, year: year) {
                    #expect(CalendarDate.day(year: year, month: month, dayOfMonth: date) == day)
                    day += 1
                }
            }
        }
        #expect(CalendarDate.text(ofDay: 0) == "1970-01-01")
        #expect(CalendarDate.text(ofDay: 19_416) == "2023-02-28")
        #expect(CalendarDate.text(ofDay: -719_162) == "0001-01-01")
    }

    @Test(
        "numbers are read strictly",
        arguments: [
            ("1", 1.0), ("-1.50", -1.5), ("+3", 3.0), ("1e3", 1_000.0), (".5", 0.5), ("5.", 5.0), ("1E-2", 0.01),
            ("0.1", 0.1), ("123456789012345678901234567890", 1.2345678901234568e29), ("4.35", 4.35),
            ("9007199254740993", 9_007_199_254_740_992.0),
        ])
    func numbers(text: String, value: Double) {
        #expect(DecimalText.number(of: text) == value)
    }

    @Test(
        "what is no number is none",
        arguments: ["", "-", ".", "1,5", "nan", "inf", "0x10", "1e", "e3", "1e99999", "1 2", "--1", "1.2.3", "1_000"])
    func noNumbers(text: String) {
        #expect(DecimalText.number(of: text) == nil)
    }
}
