import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import Tasks

/// Bytes to and from the other party, over TLS 1.3 in which either end has shown the key that the task lists for it.
///
/// No authority is asked: each end takes exactly one key from the other, and closes on any other.
final class PeerStream {
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()

    private init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.inbound = inbound
    }

    /// Sends without a copy of this object: pieces go out while others come in.
    var writer: Writer { Writer(outbound: outbound) }

    struct Writer: Sendable {
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

        func send(_ bytes: [UInt8]) async throws {
            do { try await outbound.write(ByteBuffer(bytes: bytes)) } catch { throw PeerStream.broken(error) }
        }
    }

    /// Exactly so many bytes.
    ///
    /// - Throws: `ClientError.brokenConnection` where the other party stops before.
    func receive(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if let part = buffer.readBytes(length: min(buffer.readableBytes, count - bytes.count)), !part.isEmpty {
                bytes += part
                continue
            }
            var iterator = inbound
            let next: ByteBuffer?
            do { next = try await iterator.next() } catch { throw Self.broken(error) }
            inbound = iterator
            guard let next else {
                throw ClientError.brokenConnection("the other party stopped before it had sent everything")
            }
            buffer = next
        }
        return bytes
    }

    /// Whether more came than was asked for.
    var hasMore: Bool { buffer.readableBytes > 0 }

    private static func broken(_ error: any Error) -> ClientError {
        (error as? ClientError) ?? .brokenConnection("\(error)")
    }
}

extension PeerStream {
    /// What one end of a connection needs.
    struct End: Sendable {
        let key: PartyPrivateKey
        /// The key that the other party must show.
        let peer: PartyKey
        /// The connection ends where nothing is sent and nothing comes for so long.
        let patience: TimeAmount
    }

    /// Waits at an address for the other party; whoever else comes is turned away.
    ///
    /// Handshakes run beside each other, so that nobody who stays silent keeps the other party waiting. The first
    /// connection that shows the other party's key is the one that is used.
    ///
    /// - Parameter listening: called with the port.
    static func accept<Result: Sendable>(
        at address: ServiceAddress, _ end: End, listening: @Sendable (Int) async -> Void,
        use: @escaping @Sendable (PeerStream) async throws -> Result
    ) async throws -> Result {
        let server = try await bind(address, end)
        let listener = server.channel
        let door = Door()
        return try await server.executeThenClose { clients in
            await listening(listener.localAddress?.port ?? address.port)
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                defer { group.cancelAll() }
                for try await client in clients {
                    door.arrived(client.channel)
                    group.addTask {
                        defer { door.left(client.channel) }
                        return try await welcome(client, isFirst: { door.isFirst(client.channel) }) { stream in
                            // Nobody else is waited for: this ends the loop over clients.
                            listener.close(promise: nil)
                            return try await use(stream)
                        }
                    }
                }
                door.shut()
                while let result = try await group.next() {
                    if let result { return result }
                }
                throw ClientError.brokenConnection("nobody came")
            }
        }
    }

    private static func bind(_ address: ServiceAddress, _ end: End) async throws -> NIOAsyncChannel<Accepted, Never> {
        let certificate = try ClientCertificate(end.key)
        do {
            return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 64)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let shown = ShownKey(end.peer)
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(
                                context: try serverContext(certificate),
                                customVerificationCallback: { chain, promise in promise.succeed(shown.verify(chain)) },
                                configuration: .init()))
                        let proof = channel.eventLoop.makePromise(of: Bool.self)
                        let gate = Gate(shown, proof)
                        do {
                            try channel.pipeline.syncOperations.addHandler(gate)
                        } catch {
                            proof.succeed(false)
                            throw error
                        }
                        try addIdleEnd(channel, end)
                        return Accepted(
                            channel: channel, proof: proof.futureResult,
                            gate: NIOLoopBound(gate, eventLoop: channel.eventLoop))
                    }
                }
        } catch {
            throw ClientError.unreachable(address: address.description, reason: "\(error)")
        }
    }

    /// Uses a connection once the other party has proved its key; nil for anybody else, who is no end of the wait.
    ///
    /// - Parameter isFirst: asked once the key is proved.
    private static func welcome<Result: Sendable>(
        _ client: Accepted, isFirst: @Sendable () -> Bool, use: @Sendable (PeerStream) async throws -> Result
    ) async throws -> Result? {
        let channel = client.channel
        let end = channel.eventLoop.scheduleTask(in: handshake) { channel.close(promise: nil) }
        let isPeer = await (try? client.proof.get()) ?? false
        end.cancel()
        guard isPeer, isFirst() else {
            channel.close(promise: nil)
            return nil
        }
        let stream = try await channel.eventLoop.submit {
            let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            client.gate.value.open()
            return stream
        }.get()
        return try await stream.executeThenClose { inbound, outbound in
            try await use(PeerStream(outbound: outbound, inbound: inbound.makeAsyncIterator()))
        }
    }

    /// Connects to the other party.
    static func connect<Result>(
        to address: ServiceAddress, _ end: End, use: (PeerStream) async throws -> Result
    ) async throws -> Result {
        let context = try clientContext(try ClientCertificate(end.key))
        let shown = ShownKey(end.peer)
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(20))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: context, serverHostname: address.serverName,
                                customVerificationCallback: { chain, promise in promise.succeed(shown.verify(chain)) }))
                        try addIdleEnd(channel, end)
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.unreachable(address: address.description, reason: "\(error)")
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await use(PeerStream(outbound: outbound, inbound: inbound.makeAsyncIterator()))
        }
    }

    /// How long whoever comes may take to prove its key.
    private static let handshake = TimeAmount.seconds(20)

    /// A connection that somebody made. It becomes a stream when its key is proved, and not before: a stream that nobody takes ends
    /// the process, and a connection that came while the listener closed is taken by nobody.
    private struct Accepted: Sendable {
        let channel: any Channel
        /// Whether the other party's key was proved; false once the connection is over.
        let proof: EventLoopFuture<Bool>
        let gate: NIOLoopBound<Gate>
    }

    private static func addIdleEnd(_ channel: any Channel, _ end: End) throws {
        let handlers = channel.pipeline.syncOperations
        try handlers.addHandler(IdleStateHandler(allTimeout: end.patience))
        try handlers.addHandler(IdleEnd())
    }

    private static func serverContext(_ certificate: ClientCertificate) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate.certificate)], privateKey: .privateKey(certificate.privateKey))
        tls.minimumTLSVersion = .tlsv13
        // A certificate is demanded, and its key compared with the task's.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        tls.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: tls)
    }

    private static func clientContext(_ certificate: ClientCertificate) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        tls.certificateChain = [.certificate(certificate.certificate)]
        tls.privateKey = .privateKey(certificate.privateKey)
        tls.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: tls)
    }
}

/// Who waits to prove a key, of connections beside each other, and whether somebody has.
private final class Door: Sendable {
    private let state = Mutex((strangers: Strangers(), isTaken: false))

    func arrived(_ channel: any Channel) { state.withLock { $0.strangers.add(channel) }?.close(promise: nil) }

    func left(_ channel: any Channel) { state.withLock { $0.strangers.remove(channel) } }

    /// Whether a connection that has proved its key is the first one.
    func isFirst(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.strangers.remove(channel)
            defer { state.isTaken = true }
            return !state.isTaken
        }
    }

    /// Nobody else is let in.
    func shut() {
        for channel in state.withLock({ $0.strangers.takeAll() }) { channel.close(promise: nil) }
    }
}

/// The key that the other end showed in the handshake.
///
/// Everybody who has the task can show it. That the other end holds it is proved when the handshake is over, and not before.
private final class ShownKey: Sendable {
    private let expected: PartyKey
    private let shown = Mutex(false)

    init(_ expected: PartyKey) { self.expected = expected }

    var isShown: Bool { shown.withLock { $0 } }

    func verify(_ chain: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
        guard let bytes = try? chain.first?.extractPublicKey().toSPKIBytes(),
            let key = try? PartyKey(derRepresentation: bytes), key == expected
        else { return .failed }
        shown.withLock { $0 = true }
        return .certificateVerified
    }
}

/// Tells whether the handshake proved the expected key, and holds what comes behind it until somebody reads.
private final class Gate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let shown: ShownKey
    private let proof: EventLoopPromise<Bool>
    private var held: [ByteBuffer] = []
    private var isOpen = false
    private var context: ChannelHandlerContext?

    init(_ shown: ShownKey, _ proof: EventLoopPromise<Bool>) {
        self.shown = shown
        self.proof = proof
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        proof.succeed(false)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { proof.succeed(shown.isShown) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else { return context.fireChannelRead(data) }
        held.append(unwrapInboundIn(data))
        // No more is read than came at once.
        context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }

    /// Lets through what was held, and all that comes.
    func open() {
        isOpen = true
        guard let context else { return }
        for buffer in held { context.fireChannelRead(wrapInboundOut(buffer)) }
        if !held.isEmpty { context.fireChannelReadComplete() }
        held = []
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }
}

/// Closes a connection on which nothing happens.
private final class IdleEnd: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        context.close(promise: nil)
    }
}
