import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The listening socket: TLS 1.3 and HTTP/1.1, with limits that hold before a request is complete.
struct HTTPServer: Sendable {
    let host: String
    let port: Int
    /// Listens here in place of host and port.
    var parentSocket: ParentSocket?
    let identity: ServerIdentity
    let responder: RequestResponder
    let logger: Logger
    /// Called with the port once the socket listens.
    let onListening: @Sendable (Int) async -> Void

    var patience = ConnectionGuard.Patience()
    var registry = ConnectionRegistry()

    /// A connection that neither finishes its handshake nor sends a request for this long is closed.
    private static let idleTimeout = TimeAmount.seconds(60)
    /// Of all callers together; ``ConnectionRegistry`` sees to it that no one takes them all.
    var connectionLimit = 8_192

    /// The server as a service of a `ServiceGroup`: it ends with graceful shutdown.
    func service() -> any Service {
        let responder = responder
        let channel = AttestedChannel(
            identity: identity,
            configuration: HTTP1Channel.Configuration(
                idleTimeout: HTTPServer.idleTimeout,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)),
            respond: { request, writer, channel, session in
                try await responder.respond(to: request, writer: writer, channel: channel, session: session)
            },
            patience: patience, registry: registry,
            party: { [identify = responder.identify] key in
                if case .party(let name, _) = identify(key) { name } else { nil }
            })
        let onListening = onListening
        if let parentSocket {
            return ParentServer(
                socket: parentSocket, channel: channel, connectionLimit: connectionLimit, logger: logger,
                onListening: onListening)
        }
        return channel.server(
            configuration: ServerConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(connectionLimit)),
            onServerRunning: { listening in await onListening(listening.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
    }
}
