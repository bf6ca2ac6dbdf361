import Domains
import Foundation
import NIOCore
import NIOHTTP1
import Tables

/// One connection of a program or a browser on this machine: requests in, bodies piece by piece, answers out.
///
/// Use it from one task.
final class LocalCaller {
    typealias Channel = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private var inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    /// Whether a part of the present request's body may still come.
    private var isInBody = false

    init(
        _ inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// The next request, after what is left of the one before; nil if the caller is gone.
    func nextRequest() async throws -> HTTPRequestHead? {
        try await skipBody()
        guard case .head(let head)? = try await nextPart() else { return nil }
        isInBody = true
        return head
    }

    /// Reads and discards the rest of the request's body.
    func skipBody() async throws {
        while try await nextPiece() != nil {}
    }

    /// The next piece of the request's body; nil at its end.
    ///
    /// - Throws: `ClientError.brokenConnection` if the caller goes away before the end.
    func nextPiece() async throws -> ByteBuffer? {
        guard isInBody else { return nil }
        switch try await nextPart() {
        case .body(let piece): return piece
        case .end:
            isInBody = false
            return nil
        case .head, nil: throw ClientError.brokenConnection("the program on this machine went away")
        }
    }

    /// The rest of a small body.
    func body(upTo limit: Int = 16 * 1024) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await nextPiece() {
            guard bytes.count + piece.readableBytes <= limit else {
                throw ClientError.badInput("a body of at most \(limit) bytes was expected")
            }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }

    /// Asks for the body where the caller waits to be asked.
    func inviteBody(of head: HTTPRequestHead) async throws {
        guard head.headers.first(name: "Expect")?.lowercased() == "100-continue" else { return }
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
    }

    /// Begins an answer; pieces and `end` follow.
    func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws {
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
    }

    func write(_ piece: ByteBuffer) async throws { try await outbound.write(.body(.byteBuffer(piece))) }

    func end() async throws { try await outbound.write(.end(nil)) }

    /// A whole answer.
    func answer(_ answer: LocalAnswer) async throws {
        var headers = answer.headers
        headers.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)")
        if answer.closes { headers.replaceOrAdd(name: "Connection", value: "close") }
        try await begin(answer.status, headers)
        if !answer.body.isEmpty { try await write(ByteBuffer(bytes: answer.body)) }
        try await end()
    }

    private func nextPart() async throws -> HTTPServerRequestPart? {
        var iterator = inbound
        let part = try await iterator.next()
        inbound = iterator
        return part
    }
}

/// What the proxy itself answers, in one piece.
struct LocalAnswer: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    var closes = false

    init(_ status: HTTPResponseStatus = .ok, type: String, body: [UInt8], headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
        self.body = body
        self.headers.add(name: "Content-Type", value: type)
        self.headers.add(name: "Cache-Control", value: "no-store")
        self.headers.add(name: "X-Content-Type-Options", value: "nosniff")
    }

    /// JSON with sorted keys.
    static func json(_ value: some Encodable, status: HTTPResponseStatus = .ok) throws -> LocalAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return LocalAnswer(status, type: "application/json", body: Array(try encoder.encode(value)))
    }

    /// Why something was not done, in the form of the service's own problems.
    private struct Problem: Encodable {
        let status: Int
        let code: String
        let detail: String
        let hint: String
        var exitCode: Int32?
        var problems: [TableProblem]?

        private enum CodingKeys: String, CodingKey {
            case status, code, detail, hint, problems
            case exitCode = "exit_code"
        }
    }

    static func problem(
        _ status: HTTPResponseStatus, code: String, detail: String, hint: String = ""
    ) -> LocalAnswer {
        problem(Problem(status: Int(status.code), code: code, detail: detail, hint: hint))
    }

    static func problem(_ error: ClientError) -> LocalAnswer {
        guard case .service(let said) = error else {
            return problem(
                Problem(status: 502, code: "not_verified", detail: "\(error)", hint: "", exitCode: error.exitCode))
        }
        return problem(
            Problem(
                status: said.status, code: said.code, detail: said.detail, hint: said.hint, exitCode: error.exitCode,
                problems: said.table))
    }

    private static func problem(_ problem: Problem) -> LocalAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return LocalAnswer(
            HTTPResponseStatus(statusCode: problem.status), type: "application/problem+json",
            body: (try? encoder.encode(problem)).map { Array($0) } ?? [])
    }
}
