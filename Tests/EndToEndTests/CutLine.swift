import NIOCore
import NIOPosix
import Synchronization

/// A line to the service that breaks: it passes bytes on unread, and cuts each connection after as many as it is told.
final class CutLine: Sendable {
    let port: Int
    private let server: any Channel
    private let line: Line

    /// Bytes that came from clients, over all connections.
    var sent: Int { line.sent.withLock { $0 } }

    /// What all connections share.
    final class Line: Sendable {
        private let cuts: Mutex<[Int]>
        let sent = Mutex(0)

        init(cuts: [Int]) { self.cuts = Mutex(cuts) }

        /// After how many bytes the next connection is cut; nil for never.
        func nextCut() -> Int? { cuts.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    private init(port: Int, server: any Channel, line: Line) {
        self.port = port
        self.server = server
        self.line = line
    }

    static func start(before port: Int, cuts: [Int]) async throws -> CutLine {
        let line = Line(cuts: cuts)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { inner in
                let cut = line.nextCut()
                return ClientBootstrap(group: inner.eventLoop)
                    .channelInitializer { outer in
                        outer.eventLoop.makeCompletedFuture {
                            try outer.pipeline.syncOperations.addHandler(Passing(to: inner, cut: nil, line: nil))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMap { outer in
                        inner.eventLoop.makeCompletedFuture {
                            try inner.pipeline.syncOperations.addHandler(Passing(to: outer, cut: cut, line: line))
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return CutLine(port: server.localAddress?.port ?? 0, server: server, line: line)
    }

    func stop() async throws { try await server.close() }

    /// Passes bytes on until it is cut.
    private final class Passing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let destination: any Channel
        private var left: Int?
        /// Where bytes are counted; nil for those of the service.
        private let line: Line?

        init(to destination: any Channel, cut: Int?, line: Line?) {
            self.destination = destination
            self.line = line
            left = cut
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let piece = unwrapInboundIn(data)
            line?.sent.withLock { $0 += piece.readableBytes }
            destination.writeAndFlush(piece, promise: nil)
            guard let before = left else { return }
            left = before - piece.readableBytes
            if before <= piece.readableBytes {
                destination.close(promise: nil)
                context.close(promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { destination.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            destination.close(promise: nil)
            context.close(promise: nil)
        }
    }
}
