import Shards
import Synchronization

@testable import Service

/// Shards in this process behind a live service, and what goes wrong with them when a test says so.
final class LocalShards: Sendable {
    static let addresses = ["one.example:8450", "two.example:8450", "three.example:8450"]
    static let engine =
        "{kind: shards, shards: ['\(addresses.joined(separator: "', '"))'], attested: {shards: "
        + "{evidence: simulated, measurements: {PCR0: '\(zeros)', PCR1: '\(zeros)', PCR2: '\(zeros)'}}}}"
    private static let zeros = String(repeating: "0", count: 96)

    struct State {
        /// What each shard was told on its newest connection, and whether that has ended.
        var heard: [String: [ShardMessage]] = [:]
        var ended: Set<String> = []
        var connections = 0
        /// A shard is gone as soon as it hears this.
        var lost: (address: String, on: ShardMessage?)?
        /// A shard answers this with other numbers.
        var lies: (address: String, on: ShardMessage)?
        /// Nobody is there.
        var absent: String?
    }

    let state = Mutex(State())

    var access: ShardAccess {
        ShardAccess { address, _ in
            try self.state.withLock { state throws(ShardError) in
                guard state.absent != address else {
                    throw .unreached(shard: address, why: "Connection refused")
                }
                state.connections += 1
                state.heard[address] = []
                state.ended.remove(address)
            }
            return Link(address, self)
        }
    }

    func heard(_ address: String) -> [ShardMessage] { state.withLock { $0.heard[address] ?? [] } }

    /// Waits until every shard has heard this or its connection has ended.
    func waitForEnd(_ message: ShardMessage) async throws {
        for _ in 0..<200 {
            let isOver = state.withLock { state in
                Self.addresses.allSatisfy { state.ended.contains($0) || state.heard[$0]?.contains(message) == true }
            }
            if isOver { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private final class Link: ShardLink {
        private let address: String
        private let shards: LocalShards
        private let session = Mutex(Held())

        private struct Held: ~Copyable {
            var session = ShardSession()
        }

        init(_ address: String, _ shards: LocalShards) { (self.address, self.shards) = (address, shards) }

        func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
            let message = ShardMessage(rawValue: kind) ?? .end
            let (isLost, lies) = shards.state.withLock { state in
                state.heard[address]?.append(message)
                let isLost =
                    state.ended.contains(address)
                    || state.lost.map { $0.address == address && ($0.on ?? message) == message } ?? false
                return (isLost, state.lies.map { $0.address == address && $0.on == message } ?? false)
            }
            if isLost { throw .lost(shard: address, why: "the connection was closed") }
            var answer = session.withLock { $0.session.answer(kind, payload).bytes }
            if lies { answer[answer.count - 8] &+= 1 }
            return answer
        }

        func close() { shards.state.withLock { _ = $0.ended.insert(address) } }
    }
}
