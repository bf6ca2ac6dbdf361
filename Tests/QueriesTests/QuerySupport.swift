import Domains
import Foundation
import Statistics
import Tables
import Tasks
import VectorMath

@testable import PrivacyKernel
@testable import Queries

typealias PermittedQuery = TaskSpecification.PermittedQuery

/// A table of `groups` groups, a colour, two amounts of which the second is missing in a tenth of the rows, and 100 times
/// the logarithm of their ratio.
struct Amounts {
    struct Row {
        var group: Int
        var colour: String
        var exported: Int
        var imported: Int?

        var points: Int? { imported.map { Int((100 * log(Double($0) / Double(exported))).rounded()) } }
    }

    let rows: [Row]
    let domain: TableDomain
    private let coded: CodedTable

    init(groups: Int, rows count: Int, seed: UInt64 = 1) throws {
        var random = SplitMix64(state: seed)
        let colours = ["red", "green", "blue"]
        rows = (0..<count).map { number in
            let exported = Int.random(in: 100...900, using: &random)
            let imported =
                Int.random(in: 0..<10, using: &random) == 0 ? nil : exported + Int.random(in: -50...99, using: &random)
            return Row(
                group: number % groups, colour: colours[Int.random(in: 0..<3, using: &random)], exported: exported,
                imported: imported)
        }
        domain = try TableDomain(
            schema: TableSchema(fields: [
                Field(
                    name: "group", type: .integer,
                    constraints: Constraints(required: true, minimum: 0, maximum: .number(Double(groups - 1)))),
                Field(name: "colour", type: .string, categories: colours, constraints: Constraints(required: true)),
                Field(
                    name: "exported", type: .integer,
                    constraints: Constraints(required: true, minimum: 0, maximum: 1000)),
                Field(name: "imported", type: .integer, constraints: Constraints(minimum: 0, maximum: 1000)),
                Field(name: "points", type: .integer, constraints: Constraints(minimum: -300, maximum: 300)),
            ]), keyColumns: [])
        let texts = rows.map { row in
            [
                "\(row.group)", row.colour, "\(row.exported)", row.imported.map(String.init) ?? "",
                row.points.map(String.init) ?? "",
            ]
        }
        let columns = try domain.columns.enumerated().map { place, column in
            let codes = texts.map { column.code(of: $0[place]) ?? 0 }
            let storage: CodedColumn.Storage =
                column.size <= 256
                ? .bytes(codes.map(UInt8.init))
                : column.size <= 65_536 ? .halves(codes.map(UInt16.init)) : .words(codes.map(UInt32.init))
            return try CodedColumn(storage, domainSize: column.size)
        }
        coded = try CodedTable(columns: columns)
    }

    /// The rows anew, without a budget.
    private var joined: PrivateRows { PrivateRows(domain: domain, table: coded, rowsPerKey: 1) }

    /// The same rows, where a key may have several.
    func kernel(rowsPerKey: Int) -> Kernel {
        Kernel(
            rows: PrivateRows(domain: domain, table: coded, rowsPerKey: rowsPerKey),
            generator: NoiseGenerator(key: [1, 2, 3, 4]))
    }

    func kernel(_ key: UInt64 = 1) -> Kernel {
        Kernel(rows: joined, generator: NoiseGenerator(key: [key, 2, 3, 4]))
    }

    /// The answer by plain arithmetic: the production path with its noise left out.
    func exact(_ query: PermittedQuery) throws -> QueryAnswer {
        try ResolvedQuery(query, domain: domain).exact(joined)
    }

    func asked(_ query: PermittedQuery, epsilon: Double = 10, delta: Double = 1e-9, key: UInt64 = 1) throws
        -> QueryAnswer
    {
        let privacy = try PrivacyParameters(epsilon: epsilon, delta: delta)
        let workload = try QueryWorkload([query], domain: domain, privacy: privacy)
        var budget = try Budget(privacy, accounting: delta == 0 ? .pure : .gaussian)
        return try workload.ask(kernel(key), taking: &budget)[0]
    }
}

extension ResolvedQuery {
    func exact(_ rows: PrivateRows) throws -> QueryAnswer {
        let kernel = Kernel(rows: rows, generator: NoiseGenerator())
        let tables: [[Int64]]
        switch question {
        case .marginal(let attributes): tables = try kernel.counts([attributes], in: rows)
        // Rows that are no linkage have none of this.
        case .linkage: tables = [[], [], []]
        case .sums(let questions):
            tables = try questions.map { question in
                let cells = question.groups.reduce(1) { $0 * domain.columns[$1].size }
                return try kernel.groupedSums(question, question.groups, cells, rows)
            }
        }
        return answer(tables, variances: tables.map { _ in 0 }, law: .gaussian)
    }
}

extension NoisyFigure {
    func covers(_ truth: Double) -> Bool { (lower ?? -.infinity) <= truth && truth <= (upper ?? .infinity) }
}
