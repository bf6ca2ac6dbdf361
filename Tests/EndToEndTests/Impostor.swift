import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

@testable import Service

/// A service of the wrong kind: TLS under whatever key it was given, the task's bytes, and whatever evidence it likes.
final class Impostor: Sendable {
    let port: Int
    private let server: any Channel

    private init(server: any Channel) {
        self.server = server
        port = server.localAddress?.port ?? 0
    }

    /// - Parameter evidence: the answer to `GET /attestation` with this nonce.
    static func start(
        identity: ServerIdentity, specification: [UInt8], evidence: @escaping @Sendable (String) -> [UInt8]
    ) async throws -> Impostor {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)], privateKey: .privateKey(identity.privateKey))
        tls.minimumTLSVersion = .tlsv13
        let context = try NIOSSLContext(configuration: tls)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers = channel.pipeline.syncOperations
                    try handlers.addHandler(NIOSSLServerHandler(context: context))
                    try handlers.configureHTTPServerPipeline()
                    try handlers.addHandler(Answers(specification: specification, evidence: evidence))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Impostor(server: server)
    }

    func stop() async throws { try await server.close() }

    private final class Answers: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let specification: [UInt8]
        private let evidence: @Sendable (String) -> [UInt8]

        init(specification: [UInt8], evidence: @escaping @Sendable (String) -> [UInt8]) {
            self.specification = specification
            self.evidence = evidence
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let body = head.uri.hasPrefix("/attestation") ? evidence(String(head.uri.suffix(64))) : specification
            let headers: HTTPHeaders = ["Content-Length": "\(body.count)", "Content-Type": "application/json"]
            context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
