import Domains
import PrivacyKernel
import Synchronization
import Testing

@testable import Spark

/// A cluster that answers what it is told to: for tests of what is refused. That answers are right is tried on Spark's own server by
/// `make scale`.
private final class Answers: SparkServer {
    private let next: Mutex<[SparkAnswer]>
    private let asked = Mutex<[String]>([])

    init(_ answers: [SparkAnswer]) { next = Mutex(answers) }

    var statements: [String] { asked.withLock { $0 } }

    func answer(_ sql: String) throws(SparkError) -> SparkAnswer {
        asked.withLock { $0.append(sql) }
        guard let answer = next.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            throw .refused("nothing left")
        }
        return answer
    }
}

@Suite("counting on a cluster")
struct SparkCounterTests {
    private static let schema = TableSchema(fields: [
        Field(name: "size", type: .string, categories: ["low", "high"], constraints: Constraints(required: true)),
        Field(name: "age", type: .integer, constraints: Constraints(minimum: .number(0), maximum: .number(2))),
    ])

    private static func described(_ types: [String]) -> SparkAnswer {
        SparkAnswer(columns: [.texts(["size", "age"].prefix(types.count).map { $0 }), .texts(types)])
    }

    private static func table(_ types: [String] = ["string", "int"]) throws -> SparkTable {
        try SparkTable(
            "shop.sales", domain: TableDomain(schema: schema, keyColumns: []), schema: schema, key: nil,
            on: Answers([described(types)]))
    }

    /// The true answer to one pair: rows of the table, and the known rows behind them.
    private static func pair(_ rows: [[Int]], _ known: [[Int]]) -> [Int64: Int64] {
        var counts: [Int64: Int64] = [:]
        for row in rows { counts[Int64(row[0] * 4 + row[1]), default: 0] += 1 }
        for row in known { counts[Int64(8 + row[0] * 4 + row[1]), default: 0] += 1 }
        return counts
    }

    private static func answer(_ counts: [Int64: Int64]) -> SparkAnswer {
        SparkAnswer(columns: [.numbers(counts.keys.map { $0 }), .numbers(counts.values.map { $0 })])
    }

    @Test(
        "a table of counts is what the cluster counted, less the known rows; one that is counted otherwise is refused")
    func known() throws {
        let table = try Self.table()
        let join = SparkJoin([(party: "t", table: table)], rowsPerKey: 1, secret: "s")
        let rows = [[0, 0], [0, 1], [1, 3], [1, 3]]
        let right = Self.pair(rows, table.known.map { $0.map(\.code) })
        let server = Answers([Self.answer(right)])
        let counter = SparkCounter(join, domain: join.domain, on: server)
        #expect(try counter.counts([[0, 1]], further: []) == [[1, 1, 0, 0, 0, 0, 0, 2]])
        #expect(server.statements.first?.contains("`shop`.`sales`") == true)
        // A known row more, a known row less, and one in another cell.
        for wrong in 0..<3 {
            var counts = right
            let cells = counts.keys.filter { $0 >= 8 }.sorted()
            if wrong != 1 { counts[cells[0], default: 0] += 1 }
            if wrong != 0 { counts[cells[1], default: 0] -= 1 }
            let lying = SparkCounter(join, domain: join.domain, on: Answers([Self.answer(counts)]))
            do {
                _ = try lying.counts([[0, 1]], further: [])
                Issue.record("accepted")
            } catch let error as SparkError {
                let isWrong = if case .wrongSums = error { true } else { false }
                #expect(isWrong, "\(error)")
            }
        }
        // A cell that there is not, and a negative count.
        for counts in [[16: 1], [-1: 1], [0: -1]] as [[Int64: Int64]] {
            let strange = SparkCounter(
                join, domain: join.domain, on: Answers([Self.answer(right.merging(counts) { $1 })]))
            #expect(throws: SparkError.self) { try strange.counts([[0, 1]], further: []) }
        }
    }

    @Test("tables of two statements must have the same number of rows")
    func totals() throws {
        let table = try Self.table()
        let join = SparkJoin([(party: "t", table: table)], rowsPerKey: 1, secret: "s")
        let counter = SparkCounter(
            join, domain: join.domain,
            on: Answers([
                Self.answer(Self.pair([[0, 0], [1, 1]], table.known.map { $0.map(\.code) })),
                Self.answer(Self.pair([[0, 0]], table.known.map { $0.map(\.code) })),
            ]))
        _ = try counter.counts([[0, 1]], further: [])
        #expect(throws: SparkError.self) { try counter.counts([[0, 1]], further: []) }
    }

    @Test("rows that come after the check are noticed, and counts that no table has are refused without a trap")
    func later() throws {
        let table = try Self.table()
        let join = SparkJoin([(party: "t", table: table)], rowsPerKey: 1, secret: "s")
        let right = Self.pair([[0, 0], [1, 1]], table.known.map { $0.map(\.code) })
        func counter(_ checked: Int64?, _ counts: [Int64: Int64]) -> SparkCounter {
            SparkCounter(join, domain: join.domain, total: checked, on: Answers([Self.answer(counts)]))
        }
        #expect(try counter(2, right).counts([[0, 1]], further: []).first?.reduce(0, +) == 2)
        #expect(throws: SparkError.self) { try counter(1, right).counts([[0, 1]], further: []) }
        // Both are added up to the first code's count.
        let huge = right.merging([0: Int64.max, 1: Int64.max]) { $1 }
        #expect(throws: SparkError.self) { try counter(nil, huge).counts([[0, 1], [0]], further: []) }
    }

    @Test("the known rows hold every value of every column")
    func knownValues() throws {
        let known = try Self.table().known.map { $0.map(\.code) }
        #expect(known.count == SparkTable.knownRows)
        #expect(Set(known.map { $0[0] }) == [0, 1])
        #expect(Set(known.map { $0[1] }) == [0, 1, 2, 3])
    }

    @Test("a table without a declared column, and a column of another type, are refused by name")
    func types() throws {
        #expect(throws: SparkError.columns(table: "shop.sales", missing: ["age"])) { try Self.table(["string"]) }
        for types in [
            ["int", "string"], ["string", "float"], ["string", "array<int>"], ["binary", "int"], ["double", "int"],
        ] {
            do {
                _ = try Self.table(types)
                Issue.record("\(types)")
            } catch let error as SparkError {
                let isType = if case .type = error { true } else { false }
                #expect(isType, "\(error)")
            }
        }
    }

    @Test("a key that is normalised by nfc is refused by name")
    func notBuilt() throws {
        #expect(throws: SparkError.notCounted("A key that is normalised by nfc")) {
            try KeySQL(KeyRule(columns: ["id"], normalise: [.nfc]), missing: [])
        }
    }

    @Test("names and texts of a schema stay names and texts")
    func quoting() {
        #expect(SQLText.text("it's \\ '; DROP") == "'it\\'s \\\\ \\'; DROP'")
        #expect(SQLText.name("a`b") == "`a``b`")
        #expect(
            SQLText.lastNotAbove("v", among: [0, 10, 20][...])
                == "CASE WHEN v < 10.0D THEN 0 ELSE CASE WHEN v < 20.0D THEN 1 ELSE 2 END END")
    }
}
