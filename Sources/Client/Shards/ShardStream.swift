import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// One end of a connection between a coordinator and a shard: TLS 1.3 on which both ends prove a key, and messages with their length in
/// front. Calls block the thread that makes them, which is never one of the connection's.
final class ShardStream: Sendable {
    private struct State: Sendable {
        var channel: (any Channel)?
        var buffer = ByteBuffer()
        var isReady = false
        var isOver = false
        var isPaused = false
        var why = "the connection was closed"
    }

    /// What the handshake showed.
    let peer = HTTPConnection.Peer()
    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)

    /// Beyond so many bytes that nobody has read no more are taken from the network.
    private static let mostBuffered = 1 << 23
    static let handshake = TimeAmount.seconds(20)
    /// A machine that is gone without a word is noticed before a lost shard is tried for the last time.
    private static let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
        (.socketOption(.so_keepalive), 1), (.tcpOption(.init(rawValue: TCP_KEEPIDLE)), 20),
        (.tcpOption(.init(rawValue: TCP_KEEPINTVL)), 10), (.tcpOption(.init(rawValue: TCP_KEEPCNT)), 3),
        (.tcpOption(.tcp_nodelay), 1),
    ]

    deinit { state.withLock { $0.channel }?.close(promise: nil) }

    // MARK: - Calls of a thread that may wait

    /// Waits until both ends have proved a key.
    func waitUntilReady() throws {
        try wait(until: .now() + .seconds(30), 30) { $0.isReady ? () : nil }
    }

    /// Exactly so many bytes.
    ///
    /// - Parameter seconds: for all of them: a byte now and then does not hold the caller for ever.
    /// - Throws: `ClientError.brokenConnection` where the other end stops before, or takes longer.
    func read(_ count: Int, patience seconds: Int) throws -> [UInt8] {
        let deadline = DispatchTime.now() + .seconds(seconds)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, Self.mostBuffered))
        while bytes.count < count {
            bytes += try wait(until: deadline, seconds) { state in
                guard state.buffer.readableBytes > 0 else { return nil }
                let part = state.buffer.readBytes(length: min(state.buffer.readableBytes, count - bytes.count))
                state.buffer.discardReadBytes()
                if state.isPaused, state.buffer.readableBytes < Self.mostBuffered {
                    state.isPaused = false
                    state.channel?.setOption(.autoRead, value: true).whenFailure { _ in }
                }
                return part
            }
        }
        return bytes
    }

    /// - Throws: `ClientError.brokenConnection` where the other end is gone, or has not taken them after so long.
    func write(_ bytes: [[UInt8]], patience seconds: Int) throws {
        guard let channel = state.withLock({ $0.isOver ? nil : $0.channel }) else { throw broken }
        var buffer = channel.allocator.buffer(capacity: bytes.reduce(0) { $0 + $1.count })
        for part in bytes { buffer.writeBytes(part) }
        let written = channel.writeAndFlush(buffer)
        let end = DispatchSemaphore(value: 0)
        written.whenComplete { _ in end.signal() }
        guard end.wait(timeout: .now() + .seconds(seconds)) == .success else {
            close()
            throw ClientError.brokenConnection("what was sent was not taken in \(seconds) s")
        }
        do { try written.wait() } catch { throw broken }
    }

    func close() { state.withLock { $0.channel }?.close(promise: nil) }

    private var broken: ClientError { .brokenConnection(state.withLock { $0.why }) }

    /// Looks again whenever something came.
    private func wait<Found: Sendable>(
        until deadline: DispatchTime, _ seconds: Int, _ look: (inout State) -> Found?
    ) throws -> Found {
        while true {
            let (found, isOver) = state.withLock { state in (look(&state), state.isOver) }
            if let found { return found }
            if isOver { throw broken }
            guard news.wait(timeout: deadline) == .success else {
                close()
                throw ClientError.brokenConnection("what should come did not in \(seconds) s")
            }
        }
    }

    // MARK: - What the network does

    /// - Parameters:
    ///   - onKey: called with the key that the other end has proved: whether it goes on.
    func prepare(
        _ channel: any Channel, isServer: Bool, certificate: ClientCertificate,
        onKey: @escaping @Sendable ([UInt8]) -> Bool
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let context = try context(isServer: isServer, certificate: certificate)
            let verify: NIOSSLCustomVerificationCallback = { [peer] certificates, promise in
                promise.succeed(peer.present(certificates))
            }
            let handlers = channel.pipeline.syncOperations
            if isServer {
                try handlers.addHandler(
                    NIOSSLServerHandler(context: context, customVerificationCallback: verify, configuration: .init()))
            } else {
                try handlers.addHandler(
                    NIOSSLClientHandler(context: context, serverHostname: nil, customVerificationCallback: verify))
            }
            try handlers.addHandler(ShardStreamHandler(self, onKey))
            for (option, value) in Self.options { try channel.syncOptions?.setOption(option, value: value) }
            state.withLock { $0.channel = channel }
        }
    }

    private func context(isServer: Bool, certificate: ClientCertificate) throws -> NIOSSLContext {
        let chain = [NIOSSLCertificateSource.certificate(certificate.certificate)]
        var tls =
            isServer
            ? TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(certificate.privateKey))
            : TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateChain = chain
        tls.privateKey = .privateKey(certificate.privateKey)
        // No authority vouches for either end: one key is compared with a file, the other with evidence.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        tls.shutdownTimeout = .milliseconds(500)
        tls.keyLogCallback = { [peer] line in peer.receiveKeyLogLine(line) }
        return try NIOSSLContext(configuration: tls)
    }

    fileprivate func ready() {
        state.withLock { $0.isReady = true }
        news.signal()
    }

    fileprivate func received(_ buffer: inout ByteBuffer) {
        state.withLock { state in
            state.buffer.writeBuffer(&buffer)
            guard state.buffer.readableBytes >= Self.mostBuffered, !state.isPaused else { return }
            state.isPaused = true
            state.channel?.setOption(.autoRead, value: false).whenFailure { _ in }
        }
        news.signal()
    }

    fileprivate func ended(_ error: (any Error)? = nil) {
        state.withLock { state in
            if let error, !state.isOver { state.why = "\(error)" }
            state.isOver = error == nil || state.isOver
        }
        news.signal()
    }
}

/// Hands what comes to the stream, once the other end has proved its key.
private final class ShardStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var stream: ShardStream?
    private let onKey: @Sendable ([UInt8]) -> Bool
    private var isReady = false

    init(_ stream: ShardStream, _ onKey: @escaping @Sendable ([UInt8]) -> Bool) {
        (self.stream, self.onKey) = (stream, onKey)
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: ShardStream.handshake) {
            let (handler, context) = bound.value
            if !handler.isReady { context.close(promise: nil) }
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            guard let key = stream?.peer.publicKeyInfo, onKey(key) else { return context.close(promise: nil) }
            isReady = true
            stream?.ready()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isReady, let stream else { return context.close(promise: nil) }
        var buffer = unwrapInboundIn(data)
        stream.received(&buffer)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stream?.ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stream?.ended(error)
        context.close(promise: nil)
    }
}

extension [UInt8] {
    /// A length in front of a message: four bytes, the lowest first.
    static func length(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }

    var length: Int { prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) } }
}
