import Domains
import Foundation
import Statistics
import Tables
import Tasks
import Testing
import VectorMath

@testable import PrivacyKernel
@testable import Queries

@Suite struct SumStepsTests {
    /// A column of skewed numbers, read from a file, with the number of each row.
    private struct Skewed {
        let numbers: [Double]
        let domain: TableDomain
        private let rows: PrivateRows

        init(_ type: FieldType, bins: Bins, rows: Int = 20_000) throws {
            var random = SplitMix64(state: 5)
            numbers = (0..<rows).map { _ in
                let uniform = Double.random(in: 1e-9..<1, using: &random)
                let value = min(exp(9 + 1.1 * Normal.quantile(uniform)), 999_000)
                return type == .integer ? value.rounded() : (value * 100).rounded() / 100
            }
            let field = Field(
                name: "income", type: type,
                constraints: Constraints(required: true, minimum: .number(1), maximum: .number(1_000_000)), bins: bins)
            let schema = TableSchema(fields: [field])
            domain = try TableDomain(schema: schema, keyColumns: [])
            let reader = CSVTableReader(
                domain: domain, schema: schema, key: nil, hash: KeyedHash(key: (1, 2)),
                limits: TableLimits(bytes: 1 << 24, rows: rows, sizes: [rows]), rowsPerKey: 1, dialect: TableDialect())
            try reader.consume(Array(("income\n" + numbers.map { "\($0)\n" }.joined()).utf8))
            self.rows = try PrivateTable(single: reader.finish()).rows
        }

        func exact(_ query: PermittedQuery) throws -> [Int64] {
            let resolved = try ResolvedQuery(query, domain: domain)
            let kernel = Kernel(rows: rows, generator: NoiseGenerator(key: [1, 2, 3, 4]))
            return try resolved.sums.map { try kernel.groupedSums($0, [], 1, rows)[0] }
        }
    }

    @Test(
        "a sum over few wide bins is that of the numbers, to the step",
        arguments: [
            (FieldType.integer, Bins.Scale.linear, 32), (.number, .linear, 32), (.number, .log, 8),
            (.integer, .log, 8),
        ])
    func sum(type: FieldType, scale: Bins.Scale, count: Int) throws {
        let skewed = try Skewed(type, bins: Bins(count: count, scale: scale, spikes: []))
        let query = PermittedQuery(name: "mean", kind: .mean, columns: ["income"], epsilon: 1)
        let truth = skewed.numbers.reduce(0, +)
        let found = try skewed.exact(query)
        #expect(found[1] == 20_000)
        // A linear step is 122 wide here, a logarithmic one 0.7 % of its number: the errors of 20,000 rows cancel.
        #expect(abs(Double(found[0]) / truth - 1) < 0.003, "\(found[0]) for \(truth)")
    }

    @Test("a step of one whole number or less is that number")
    func wholeNumbers() throws {
        let field = Field(
            name: "age", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 119),
            bins: Bins(count: 12, spikes: []))
        let column = try TableDomain(schema: TableSchema(fields: [field]), keyColumns: []).columns[0]
        #expect(column.sumSteps == 256 && (0..<12).allSatisfy { column.stepWidth(of: $0) == 0 })
        #expect(Set(column.numbersOfSteps()) == Set((0...119).map { Double($0) as Double? }))
    }

    @Test("a model is made to agree with sums over narrow bins alone")
    func overCodes() throws {
        for (bins, isNarrow) in [
            (Bins(count: 32, spikes: []), false), (Bins(count: 64, scale: .log, spikes: []), true),
        ] {
            let skewed = try Skewed(.number, bins: bins, rows: 10)
            let query = PermittedQuery(name: "sum", kind: .sum, columns: ["income"], epsilon: 1)
            let question = try #require(ResolvedQuery(query, domain: skewed.domain).sums.first)
            let coarse = question.overCodes(skewed.domain)
            #expect((coarse != nil) == isNarrow)
            #expect(coarse.map { $0.values.count == skewed.domain.columns[0].size } ?? true)
        }
    }
}
