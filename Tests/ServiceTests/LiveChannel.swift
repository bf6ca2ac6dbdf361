import Attestation
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import Service

/// Answers every call with what the connection proved.
private struct Mirror: CallHandler {
    func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response {
        guard call.contentLength ?? 0 <= 1_000_000 else { throw Problem.tooLarge(1_000_000) }
        let body = try await call.body(upTo: 1_000_000)
        let text = [
            endpoint.rawValue, call.session.clientKeyInfo?.hexadecimal ?? "-",
            call.session.exporter?.hexadecimal ?? "-", String(body.count),
        ].joined(separator: " ")
        return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func ledgerHeaders(for caller: Caller) async -> HTTPFields { [:] }
}

/// A service's channel on a port of this machine, or on a parent's socket, with certificates of two clients beside it.
///
/// - Parameter use: gets the port, which is 0 behind a parent, and the folder of the certificates.
func withChannel(
    patience: ConnectionGuard.Patience = .init(), parentSocket: ParentSocket? = nil, connectionLimit: Int? = nil,
    registry: ConnectionRegistry = ConnectionRegistry(), _ use: (Int, URL) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "channel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, arguments) in [
        ("p256", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]), ("rsa", ["-newkey", "rsa:2048"]),
    ] {
        _ = try await run(
            "openssl",
            ["req", "-x509", "-nodes", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).crt"]
                + arguments, in: directory)
    }
    let identity = try ServerIdentity(name: "entrepot", now: Date())
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var server = HTTPServer(
        host: "127.0.0.1", port: 0, identity: identity,
        responder: RequestResponder(
            identify: { $0 == nil ? .stranger : .party(name: "Alice", role: .provider) }, handler: Mirror(),
            metrics: Metrics(), logger: logger), logger: logger,
        onListening: { continuation.yield($0) }, patience: patience, registry: registry)
    server.parentSocket = parentSocket
    if let connectionLimit { server.connectionLimit = connectionLimit }
    let group = ServiceGroup(configuration: .init(services: [server.service()], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do { try await use(port, directory) } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
