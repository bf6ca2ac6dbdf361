import Domains
import Foundation
import Tables
import Tasks
import Testing
import VectorMath

@testable import PrivacyKernel
@testable import Queries

@Suite("Queries") struct QueryTests {
    @Test("without noise every kind equals plain arithmetic")
    func plainArithmetic() throws {
        let amounts = try Amounts(groups: 7, rows: 3000)
        func figures(_ query: PermittedQuery) throws -> [Double] { try amounts.exact(query).figures.map(\.estimate) }
        let rows = amounts.rows
        #expect(try figures(.init(name: "q", kind: .cardinality, epsilon: 1)) == [3000])
        #expect(
            try figures(.init(name: "q", kind: .count, conditions: ["colour": "red", "group": "3"], epsilon: 1))
                == [Double(rows.filter { $0.colour == "red" && $0.group == 3 }.count)])
        #expect(
            try figures(.init(name: "q", kind: .histogram, columns: ["colour"], conditions: ["group": "2"], epsilon: 1))
                == ["red", "green", "blue"].map { colour in
                    Double(rows.filter { $0.colour == colour && $0.group == 2 }.count)
                })
        #expect(
            try figures(
                .init(name: "q", kind: .sum, columns: ["exported"], by: ["group"], clamp: 200...500, epsilon: 1))
                == (0..<7).map { group in
                    Double(rows.filter { $0.group == group }.reduce(0) { $0 + min(max($1.exported, 200), 500) })
                })
        let known = rows.compactMap(\.imported)
        #expect(
            try figures(.init(name: "q", kind: .mean, columns: ["imported"], epsilon: 1))
                == [Double(known.reduce(0, +)) / Double(known.count)])
        let sorted = rows.map(\.exported).sorted()
        #expect(
            try figures(.init(name: "q", kind: .quantile, columns: ["exported"], shares: [0.5], epsilon: 1))
                == [Double(sorted[1499])])
    }

    @Test("the two sums, their difference, the excess and the ranks are those of plain arithmetic")
    func plainReconciliation() throws {
        let amounts = try Amounts(groups: 9, rows: 5000)
        let flows = try #require(
            try amounts.exact(
                .init(
                    name: "q", kind: .reconcile, columns: ["exported", "imported"], by: ["group"], allowance: 0.9...1.0,
                    top: 3, epsilon: 1)
            ).flows)
        var excesses: [Double] = []
        for group in 0..<9 {
            let rows = amounts.rows.filter { $0.group == group }
            let exports = Double(rows.reduce(0) { $0 + $1.exported })
            let imports = Double(rows.reduce(0) { $0 + ($1.imported ?? 0) })
            let flow = flows[group]
            #expect(flow.group == ["\(group)"])
            #expect(flow.exports.estimate == exports)
            #expect(flow.imports.estimate == imports)
            #expect(flow.difference.estimate == imports - exports)
            let excess = imports > exports ? imports - exports : min(0, imports - 0.9 * exports)
            #expect(abs(flow.excess - excess) < 1e-6)
            excesses.append(abs(excess))
        }
        for rank in 1...3 {
            let expected = excesses.sorted(by: >)[rank - 1]
            guard expected > 0 else { break }
            #expect(flows.first { $0.rank == rank }.map { abs($0.excess) } == expected)
        }
        #expect(!flows.contains { ($0.rank ?? 0) > 3 })
    }

    @Test("without noise the total over the union of five offices is the sum of their files, the same keys and all")
    func unionTotal() throws {
        let schema = TableSchema(fields: [
            Field(name: "flow", type: .string, categories: ["X", "M"], constraints: Constraints(required: true)),
            Field(name: "value", type: .integer, constraints: Constraints(minimum: 0, maximum: 1000)),
        ])
        var random = SplitMix64(state: 5)
        var (exports, clamped) = (0, 0)
        let tables = try (0..<5).map { office in
            let lines = (0..<(300 * office)).map { row in
                let value = Int.random(in: 0..<8, using: &random) == 0 ? nil : Int.random(in: 0...1000, using: &random)
                let isExport = Bool.random(using: &random)
                exports += isExport ? value ?? 0 : 0
                clamped += isExport ? value.map { min(max($0, 200), 700) } ?? 0 : 0
                return "\(row),\(isExport ? "X" : "M"),\(value.map(String.init) ?? "")"
            }
            let reader = CSVTableReader(
                domain: try TableDomain(schema: schema, keyColumns: ["key"]), schema: schema,
                key: KeyRule(columns: ["key"]), hash: KeyedHash(key: (1, 2)),
                limits: TableLimits(bytes: 1 << 20, rows: 1 << 12))
            try reader.consume(Array((["key,flow,value"] + lines).joined(separator: "\n").utf8))
            return try reader.finish()
        }
        let united = try PrivateTable(uniting: tables, rowsPerKey: 1).rows
        func total(_ clamp: ClosedRange<Double>?) throws -> [Double] {
            let query = PermittedQuery(
                name: "total", kind: .sum, columns: ["value"], conditions: ["flow": "X"], clamp: clamp, epsilon: 1)
            return try ResolvedQuery(query, domain: united.domain).exact(united).figures.map(\.estimate)
        }
        #expect(try total(nil) == [Double(exports)])
        #expect(try total(200...700) == [Double(clamped)])
    }

    @Test("what was asked is read back from the transcript, figure by figure, and prices are parts of one budget")
    func replay() throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let queries: [PermittedQuery] = [
            .init(name: "rows", kind: .cardinality, epsilon: 0.1),
            .init(name: "sum", kind: .sum, columns: ["exported"], by: ["group"], epsilon: 0.3),
            .init(name: "middle", kind: .quantile, columns: ["imported"], shares: [0.5], epsilon: 0.2),
        ]
        let privacy = try PrivacyParameters(epsilon: 2, delta: 1e-9)
        let workload = try QueryWorkload(queries, domain: amounts.domain, privacy: privacy)
        #expect(abs(workload.modelShare - 0.7) < 1e-12)
        var budget = try Budget(privacy, accounting: .gaussian)
        let whole = budget.amount
        let kernel = amounts.kernel()
        let asked = try workload.ask(kernel, taking: &budget)
        #expect(asked.map(\.name) == ["rows", "sum", "middle"])
        #expect(abs(budget.amount / whole - 0.7) < 1e-9)
        #expect(kernel.transcript.releases.count == 3)
        #expect(try workload.answers(from: kernel.transcript, domain: amounts.domain) == asked)
        #expect(try workload.answers(from: kernel.transcript, domain: amounts.domain) == asked)
        // Cut short after the first release: what was drawn is told, the rest is not asked again.
        let cut = Transcript(releases: Array(kernel.transcript.releases.prefix(1)))
        #expect(try workload.answers(from: cut, domain: amounts.domain) == [asked[0]])
        // The forecast is the error that came.
        let forecasts = try workload.forecasts(.gaussian)
        #expect(forecasts.map(\.groups) == [1, 5, 1])
        for (forecast, answer) in zip(forecasts, asked) where answer.kind != "quantile" {
            let came = try #require(answer.figures[0].standardError)
            #expect(abs(forecast.parts[0].standardError / came - 1) < 1e-3)
        }
    }

    @Test(
        "what cannot be asked is refused by the task alone",
        arguments: [
            (PermittedQuery(name: "q", kind: .sum, columns: ["colour"], epsilon: 1), "no numbers"),
            (PermittedQuery(name: "q", kind: .sum, columns: [], epsilon: 1), "one column"),
            (PermittedQuery(name: "q", kind: .count, columns: ["group"], epsilon: 1), "nothing"),
            (
                PermittedQuery(name: "q", kind: .count, conditions: ["colour": "mauve"], epsilon: 1),
                "outside its domain"
            ),
            (PermittedQuery(name: "q", kind: .count, conditions: ["shape": "round"], epsilon: 1), "does not have"),
            (PermittedQuery(name: "q", kind: .quantile, columns: ["colour"], shares: [0.5], epsilon: 1), "no order"),
            (
                PermittedQuery(name: "q", kind: .quantile, columns: ["exported"], shares: [1.5], epsilon: 1),
                "outside 0 to 1"
            ),
            (PermittedQuery(name: "q", kind: .count, clamp: 0...1, epsilon: 1), "does not use"),
            (PermittedQuery(name: "q", kind: .sum, columns: ["exported"], unit: 1e-9, epsilon: 1), "too small"),
            (
                PermittedQuery(name: "q", kind: .sum, columns: ["exported"], clamp: 5...5, epsilon: 1),
                "clamps to nothing"
            ),
            (PermittedQuery(name: "q", kind: .histogram, columns: ["exported", "imported"], epsilon: 1), "more than"),
            (PermittedQuery(name: "q", kind: .reconcile, columns: ["exported"], epsilon: 1), "importer's"),
            (PermittedQuery(name: "q", kind: .cardinality, epsilon: 10), "nothing is left"),
        ])
    func refusals(query: PermittedQuery, words: String) throws {
        let amounts = try Amounts(groups: 5, rows: 10)
        let privacy = try PrivacyParameters(epsilon: 10, delta: 1e-9)
        let refusal = #expect(throws: QueryRefusal.self) {
            try QueryWorkload([query], domain: amounts.domain, privacy: privacy)
        }
        #expect(refusal.map { "\($0)".contains(words) } == true, "\(refusal.map { "\($0)" } ?? "")")
    }

    @Test(
        "queries of an empty join are answered like any other, and every figure is a number",
        arguments: [
            PermittedQuery(name: "q", kind: .count, by: ["colour"], epsilon: 1),
            PermittedQuery(name: "q", kind: .cardinality, epsilon: 1),
            PermittedQuery(name: "q", kind: .sum, columns: ["exported"], by: ["group"], epsilon: 1),
            PermittedQuery(name: "q", kind: .mean, columns: ["exported"], by: ["group"], epsilon: 1),
            PermittedQuery(name: "q", kind: .quantile, columns: ["exported"], shares: [0, 0.5, 1], epsilon: 1),
            PermittedQuery(
                name: "q", kind: .reconcile, columns: ["exported", "imported", "points"], by: ["group"], epsilon: 1),
        ], [0, 3])
    func emptyJoin(query: PermittedQuery, rows: Int) throws {
        // With three rows in 40 groups most cells are empty at both ends, and some at one.
        let amounts = try Amounts(groups: rows == 0 ? 3 : 40, rows: rows)
        for (answer, isExact) in [(try amounts.asked(query), false), (try amounts.exact(query), true)] {
            let encoded = try JSONEncoder().encode(answer)
            #expect(try JSONDecoder().decode(QueryAnswer.self, from: encoded) == answer)
            if rows == 0, isExact { #expect(answer.figures.allSatisfy { $0.estimate == 0 || query.kind == .quantile }) }
        }
    }

    @Test("values beyond the clamp count as its ends, also below zero, and huge ones do not overflow")
    func clamps() throws {
        let values = [-1_000_000_000, -51, -50, -7, 0, 3, 50, 51, 1_000_000_000]
        let domain = try TableDomain(
            schema: TableSchema(fields: [
                Field(
                    name: "balance", type: .integer,
                    constraints: Constraints(required: true, minimum: -1_000_000_000, maximum: 1_000_000_000),
                    bins: Bins(edges: [-1e9, -1e9 + 1, -51, -50, -49, -7, -6, 0, 1, 3, 4, 50, 51, 52, 1e9]))
            ]), keyColumns: [])
        let column = domain.columns[0]
        let codes = try values.map { UInt8(try #require(column.code(of: String($0)))) }
        let coded = try CodedTable(columns: [CodedColumn(.bytes(codes), domainSize: column.size)])
        let table = try PrivateTable(public: coded, domain: domain).rows
        let question = try ResolvedQuery(
            .init(name: "q", kind: .sum, columns: ["balance"], clamp: -50...50, epsilon: 1), domain: domain)
        let counted = values.map { value in
            min(max((column.middle(of: column.code(of: String(value)) ?? 0) ?? 0).rounded(), -50), 50)
        }
        #expect(try question.exact(table).figures[0].estimate == counted.reduce(0, +))
        let wide = try ResolvedQuery(
            .init(name: "q", kind: .sum, columns: ["balance"], clamp: -1e9...1e9, epsilon: 1), domain: domain)
        #expect(wide.sensitivities(rowsPerKey: 3) == [.sums(largest: 1_000_000_000, rowsPerKey: 3)])
        #expect(abs(try wide.exact(table).figures[0].estimate) < 1e9)
        #expect(throws: QueryRefusal.self) {
            try ResolvedQuery(
                .init(name: "q", kind: .sum, columns: ["balance"], clamp: -4e9...4e9, epsilon: 1), domain: domain)
        }
        #expect(throws: QueryRefusal.self) {
            try ResolvedQuery(
                .init(name: "q", kind: .sum, columns: ["balance"], unit: .nan, epsilon: 1), domain: domain)
        }
    }

    @Test("groups from a country to itself are left out where the task's join is a mirror, and nowhere else")
    func ownFlows() throws {
        let countries = ["CAN", "GBR", "ITA"]
        func field(_ name: String) -> Field {
            Field(name: name, type: .string, categories: countries, constraints: Constraints(required: true))
        }
        let domain = try TableDomain(
            schema: TableSchema(fields: [field("exporter"), field("importer")]), keyColumns: [])
        let query = PermittedQuery(name: "q", kind: .count, by: ["exporter", "importer"], epsilon: 1)
        #expect(try ResolvedQuery(query, domain: domain).cells().count == 9)
        let terms = MirrorTerms(value: "value", offices: [:])
        let mirrored = try ResolvedQuery(query, domain: domain, mirror: terms).cells()
        #expect(mirrored.count == 6)
        #expect(mirrored.allSatisfy { $0.labels[0] != $0.labels[1] })
        let privacy = try PrivacyParameters(epsilon: 2, delta: 1e-9)
        for (mirror, groups) in [(MirrorTerms?.none, 9), (terms, 6)] {
            let workload = try QueryWorkload([query], domain: domain, privacy: privacy, mirror: mirror)
            #expect(try workload.forecasts(.gaussian).map(\.groups) == [groups])
        }
        // One end alone names no flow.
        let oneEnd = PermittedQuery(name: "q", kind: .count, by: ["exporter"], epsilon: 1)
        #expect(try ResolvedQuery(oneEnd, domain: domain, mirror: terms).cells().count == 3)
    }

    @Test("without a model the queries cost all of ε, and a spent budget answers nothing and records nothing")
    func wholeBudget() throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let queries: [PermittedQuery] = [
            .init(name: "rows", kind: .cardinality, epsilon: 0.1),
            .init(name: "sum", kind: .sum, columns: ["exported"], epsilon: 0.2),
        ]
        let privacy = try PrivacyParameters(epsilon: 0.3, delta: 1e-9)
        let workload = try QueryWorkload(queries, domain: amounts.domain, privacy: privacy, remainder: .nothing)
        var budget = try Budget(privacy, accounting: .gaussian)
        let kernel = amounts.kernel()
        let asked = try workload.ask(kernel, taking: &budget)
        #expect(asked.map(\.name) == ["rows", "sum"])
        #expect(budget.amount == 0)
        // What the ledger keeps of each release is in the proportion of the prices.
        let spent = kernel.transcript.releases.map { Double($0.spent) }
        #expect(abs(spent[0] / (spent[0] + spent[1]) - 1.0 / 3) < 1e-6)
        #expect(throws: PrivacyError.self) { try workload.ask(kernel, taking: &budget) }
        #expect(kernel.transcript.releases.count == 2)
        for prices in [[0.1, 0.1], [0.2, 0.2]] {
            #expect(throws: QueryRefusal.self) {
                try QueryWorkload(
                    zip(queries, prices).map { query, price in
                        var query = query
                        query.epsilon = price
                        return query
                    }, domain: amounts.domain, privacy: privacy, remainder: .nothing)
            }
        }
    }

    @Test("the error that is forecast is the error that is released, whatever rows a key has", arguments: [1, 10])
    func forecastOfRows(rowsPerKey: Int) throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let queries: [PermittedQuery] = [
            .init(name: "rows", kind: .count, by: ["group"], epsilon: 0.1),
            .init(name: "sum", kind: .sum, columns: ["exported"], epsilon: 0.2),
            .init(name: "ends", kind: .reconcile, columns: ["exported", "imported"], by: ["colour"], epsilon: 0.3),
        ]
        for accounting in Accounting.allCases {
            let privacy = try PrivacyParameters(epsilon: 1, delta: accounting == .pure ? 0 : 1e-9)
            let program = try QueryWorkload(
                queries, domain: amounts.domain, privacy: privacy, rowsPerKey: rowsPerKey)
            let forecasts = try program.forecasts(accounting)
            let kernel = amounts.kernel(rowsPerKey: rowsPerKey)
            var budget = try Budget(privacy, accounting: accounting)
            try program.ask(kernel, taking: &budget)
            for (forecast, release) in zip(forecasts, kernel.transcript.releases) {
                let variances: [Double] =
                    switch release.answer {
                    case .marginals(let marginals): marginals.map(\.variance)
                    case .sums(let sums): sums.map(\.variance)
                    default: []
                    }
                let units = forecast.parts.enumerated().map { place, _ in forecast.addsValues && place < 2 ? 1.0 : 1 }
                for ((part, variance), unit) in zip(zip(forecast.parts, variances), units) {
                    #expect(abs(part.standardError / (unit * variance.squareRoot()) - 1) < 1e-6, "\(forecast.name)")
                }
            }
        }
    }

    @Test("a price is shown as its part of the budget, and what it costs by itself")
    func priceAlone() throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
        let program = try QueryWorkload(
            [.init(name: "rows", kind: .cardinality, epsilon: 0.1)], domain: amounts.domain, privacy: privacy)
        let forecast = try #require(try program.forecasts(.gaussian).first)
        let alone = try #require(forecast.alone)
        // A tenth of ρ is √0.1 of μ.
        #expect(alone.epsilon > 0.3005 && alone.epsilon < 0.3015, "\(alone)")
        #expect(alone.delta == 1e-9)
        #expect(forecast.share == 0.1)
        let pure = try PrivacyParameters(epsilon: 1, delta: 0)
        let exact = try QueryWorkload(
            [.init(name: "rows", kind: .cardinality, epsilon: 0.1)], domain: amounts.domain, privacy: pure)
        #expect(abs((try exact.forecasts(.pure).first?.alone?.epsilon ?? 0) - 0.1) < 1e-9)
    }

    @Test("queries spend the shares of the plan that they are given")
    func sharesOfAPlan() throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let queries: [PermittedQuery] = [
            .init(name: "rows", kind: .cardinality, epsilon: 0.4),
            .init(name: "sum", kind: .sum, columns: ["exported"], epsilon: 0.2),
        ]
        let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
        let program = try QueryWorkload(queries, domain: amounts.domain, privacy: privacy)
        for shares in [[0.4, 0.2], [0.3, 0.2]] {
            var budget = try Budget(privacy, accounting: .gaussian)
            let whole = budget.amount
            let kernel = amounts.kernel()
            try program.ask(kernel, shares: shares, taking: &budget)
            for (release, share) in zip(kernel.transcript.releases, shares) {
                #expect(abs(Double(release.spent) / 0x1p50 / whole - share) < 1e-6)
            }
            #expect(abs(budget.amount / whole - (1 - shares.reduce(0, +))) < 1e-6)
        }
    }

    @Test("what a query measured is told as sums by groups, counts as sums of ones")
    func sums() throws {
        let amounts = try Amounts(groups: 5, rows: 500)
        let privacy = try PrivacyParameters(epsilon: 2, delta: 1e-9)
        let workload = try QueryWorkload(
            [
                .init(name: "rows", kind: .count, by: ["group"], epsilon: 0.5),
                .init(name: "ends", kind: .reconcile, columns: ["exported", "imported"], by: ["colour"], epsilon: 1),
            ], domain: amounts.domain, privacy: privacy)
        var budget = try Budget(privacy, accounting: .gaussian)
        let kernel = amounts.kernel()
        let answers = try workload.ask(kernel, taking: &budget)
        let sums = try workload.sums(from: kernel.transcript, domain: amounts.domain)
        #expect(sums.map(\.question.groups) == [[0], [1], [1]])
        #expect(sums[0].question.values.allSatisfy { $0 == 1 })
        #expect(sums[0].figures.map(Double.init) == answers[0].figures.map(\.estimate))
        #expect(sums[1].figures.map(Double.init) == answers[1].flows?.map(\.exports.estimate))
        #expect(sums[2].figures.map(Double.init) == answers[1].flows?.map(\.imports.estimate))
        #expect(try workload.sums(from: Transcript(), domain: amounts.domain).isEmpty)
    }
}
