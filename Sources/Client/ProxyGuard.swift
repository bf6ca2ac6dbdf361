import NIOHTTP1

/// Decides what a local proxy passes on.
///
/// Web pages can reach loopback addresses through a person's browser (DNS rebinding, cross-site requests), and the
/// proxy speaks with that person's key: so it serves programs on this machine and no page of another origin.
struct ProxyGuard: Sendable {
    /// Headers that belong to one connection, or that would claim an identity.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "content-length", "expect", "origin", "referer", "cookie",
    ]
    private static let names: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Why a request is not passed on; nil where it is.
    func refusal(of head: HTTPRequestHead) -> String? {
        let hosts = head.headers["Host"]
        guard hosts.count == 1, ProxyGuard.isLocal(hosts[0]) else {
            return "The Host of a request to this proxy must be localhost or 127.0.0.1."
        }
        for origin in head.headers["Origin"] where !ProxyGuard.isLocalOrigin(origin) {
            return "Requests from web pages of other origins are refused."
        }
        for site in head.headers["Sec-Fetch-Site"] where !["same-origin", "none"].contains(site.lowercased()) {
            return "Requests from web pages of other sites are refused."
        }
        guard head.uri.hasPrefix("/") else { return "This is no forward proxy: ask for a path." }
        return nil
    }

    /// The headers to pass on.
    func passing(_ headers: HTTPHeaders) -> HTTPHeaders {
        var passed = HTTPHeaders()
        for header in headers {
            let name = header.name.lowercased()
            if ProxyGuard.dropped.contains(name) || name.hasPrefix("x-oblv-") || name.hasPrefix("sec-") { continue }
            passed.add(name: header.name, value: header.value)
        }
        return passed
    }

    private static func isLocal(_ host: String) -> Bool {
        let lowered = host.lowercased()
        if names.contains(lowered) { return true }
        guard let colon = lowered.lastIndex(of: ":") else { return false }
        let port = lowered[lowered.index(after: colon)...]
        return names.contains(String(lowered[..<colon])) && UInt16(port) != nil
    }

    private static func isLocalOrigin(_ origin: String) -> Bool {
        let scheme = "http://"
        return origin.hasPrefix(scheme) && isLocal(String(origin.dropFirst(scheme.count)))
    }
}
