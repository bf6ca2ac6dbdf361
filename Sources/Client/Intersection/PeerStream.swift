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
                    door.arrived(client.channel.channel)
                    group.addTask {
                        defer { door.left(client.channel.channel) }
                        return try await welcome(client) { stream in
                            guard door.isFirst(client.channel.channel) else { return nil }
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
                        try channel.pipeline.syncOperations.addHandler(HandshakeEnd(shown))
                        return Accepted(channel: try stream(channel, end), shown: shown)
                    }
                }
        } catch {
            throw ClientError.unreachable(address: address.description, reason: "\(error)")
        }
    }

    /// Uses a connection once the other party has shown its key; nil for anybody else, who is no end of the wait.
    private static func welcome<Result: Sendable>(
        _ client: Accepted, use: @Sendable (PeerStream) async throws -> Result?
    ) async throws -> Result? {
        do {
            return try await client.channel.executeThenClose { inbound, outbound in
                let stream = PeerStream(outbound: outbound, inbound: inbound.makeAsyncIterator())
                // The first bytes come behind the handshake.
                let channel = client.channel.channel
                let end = channel.eventLoop.scheduleTask(in: handshake) { channel.close(promise: nil) }
                guard await stream.hasFirstBytes(), client.shown.isProved else { return nil }
                end.cancel()
                return try await use(stream)
            }
        } catch {
            guard client.shown.isProved else { return nil }
            throw error
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
                        return try stream(channel, end)
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

    private struct Accepted: Sendable {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        let shown: ShownKey
    }

    private func hasFirstBytes() async -> Bool {
        var iterator = inbound
        guard let first = try? await iterator.next() else { return false }
        inbound = iterator
        buffer = first
        return true
    }

    private static func stream(_ channel: any Channel, _ end: End) throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let handlers = channel.pipeline.syncOperations
        try handlers.addHandler(IdleStateHandler(allTimeout: end.patience))
        try handlers.addHandler(IdleEnd())
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
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
    private let state = Mutex((isShown: false, isProved: false))

    init(_ expected: PartyKey) { self.expected = expected }

    var isProved: Bool { state.withLock { $0.isShown && $0.isProved } }

    func verify(_ chain: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
        guard let bytes = try? chain.first?.extractPublicKey().toSPKIBytes(),
            let key = try? PartyKey(derRepresentation: bytes), key == expected
        else { return .failed }
        state.withLock { $0.isShown = true }
        return .certificateVerified
    }

    func handshakeEnded() { state.withLock { $0.isProved = true } }
}

/// Tells when the handshake is over.
private final class HandshakeEnd: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let shown: ShownKey

    init(_ shown: ShownKey) { self.shown = shown }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { shown.handshakeEnded() }
        context.fireUserInboundEventTriggered(event)
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
