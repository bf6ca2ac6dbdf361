import Attestation
import NIOCore
import NIOSSL
import Synchronization

/// What one TLS connection proves: the key of its client, and the exporter that binds evidence to it.
///
/// Filled by the handshake, read by requests. The exporter secret itself is never kept.
final class ConnectionSession: Sendable {
    private struct State {
        var clientKeyInfo: [UInt8]?
        var exporter: [UInt8]?
        var partsDecoded = 0
        var requestsUnderWay = 0
        var isInBody = false
        var isGone = false
        var cancelAnswer: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    /// Whom the connection counts for while it has proved no key.
    let address: String

    init(address: String = "local") { self.address = address }

    /// SubjectPublicKeyInfo of the certificate that the client presented and whose key it holds; nil for strangers.
    var clientKeyInfo: [UInt8]? { state.withLock { $0.clientKeyInfo } }

    /// TLS-Exporter of this connection (RFC 9266), 32 bytes; nil if the handshake gave none.
    var exporter: [UInt8]? { state.withLock { $0.exporter } }

    /// How many parts of requests were decoded: the first of each is its whole head.
    var partsDecoded: Int { state.withLock { $0.partsDecoded } }
    var requestsUnderWay: Int { state.withLock { $0.requestsUnderWay } }

    /// Whether the service waits for more of a request's body.
    var isInBody: Bool { state.withLock { $0.isInBody } }

    func partDecoded() { state.withLock { $0.partsDecoded += 1 } }

    /// Whether the connection is closed: nothing that is computed for it is received.
    var isGone: Bool { state.withLock { $0.isGone } }

    /// The connection is closed: the answer under way, if any, is cancelled.
    func leave() {
        let cancel = state.withLock { state in
            state.isGone = true
            return state.cancelAnswer
        }
        cancel?()
    }

    /// - Parameter cancel: called if the connection closes before the request has ended; forgotten with the request.
    func answering(_ cancel: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            state.cancelAnswer = cancel
            return state.isGone
        }
        if isGone { cancel() }
    }

    func bodyBegins() { state.withLock { $0.isInBody = true } }
    func bodyEnds() { state.withLock { $0.isInBody = false } }

    func requestBegins() { state.withLock { $0.requestsUnderWay += 1 } }

    func requestEnded() {
        state.withLock {
            $0.requestsUnderWay -= 1
            $0.isInBody = false
            $0.cancelAnswer = nil
        }
    }

    /// Takes what the client presented. Any self-signed certificate is accepted: TLS proves that the client holds the
    /// key, and only the key is compared with the task.
    func present(_ certificates: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
        guard let leaf = certificates.first, let key = try? leaf.extractPublicKey().toSPKIBytes() else {
            return .failed
        }
        state.withLock { $0.clientKeyInfo = key }
        return .certificateVerified
    }

    /// Takes one line of the key log, keeps the exporter if it is that line, and forgets the rest.
    func receiveKeyLogLine(_ line: ByteBuffer) {
        guard let secret = ChannelBinding.exporterSecret(fromKeyLogLine: line.readableBytesView) else { return }
        let exporter = ChannelBinding.exporter(secret)
        state.withLock { $0.exporter = exporter }
    }
}
