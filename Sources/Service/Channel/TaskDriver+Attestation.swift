import Attestation
import Bytes
import HTTPTypes
import HummingbirdCore
import Tasks

/// What the service proves to whoever asks.
extension TaskDriver {
    /// `GET /attestation`: evidence that is bound to this connection and to the caller's nonce.
    nonisolated func attestation(_ call: Call) async throws -> Response {
        guard let nonce = Nonce(call.query["nonce"] ?? "") else {
            throw Problem(
                .badRequest, code: "bad_nonce", detail: "The nonce is not 64 hexadecimal digits.",
                hint: "Draw 32 random bytes for each request: /attestation?nonce=$(openssl rand -hex 32).",
                audience: .everyone)
        }
        let evidence = try await evidenceIssuer.evidence(
            session: call.session, nonce: nonce.bytes, identity: identity, task: digest.bytes, boot: boot,
            head: head(for: call.caller), isStranger: !call.caller.isParty)
        return Response.json(evidence.json())
    }
}

/// 32 random bytes that a caller chose, as hexadecimal digits.
private struct Nonce {
    let bytes: [UInt8]

    init?(_ text: String) {
        guard text.utf8.count == 64, let bytes = Hex.decode(text.utf8) else { return nil }
        self.bytes = bytes
    }
}
