public import Attestation
import Foundation
import NIOCore
import NIOPosix
import Shards
import Synchronization
public import Tasks

/// One shard: takes rows of the coordinator whose key it was started with, one connection at a time, and answers on that connection
/// alone. Nothing is kept when it ends, and nothing is on a disk.
public final class ShardServer: Sendable {
    private let listen: ServiceAddress
    private let coordinator: PartyKey
    private let attester: any Attester
    private let manifest: [UInt8]
    private let boot = ShardEvidence.random()
    private let started = UInt64(Date().timeIntervalSince1970 * 1_000)
    private let strangers = Mutex(Strangers())
    private let isTaken = Mutex(false)

    /// How long a coordinator may say nothing between two messages: it fits models meanwhile.
    private static let patience = 21_600
    /// How many seconds an answer may take on its way.
    private static let longestWrite = 3_600

    /// - Parameters:
    ///   - listen: port 0 takes a free one.
    ///   - coordinator: who may connect.
    ///   - attester: made for `ShardEvidence.purpose(of: coordinator)`.
    ///   - manifest: SHA-256 of what was built.
    public init(listen: ServiceAddress, coordinator: PartyKey, attester: any Attester, manifest: [UInt8]) {
        (self.listen, self.coordinator, self.attester, self.manifest) = (listen, coordinator, attester, manifest)
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter listening: called with the port.
    /// - Throws: `ClientError` where it cannot listen.
    public func run(listening: @Sendable (Int) -> Void) async throws {
        // The shard's own key is of this start alone: evidence vouches for it.
        let key = try PartyPrivateKey.generate(.p256)
        let certificate = try ClientCertificate(key)
        let server: any Channel
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    self.welcome(channel, certificate, key.publicKey.subjectPublicKeyInfo)
                }
                .bind(host: listen.host, port: listen.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ClientError.portInUse(address: listen.description)
        } catch {
            throw ClientError.cannotListen(address: listen.description, reason: NetworkWords.of(error))
        }
        listening(server.localAddress?.port ?? listen.port)
        try await withTaskCancellationHandler {
            try await server.closeFuture.get()
        } onCancel: {
            server.close(promise: nil)
        }
    }

    /// Whoever has not proved the coordinator's key costs a connection and no thread.
    private func welcome(
        _ channel: any Channel, _ certificate: ClientCertificate, _ spki: [UInt8]
    ) -> EventLoopFuture<Void> {
        let stream = ShardStream()
        strangers.withLock { $0.add(channel) }?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in self.strangers.withLock { $0.remove(channel) } }
        return stream.prepare(channel, isServer: true, certificate: certificate) { presented in
            guard (try? PartyKey(derRepresentation: presented)) == self.coordinator else { return false }
            self.strangers.withLock { $0.remove(channel) }
            Thread.detachNewThread {
                // What goes wrong here ends this connection; the coordinator has been told, or is gone.
                try? self.serve(stream, spki)
                stream.close()
            }
            return true
        }
    }

    private func serve(_ stream: ShardStream, _ spki: [UInt8]) throws {
        try stream.waitUntilReady()
        try vouch(stream, spki)
        let session = ShardSession()
        let isFirst = isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
        defer { if isFirst { isTaken.withLock { $0 = false } } }
        while true {
            let head = try stream.read(5, patience: Self.patience)
            let length = Array(head.dropFirst()).length
            // What is longer than it can be is not read.
            guard length <= session.longest(head[0]), isFirst else {
                let refusal = isFirst ? session.refuseLength() : ShardSession.busy
                return try stream.write([.length(refusal.count), refusal], patience: Self.longestWrite)
            }
            let (answer, isLast) = session.answer(head[0], try stream.read(length, patience: Self.patience))
            try stream.write([.length(answer.count), answer], patience: Self.longestWrite)
            if isLast { return }
        }
    }

    /// The first message must ask for evidence.
    private func vouch(_ stream: ShardStream, _ spki: [UInt8]) throws {
        let head = try stream.read(5, patience: 60)
        guard head[0] == ShardEvidence.ask, Array(head.dropFirst()).length == ShardEvidence.nonceBytes,
            let exporter = stream.peer.exporter
        else { throw ClientError.noBinding }
        let nonce = try stream.read(ShardEvidence.nonceBytes, patience: 60)
        let statement = try ShardEvidence.statement(
            for: coordinator, boot: boot, started: started,
            binding: ChannelBinding.binding(exporter: exporter, nonce: nonce, spki: spki), manifest: manifest,
            isSimulated: attester.format == .simulated)
        let attester = attester
        let evidence = try Self.awaited { try await attester.evidence(spki: spki, nonce: nonce, statement: statement) }
        let json = evidence.json()
        try stream.write([.length(json.count), json], patience: 60)
    }

    /// Waits on this thread, which is the connection's own, for what is made elsewhere.
    private static func awaited<Made: Sendable>(_ make: @escaping @Sendable () async throws -> Made) throws -> Made {
        let made = Mutex<Result<Made, any Error>?>(nil)
        let news = DispatchSemaphore(value: 0)
        Task.detached {
            let result: Result<Made, any Error>
            do { result = .success(try await make()) } catch { result = .failure(error) }
            made.withLock { $0 = result }
            news.signal()
        }
        news.wait()
        guard let result = made.withLock({ $0 }) else { throw ClientError.noBinding }
        return try result.get()
    }
}
