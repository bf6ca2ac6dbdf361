import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Who is at the other end of a connection, by the key that TLS proved. No header has a say in it.
enum Caller: Sendable, Equatable {
    case stranger
    case party(name: String, role: Role)

    enum Role: String, Sendable, Equatable {
        case provider, consumer, auditor, `operator`
    }

    /// Whether the caller may use an endpoint.
    ///
    /// - Throws: 401 for strangers, 403 for parties of another role.
    func mayUse(_ endpoint: Endpoint) throws(Problem) {
        switch (endpoint.access, self) {
        case (.anybody, _), (.parties, .party): return
        case (_, .stranger): throw Problem.notAParty
        case (.providers, .party(_, let role)):
            guard role == .provider else { throw Problem.wrongRole("providers") }
        case (.recipients, .party(_, let role)):
            guard role == .provider || role == .consumer else { throw Problem.wrongRole("providers and consumers") }
        }
    }
}

/// One request with what the service knows of its sender.
struct Call: Sendable {
    let request: Request
    let caller: Caller
    let session: ConnectionSession
    let query: QueryString
    /// Asks a client that waits for it (`Expect: 100-continue`) to send its body.
    let bodyState = BodyState()

    /// The calling party's name.
    ///
    /// - Throws: 401 for strangers.
    func party() throws(Problem) -> String {
        guard case .party(let name, _) = caller else { throw Problem.notAParty }
        return name
    }

    /// The whole body, where it is small.
    func body(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw Problem(
                    .contentTooLarge, code: "too_large", detail: "The body of this request is too large.",
                    hint: "This call takes at most \(limit) bytes.", audience: .owner)
            }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        bodyState.finish()
        return bytes
    }
}

/// Whether the body of a request has been read to its end.
final class BodyState: Sendable {
    private let isRead = Mutex(false)

    func finish() { isRead.withLock { $0 = true } }
    var isFinished: Bool { isRead.withLock { $0 } }
}

/// What answers the calls that the front door lets in.
protocol CallHandler: Sendable {
    /// The party that holds this public key.
    func caller(publicKeyInfo: [UInt8]?) -> Caller
    /// Refuses a call before its body is asked for.
    func admit(_ call: Call, to endpoint: Endpoint) async throws
    func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response
    /// Headers that every answer to this caller carries.
    func standing(for caller: Caller) async -> HTTPFields
}
