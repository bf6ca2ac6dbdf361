import Foundation
import PrivacyKernel
import Testing
import VectorMath

@testable import Domains
@testable import FittedModels
@testable import Tables

@Suite("Every row obeys every rule, as it is written")
struct RuledRowsTests {
    /// Each value lies in its domain, and is a multiple of its step.
    private func stranger(_ row: [String: String], _ fields: [Field], _ domain: TableDomain) -> String? {
        for column in domain.columns {
            guard let text = row[column.name] else { return "\(column.name) is not there" }
            if column.code(of: text) == nil { return "\(column.name) has \(text)" }
            guard let step = fields.first(where: { $0.name == column.name })?.step, let value = Decimal(string: text)
            else { continue }
            let unit = Decimal(string: DecimalText.text(of: step)) ?? 1
            var (quotient, whole) = (value / unit, Decimal(0))
            NSDecimalRound(&whole, &quotient, 0, .plain)
            if whole != value / unit { return "\(column.name) has \(text), no multiple of \(step)" }
        }
        return nil
    }

    @Test("random tables and rules: all rows obey in CSV, whatever the block, and under conditions", arguments: 1...150)
    func property(seed: Int) throws {
        let random = RandomRules(seed: seed)
        let bare = try schemaDomain(random.fields)
        guard let domain = try? bare.obeying(random.rules) else { return }
        let model = try uniformModel(domain)
        let draws: Draws = seed % 2 == 0 ? .balanced : .independent
        let sampler = try RowSampler(model, seed: UInt64(seed), draws: draws)
        let rows = written(sampler, domain, 0..<200)
        #expect(rows.count == 200)
        for row in rows {
            #expect(fault(row, domain.rules) == nil, "\(row)")
            #expect(stranger(row, random.fields, domain) == nil, "\(row)")
        }
        // The first rows are the same however many are asked for.
        let parts = written(sampler, domain, 0..<7) + written(sampler, domain, 7..<200)
        #expect(parts == rows)
        // A row like one that was drawn exists, so it can be asked for by any of its values.
        for column in domain.columns.indices where seed % 3 == 0 {
            let code = try #require(domain.columns[column].code(of: rows[11][domain.columns[column].name] ?? ""))
            guard domain.columns[column].size <= 64 else { continue }
            let asked = try RowSampler(model, seed: 5, draws: draws, conditions: [(column: column, code: code)])
            for row in written(asked, domain, 0..<40) {
                #expect(fault(row, domain.rules) == nil, "\(row)")
                #expect(domain.columns[column].code(of: row[domain.columns[column].name] ?? "") == code)
            }
        }
    }

    @Test("most random rules are of use, so the property says something")
    func power() throws {
        var kinds: [String: Int] = [:]
        for seed in 1...150 {
            let random = RandomRules(seed: seed)
            guard (try? schemaDomain(random.fields).obeying(random.rules)) != nil else { continue }
            for rule in random.rules {
                switch rule {
                case .ratio: kinds["ratio", default: 0] += 1
                case .sum: kinds["sum", default: 0] += 1
                case .order: kinds["order", default: 0] += 1
                case .never: kinds["never", default: 0] += 1
                case .logPoints, .differ: break
                }
            }
        }
        for kind in ["ratio", "sum", "order", "never"] { #expect(kinds[kind, default: 0] >= 5, "\(kind) \(kinds)") }
    }

    private func ruled() throws -> (FittedModel, TableDomain) {
        let domain = try schemaDomain([
            Field(
                name: "gross", type: .number, constraints: Constraints(required: true, minimum: 0, maximum: 1000),
                bins: Bins(count: 20), step: 0.01),
            Field(
                name: "tax", type: .number, constraints: Constraints(required: true, minimum: 0, maximum: 1000),
                bins: Bins(count: 20), step: 0.01),
            Field(
                name: "net", type: .number, constraints: Constraints(required: true, minimum: 0, maximum: 1000),
                bins: Bins(count: 20)),
            Field(name: "work", type: .string, categories: ["child", "job", "none"]),
            Field(name: "age", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 99)),
            Field(name: "start", type: .date, constraints: Constraints(minimum: "2020-01-01", maximum: "2024-12-31")),
            Field(name: "end", type: .date, constraints: Constraints(minimum: "2020-01-01", maximum: "2024-12-31")),
        ]).obeying([
            .sum(column: "net", of: [Rule.Term(column: "gross"), Rule.Term(column: "tax", isSubtracted: true)]),
            .never([
                Rule.Condition(column: "age", below: "16"), Rule.Condition(column: "work", values: ["job", "none"]),
            ]), .order(["start", "end"]),
            .ratio(
                name: "rate", numerator: "tax", denominator: "gross",
                bins: Rule.RatioBins(count: 40, minimum: 0, maximum: 0.6)),
        ])
        return (try uniformModel(domain), domain)
    }

    @Test("JSON, NDJSON and CSV write the same numbers, and blocks come out as one piece")
    func formats() throws {
        let (model, domain) = try ruled()
        let sampler = try RowSampler(model, seed: 3)
        let csv = written(sampler, domain, 0..<500)
        for row in csv { #expect(fault(row, domain.rules) == nil, "\(row)") }
        func same(_ value: Any?, _ text: String) -> Bool {
            if value == nil || value is NSNull { return text.isEmpty }
            if let string = value as? String { return string == text }
            // A number with many digits is read as a decimal, whose `doubleValue` is not the nearest.
            return (value as? NSNumber).flatMap { Double("\($0)") } == Double(text)
        }
        for format in [SampleFormat.ndjson, .json] {
            var text: [UInt8] = []
            SampleEncoder(domain: domain, columns: nil, format: format).encode(
                rowCount: 500, blockRows: 64, block: { sampler.rows($0) }, write: { text += $0 })
            if format == .ndjson {
                let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
                #expect(lines.count == 500)
                for (line, row) in zip(lines, csv) {
                    let object = try #require(
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                    for (name, value) in row { #expect(same(object[name], value), "\(name): \(line)") }
                }
            } else {
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(text)) as? [String: [String: Any]])
                for (place, row) in csv.enumerated() {
                    for (name, value) in row { #expect(same(object[name]?["\(place)"], value), "\(name) \(place)") }
                }
            }
        }
    }

    @Test("a model with rules is written and read, and gives the same rows")
    func file() throws {
        let (model, domain) = try ruled()
        let read = try FittedModel(encoded: model.encoded())
        #expect(read.domain == domain)
        #expect(read.domain.rules == domain.rules)
        let first = written(try RowSampler(model, seed: 8), domain, 0..<300)
        #expect(written(try RowSampler(read, seed: 8), domain, 0..<300) == first)
    }

    @Test("an imputed model obeys too")
    func imputation() throws {
        let (model, domain) = try ruled()
        let imputed = try model.imputation(1, seed: 4)
        for row in written(try RowSampler(imputed, seed: 1, draws: .independent), domain, 0..<300) {
            #expect(fault(row, domain.rules) == nil, "\(row)")
        }
    }

    @Test("every method's rows obey", arguments: builtSynthesizers.filter { $0 != "mwem" })
    func methods(name: String) throws {
        let (_, domain) = try ruled()
        var random = SplitMix64(state: 9)
        let columns = domain.sizes.map { size in (0..<3000).map { _ in Int.random(in: 0..<size, using: &random) } }
        let model = try fit(name, table(domain, columns), usual)
        for draws in Draws.allCases {
            for row in written(try RowSampler(model, seed: 2, draws: draws), domain, 0..<500) {
                #expect(fault(row, domain.rules) == nil, "\(row)")
            }
        }
    }

    @Test("a table of no rows, and one of one row", arguments: [0, 1])
    func small(rows: Int) throws {
        let (_, domain) = try ruled()
        let model = try fit("auto", table(domain, domain.sizes.map { _ in [Int](repeating: 0, count: rows) }), usual)
        for row in written(try RowSampler(model, seed: 2), domain, 0..<50) {
            #expect(fault(row, domain.rules) == nil, "\(row)")
        }
    }

    @Test("200 rules over 60 columns hold together, and rows stay different from each other")
    func many() throws {
        var random = SplitMix64(state: 200)
        let fields = (0..<60).map { place in
            Field(
                name: "n\(place)", type: .integer,
                constraints: Constraints(required: place % 3 > 0, minimum: 0, maximum: 1000),
                bins: place % 2 == 0 ? Bins(count: 10) : nil)
        }
        var rules: [Rule] = (0..<59).filter { $0 % 6 != 5 }.map { .order(["n\($0)", "n\($0 + 1)"]) }
        while rules.count < 200 {
            let (one, other) = (Int.random(in: 0..<60, using: &random), Int.random(in: 0..<60, using: &random))
            guard one != other else { continue }
            let start = Int.random(in: 0...900, using: &random)
            rules.append(
                .never([
                    Rule.Condition(column: "n\(one)", from: "\(start)", to: "\(start + 100)"),
                    Rule.Condition(column: "n\(other)", below: "500"),
                ]))
        }
        let domain = try schemaDomain(fields).obeying(rules)
        let rows = written(try RowSampler(try uniformModel(domain), seed: 4, draws: .independent), domain, 0..<200)
        for row in rows { #expect(fault(row, domain.rules) == nil, "\(row)") }
        #expect(Set(rows).count > 120)
        // Two more that leave no value of a column are refused, at one of their places.
        let refused = #expect(throws: RuleProblems.self) {
            _ = try schemaDomain(fields).obeying(
                rules + [
                    .never([Rule.Condition(column: "n1", below: "500")]),
                    .never([Rule.Condition(column: "n1", from: "500")]),
                ])
        }
        #expect(refused?.problems.first?.rule != nil)
    }

    @Test("rows obey where sums of a computed column and of a drawn one weigh them", arguments: ["net", "gross"])
    func sums(name: String) throws {
        let (_, domain) = try ruled()
        var random = SplitMix64(state: 12)
        let columns = domain.sizes.map { size in (0..<3000).map { _ in Int.random(in: 0..<size, using: &random) } }
        let model = try fit("independent", table(domain, columns), usual)
        let column = try #require(domain.index(of: name))
        let values = (0..<domain.columns[column].size).map {
            Int64((domain.columns[column].middle(of: $0) ?? 0).rounded())
        }
        let question = SumQuestion(attribute: column, values: values, clamp: 0...1000, groups: [])
        let before = try #require(
            try model.sums(of: MeasuredSums(question: question, figures: [0], variance: 1)))[0]
        let conditioned = try model.conditioned(
            on: [MeasuredSums(question: question, figures: [Int64(before * 0.98)], variance: 1)])
        #expect(try conditioned.encoded() != model.encoded())
        let imputed = try conditioned.imputation(1, seed: 4)
        for row in written(try RowSampler(imputed, seed: 1, draws: .independent), domain, 0..<100) {
            #expect(fault(row, domain.rules) == nil, "\(row)")
        }
    }
}
