import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A plain HTTP server on this machine that passes calls on over verified connections, so that curl, pandas, R, Excel
/// and the workshop's own notebook work unchanged.
///
/// Each local connection has an upstream connection of its own, verified before the first byte goes through it and
/// again when it is older than ten minutes or has been idle. `GET /entrepot/card` tells what was verified.
public struct LocalProxy: Sendable {
    private typealias Local = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private let configuration: ClientConfiguration
    private let host: String
    private let port: Int
    private let proxyGuard = ProxyGuard()
    private static let oldest = Duration.seconds(600)
    /// A service closes connections that are idle for a minute.
    private static let longestIdle = Duration.seconds(30)
    /// Answers up to this size are passed on whole.
    private static let smallBody = 64 * 1024
    private static let cardPath = "/entrepot/card"

    /// - Parameters:
    ///   - host: a loopback address.
    ///   - port: 0 takes a free one.
    /// - Throws: `ClientError.badInput` for an address that other machines can reach.
    public init(_ configuration: ClientConfiguration, host: String = "127.0.0.1", port: Int) throws(ClientError) {
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw ClientError.badInput("\(host) can be reached by other machines: listen on 127.0.0.1")
        }
        self.configuration = configuration
        self.host = host
        self.port = port
    }

    /// Verifies the service once, then listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - verified: told what the first connection proved.
    ///   - listening: told the port.
    /// - Throws: what the first verification throws; nothing listens then.
    public func run(
        verified: (VerifiedConnection) -> Void, listening: @Sendable (Int) async -> Void
    ) async throws {
        try await VerifiedConnection.open(configuration) { verified($0) }
        let server: NIOAsyncChannel<Local, Never>
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        return try Local(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.badInput("Cannot listen on \(host):\(port) (\(error)): choose another --listen")
        }
        await listening(server.channel.localAddress?.port ?? port)
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await local in inbound {
                    group.addTask { try? await serve(local) }
                }
            }
        }
    }

    private func serve(_ local: Local) async throws {
        try await local.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            guard case .head(var head)? = try await iterator.next() else { return }
            var pending: HTTPRequestHead? = head
            while let first = pending {
                head = first
                if let reason = proxyGuard.refusal(of: head) {
                    return try await answer(outbound, .forbidden, code: "not_local", detail: reason)
                }
                do {
                    pending = try await VerifiedConnection.open(configuration) { upstream in
                        try await forward(head, upstream, &iterator, outbound)
                    }
                } catch let error as ClientError {
                    return try await answer(
                        outbound, .badGateway, code: "not_verified", detail: "\(error)", exitCode: error.exitCode)
                }
            }
        }
    }

    /// Passes requests on until the local side ends or the upstream connection is old.
    ///
    /// - Returns: the head of a request that wants a fresh upstream connection; nil where there is none.
    private func forward(
        _ first: HTTPRequestHead, _ upstream: VerifiedConnection,
        _ iterator: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws -> HTTPRequestHead? {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: LocalProxy.oldest)
        var head = first
        var isFresh = true
        while true {
            do {
                try await exchange(head, upstream, &iterator, outbound)
            } catch UnansweredCall.lost where !isFresh {
                // The connection died while nothing was under way: ask the same on another.
                return head
            } catch UnansweredCall.lost {
                throw ClientError.brokenConnection("the service closed the connection before it answered")
            }
            isFresh = false
            guard head.isKeepAlive else { return nil }
            let last = clock.now
            var next = try await iterator.next()
            while case .body? = next { next = try await iterator.next() }
            if case .end? = next { next = try await iterator.next() }
            guard case .head(let following)? = next else { return nil }
            let isStale = clock.now > end || clock.now - last > LocalProxy.longestIdle
            if isStale || proxyGuard.refusal(of: following) != nil { return following }
            head = following
        }
    }

    /// A call without a body that the service never saw, or never answered.
    private enum UnansweredCall: Error { case lost }

    private func exchange(
        _ head: HTTPRequestHead, _ upstream: VerifiedConnection,
        _ iterator: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        guard head.uri != LocalProxy.cardPath else {
            return try await answer(outbound, .ok, type: "application/json", body: ConnectionCard(upstream).json())
        }
        if head.headers.first(name: "Expect")?.lowercased() == "100-continue" {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) }
        let hasBody = length ?? 0 > 0 || head.headers.contains(name: "Transfer-Encoding")
        let headers = proxyGuard.passing(head.headers)
        let answer: HTTPConnection.Head
        if hasBody {
            try upstream.prepareUpload(path: head.uri)
            var parts = iterator
            answer = try await upstream.http.send(head.method, head.uri, headers: headers, length: length) {
                guard case .body(let piece)? = try await parts.next() else { return nil }
                return piece
            }
            iterator = parts
        } else {
            do {
                answer = try await upstream.http.send(head.method, head.uri, headers: headers)
            } catch ClientError.brokenConnection {
                throw UnansweredCall.lost
            }
        }
        try upstream.observe(answer.headers)
        try upstream.remember()
        var back = answer.headers
        for name in ["Connection", "Transfer-Encoding", "Keep-Alive"] { back.remove(name: name) }
        let start = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: back)
        let size = back.first(name: "Content-Length").flatMap { Int($0) }
        guard let size, size <= LocalProxy.smallBody else {
            try await outbound.write(.head(start))
            while let piece = try await upstream.http.nextPiece() {
                try await outbound.write(.body(.byteBuffer(piece)))
            }
            try await upstream.keepReceipts()
            return try await outbound.write(.end(nil))
        }
        // Receipts first: whoever reads "Upload completed" can count on having one.
        let body = try await upstream.http.readBody(upTo: size)
        try await upstream.keepReceipts()
        try await outbound.write(.head(start))
        if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
        try await outbound.write(.end(nil))
    }

    private func answer(
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, _ status: HTTPResponseStatus, code: String,
        detail: String, exitCode: Int32? = nil
    ) async throws {
        var members: [String: Any] = ["status": Int(status.code), "code": code, "detail": detail]
        if let exitCode { members["exit_code"] = Int(exitCode) }
        let body = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys])
        try await answer(outbound, status, type: "application/problem+json", body: Array(body), closes: true)
    }

    private func answer(
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, _ status: HTTPResponseStatus, type: String,
        body: [UInt8], closes: Bool = false
    ) async throws {
        var headers = HTTPHeaders([("Content-Type", type), ("Content-Length", "\(body.count)")])
        if closes { headers.add(name: "Connection", value: "close") }
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        try await outbound.write(.end(nil))
    }
}
