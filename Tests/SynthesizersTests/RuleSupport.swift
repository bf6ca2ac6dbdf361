import Foundation
import PrivacyKernel
import Testing
import VectorMath

@testable import Domains
@testable import FittedModels
@testable import Tables

/// Tables and rules at random, and what it means that a written row obeys: worked out from its texts alone.
struct RandomRules {
    let fields: [Field]
    let rules: [Rule]

    init(seed: Int) {
        var random = SplitMix64(state: UInt64(seed) &* 77)
        func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
        var fields: [Field] = []
        for place in 0..<Int.random(in: 3...6, using: &random) {
            let required = Constraints(required: chance(0.6))
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1, 2:
                let step = [nil, nil, 0.01, 0.5, 25].randomElement(using: &random) ?? nil
                let lower = [0, 1, -50, 100].randomElement(using: &random)! * (step == 25 ? 25 : 1)
                let upper = lower + [10, 200, 100_000].randomElement(using: &random)! * (step == 25 ? 25 : 1)
                let isWhole = chance(0.4)
                fields.append(
                    Field(
                        name: "n\(place)", type: isWhole ? .integer : .number,
                        constraints: Constraints(
                            required: required.required, minimum: .number(Double(lower)),
                            maximum: .number(Double(upper))),
                        bins: Bins(
                            count: Int.random(in: 3...20, using: &random),
                            scale: [.linear, .log, .asinh].randomElement(using: &random)),
                        step: isWhole && (step ?? 1) < 1 ? nil : step))
            case 3:
                let isLong = chance(0.5)
                fields.append(
                    Field(
                        name: "d\(place)", type: .date,
                        constraints: Constraints(
                            required: required.required, minimum: "2020-01-01",
                            maximum: isLong ? "2029-12-31" : "2020-03-01"),
                        bins: isLong ? Bins(count: 7) : nil))
            default:
                fields.append(
                    Field(
                        name: "c\(place)", type: .string,
                        categories: Array(
                            ["x", "y", "z", "w"].prefix(
                                Int.random(in: 2...4, using: &random))), constraints: required))
            }
        }
        self.fields = fields
        let numbers = fields.filter { $0.type == .integer || $0.type == .number }.map(\.name)
        let dates = fields.filter { $0.type == .date }.map(\.name)
        var rules: [Rule] = []
        for number in 0..<Int.random(in: 1...3, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where numbers.count >= 2:
                let two = numbers.shuffled(using: &random).prefix(2)
                rules.append(
                    .ratio(
                        name: "r\(number)", numerator: two[0], denominator: two[1],
                        bins: chance(0.3)
                            ? Rule.RatioBins() : Rule.RatioBins(count: 20, scale: .linear, minimum: 0.25, maximum: 4)))
            case 1 where numbers.count >= 2:
                let some = numbers.shuffled(using: &random).prefix(Int.random(in: 2...3, using: &random))
                rules.append(
                    .sum(
                        column: some[0],
                        of: some.dropFirst().map { Rule.Term(column: $0, isSubtracted: chance(0.4)) }))
            case 2 where numbers.count >= 2 || dates.count >= 2:
                let kind = dates.count >= 2 && (numbers.count < 2 || chance(0.4)) ? dates : numbers
                rules.append(.order(Array(kind.shuffled(using: &random).prefix(2))))
            default:
                let two = fields.shuffled(using: &random).prefix(2)
                rules.append(
                    .never(
                        two.map { field in
                            switch field.type {
                            case .string: Rule.Condition(column: field.name, values: ["x"])
                            case .date: Rule.Condition(column: field.name, from: "2020-02-10")
                            default:
                                chance(0.5)
                                    ? Rule.Condition(column: field.name, below: "55")
                                    : Rule.Condition(column: field.name, above: "5.5")
                            }
                        }.sorted { $0.column < $1.column }))
            }
        }
        self.rules = rules
    }
}

/// What is wrong with a row as it was written; nil if it obeys.
func fault(_ row: [String: String], _ rules: [Rule]) -> String? {
    func text(_ column: String) -> String? { row[column].flatMap { $0.isEmpty ? nil : $0 } }
    func decimal(_ column: String) -> Decimal? { text(column).flatMap { Decimal(string: $0) } }
    func isDate(_ text: String) -> Bool { text.utf8.count == 10 && text.dropFirst(4).first == "-" }
    func compare(_ one: String, _ other: String) -> Bool {
        if !isDate(one), let a = Decimal(string: one), let b = Decimal(string: other) { return a <= b }
        return one <= other
    }
    for rule in rules {
        switch rule {
        case .order(let columns):
            for (first, second) in zip(columns, columns.dropFirst()) {
                guard let one = text(first), let other = text(second) else { continue }
                if !compare(one, other) { return "\(rule): \(one) is above \(other)" }
            }
        case .sum(let column, let terms):
            let parts = terms.map { decimal($0.column) }
            guard !parts.contains(where: { $0 == nil }) else {
                if text(column) != nil { return "\(rule): a part is missing and the sum is not" }
                continue
            }
            let total = zip(parts, terms).reduce(Decimal(0)) { $0 + ($1.1.isSubtracted ? -$1.0! : $1.0!) }
            if decimal(column) != total { return "\(rule): \(text(column) ?? "") is not \(total)" }
        case .ratio(let name, let numerator, let denominator, _):
            guard let one = text(numerator).flatMap(Double.init), let other = text(denominator).flatMap(Double.init),
                other != 0
            else {
                if text(name) != nil { return "\(rule): there is a ratio of nothing" }
                continue
            }
            if text(name).flatMap(Double.init) != one / other {
                return "\(rule): \(text(name) ?? "") of \(one), \(other)"
            }
        case .logPoints(let name, let numerator, let denominator):
            guard let one = text(numerator).flatMap(Double.init), let other = text(denominator).flatMap(Double.init),
                one > 0, other > 0
            else {
                if text(name) != nil { return "\(rule): there are points of nothing" }
                continue
            }
            if text(name).flatMap(Double.init) != (100 * log(one / other)).rounded() {
                return "\(rule): \(text(name) ?? "") of \(one), \(other)"
            }
        case .differ(let first, let second):
            if text(first) == text(second) { return "\(rule)" }
        case .never(let conditions):
            let all = conditions.allSatisfy { condition in
                guard let value = text(condition.column) else { return condition.includesMissing }
                if let values = condition.values {
                    return values.contains { $0 == value || (Double($0) != nil && Double($0) == Double(value)) }
                }
                // A condition on missing alone.
                let limits = [condition.below, condition.above, condition.from, condition.to]
                if limits.allSatisfy({ $0 == nil }) { return false }
                func less(_ one: String, _ other: String) -> Bool { !compare(other, one) }
                return (condition.below.map { less(value, $0) } ?? true)
                    && (condition.above.map { less($0, value) } ?? true)
                    && (condition.from.map { compare($0, value) } ?? true)
                    && (condition.to.map { compare(value, $0) } ?? true)
            }
            if all { return "\(rule)" }
        }
    }
    return nil
}

/// A model of independent uniform columns.
func uniformModel(_ domain: TableDomain) throws -> FittedModel {
    try FittedModel(
        fitting: [], domain: domain,
        plan: MechanismPlan(
            synthesizer: .independent, parameters: [:], accounting: .gaussian, epsilon: 1, delta: 1e-9, steps: []),
        transcript: Transcript(releases: []))
}

/// The rows of a sampler as CSV writes them.
func written(_ sampler: RowSampler, _ domain: TableDomain, _ range: Range<UInt64>) -> [[String: String]] {
    var encoder = SampleEncoder(domain: domain, columns: nil, format: .csv)
    var bytes: [UInt8] = []
    encoder.header(into: &bytes)
    encoder.append(sampler.rows(range), into: &bytes)
    encoder.footer(into: &bytes)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().dropLast().map {
        Dictionary(zip(lines[0], $0), uniquingKeysWith: { first, _ in first })
    }
}
