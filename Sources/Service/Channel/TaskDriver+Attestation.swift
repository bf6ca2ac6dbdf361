import Attestation
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
            head: head(for: call.caller), isStranger: call.caller == .stranger)
        return Response.json(evidence.json())
    }
}

/// 32 random bytes that a caller chose, as hexadecimal digits.
private struct Nonce {
    let bytes: [UInt8]

    init?(_ text: String) {
        let digits = text.utf8.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count == 64 else { return nil }
        let known = digits.compactMap { $0 }
        guard known.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { known[$0] << 4 | known[$0 + 1] }
    }
}
