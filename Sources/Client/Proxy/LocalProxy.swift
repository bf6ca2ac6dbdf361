import Foundation
import Ledger
import NIOCore
import NIOHTTP1
import NIOPosix

/// A plain HTTP server on this machine that passes calls on over verified connections, so that curl, pandas, R, Excel
/// and the workshop's own notebook work unchanged; and, below `/entrepot/`, a page on which a person does the same.
///
/// Each local connection has an upstream connection of its own, verified before the first byte goes through it and
/// again when it is older than ten minutes or has been idle. `GET /entrepot/card` tells what was verified. Once the first
/// connection has shown a task, no later one may be to another. Connections of other users of this machine are closed.
public struct LocalProxy: Sendable {
    private let configuration: ClientConfiguration
    private let host: String
    private let port: Int
    private let page: LocalPage
    private let proxyGuard = ProxyGuard()
    /// Whether a confirmation and a halt need the page, where a person types the task's name.
    private let asksFirst: Bool
    private static let oldest = Duration.seconds(600)
    /// A service closes connections that are idle for a minute.
    private static let longestIdle = Duration.seconds(30)
    /// Answers up to this size are passed on whole.
    private static let smallBody = 64 * 1024

    /// - Parameters:
    ///   - host: a loopback address.
    ///   - port: 0 takes a free one.
    ///   - asksFirst: refuse the calls that confirm or halt, so that only a person who types the task's name does either.
    /// - Throws: `ClientError.badInput` for an address that other machines can reach.
    public init(
        _ configuration: ClientConfiguration, host: String = "127.0.0.1", port: Int, page: LocalPage = LocalPage(),
        asksFirst: Bool = false
    ) throws(ClientError) {
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw ClientError.badInput("\(host) can be reached by other machines: listen on 127.0.0.1")
        }
        self.configuration = configuration
        self.host = host
        self.port = port
        self.page = page
        self.asksFirst = asksFirst
    }

    /// Verifies the service once, then listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - verified: called with what the first connection proved.
    ///   - listening: called with the port.
    /// - Throws: what the first verification throws; nothing listens then.
    public func run(
        verified: (VerifiedConnection) -> Void, listening: @Sendable (Int) async -> Void
    ) async throws {
        let calls = try await VerifiedConnection.open(configuration) { connection in
            verified(connection)
            return try PageCalls(connection, page: page)
        }
        let server: NIOAsyncChannel<LocalCaller.Channel, Never>
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        return try LocalCaller.Channel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.badInput("Cannot listen on \(host):\(port) (\(error)): choose another --listen")
        }
        await listening(server.channel.localAddress?.port ?? port)
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await local in inbound {
                    group.addTask { try? await serve(local, calls) }
                }
            }
        }
    }

    private func serve(_ local: LocalCaller.Channel, _ calls: PageCalls) async throws {
        try await local.executeThenClose { inbound, outbound in
            // Its addresses are known once the channel is active.
            guard PeerOwner.isOurs(local.channel) else { return }
            let caller = LocalCaller(inbound, outbound)
            var pending = try await caller.nextRequest()
            while let head = pending {
                if var refusal = proxyGuard.refusal(of: head, token: calls.token) {
                    refusal.closes = true
                    return try await caller.answer(refusal)
                }
                if asksFirst, isFinal(head) {
                    try await caller.skipBody()
                    return try await caller.answer(Self.askFirst)
                }
                if let call = calls.call(head), call.isOffline {
                    try await calls.answer(call, head, from: caller)
                    pending = head.isKeepAlive ? try await caller.nextRequest() : nil
                    continue
                }
                do {
                    pending = try await VerifiedConnection.open(calls.configuration) { upstream in
                        try await forward(head, upstream, caller, calls)
                    }
                } catch let error as ClientError {
                    // A client that is still sending would not read the answer.
                    try await caller.skipBody()
                    var problem = LocalAnswer.problem(error)
                    problem.closes = true
                    return try await caller.answer(problem)
                }
            }
        }
    }

    /// Whether a program asks for what cannot be undone. The page's own calls are below `/entrepot/`.
    private func isFinal(_ head: HTTPRequestHead) -> Bool {
        guard !LocalCall.isBelow(head.uri) else { return false }
        let path = head.uri.prefix { $0 != "?" }
        return VerifiedConnection.isConfirmation(head.uri)
            || (path.removingPercentEncoding ?? String(path)).contains("halt")
    }

    private static var askFirst: LocalAnswer {
        var answer = LocalAnswer.problem(
            .conflict, code: "ask_first",
            detail: "This proxy was told to ask a person before it confirms or stops anything.",
            hint:
                "Open \(LocalCall.root) on this address in a browser and type the task's name there, or run `entrepot "
                + "confirm`. Without --ask the proxy passes such calls on.")
        answer.closes = true
        return answer
    }

    /// Passes requests on until the local side ends or the upstream connection is old.
    ///
    /// - Returns: the head of a request that is not for this upstream connection; nil if there is none.
    private func forward(
        _ first: HTTPRequestHead, _ upstream: VerifiedConnection, _ caller: LocalCaller, _ calls: PageCalls
    ) async throws -> HTTPRequestHead? {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: LocalProxy.oldest)
        var head = first
        var isFresh = true
        while true {
            var isIntact = true
            do {
                if let call = calls.call(head) {
                    isIntact = try await calls.answer(call, head, from: caller, over: upstream)
                } else {
                    try await exchange(head, upstream, caller)
                }
            } catch UnansweredCall.lost where !isFresh {
                // The connection was closed while idle: repeat the call on another.
                return head
            } catch UnansweredCall.lost {
                throw ClientError.brokenConnection("the service closed the connection before it answered")
            }
            isFresh = false
            guard head.isKeepAlive else { return nil }
            let last = clock.now
            guard let following = try await caller.nextRequest() else { return nil }
            let isStale = !isIntact || clock.now > end || clock.now - last > LocalProxy.longestIdle
            let isRefused =
                proxyGuard.refusal(of: following, token: calls.token) != nil || (asksFirst && isFinal(following))
            if isStale || isRefused || calls.call(following)?.isOffline == true { return following }
            head = following
        }
    }

    /// A call without a body that the service never saw, or never answered.
    enum UnansweredCall: Error { case lost }

    private func exchange(_ head: HTTPRequestHead, _ upstream: VerifiedConnection, _ caller: LocalCaller) async throws {
        try await caller.inviteBody(of: head)
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) }
        let hasBody = length ?? 0 > 0 || head.headers.contains(name: "Transfer-Encoding")
        var headers = proxyGuard.passing(head.headers)
        var blinding: Blinding?
        let answer: HTTPConnection.Head
        try upstream.admitFigures(head.uri)
        let isConfirmation = VerifiedConnection.isConfirmation(head.uri)
        let before = isConfirmation ? try upstream.prepareConfirmation() : nil
        if hasBody {
            blinding = try upstream.prepareUpload(to: head.uri, &headers)
            answer = try await upstream.http.send(head.method, head.uri, headers: headers, length: length) {
                try await caller.nextPiece()
            }
        } else {
            do {
                answer = try await upstream.http.send(head.method, head.uri, headers: headers)
            } catch ClientError.brokenConnection {
                throw UnansweredCall.lost
            }
        }
        if isConfirmation, (400..<500).contains(answer.status) { try upstream.takeBackConfirmation(before: before) }
        if head.method == .DELETE, answer.status == 200 { try upstream.takeBackConfirmation() }
        try upstream.observe(answer.headers)
        try upstream.remember()
        let back = proxyGuard.returning(answer.headers)
        let status = HTTPResponseStatus(statusCode: answer.status)
        let size = back.first(name: "Content-Length").flatMap { Int($0) }
        guard let size, size <= LocalProxy.smallBody else {
            try await caller.begin(status, back)
            while let piece = try await upstream.http.nextPiece() { try await caller.write(piece) }
            try await upstream.keepReceipts()
            return try await caller.end()
        }
        // Receipts first: a client that reads "Upload completed" has one.
        let body = try await upstream.http.readBody(upTo: size)
        try await upstream.keepReceipts()
        if let blinding, status == .ok { try upstream.keepOpening(answering: body, blinding) }
        try await caller.begin(status, back)
        if !body.isEmpty { try await caller.write(ByteBuffer(bytes: body)) }
        try await caller.end()
    }
}
