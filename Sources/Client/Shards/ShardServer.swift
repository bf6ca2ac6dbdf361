public import Attestation
import Foundation
import NIOCore
import NIOPosix
import Shards
import Synchronization
public import Tasks

/// One shard: takes rows of the coordinator that it was started for, one connection at a time, and answers on that connection
/// alone. Nothing is kept when it ends, and nothing is on a disk.
public final class ShardServer: Sendable {
    /// Who may send rows.
    public enum Coordinator: Sendable {
        /// The holder of this key.
        case key(PartyKey)
        /// The service of a task: it shows evidence of that task and of what the task lists for it. Simulated evidence must be of
        /// one of these roots (DER).
        case service(TaskSpecification, simulatedRoots: [[UInt8]])

        /// What stands in the place of a task's bytes in the shard's evidence.
        public var purpose: [UInt8] {
            switch self {
            case .key(let key): ShardEvidence.purpose(of: key)
            case .service(let task, _): ShardEvidence.purpose(of: task.digest)
            }
        }
    }

    private let listen: ServiceAddress
    private let coordinator: Coordinator
    private let attester: any Attester
    private let manifest: [UInt8]
    private let boot = ConnectionEvidence.random()
    private let started = UInt64(Date().timeIntervalSince1970 * 1_000)
    private let strangers = Mutex(Strangers())
    private let isTaken = Mutex(false)

    /// How long a coordinator may say nothing between two messages: it fits models meanwhile.
    private static let patience = 21_600
    /// The same of a service, which waits for its parties, where its task has no deadline: a year.
    private static let longPatience = 31_622_400
    /// How many seconds an answer may take on its way.
    private static let longestWrite = 3_600

    /// - Parameters:
    ///   - listen: port 0 takes a free one.
    ///   - coordinator: who may send rows.
    ///   - attester: made for `coordinator.purpose`.
    ///   - manifest: SHA-256 of what was built.
    public init(listen: ServiceAddress, coordinator: Coordinator, attester: any Attester, manifest: [UInt8]) {
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
            if case .key(let key) = self.coordinator {
                guard (try? PartyKey(derRepresentation: presented)) == key else { return false }
                self.strangers.withLock { $0.remove(channel) }
            }
            Thread.detachNewThread {
                // What goes wrong here ends this connection; the coordinator has been told, or is gone.
                try? self.serve(stream, spki) { self.strangers.withLock { $0.remove(channel) } }
                stream.close()
            }
            return true
        }
    }

    private func serve(_ stream: ShardStream, _ spki: [UInt8], isKnown: () -> Void) throws {
        try stream.waitUntilReady()
        switch coordinator {
        case .key: try vouch(stream, spki)
        case .service(let task, let roots): try meet(stream, spki, task, roots)
        }
        isKnown()
        let session = ShardSession()
        let isFirst = isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
        defer { if isFirst { isTaken.withLock { $0 = false } } }
        while true {
            let head = try stream.read(5, patience: silence)
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

    /// How many seconds the coordinator may say nothing: of a service no longer than its task may be computed.
    private var silence: Int {
        guard case .service(let task, _) = coordinator else { return Self.patience }
        guard let end = task.deadlines.computeBy ?? task.deadlines.retrieveBy else { return Self.longPatience }
        return min(Self.longPatience, max(1, Int(clamping: end.seconds) - Int(Date().timeIntervalSince1970)))
    }

    /// The first message must ask for evidence.
    private func vouch(_ stream: ShardStream, _ spki: [UInt8]) throws {
        let nonce = try message(stream, ShardEvidence.ask) { $0 == ConnectionEvidence.nonceBytes }
        let json = try evidence(stream, spki, nonce).json()
        try stream.write([.length(json.count), json], patience: 60)
    }

    /// The service of a task shows evidence before the shard makes its own: whoever has none costs no more than reading it.
    private func meet(
        _ stream: ShardStream, _ spki: [UInt8], _ task: TaskSpecification, _ roots: [[UInt8]]
    ) throws {
        let nonce = try message(stream, ShardEvidence.meet) { $0 == ConnectionEvidence.nonceBytes }
        let own = ConnectionEvidence.random()
        try stream.write([.length(own.count), own], patience: 60)
        let shown = try message(stream, ShardEvidence.show) { $0 <= Evidence.byteLimit }
        guard let proof = task.proofToShards, let exporter = stream.peer.exporter,
            let key = stream.peer.publicKeyInfo
        else { throw ClientError.noBinding }
        do {
            let trust = proof.trust(simulatedRoots: roots)
            _ = try ConnectionEvidence.verify(
                shown, trust.at(nil, now: Int64(Date().timeIntervalSince1970)),
                Policy.Expectation(
                    nonce: own, spki: key, exporter: exporter, taskSpecification: task.canonicalBytes))
        } catch {
            let words = Array("\(error)".utf8.prefix(ShardEvidence.longestRefusal))
            try stream.write([.length(1 + words.count), [1], words], patience: 60)
            throw error
        }
        let json = try evidence(stream, spki, nonce).json()
        try stream.write([.length(1 + json.count), [0], json], patience: 60)
    }

    /// The payload of a message that must be of this kind and length.
    private func message(_ stream: ShardStream, _ kind: UInt8, _ isRight: (Int) -> Bool) throws -> [UInt8] {
        let head = try stream.read(5, patience: 60)
        let length = Array(head.dropFirst()).length
        guard head[0] == kind, isRight(length) else { throw ClientError.noBinding }
        return try stream.read(length, patience: 60)
    }

    private func evidence(_ stream: ShardStream, _ spki: [UInt8], _ nonce: [UInt8]) throws -> Evidence {
        guard let exporter = stream.peer.exporter else { throw ClientError.noBinding }
        let statement = try ConnectionEvidence.statement(
            for: coordinator.purpose, boot: boot, started: started,
            binding: ChannelBinding.binding(exporter: exporter, nonce: nonce, spki: spki), manifest: manifest,
            flags: attester.format == .simulated ? .simulated : [])
        let attester = attester
        return try Waiting.wait { try await attester.evidence(spki: spki, nonce: nonce, statement: statement) }
    }
}

/// Waiting on a thread of one's own for what is made elsewhere.
enum Waiting {
    static func wait<Made: Sendable>(_ make: @escaping @Sendable () async throws -> Made) throws -> Made {
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
