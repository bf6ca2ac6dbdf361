import Foundation
import PrivacyKernel
import Synchronization
import Testing

@testable import Shards

@Suite("A shard that lies")
struct HostileShardTests {
    /// Answers as a shard does, but to one kind of message what somebody else made of the answer.
    private final class Liar: ShardLink {
        private let shard = LocalShard()
        private let kind: ShardMessage
        private let lie: @Sendable ([UInt8]) -> [UInt8]

        init(_ kind: ShardMessage, _ lie: @escaping @Sendable ([UInt8]) -> [UInt8]) {
            (self.kind, self.lie) = (kind, lie)
        }

        func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
            let answer = try shard.exchange(kind, payload, longest: longest)
            return kind == self.kind.rawValue ? lie(answer) : answer
        }

        func close() {}
    }

    @Test("a report of more repeated keys than there are rows is refused by name, and does not end the program")
    func reports() throws {
        let scene = ShardScene(parties: 1, rows: 40, isKeyed: true)
        for (count, first, second) in [
            (Int.max, "[]", "[]"), (-1, "[]", "[]"), (41, "[2]", "[3]"), (1, "[]", "[]"), (2, "[2]", "[3]"),
            (1, "[2,3]", "[3]"),
        ] {
            let lie: @Sendable ([UInt8]) -> [UInt8] = { answer in
                guard let report = try? JSONDecoder().decode(ShardReport.self, from: Data(answer.dropFirst())) else {
                    return []
                }
                let repeated = "[{\"count\":\(count),\"first\":\(first),\"second\":\(second)}]"
                return [0] + Array("{\"rows\":\(report.rows),\"repeated\":\(repeated)}".utf8)
            }
            let error = #expect(throws: ShardError.self, "\(count)") {
                try scene.counter(shards: [{ Liar(.done, lie) }, { Liar(.done, lie) }])
            }
            guard case .answer("shard 0", _) = error else { throw Unexpected(error: error) }
        }
    }

    private struct Unexpected: Error {
        let error: ShardError?
    }

    @Test("sums, products and joined rows beyond what the rows that were sent can make are refused by name")
    func sums() throws {
        // The highest byte but one of the first cell, which is of the rows: the known ones stand behind them.
        let links: [@Sendable () throws -> any ShardLink] = [
            { LocalShard() },
            {
                Liar(.ask) { answer in
                    var answer = answer
                    answer[7] = 1
                    return answer
                }
            },
        ]
        let scene = ShardScene(parties: 2, rows: 300, isKeyed: true)
        let counter = try scene.counter(shards: links)
        let errors = [
            #expect(throws: ShardError.self) { try counter.counts([[]], further: []) },
            #expect(throws: ShardError.self) { try counter.sums([1, 2, 3], of: 0, by: []) },
            #expect(throws: ShardError.self) { try counter.gram([0], [[1, 2, 3]], bound: 100) },
        ]
        for error in errors {
            guard case .wrongSums("shard 1", _) = error else { throw Unexpected(error: error) }
        }
    }
}
