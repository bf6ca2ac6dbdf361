import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Takes every request: finds out who calls and what may be called, and turns errors into answers.
struct RequestResponder: Sendable {
    let handler: any CallHandler
    let metrics: Metrics
    let logger: Logger

    /// How long a client may go on sending a body that nobody wants before its connection is closed.
    private static let grace = TimeAmount.seconds(5)

    /// Answers one request of a connection.
    func respond(
        to request: Request, writer: consuming ResponseWriter, channel: any Channel, session: ConnectionSession
    ) async throws {
        session.requestBegins()
        defer { session.requestEnded() }
        let caller = handler.caller(publicKeyInfo: session.clientKeyInfo)
        let call = Call(request: request, caller: caller, session: session, query: QueryString(request.uri.query))
        let admission = await admit(call)
        if case .success = admission, request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var response = await answer(call, admission)
        if response.status.kind != .successful, !call.bodyState.isFinished, RequestResponder.hasBody(request) {
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: RequestResponder.grace) { channel.close(promise: nil) }
        }
        try await writer.write(response: response.head, body: response.body)
    }

    /// Decides on a call before its body is asked for.
    func admit(_ call: Call) async -> Result<Endpoint, Problem> {
        do {
            let endpoint = try Endpoint.find(call.request.method, call.request.uri.path)
            metrics.count(endpoint)
            try call.caller.mayUse(endpoint)
            try await handler.admit(call, to: endpoint)
            return .success(endpoint)
        } catch {
            return .failure(problem(of: error))
        }
    }

    /// The answer to a call, whatever became of it.
    func answer(_ call: Call, _ admission: Result<Endpoint, Problem>) async -> Response {
        var response: Response
        do {
            response = try await handler.answer(call, to: try admission.get())
        } catch {
            response = RequestResponder.response(to: problem(of: error))
        }
        response.headers.append(contentsOf: await handler.standing(for: call.caller))
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
