import NIOCore
import NIOPosix
import NIOSSL

@testable import Service

/// Somebody in the middle who has stolen the service's own TLS key: it ends TLS under that key and passes on, unread,
/// what comes from either side. Evidence that names the key alone would be believed (CVE-2026-33697).
final class Relay: Sendable {
    let port: Int
    private let server: any Channel

    private init(server: any Channel, port: Int) {
        self.server = server
        self.port = port
    }

    static func start(withKeyOf identity: ServerIdentity, before port: Int) async throws -> Relay {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)], privateKey: .privateKey(identity.privateKey))
        tls.minimumTLSVersion = .tlsv13
        let context = try NIOSSLContext(configuration: tls)
        var upstream = TLSConfiguration.makeClientConfiguration()
        upstream.minimumTLSVersion = .tlsv13
        upstream.certificateVerification = .none
        let upstreamContext = try NIOSSLContext(configuration: upstream)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { inner in
                inner.eventLoop.makeCompletedFuture {
                    try inner.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }.flatMap {
                    ClientBootstrap(group: inner.eventLoop)
                        .channelInitializer { outer in
                            outer.eventLoop.makeCompletedFuture {
                                try outer.pipeline.syncOperations.addHandlers(
                                    NIOSSLClientHandler(context: upstreamContext, serverHostname: nil), Pipe(to: inner))
                            }
                        }
                        .connect(host: "127.0.0.1", port: port)
                        .flatMap { outer in
                            inner.eventLoop.makeCompletedFuture {
                                try inner.pipeline.syncOperations.addHandler(Pipe(to: outer))
                            }
                        }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Relay(server: server, port: server.localAddress?.port ?? 0)
    }

    func stop() async throws { try await server.close() }
}

/// Passes every byte on to another channel.
private final class Pipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let destination: any Channel

    init(to destination: any Channel) { self.destination = destination }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        destination.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        destination.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        destination.close(promise: nil)
        context.close(promise: nil)
    }
}
