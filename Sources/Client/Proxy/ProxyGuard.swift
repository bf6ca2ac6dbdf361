import Foundation
import NIOHTTP1

/// Decides what a local proxy passes on.
///
/// Web pages can reach loopback addresses through a person's browser (DNS rebinding, cross-site requests), and the
/// proxy speaks with that person's key. So it serves programs on this machine and no page of another origin, and no page
/// at all may change anything, except that its own page may, with the token that it alone can read.
struct ProxyGuard: Sendable {
    /// Headers that belong to one connection, or that would claim an identity.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "content-length", "expect", "origin", "referer", "cookie",
        "entrepot-page",
    ]
    private static let names: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// The header in which the page sends its token.
    static let tokenHeader = "Entrepot-Page"

    /// The answer to a request that is not passed on; nil if it is passed on.
    ///
    /// - Parameter token: what the proxy's own page must send with everything that changes something.
    func refusal(of head: HTTPRequestHead, token: String) -> LocalAnswer? {
        if let reason = strangeness(of: head) {
            return .problem(.forbidden, code: "not_local", detail: reason)
        }
        guard changes(head) else { return nil }
        if LocalCall.isBelow(head.uri) {
            guard head.headers[Self.tokenHeader] == [token] else {
                return .problem(
                    .forbidden, code: "token", detail: "Only the page at \(LocalCall.root) may do this.",
                    hint: "Reload the page: its token holds until the proxy ends. Programs use the service's own calls."
                )
            }
        } else if isOfPage(head) {
            return .problem(
                .forbidden, code: "not_a_program", detail: "Web pages may read here and change nothing.",
                hint: "Use the page at \(LocalCall.root), or a program such as curl.")
        }
        return nil
    }

    /// Whether a browser sent a request, as far as browsers say so: also old ones, which name no origin.
    private func isOfPage(_ head: HTTPRequestHead) -> Bool {
        if head.headers.contains(name: "Origin") { return true }
        if head.headers.contains(where: { $0.name.lowercased().hasPrefix("sec-fetch-") }) { return true }
        // No page can add this header without asking first, and the proxy answers no such question.
        if head.headers.contains(name: HTTPConnection.clientHeader) { return false }
        let agent = head.headers.first(name: "User-Agent")?.lowercased() ?? ""
        return head.headers.contains(name: "Referer") || agent.hasPrefix("mozilla/") || agent.hasPrefix("opera/")
    }

    /// Why a request does not come from this machine's own programs or page; nil if it does.
    private func strangeness(of head: HTTPRequestHead) -> String? {
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

    /// Whether a request can change anything. The workshop's contract lets a GET confirm.
    private func changes(_ head: HTTPRequestHead) -> Bool {
        if ![.GET, .HEAD].contains(head.method) { return true }
        let path = head.uri.prefix { $0 != "?" }
        return (path.removingPercentEncoding ?? String(path)).contains("confirm_data")
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

    /// The headers of an answer to hand back. A page from the service shares the origin of the proxy's own page and
    /// must not be able to act as it.
    func returning(_ headers: HTTPHeaders) -> HTTPHeaders {
        var back = headers
        for name in ["Connection", "Transfer-Encoding", "Keep-Alive"] { back.remove(name: name) }
        back.add(name: "Content-Security-Policy", value: "connect-src 'none'; frame-src 'none'")
        return back
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
