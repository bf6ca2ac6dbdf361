import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A socket between an enclave and the machine that it runs on, its parent. The two differ in their addresses alone.
public enum ParentSocket: Sendable, Equatable {
    /// A port of vsock, where every caller is taken.
    case vsock(port: Int)
    /// A socket in the file system, for a parent that is another process of this machine.
    case unix(path: String)
}

extension ParentSocket: CustomStringConvertible {
    /// As `--listen` takes it: `vsock:8443`, `unix:/run/entrepot.sock`.
    public var description: String {
        switch self {
        case .vsock(let port): "vsock:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// The same channel on a socket of the parent: how an enclave is reached, which has no network.
///
/// The parent forwards bytes (`socat TCP-LISTEN:8443,fork VSOCK-CONNECT:<CID>:8443`) and sees TLS alone. Connections come
/// from the parent only, and nothing says whose they are: strangers share one bound. Tests run all of it over a socket in
/// the file system, and over vsock where the kernel has its loopback; no enclave has been reached through it yet.
struct ParentServer: Service {
    let socket: ParentSocket
    let channel: AttestedChannel
    let connectionLimit: Int
    let logger: Logger
    let onListening: @Sendable (Int) async -> Void

    func run() async throws {
        let (channel, logger) = (channel, logger)
        let connections = ParentConnections(limit: connectionLimit)
        let listening = try await listen { (child: any Channel) -> EventLoopFuture<AttestedChannel.Value> in
            guard connections.take(child) else {
                // Nobody else closes a connection that was never set up.
                child.close(promise: nil)
                return child.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            child.closeFuture.whenComplete { _ in connections.give(child) }
            let ready = channel.setup(channel: child, logger: logger)
            ready.whenFailure { _ in connections.arrived() }
            return ready
        }
        connections.listen(on: listening.channel)
        if case .vsock(let port) = socket { await onListening(port) } else { await onListening(0) }
        try await withGracefulShutdownHandler {
            let failure: (any Error)? = await withDiscardingTaskGroup { group in
                do {
                    try await listening.executeThenClose { inbound in
                        for try await child in inbound {
                            connections.arrived()
                            group.addTask { await channel.handle(value: child, logger: logger) }
                        }
                    }
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { throw failure }
        } onGracefulShutdown: {
            connections.end()
        }
    }

    private func listen(
        _ setup: @escaping @Sendable (any Channel) -> EventLoopFuture<AttestedChannel.Value>
    ) async throws -> NIOAsyncChannel<AttestedChannel.Value, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
        switch socket {
        case .vsock(let port):
            return try await bootstrap.bind(
                to: VsockAddress(cid: .any, port: .init(port)), childChannelInitializer: setup)
        case .unix(let path):
            try await ParentServer.requirePlace(path)
            return try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true, childChannelInitializer: setup)
        }
    }

    /// What a process has left behind is replaced: no file of another kind, and no socket at which somebody listens, who
    /// would never hear of it.
    static func requirePlace(_ path: String) async throws {
        guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard found[.type] as? FileAttributeType == .typeSocket else { throw SocketFileFault.noSocket }
        let group = MultiThreadedEventLoopGroup.singleton
        guard let other = try? await ClientBootstrap(group: group).connect(unixDomainSocketPath: path).get() else {
            return
        }
        other.close(promise: nil)
        throw SocketFileFault.taken
    }
}

/// Why no socket can be had at a path.
enum SocketFileFault: Error, Equatable, CustomStringConvertible {
    case noSocket
    case taken

    var description: String {
        switch self {
        case .noSocket: "a file is there that is no socket"
        case .taken: "another process listens there"
        }
    }
}
