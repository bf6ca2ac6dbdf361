import NIOCore
import NIOSSL
import NIOTLS
import SecretSharing
import Tasks

/// A connection between two offices: TLS 1.3, on which each end proves the key that the task lists for it, and messages
/// with their length in front.
enum OfficeChannel {
    /// - Parameters:
    ///   - isServer: whether this end accepted the connection.
    ///   - expected: the only office that may be at the other end; nil for any that the task lists.
    static func prepare(
        _ channel: any Channel, isServer: Bool, certificate: ClientCertificate, mesh: OfficeMesh, expected: Int?
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let presented = HTTPConnection.Peer()
            let context = try context(isServer: isServer, certificate: certificate, presented)
            let verify: NIOSSLCustomVerificationCallback = { certificates, promise in
                promise.succeed(presented.present(certificates))
            }
            let handlers = channel.pipeline.syncOperations
            if isServer {
                try handlers.addHandler(
                    NIOSSLServerHandler(context: context, customVerificationCallback: verify, configuration: .init()))
            } else {
                try handlers.addHandler(
                    NIOSSLClientHandler(context: context, serverHostname: nil, customVerificationCallback: verify))
            }
            try handlers.addHandler(OfficeMessageHandler(mesh: mesh, presented: presented, expected: expected))
        }
    }

    private static func context(
        isServer: Bool, certificate: ClientCertificate, _ presented: HTTPConnection.Peer
    ) throws -> NIOSSLContext {
        let chain = [NIOSSLCertificateSource.certificate(certificate.certificate)]
        var tls =
            isServer
            ? TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(certificate.privateKey))
            : TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateChain = chain
        tls.privateKey = .privateKey(certificate.privateKey)
        // No authority vouches for an office: its key is compared with the task's.
        tls.certificateVerification = isServer ? .optionalVerification : .noHostnameVerification
        tls.trustRoots = .certificates([])
        tls.shutdownTimeout = .milliseconds(500)
        // For evidence that is bound to the connection.
        tls.keyLogCallback = { line in presented.receiveKeyLogLine(line) }
        return try NIOSSLContext(configuration: tls)
    }
}

/// Cuts the stream into messages, and hands them to the mesh with the office that the connection's key names.
final class OfficeMessageHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let mesh: OfficeMesh
    private let presented: HTTPConnection.Peer
    private let expected: Int?
    private var peer: Int?
    private var buffer = ByteBuffer()
    /// So many bytes that follow are passed over.
    private var passing = 0
    /// Whether nothing is read before this office begins its next round.
    private var isWaiting = false

    init(mesh: OfficeMesh, presented: HTTPConnection.Peer, expected: Int?) {
        self.mesh = mesh
        self.presented = presented
        self.expected = expected
    }

    func channelActive(context: ChannelHandlerContext) {
        if expected == nil { mesh.arrived(context.channel) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(20)) {
            let (handler, context) = bound.value
            if handler.peer == nil { context.close(promise: nil) }
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let found = presented.publicKeyInfo.flatMap { mesh.place(of: $0) }
            guard let found, expected == nil || expected == found else {
                mesh.strangerCame(expected: expected, found: found)
                return context.close(promise: nil)
            }
            peer = found
            mesh.isKnown(context.channel)
            mesh.connected(context.channel, to: found)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing is read of an end that has not proved a key of the task.
        guard peer != nil else { return context.close(promise: nil) }
        var piece = unwrapInboundIn(data)
        buffer.writeBuffer(&piece)
        cut(context)
    }

    /// Takes the messages out that are whole. Of a long one no more than its head is kept before it is known to be wanted.
    private func cut(_ context: ChannelHandlerContext) {
        guard let peer else { return }
        while true {
            let passed = min(passing, buffer.readableBytes)
            buffer.moveReaderIndex(forwardBy: passed)
            passing -= passed
            guard passing == 0, let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { break }
            let size = Int(length)
            if size > SumMessage.mostWords {
                guard let bytes = buffer.getBytes(at: buffer.readerIndex + 4, length: FrameHead.bytes) else { break }
                let room = mesh.room(
                    for: FrameHead(bytes), bytes: size, from: peer, over: context.channel, atNextRound: goOn(context))
                guard let room else { return context.close(promise: nil) }
                switch room {
                case .wanted: break
                case .passedOver:
                    passing = 4 + size
                    continue
                case .later:
                    isWaiting = true
                    let channel = context.channel
                    return channel.setOption(.autoRead, value: false).whenFailure { _ in channel.close(promise: nil) }
                }
            }
            guard buffer.readableBytes >= 4 + size else { break }
            buffer.moveReaderIndex(forwardBy: 4)
            mesh.received(buffer.readBytes(length: size) ?? [], from: peer, over: context.channel, presented)
        }
        buffer.discardReadBytes()
    }

    /// Reads on, from any thread.
    private func goOn(_ context: ChannelHandlerContext) -> @Sendable () -> Void {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let channel = context.channel
        return {
            channel.eventLoop.execute {
                let (handler, context) = bound.value
                handler.isWaiting = false
                handler.cut(context)
                guard !handler.isWaiting else { return }
                channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        mesh.isKnown(context.channel)
        if let peer { mesh.lost(context.channel, to: peer) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        mesh.failed(expected ?? peer, error)
        context.close(promise: nil)
    }
}
