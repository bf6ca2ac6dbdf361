import Domains
import Shards
import Synchronization
import Tables
import Testing
import VectorMath

@testable import PrivacyKernel

/// A shard in this process.
private final class SessionLink: ShardLink {
    private let session = Mutex(ShardSession())

    func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
        session.withLock { $0.answer(kind, payload).bytes }
    }

    func close() {}
}

extension IntegerSourceTests {
    @Test("rows that shards count conform, by one and by many", arguments: [0, 1, 700], [1, 3])
    func shards(count: Int, shards: Int) throws {
        var generator = SplitMix64(state: 12)
        let sizes = [3, 4, 5]
        let rows = (0..<count).map { _ in sizes.map { Int(generator.next() % UInt64($0)) } }
        let domain = try testDomain(sizes)
        let fields = sizes.enumerated().map { place, size in
            Field(
                name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
                constraints: Constraints(required: true))
        }
        let table = ShardCounter.Source(name: "table", domain: domain, key: nil) { prepare in
            let reader = CSVTableReader(
                domain: domain, schema: TableSchema(fields: fields), key: nil, hash: .random,
                limits: TableLimits(bytes: .max, rows: .max))
            prepare(reader)
            let lines = [fields.map(\.name).joined(separator: ",")] + rows.map { "\($0[0]),\($0[1]),\($0[2])" }
            try reader.consume(Array(lines.joined(separator: "\n").utf8))
            _ = try reader.finish()
            return []
        }
        let counter = try ShardCounter(
            [table], domain: domain, rowsPerKey: 1,
            shards: (0..<shards).map { place in ShardCounter.Shard(name: "\(place)") { SessionLink() } })
        let source = CountedElsewhere(counter)
        #expect(try IntegerSourceConformance(domain: source.domain, rows: rows, sources: [source]).faults() == [])
        try source.checkRead()
    }
}
