import Domains
import Foundation
import PrivacyKernel
import Synchronization
import Tables
import VectorMath

@testable import Shards

/// A shard in this process, and what the network between could do to its messages.
final class LocalShard: ShardLink {
    enum Fault: Equatable {
        /// The connection ends before so many messages have been answered.
        case cut(after: Int)
        /// The message of this number is sent twice.
        case repeated(Int)
        /// An answer's byte is another one, counted from its end.
        case changed(fromEnd: Int, of: ShardMessage)
        /// An answer is longer or shorter than it may be.
        case length(Int, of: ShardMessage)
    }

    struct State {
        var session = ShardSession()
        /// Of each message its kind and its length: what an onlooker of the wire sees.
        var seen: [[Int]] = []
        var fault: Fault?
    }

    let state: Mutex<State>

    init(_ fault: Fault? = nil) { state = Mutex(State(fault: fault)) }

    var seen: [[Int]] { state.withLock { $0.seen } }

    func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
        let answer: [UInt8]? = state.withLock { state in
            let number = state.seen.count
            state.seen.append([Int(kind), payload.count])
            if case .cut(number) = state.fault { return nil }
            if case .repeated(number) = state.fault { _ = state.session.answer(kind, payload) }
            var answer = state.session.answer(kind, payload).bytes
            if case .changed(let place, let message) = state.fault, message.rawValue == kind {
                answer[answer.count - place] &+= 1
            }
            if case .length(let more, let message) = state.fault, message.rawValue == kind {
                answer = more < 0 ? answer.dropLast(-more) : answer + [UInt8](repeating: 0, count: more)
            }
            return answer
        }
        guard let answer else { throw .lost(shard: "local", why: "the connection was closed") }
        // As the stream does it.
        guard answer.count <= longest else { throw .answer(shard: "local", what: "it is too long") }
        return answer
    }

    func close() {}
}

/// Tables of two parties as CSV, with columns of codes and of numbers, and what one machine makes of them.
struct ShardScene {
    let schemas: [TableSchema]
    let files: [String]
    let isKeyed: Bool

    static let key = KeyRule(columns: ["id"])
    static let hashKey: (UInt64, UInt64) = (0x1234_5678_9ABC_DEF0, 0x0FED_CBA9_8765_4321)

    /// - Parameters:
    ///   - parties: one table each.
    ///   - keyOf: the key of a row: rows with the same one are of one unit.
    init(parties: Int, rows: Int, isKeyed: Bool, seed: UInt64 = 1, keyOf: (Int, Int) -> Int = { $1 }) {
        self.isKeyed = isKeyed
        var random = SplitMix64(state: seed)
        schemas = (0..<parties).map { party in
            TableSchema(
                fields: [
                    Field(
                        name: "a", type: .string, categories: (0..<(3 + party)).map { "v\($0)" },
                        constraints: Constraints(required: true)),
                    Field(
                        name: "b", type: .string, categories: (0..<300).map { "w\($0)" },
                        constraints: Constraints(required: true)),
                    Field(
                        name: "n", type: .number,
                        constraints: Constraints(required: true, minimum: .number(0), maximum: .number(100)),
                        bins: Bins(count: 8, scale: .linear)),
                ], primaryKey: isKeyed ? ["id"] : nil)
        }
        files = (0..<parties).map { party in
            var lines = [isKeyed ? "id,a,b,n" : "a,b,n"]
            for row in 0..<rows {
                let cells =
                    "v\(random.next() % UInt64(3 + party)),w\(random.next() % 300),\(Double(random.next() % 10_000) / 100)"
                lines.append(isKeyed ? "k\(keyOf(party, row)),\(cells)" : cells)
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }

    func domain(_ party: Int) throws -> TableDomain {
        try TableDomain(schema: schemas[party], keyColumns: isKeyed ? ["id"] : [])
    }

    var joined: TableDomain {
        get throws {
            try files.count == 1
                ? domain(0) : .joined(files.indices.map { (name: "p\($0)", domain: try domain($0)) })
        }
    }

    func reader(_ party: Int, rowsPerKey: Int) throws -> CSVTableReader {
        try CSVTableReader(
            domain: domain(party), schema: schemas[party], key: isKeyed ? Self.key : nil,
            hash: KeyedHash(key: Self.hashKey), limits: TableLimits(bytes: .max, rows: 1 << 30), rowsPerKey: rowsPerKey)
    }

    func sources(
        rowsPerKey: Int, changed: @escaping @Sendable (Int) -> Int = { $0 }
    ) throws -> [ShardCounter.Source] {
        try files.indices.map { party in
            let calls = Mutex(0)
            return ShardCounter.Source(
                name: "p\(party).csv", domain: try domain(party), key: isKeyed ? Self.key : nil
            ) { [self] prepare in
                let call = calls.withLock { calls in
                    defer { calls += 1 }
                    return calls
                }
                let reader = try reader(party, rowsPerKey: rowsPerKey)
                prepare(reader)
                try reader.consume(Array(files[party].utf8))
                _ = try reader.finish()
                return [UInt8(changed(call))]
            }
        }
    }

    func counter(
        rowsPerKey: Int = 1, shards: [@Sendable () throws -> any ShardLink],
        waits: [Double] = [], changed: @escaping @Sendable (Int) -> Int = { _ in 0 }
    ) throws -> ShardCounter {
        try ShardCounter(
            sources(rowsPerKey: rowsPerKey, changed: changed), domain: joined, rowsPerKey: rowsPerKey,
            shards: shards.enumerated().map { ShardCounter.Shard(name: "shard \($0)", open: $1) },
            hashKey: Self.hashKey, waits: waits)
    }

    /// The kernel's own rows, read with the same keyed hash.
    func memory(rowsPerKey: Int) throws -> Kernel {
        let tables = try files.indices.map { party in
            let reader = try reader(party, rowsPerKey: rowsPerKey)
            try reader.consume(Array(files[party].utf8))
            return (name: "p\(party)", table: try reader.finish())
        }
        guard tables.count > 1 else {
            return Kernel(table: try PrivateTable(single: tables[0].table, rowsPerKey: rowsPerKey))
        }
        return Kernel(table: try PrivateTable(joining: tables, rowsPerKey: rowsPerKey))
    }

    var cliques: [[Int]] {
        get throws {
            let columns = try joined.columns.indices
            return columns.map { [$0] }
                + columns.flatMap { first in columns.filter { $0 > first }.map { [first, $0] } }
        }
    }

    /// Tables of counts: of noise that is zero but with a probability below e⁻²⁰.
    func tables(_ kernel: Kernel) throws -> [[Int64]] {
        try kernel.measure(
            cliques, spending: Budget(PrivacyParameters(epsilon: 8_000, delta: 0), accounting: .pure)
        ).map(\.counts)
    }
}
