import Testing

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

@Suite struct UnionTests {
    private static let fields = TableSchema(fields: [
        Field(name: "flow", type: .string, categories: ["X", "M"], constraints: Constraints(required: true)),
        Field(name: "value", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 1000)),
    ])

    private static func office(_ rows: [String], rowsPerKey: Int = 1) throws -> KeyedTable {
        let text = "key,flow,value\n" + rows.map { $0 + "\n" }.joined()
        return try read(Array(text.utf8), fields, key: KeyRule(columns: ["key"]), rowsPerKey: rowsPerKey)
    }

    @Test("every row of every party is there once, under the columns' own names; the same key twice is two records")
    func rows() throws {
        let first = (0..<400).map { "k\($0),\($0 % 2 == 0 ? "X" : "M"),\($0 * 7 % 1001)" }
        let second = (200..<900).map { "k\($0),X,\($0 * 3 % 1001)" }
        let united = PrivateRows(
            uniting: [try Self.office(first).rows, try Self.office(second).rows, try Self.office([]).rows],
            rowsPerKey: 1, unit: .record)
        #expect(united.domain.columns.map(\.name) == ["flow", "value"])
        #expect(united.rowCount == 1100)
        #expect(united.rowsPerKey == 1)
        let counts = try testKernel(united).counts([[0, 1]], in: united)[0]
        let (flows, values) = (united.domain.columns[0], united.domain.columns[1])
        let found = counts.enumerated().flatMap { cell, count in
            [String](
                repeating: flows.text(of: cell / values.size, fraction: 0) + ","
                    + values.text(of: cell % values.size, fraction: 0), count: Int(count))
        }
        let expected = (first + second).map { $0.split(separator: ",").dropFirst().joined(separator: ",") }.sorted()
        #expect(found.sorted() == expected)
    }

    @Test("no party, no row and several rows a key are unions like any other")
    func edges() throws {
        #expect(PrivateRows(uniting: [try Self.office([]).rows], rowsPerKey: 1, unit: .record).rowCount == 0)
        #expect(PrivateRows(uniting: [], rowsPerKey: 1, unit: .record).rowCount == 0)
        let several = try Self.office(["k,X,1", "k,X,2", "l,M,3"], rowsPerKey: 2)
        let united = PrivateRows(
            uniting: [several.rows, try Self.office(["k,M,4"]).rows], rowsPerKey: 2, unit: .record)
        #expect(united.rowCount == 4)
        #expect(united.rowsPerKey == 2)
    }

    @Test("a key of m tables is m times as many rows as one of a table, and a table without keys has records alone")
    func units() throws {
        let tables = try (0..<3).map { _ in try Self.office(["k,X,1", "k,X,2", "l,M,3"], rowsPerKey: 2).rows }
        #expect(PrivateRows(uniting: tables, rowsPerKey: 2, unit: .record).rowsPerKey == 2)
        #expect(PrivateRows(uniting: tables, rowsPerKey: 2, unit: .key).rowsPerKey == 6)
        #expect(PrivateRows(uniting: [tables[0]], rowsPerKey: 2, unit: .key).rowsPerKey == 2)
    }
}
