import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Takes every request: identifies the caller, checks the permission, and turns errors into answers.
struct RequestResponder: Sendable {
    /// The caller that holds a public key; nil if the client showed none.
    let identify: @Sendable (_ publicKeyInfo: [UInt8]?) -> Caller
    let handler: any CallHandler
    let metrics: Metrics
    let logger: Logger
    var limiter = CallLimiter()

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
        // Whoever goes away no longer waits for an answer: its work is cancelled.
        let answering = Task { await answer(call) }
        session.answering { answering.cancel() }
        for await _ in call.bodyState.leave where request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var response = await withTaskCancellationHandler {
            await answering.value
        } onCancel: {
            answering.cancel()
        }
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
            try RequestResponder.checkHost(call.request)
            let endpoint = try Endpoint.find(call.request.method, call.request.uri.path)
            metrics.count(endpoint)
            try endpoint.admit(call.caller)
            try endpoint.check(call.query)
            if endpoint.isChanging { try BrowserGuard.refusePages(call.request) }
            response = try await limiter.run(endpoint, of: call.account) { [handler] in
                try await Deadline.run(seconds: endpoint.bounds.seconds) {
                    try await handler.answer(call, to: endpoint)
                }
            }
        } catch {
            let problem = problem(of: error)
            note(problem, of: call)
            response = RequestResponder.response(to: problem)
        }
        response.headers.append(contentsOf: await handler.ledgerHeaders(for: call.caller))
        response.headers[.date] = HTTPDate.now
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    /// Tells the operator of a party's call that was refused: which, by whom, and the stable word of the reason.
    ///
    /// What is wrong with a table is its owner's alone, and so is that anything was: of each upload the log says that it
    /// ended, and then whether a table is held, as the ledger does. Strangers could fill the log; the metrics count them.
    private func note(_ problem: Problem, of call: Call) {
        guard case .party(let name, _) = call.caller, problem.table == nil, problem.code != Problem.gone.code else {
            return
        }
        let path = (try? Endpoint.find(call.request.method, call.request.uri.path))?.path ?? "unknown"
        logger.info(
            "a call was refused",
            metadata: [
                "party": "\(name)", "call": "\(path)", "status": "\(problem.status.code)", "code": "\(problem.code)",
            ])
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
        // The decoder refuses chunks, lengths and trailers that are none.
        if error is HTTPParserError { return Problem.badBody }
        if error is CancellationError { return Problem.gone }
        // The type of an error is a constant of the program; its text could quote data.
        logger.error("request failed", metadata: ["error": "\(type(of: error))"])
        return Problem.internalError
    }

    /// One name of the service in each request: two would let two readers see two requests.
    private static func checkHost(_ request: Request) throws(Problem) {
        guard request.head.authority != nil, !request.headers.contains(where: { $0.name.canonicalName == "host" })
        else { throw Problem.badHost }
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
