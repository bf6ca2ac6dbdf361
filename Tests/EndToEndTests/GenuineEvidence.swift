import Attestation
import Crypto
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import ServiceLifecycle

@testable import Service

/// A service whose evidence is genuine and bound to the connection, for a task of any bytes: what a host could run that
/// obeys every rule of attestation and serves a task that nobody should accept.
struct GenuineEvidence: Sendable {
    let port: Int
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    static func start(
        identity: ServerIdentity, attester: SimulatedAttester, specification: [UInt8]
    ) async throws -> GenuineEvidence {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let handler = Handler(
            issuer: EvidenceIssuer(attester: attester, buildManifestDigest: [UInt8](repeating: 0, count: 32)),
            identity: identity, specification: specification)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = HTTPServer(
            host: "127.0.0.1", port: 0, identity: identity,
            responder: RequestResponder(
                identify: { _ in .stranger }, handler: handler, metrics: Metrics(), logger: logger), logger: logger,
            onListening: { continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server.service()], logger: logger))
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        return GenuineEvidence(port: await iterator.next() ?? 0, group: group, running: running)
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private struct Handler: CallHandler {
        let issuer: EvidenceIssuer
        let identity: ServerIdentity
        let specification: [UInt8]
        let boot = Boot()

        func ledgerHeaders(for caller: Caller) async -> HTTPFields { [:] }

        func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response {
            guard endpoint == .attestation else { return Response.json(specification) }
            let digits = Array((call.query["nonce"] ?? "").utf8)
            let nonce = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            let evidence = try await issuer.evidence(
                session: call.session, nonce: nonce, identity: identity,
                task: Array(SHA256.hash(data: specification)), boot: boot,
                head: LedgerHead(sequence: 1, hash: boot.id))
            return Response.json(evidence.json())
        }
    }
}
