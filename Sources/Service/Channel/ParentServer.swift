import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The same channel on a vsock port: how an enclave is reached, which has no network.
///
/// The parent forwards bytes (`socat TCP-LISTEN:8443,fork VSOCK-CONNECT:<CID>:8443`) and sees TLS alone. Connections come
/// from the parent only, so that they are counted as one address. The port has been opened here; no enclave has been reached
/// through it yet.
struct VsockServer: Service {
    let port: Int
    let channel: AttestedChannel
    let connectionLimit: Int
    let logger: Logger
    let onListening: @Sendable (Int) async -> Void

    func run() async throws {
        let (channel, logger) = (channel, logger)
        let open = Places(connectionLimit)
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(to: VsockAddress(cid: .any, port: .init(port))) {
                (child: any Channel) -> EventLoopFuture<AttestedChannel.Value> in
                guard open.take() else {
                    return child.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                }
                child.closeFuture.whenComplete { _ in open.give() }
                return channel.setup(channel: child, logger: logger)
            }
        await onListening(port)
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                do {
                    try await listening.executeThenClose { inbound in
                        for try await child in inbound {
                            group.addTask { await channel.handle(value: child, logger: logger) }
                        }
                    }
                } catch {
                    logger.error("the vsock listener failed")
                }
            }
        } onGracefulShutdown: {
            listening.channel.close(promise: nil)
        }
    }

    /// How many connections may still be opened.
    private final class Places: Sendable {
        private let free: Mutex<Int>

        init(_ count: Int) { free = Mutex(count) }

        func take() -> Bool {
            free.withLock { free in
                guard free > 0 else { return false }
                free -= 1
                return true
            }
        }

        func give() { free.withLock { $0 += 1 } }
    }
}
