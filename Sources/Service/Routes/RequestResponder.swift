import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Takes every request: identifies the caller, checks the permission, and turns errors into answers.
struct RequestResponder: Sendable {
    /// The caller that holds a public key; nil if the client showed none.
    let identify: @Sendable (_ publicKeyInfo: [UInt8]?) -> Caller
    let handler: any CallHandler
    let metrics: Metrics
    let logger: Logger

    /// How long a client may keep sending an unwanted body before its connection is closed.
    private static let grace = TimeAmount.seconds(5)

    /// Answers one request of a connection.
    func respond(
        to request: Request, writer: consuming ResponseWriter, channel: any Channel, session: ConnectionSession
    ) async throws {
        session.requestBegins()
        defer { session.requestEnded() }
        let call = Call(
            request: request, caller: identify(session.clientKeyInfo), session: session,
            query: QueryString(request.uri.query))
        async let answering = answer(call)
        for await _ in call.bodyState.leave where request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var response = await answering
        if response.status.kind != .successful, !call.bodyState.isFinished, RequestResponder.hasBody(request) {
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: RequestResponder.grace) { channel.close(promise: nil) }
        }
        try await writer.write(response: response.head, body: response.body)
    }

    /// The answer to a call, whatever becomes of it.
    private func answer(_ call: Call) async -> Response {
        defer { call.bodyState.end() }
        var response: Response
        do {
            let endpoint = try Endpoint.find(call.request.method, call.request.uri.path)
            metrics.count(endpoint)
            try endpoint.admit(call.caller)
            response = try await handler.answer(call, to: endpoint)
        } catch {
            response = RequestResponder.response(to: problem(of: error))
        }
        response.headers.append(contentsOf: await handler.ledgerHeaders(for: call.caller))
        response.headers[.date] = HTTPDate.now
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    static func response(to problem: Problem) -> Response {
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        return Response(
            status: problem.status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: problem.body.bytes)))
    }

    private func problem(of error: any Error) -> Problem {
        if let problem = error as? Problem { return problem }
        // The type of an error is a constant of the program; its text could quote data.
        logger.error("request failed", metadata: ["error": "\(type(of: error))"])
        return Problem.internalError
    }

    private static func hasBody(_ request: Request) -> Bool {
        if request.headers[.transferEncoding] != nil { return true }
        return request.headers[.contentLength].flatMap { Int($0) } ?? 0 > 0
    }
}

/// What answers the calls that a request responder lets in.
protocol CallHandler: Sendable {
    /// Answers a call. It asks for the body only once it knows that it wants it.
    func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response
    /// Headers that every answer to this caller carries: the boot, and the ledger as far as the caller may know it.
    func ledgerHeaders(for caller: Caller) async -> HTTPFields
}
