import Crypto
import Foundation
import NIOHTTP1
public import Tasks

/// The page of the local proxy, on which a party reads what was verified and does its part: see, sign, check, upload,
/// confirm, fetch. One document without a reference to any other place.
public struct LocalPage: Sendable {
    /// The look that it shares with the report.
    let style: String
    /// A task in plain words.
    let words: @Sendable (TaskSpecification) throws -> String

    /// - Parameters:
    ///   - style: the look that it shares with the report.
    ///   - words: says a task in plain words.
    public init(
        style: String = "",
        words: @escaping @Sendable (TaskSpecification) throws -> String = { TaskDescription($0).text }
    ) {
        self.style = style
        self.words = words
    }

    /// The document, with the policy under which it runs: nothing but its own script and style, and no address but its own.
    ///
    /// - Parameter token: hexadecimal digits, which the script sends with what changes something.
    func answer(token: String) -> LocalAnswer {
        let style = self.style + String(decoding: PackageResources.connect_css, as: UTF8.self)
        let script = String(decoding: PackageResources.connect_js, as: UTF8.self)
        let document = String(decoding: PackageResources.connect_html, as: UTF8.self)
            .replacingOccurrences(of: "TOKEN", with: token)
            .replacingOccurrences(of: "/*STYLE*/", with: style)
            .replacingOccurrences(of: "/*SCRIPT*/", with: script)
        let policy = [
            "default-src 'none'", "script-src '\(Self.digest(script))'", "style-src '\(Self.digest(style))'",
            "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
        return LocalAnswer(
            type: "text/html; charset=utf-8", body: Array(document.utf8),
            headers: [
                "Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
            ])
    }

    private static func digest(_ text: String) -> String {
        "sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())"
    }
}

/// What the proxy answers itself: everything below `/entrepot/`, and the way there.
enum LocalCall: Equatable {
    static let root = "/entrepot/"

    case toPage, page, card, state, task
    case check, prepare, sign, upload, confirm, withdraw, halt
    case receipt(String)
    case unknown

    static func isBelow(_ uri: String) -> Bool { uri.hasPrefix(root) }

    /// nil for calls of the service. `GET /` is not part of its contract.
    init?(_ method: HTTPMethod, _ uri: String) {
        let path = String(uri.prefix { $0 != "?" })
        if method == .GET, ["/", "/entrepot"].contains(path) {
            self = .toPage
            return
        }
        guard Self.isBelow(path) else { return nil }
        switch (method, path.dropFirst(Self.root.count)) {
        case (.GET, ""): self = .page
        case (.GET, "card"): self = .card
        case (.GET, "state"): self = .state
        case (.GET, "task"): self = .task
        case (.POST, "check"): self = .check
        case (.POST, "prepare"): self = .prepare
        case (.POST, "sign"): self = .sign
        case (.POST, "upload"): self = .upload
        case (.POST, "confirm"): self = .confirm
        case (.POST, "withdraw"): self = .withdraw
        case (.POST, "halt"): self = .halt
        case (.GET, let rest) where rest.hasPrefix("receipts/"): self = .receipt(String(rest.dropFirst(9)))
        default: self = .unknown
        }
    }

    /// Whether it is answered on this machine only.
    var isOffline: Bool {
        switch self {
        case .toPage, .page, .task, .check, .prepare, .receipt, .unknown: true
        case .card, .state, .sign, .upload, .confirm, .withdraw, .halt: false
        }
    }
}
