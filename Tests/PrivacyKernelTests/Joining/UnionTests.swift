import Testing

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
            rowsPerKey: 1)
        #expect(united.domain.columns.map(\.name) == ["flow", "value"])
        #expect(united.table.rowCount == 1100)
        #expect(united.rowsPerKey == 1)
        let columns = texts(united)
        let found = zip(columns[0], columns[1]).map { "\($0),\($1)" }.sorted()
        let expected = (first + second).map { $0.split(separator: ",").dropFirst().joined(separator: ",") }.sorted()
        #expect(found == expected)
    }

    @Test("no party, no row and several rows a key are unions like any other")
    func edges() throws {
        #expect(PrivateRows(uniting: [try Self.office([]).rows], rowsPerKey: 1).table.rowCount == 0)
        #expect(PrivateRows(uniting: [], rowsPerKey: 1).table.rowCount == 0)
        let several = try Self.office(["k,X,1", "k,X,2", "l,M,3"], rowsPerKey: 2)
        let united = PrivateRows(uniting: [several.rows, try Self.office(["k,M,4"]).rows], rowsPerKey: 2)
        #expect(united.table.rowCount == 4)
        #expect(united.rowsPerKey == 2)
    }
}
