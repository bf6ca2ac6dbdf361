import NIOHTTP1
import Testing

@testable import Client

@Suite("What the local proxy passes on")
struct ProxyGuardTests {
    private func head(_ headers: [(String, String)], uri: String = "/details") -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: HTTPHeaders(headers))
    }

    @Test(
        "programs of this machine are served",
        arguments: ["localhost", "localhost:3030", "127.0.0.1:3030", "[::1]:3030", "LOCALHOST:3030"])
    func local(host: String) {
        #expect(ProxyGuard().refusal(of: head([("Host", host)])) == nil)
        #expect(ProxyGuard().refusal(of: head([("Host", host), ("Origin", "http://localhost:8888")])) == nil)
        #expect(ProxyGuard().refusal(of: head([("Host", host), ("Sec-Fetch-Site", "same-origin")])) == nil)
    }

    @Test(
        "names that only lead here are not",
        arguments: [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3030", "evil.example:3030", "",
            "localhost:3030:1", "localhost:99999", "127.0.0.2",
        ])
    func rebinding(host: String) {
        #expect(ProxyGuard().refusal(of: head([("Host", host)])) != nil)
    }

    @Test(
        "pages of other origins are not",
        arguments: [
            ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "http://localhost.evil.example"),
            ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
        ])
    func otherPages(header: (String, String)) {
        #expect(ProxyGuard().refusal(of: head([("Host", "localhost:3030"), header])) != nil)
    }

    @Test("no host, two hosts and absolute addresses are refused")
    func oddRequests() {
        #expect(ProxyGuard().refusal(of: head([])) != nil)
        #expect(ProxyGuard().refusal(of: head([("Host", "localhost"), ("Host", "localhost")])) != nil)
        #expect(ProxyGuard().refusal(of: head([("Host", "localhost")], uri: "http://evil.example/")) != nil)
    }

    @Test("headers that claim a name or belong to one connection stay behind")
    func headers() {
        let passed = ProxyGuard().passing([
            "Content-Type": "text/csv", "X-OBLV-User-Name": "Alice", "Connection": "close", "Host": "localhost",
            "Transfer-Encoding": "chunked", "Cookie": "a=b", "Accept": "*/*",
        ])
        #expect(passed.map(\.name).sorted() == ["Accept", "Content-Type"])
    }
}
