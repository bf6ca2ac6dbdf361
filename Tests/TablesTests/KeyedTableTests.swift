import Testing
import VectorMath

@testable import Domains
@testable @_spi(PrivateRows) import Tables

@Suite struct KeyedTableTests {
    private static func table() throws -> KeyedTable {
        try read(
            Array("id,v\n1,9\n2,8\n".utf8),
            TableSchema(fields: [
                Field(name: "v", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 999))
            ]), key: KeyRule(columns: ["id"]))
    }

    @Test(
        "rows sort by key whatever their number, and stay in order within a key",
        arguments: [0, 1, 2, 100, 5_000, 70_000])
    func sorting(count: Int) {
        var random = SplitMix64(state: UInt64(count))
        let rows = (0..<count).map { row in
            HashedRow(
                hash: Bool.random(using: &random) ? (random.next(), random.next()) : (42, 42), row: row)
        }
        var chunks = stride(from: 0, to: count, by: 999).map { Array(rows[$0..<min(count, $0 + 999)]) }
        let sorted = sortedByKey(&chunks)
        #expect(sorted == rows.sorted { $0 < $1 })
    }

    @Test("wiping leaves no code")
    func wiping() throws {
        var rows = try #require(try Self.table().take())
        rows.wipe()
        #expect((0..<2).map { rows.table.columns[0][$0] } == [0, 0])
        #expect(rows.keys?.allSatisfy { $0.high == 0 } == true)
    }

    @Test("rows are handed over once, and a table that was wiped has none")
    func once() throws {
        let table = try Self.table()
        #expect(table.take() != nil)
        #expect(table.take() == nil)
        let wiped = try Self.table()
        wiped.wipe()
        #expect(wiped.take() == nil)
        #expect(wiped.rowCount == 2)
    }

    @Test("neither description nor reflection shows a row or a key")
    func reflection() throws {
        let table = try Self.table()
        var text = ""
        dump(table, to: &text)
        #expect(Mirror(reflecting: table).children.isEmpty)
        #expect(text.hasPrefix("- Tables.KeyedTable #0"), "\(text)")
        #expect("\(table)" == "Tables.KeyedTable")
    }
}
