import HTTPTypes

/// What can be wrong with a request before it reaches the task.
extension Problem {
    /// - Parameter nearest: the path of a call that may have been meant.
    static func notFound(nearest: String?) -> Problem {
        Problem(
            .notFound, code: "not_found", detail: "Not Found",
            hint: "\(nearest.map { "Did you mean \($0)? " } ?? "")GET /openapi.yaml describes every call.",
            audience: .everyone)
    }

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            .methodNotAllowed, code: "method_not_allowed", detail: "Method Not Allowed", hint: "Use \(list).",
            audience: .everyone, headers: [.allow: list])
    }

    static let notAParty = Problem(
        .unauthorized, code: "not_a_party", detail: "This connection does not belong to a party of the task.",
        hint: "Connect with a client certificate whose public key the task lists; no header can name a party.",
        audience: .everyone)

    static func wrongRole(_ needed: String) -> Problem {
        Problem(
            .forbidden, code: "role", detail: "The role of this party does not permit this call.",
            hint: "It is for \(needed); the task says which party has which role.", audience: .owner)
    }

    static let internalError = Problem(
        .internalServerError, code: "internal", detail: "The service failed to answer.",
        hint: "This is a fault of the service; nothing that was confirmed is lost. Tell its operator.",
        audience: .everyone)

    /// An argument that cannot be read, with the words that the workshop's clients know.
    static func argument(_ location: [String], _ message: String, _ type: String, hint: String) -> Problem {
        Problem(
            .unprocessableContent, code: "validation", detail: message, hint: hint, audience: .owner,
            arguments: [Argument(location: location, message: message, type: type)])
    }

    static let badHost = Problem(
        .badRequest, code: "bad_host", detail: "A request names one host, once.", hint: "Send one header Host.",
        audience: .everyone)

    static let badBody = Problem(
        .badRequest, code: "bad_body", detail: "The body of this request cannot be read.",
        hint: "Its chunks or its length are not those of HTTP/1.1 (RFC 9112).", audience: .owner)

    /// Nobody hears it: the caller has closed its connection.
    static let gone = Problem(
        .requestTimeout, code: "gone", detail: "The caller did not wait for the answer.", hint: "Ask again.",
        audience: .owner)

    static let tooLong = Problem(
        .serviceUnavailable, code: "too_long", detail: "This took longer than a call may take.",
        hint: "Ask for less, or try again when fewer ask.", audience: .owner, headers: [.retryAfter: "10"])

    static let notReady = Problem(
        .serviceUnavailable, code: "not_ready", detail: "The last thing that had to be recorded could not be.",
        hint: "The state folder may be full or gone; the service is ready again once something was recorded.",
        audience: .everyone, headers: [.retryAfter: "10"])

    static let tooSlow = Problem(
        .requestTimeout, code: "too_slow", detail: "The body of this request came too slowly.",
        hint: "Send at least 1 kB a second; compress the file with gzip where the line is slow.", audience: .owner)

    static func busy(_ detail: String, retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, code: "busy", detail: detail, hint: "Try again in \(seconds) s.", audience: .owner,
            headers: [.retryAfter: String(seconds)])
    }
}
