import Foundation
import NIOCore
import Synchronization
import Tasks
import Testing

@testable import Client
@testable import SecretSharing

/// Two offices' connections on loopback, over which a test sends what no office would.
final class TwoOffices: Sendable {
    let first: OfficeMesh
    let second: OfficeMesh
    /// Of both, in the order of the task.
    let keys: [PartyPrivateKey]
    let folder: URL

    /// - Parameters:
    ///   - proofs: what the office at a place asks and answers, by the keys of both. With any, the greetings are not waited for.
    ///   - inBetween: somebody before the second office's port, to whom the first one connects; nil for nobody.
    ///   - halting: with what the second office has ended the task before it starts.
    init(
        proofs: ((Int, [PartyPrivateKey]) async throws -> OfficeProofs?)? = nil,
        inBetween: ((_ port: Int, [PartyPrivateKey]) async throws -> Int)? = nil,
        halting: (([PartyPrivateKey]) throws -> SumHalt)? = nil
    ) async throws {
        let keys = try (0..<2).map { _ in try PartyPrivateKey.generate(.p256) }
        self.keys = keys
        let task = [UInt8](repeating: 7, count: 32)
        let folder = FileManager.default.temporaryDirectory.appending(path: "long-\(UUID().uuidString)")
        self.folder = folder
        func mesh(_ place: Int, addresses: [Int: ServiceAddress]) async throws -> OfficeMesh {
            let proofs = try await proofs?(place, keys)
            let rounds = SumRounds(
                SumRounds.Office(
                    task: task, names: ["Norland", "Sudland"], place: place, plan: [UInt8](repeating: 1, count: 32),
                    commitment: [UInt8](repeating: UInt8(place), count: 32), program: "test"), key: MaskKey())
            let halt = place == 1 ? try halting?(keys) : nil
            return OfficeMesh(
                OfficeMesh.Configuration(
                    task: String(repeating: "07", count: 32), names: ["Norland", "Sudland"],
                    keys: keys.map(\.publicKey), place: place, key: keys[place],
                    listen: ServiceAddress(host: "127.0.0.1", port: 0), addresses: addresses, patience: 30,
                    proofs: proofs),
                rounds: rounds, journal: try OfficeJournal(directory: folder.appending(path: "\(place)").path),
                halt: halt)
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        second = try await mesh(1, addresses: [:])
        let port = try await second.start()
        let reached = try await inBetween?(port, keys) ?? port
        first = try await mesh(0, addresses: [1: ServiceAddress(host: "127.0.0.1", port: reached)])
        _ = try await first.start()
        guard proofs == nil else { return }
        for mesh in [first, second] { _ = try await Self.onThread { try mesh.greeted() } }
    }

    /// What waits does so on a thread of its own.
    static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    /// The second office sends a message, whatever it would send itself.
    func send(_ message: SumMessage) async throws {
        let bytes = message.bytes
        try await announce(bytes.count, bytes)
    }

    /// The second office sends a length, and the beginning of what it announces.
    func announce(_ length: Int, _ bytes: [UInt8]) async throws {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(length))
        buffer.writeBytes(bytes)
        let channel = try #require(second.state.withLock { $0.channels[0] })
        try await channel.writeAndFlush(buffer).get()
    }

    func end() async {
        await first.leave()
        await second.leave()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Why the first office goes on no further, once it does.
    func refusal() async throws -> SumRefusal? {
        for _ in 0..<500 where first.refusal == nil { try await Task.sleep(for: .milliseconds(10)) }
        return first.refusal
    }
}
