import NIOHTTP1
import Testing

@testable import Client

@Suite("What the local proxy passes on")
struct ProxyGuardTests {
    private func head(
        _ headers: [(String, String)], _ method: HTTPMethod = .GET, uri: String = "/details"
    ) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(headers))
    }

    private func refusal(_ head: HTTPRequestHead) -> LocalAnswer? {
        ProxyGuard().refusal(of: head, token: "secret")
    }

    private static let pages: [[(String, String)]] = [
        [("Origin", "http://localhost:3030")], [("Origin", "http://localhost:8888")],
        [("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "none")], [("Sec-Fetch-Mode", "no-cors")], [("User-Agent", "Mozilla/5.0 (X11; Linux)")],
        [("Referer", "http://evil.example/")], [("Origin", "http://localhost:3030"), ("Entrepot-Client", "x")],
    ]

    @Test(
        "programs of this machine are served",
        arguments: ["localhost", "localhost:3030", "127.0.0.1:3030", "[::1]:3030", "LOCALHOST:3030"])
    func local(host: String) {
        #expect(refusal(head([("Host", host)])) == nil)
        #expect(refusal(head([("Host", host), ("Origin", "http://localhost:8888")])) == nil)
        #expect(refusal(head([("Host", host), ("Sec-Fetch-Site", "same-origin")])) == nil)
    }

    @Test(
        "names that only lead here are not",
        arguments: [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3030", "evil.example:3030", "",
            "localhost:3030:1", "localhost:99999", "127.0.0.2",
        ])
    func rebinding(host: String) {
        #expect(refusal(head([("Host", host)])) != nil)
    }

    @Test(
        "pages of other origins are not",
        arguments: [
            ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "http://localhost.evil.example"),
            ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
        ])
    func otherPages(header: (String, String)) {
        #expect(refusal(head([("Host", "localhost:3030"), header])) != nil)
    }

    @Test("no host, two hosts and absolute addresses are refused")
    func oddRequests() {
        #expect(refusal(head([])) != nil)
        #expect(refusal(head([("Host", "localhost"), ("Host", "localhost")])) != nil)
        #expect(refusal(head([("Host", "localhost")], uri: "http://evil.example/")) != nil)
    }

    @Test("a web page, of whatever origin, changes nothing by the service's own calls; a program does")
    func changesByPages() {
        let calls: [(HTTPMethod, String)] = [
            (.POST, "/upload_data"), (.POST, "/confirm_data"), (.GET, "/confirm_data"), (.GET, "/confirm%5Fdata?x=1"),
            (.POST, "/halt"), (.DELETE, "/data"), (.POST, "/spec/signatures"), (.OPTIONS, "/halt"),
        ]
        for (method, uri) in calls {
            for page in Self.pages {
                #expect(refusal(head([("Host", "localhost:3030")] + page, method, uri: uri)) != nil, "\(method) \(uri)")
            }
            #expect(refusal(head([("Host", "localhost:3030")], method, uri: uri)) == nil, "\(method) \(uri)")
        }
    }

    @Test("below /entrepot/ nothing changes without the page's token, from wherever the call comes")
    func token() {
        for action in ["check", "sign", "upload", "confirm", "withdraw", "halt"] {
            let uri = "/entrepot/\(action)"
            for origin in [[], Self.pages[0], Self.pages[1]] {
                let headers = [("Host", "localhost:3030")] + origin
                #expect(refusal(head(headers, .POST, uri: uri)) != nil)
                #expect(refusal(head(headers + [("Entrepot-Page", "secrets")], .POST, uri: uri)) != nil)
                let twice = headers + [("Entrepot-Page", "secret"), ("Entrepot-Page", "secret")]
                #expect(refusal(head(twice, .POST, uri: uri)) != nil)
                #expect(refusal(head(headers + [("Entrepot-Page", "secret")], .POST, uri: uri)) == nil)
            }
            let hostile = [("Host", "localhost:3030"), ("Origin", "https://evil.example"), ("Entrepot-Page", "secret")]
            #expect(refusal(head(hostile, .POST, uri: uri)) != nil)
        }
        #expect(refusal(head([("Host", "localhost")], uri: "/entrepot/")) == nil)
        #expect(refusal(head([("Host", "localhost")], uri: "/entrepot/state")) == nil)
    }

    @Test("headers that claim a name or belong to one connection stay behind")
    func headers() {
        let passed = ProxyGuard().passing([
            "Content-Type": "text/csv", "X-OBLV-User-Name": "Alice", "Connection": "close", "Host": "localhost",
            "Transfer-Encoding": "chunked", "Cookie": "a=b", "Accept": "*/*", "Entrepot-Page": "secret",
        ])
        #expect(passed.map(\.name).sorted() == ["Accept", "Content-Type"])
    }
}
