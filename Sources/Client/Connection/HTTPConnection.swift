import Attestation
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One TLS 1.3 connection to a service, with HTTP/1.1 on it: one request at a time, bodies streamed both ways.
///
/// It knows the key of its peer and the exporter of its own handshake, and trusts neither: the owner of a connection
/// decides what it proves.
final class HTTPConnection {
    typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

    /// What the handshake showed about the peer.
    final class Peer: Sendable {
        struct Facts {
            var publicKeyInfo: [UInt8]?
            var exporter: [UInt8]?
        }

        private let facts = Mutex(Facts())

        /// SubjectPublicKeyInfo of the certificate that the service presented.
        var publicKeyInfo: [UInt8]? { facts.withLock { $0.publicKeyInfo } }
        /// TLS-Exporter of this connection (RFC 9266).
        var exporter: [UInt8]? { facts.withLock { $0.exporter } }

        func present(_ certificates: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
            guard let key = try? certificates.first?.extractPublicKey().toSPKIBytes() else { return .failed }
            facts.withLock { $0.publicKeyInfo = key }
            return .certificateVerified
        }

        func receiveKeyLogLine(_ line: ByteBuffer) {
            guard let secret = ChannelBinding.exporterSecret(fromKeyLogLine: line.readableBytesView) else { return }
            let exporter = ChannelBinding.exporter(secret)
            facts.withLock { $0.exporter = exporter }
        }
    }

    /// The header in which a program names itself to the service.
    static let clientHeader = "Entrepot-Client"

    /// The beginning of an answer.
    struct Head: Sendable {
        var status: Int
        var headers: HTTPHeaders
    }

    let peer: Peer
    private let host: String
    private let outbound: Outbound
    private var inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    private let earlyAnswer: EarlyAnswerHandler.Flag

    private init(
        peer: Peer, host: String, outbound: Outbound,
        inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
        earlyAnswer: EarlyAnswerHandler.Flag
    ) {
        self.peer = peer
        self.host = host
        self.outbound = outbound
        self.inbound = inbound
        self.earlyAnswer = earlyAnswer
    }

    /// Opens a connection for as long as `use` runs.
    ///
    /// - Parameter certificate: what to present as client; nil to stay anonymous.
    static func open<Result>(
        to address: ServiceAddress, certificate: ClientCertificate?,
        use: (HTTPConnection) async throws -> Result
    ) async throws -> Result {
        let peer = Peer()
        let flag = EarlyAnswerHandler.Flag()
        let context = try context(certificate: certificate, peer: peer)
        let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(20))
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handlers = channel.pipeline.syncOperations
                        try handlers.addHandler(
                            NIOSSLClientHandler(
                                context: context, serverHostname: address.serverName,
                                customVerificationCallback: { certificates, promise in
                                    promise.succeed(peer.present(certificates))
                                }))
                        try handlers.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try handlers.addHandler(SilenceHandler(flag: flag))
                        try handlers.addHandler(EarlyAnswerHandler(flag: flag))
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.unreachable(address: address.description, reason: NetworkWords.of(error))
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await use(
                HTTPConnection(
                    peer: peer, host: address.description, outbound: outbound, inbound: inbound.makeAsyncIterator(),
                    earlyAnswer: flag))
        }
    }

    /// Sends a request with a small body, or none, and reads the answer's head.
    func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: [UInt8] = []
    ) async throws -> Head {
        var head = requestHead(method, path, headers)
        if !body.isEmpty || method == .POST {
            head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        }
        earlyAnswer.clear()
        try await guarded {
            try await outbound.write(.head(head))
            if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
            try await outbound.write(.end(nil))
        }
        return try await readHead()
    }

    /// Sends a request whose body comes piece by piece, and stops sending when the service answers early.
    ///
    /// - Parameters:
    ///   - length: size of the whole body; nil if only its end will tell.
    ///   - next: the next piece, or nil at the end.
    func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders, length: Int?,
        next: () async throws -> ByteBuffer?
    ) async throws -> Head {
        var head = requestHead(method, path, headers)
        if let length {
            head.headers.replaceOrAdd(name: "Content-Length", value: "\(length)")
        } else {
            head.headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        }
        earlyAnswer.clear()
        do {
            try await outbound.write(.head(head))
            while !earlyAnswer.isSet, let piece = try await next() {
                try await outbound.write(.body(.byteBuffer(piece)))
            }
            if !earlyAnswer.isSet { try await outbound.write(.end(nil)) }
        } catch let error as ClientError {
            throw error
        } catch {
            // A service that refuses closes the connection; its answer may still be readable.
        }
        return try await readHead()
    }

    /// The next piece of the answer's body; nil at its end.
    func nextPiece() async throws -> ByteBuffer? {
        switch try await nextPart() {
        case .body(let buffer): return buffer
        case .end: return nil
        case nil: throw ClientError.brokenConnection("the answer ended before it was complete")
        case .head: throw ClientError.brokenConnection("an answer began inside another")
        }
    }

    /// The rest of the answer, where it is small.
    func readBody(upTo limit: Int = 64 * 1024 * 1024) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let end = ContinuousClock.now + Self.longestBody
        while let piece = try await nextPiece() {
            guard ContinuousClock.now < end else {
                throw ClientError.brokenConnection("an answer did not end in its time")
            }
            guard bytes.count + piece.readableBytes <= limit else {
                throw ClientError.brokenConnection("an answer is larger than \(limit) bytes")
            }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }

    /// How long a small answer may take to come.
    private static let longestBody = Duration.seconds(600)

    private func requestHead(_ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders) -> HTTPRequestHead {
        var all = HTTPHeaders([
            ("Host", host), ("User-Agent", "entrepot"), (Self.clientHeader, "entrepot"), ("Accept", "*/*"),
        ])
        for header in headers { all.replaceOrAdd(name: header.name, value: header.value) }
        return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: all)
    }

    /// The most informational answers (1xx) before the one that counts.
    private static let mostInformational = 16

    private func readHead() async throws -> Head {
        for _ in 0...Self.mostInformational {
            guard let part = try await nextPart() else {
                throw ClientError.brokenConnection("the service closed the connection before it answered")
            }
            guard case .head(let head) = part else { continue }
            if head.status.code >= 200 { return Head(status: Int(head.status.code), headers: head.headers) }
        }
        throw ClientError.brokenConnection("the service announced an answer again and again and gave none")
    }

    private func nextPart() async throws -> HTTPClientResponsePart? {
        var iterator = inbound
        let part = try await guarded { try await iterator.next() }
        inbound = iterator
        return part
    }

    private func guarded<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError.brokenConnection("\(error)")
        }
    }

    private static func context(certificate: ClientCertificate?, peer: Peer) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.applicationProtocols = ["http/1.1"]
        // No authority vouches for the service: its key is compared with the evidence.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        if let certificate {
            tls.certificateChain = [.certificate(certificate.certificate)]
            tls.privateKey = .privateKey(certificate.privateKey)
        }
        // A peer that closed in the middle of an answer gets only a short time for the TLS shutdown.
        tls.shutdownTimeout = .milliseconds(500)
        tls.keyLogCallback = { line in peer.receiveKeyLogLine(line) }
        return try NIOSSLContext(configuration: tls)
    }
}

/// Notices that the service answers while a request is still being sent.
final class EarlyAnswerHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
        func clear() { value.withLock { $0 = false } }
    }

    private let flag: Flag

    init(flag: Flag) { self.flag = flag }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), head.status.code >= 200 { flag.set() }
        context.fireChannelRead(data)
    }
}
