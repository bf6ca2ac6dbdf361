import Domains
import Engine
import Testing

@Suite("what counting takes")
struct CountingNeedTests {
    private static func need(
        rows: Int, isInner: Bool = true, machine: Int = 8_000_000_000
    ) throws -> CountingNeed {
        let schema = TableSchema(
            fields: (0..<15).map {
                Field(
                    name: "c\($0)", type: .integer,
                    constraints: Constraints(minimum: .number(0), maximum: .number(31)))
            })
        let table = try TableDomain(schema: schema, keyColumns: [])
        let joined = TableDomain.joined([(name: "a", domain: table), (name: "b", domain: table)])
        return CountingNeed(
            tables: [table, table], joined: joined, rows: 2 * rows, joinedRows: rows, clusterTables: 435,
            isInner: isInner, machine: machine)
    }

    @Test("a task that fits is counted in memory, a larger one on a cluster, and what no cluster counts nowhere here")
    func engine() throws {
        let small = try Self.need(rows: 1_000_000)
        #expect(small.engine == "memory" && small.isBuilt)
        let large = try Self.need(rows: 1_000_000_000)
        #expect(large.engine == "spark" && large.isBuilt)
        // What is held here on a cluster's behalf is tables of counts, whatever the rows.
        #expect(large.clusterBytes == small.clusterBytes && large.clusterBytes < 100_000_000)
        #expect(large.bytes > 50_000_000_000 && large.seconds > 100 * small.seconds)
        #expect(large.clusterSeconds > 100 * small.clusterSeconds / 20)
        let union = try Self.need(rows: 1_000_000_000, isInner: false)
        #expect(union.engine == "spark" && !union.isBuilt)
    }
}
