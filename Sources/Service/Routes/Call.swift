import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// One request with what the service knows of its sender.
struct Call: Sendable {
    let request: Request
    let caller: Caller
    let session: ConnectionSession
    let query: QueryString
    let bodyState = BodyState()

    /// Whom the call counts for: a party's name, or a stranger's address.
    var account: String {
        switch caller {
        case .party(let name, _): "party \(name)"
        case .watcher: "operator"
        case .stranger: "address \(session.address)"
        }
    }

    /// The calling party's name.
    ///
    /// - Throws: 401 for strangers.
    func party() throws(Problem) -> String {
        guard case .party(let name, _) = caller else { throw Problem.notAParty }
        return name
    }

    /// How long the sender says the body is.
    var contentLength: Int? { request.headers[.contentLength].flatMap { Int($0) } }

    /// The body, to be read from now on: a client that waits for leave to send it (`Expect: 100-continue`) gets leave.
    func body() -> RequestBody {
        session.bodyBegins()
        bodyState.begin()
        return request.body
    }

    /// The body was read to its end.
    func finishBody() {
        session.bodyEnds()
        bodyState.finish()
    }

    /// The whole body, where it is small.
    func body(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in body() {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw Problem(
                    .contentTooLarge, code: "too_large", detail: "The body of this request is too large.",
                    hint: "This call takes at most \(limit) bytes.", audience: .owner)
            }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        finishBody()
        return bytes
    }
}

/// How far the body of a request has been read.
final class BodyState: Sendable {
    /// One element once the body is wanted by whoever answers; it ends with the answer at the latest.
    let leave: AsyncStream<Void>
    private let leaving: AsyncStream<Void>.Continuation
    private let isRead = Mutex(false)

    init() { (leave, leaving) = AsyncStream.makeStream() }

    /// Gives the client leave to send the body.
    func begin() {
        leaving.yield()
        leaving.finish()
    }

    /// The call is answered: whatever of its body was not asked for is not wanted.
    func end() { leaving.finish() }

    func finish() { isRead.withLock { $0 = true } }
    var isFinished: Bool { isRead.withLock { $0 } }
}
