import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Attestation
@testable import Client
@testable import Service

#if canImport(Glibc)
    import Glibc
#endif

/// Whether this kernel lets a program reach itself over vsock (module `vsock_loopback`).
private enum VsockLoopback {
    static let works: Bool = {
        let probe = DispatchSemaphore(value: 0)
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try? ServerBootstrap(group: group).bind(to: VsockAddress(cid: .any, port: 51_234)).wait()
        guard let server else { return false }
        defer { try? server.close().wait() }
        let call = ClientBootstrap(group: group).connectTimeout(.seconds(2))
            .connect(to: VsockAddress(cid: .local, port: 51_234))
        nonisolated(unsafe) var isConnected = false
        call.whenComplete { result in
            if case .success(let channel) = result {
                isConnected = true
                channel.close(promise: nil)
            }
            probe.signal()
        }
        return probe.wait(timeout: .now() + 5) == .success && isConnected
    }()
}

/// The parent's side of an enclave, as `socat TCP-LISTEN:…,fork VSOCK-CONNECT:…` does it: bytes, and nothing else.
private final class BytesForwarder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    static func start(to socket: ParentSocket) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelOption(
            .autoRead, value: false
        )
        .childChannelInitializer { caller in
            connect(ClientBootstrap(group: caller.eventLoop), to: socket).flatMap { enclave in
                caller.pipeline.addHandler(BytesForwarder(to: enclave)).flatMap {
                    enclave.pipeline.addHandler(BytesForwarder(to: caller))
                }.flatMap { caller.setOption(.autoRead, value: true) }
            }
        }.bind(host: "127.0.0.1", port: 0).get()
    }

    private static func connect(
        _ bootstrap: ClientBootstrap, to socket: ParentSocket
    ) -> EventLoopFuture<any Channel> {
        switch socket {
        case .vsock(let port): bootstrap.connect(to: VsockAddress(cid: .local, port: .init(port)))
        case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }
}

@Suite("A service behind its parent", .serialized, .timeLimit(.minutes(5)), .live)
struct ParentSocketTests {
    @Test(
        "a party verifies and uploads through a forwarder over vsock",
        .enabled(if: VsockLoopback.works, "this kernel has no vsock loopback: modprobe vsock_loopback"))
    func vsock() async throws {
        try await upload(through: .vsock(port: 51_235))
    }

    @Test("the same over a socket in the file system, which differs in its address alone")
    func unix() async throws {
        let path = NSTemporaryDirectory() + "p\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await upload(through: .unix(path: path))
    }

    private func upload(through socket: ParentSocket) async throws {
        try await withService(try TestTask.workshop(), parentSocket: socket) { live in
            let forwarder = try await BytesForwarder.start(to: socket)
            defer { forwarder.close(promise: nil) }
            var configuration = live.client("Alice")
            configuration.address = ServiceAddress(
                host: "127.0.0.1", port: try #require(forwarder.localAddress?.port))
            let table = try live.file("alice.csv", Cars.alice())
            let rows = try await VerifiedConnection.open(configuration) { try await $0.upload(file: table).rows }
            #expect(rows > 0)
            // A caller that is no party learns through the forwarder what it would learn without.
            var stranger = configuration
            stranger.trust.allowed = ReleaseManifest(releases: [])
            await #expect(throws: ClientError.refused([.noReleaseAllowed])) {
                try await VerifiedConnection.open(stranger) { _ in }
            }
        }
    }
}
