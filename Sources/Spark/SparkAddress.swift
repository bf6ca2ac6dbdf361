/// Where a Spark Connect server listens: `sc://HOST:PORT`, as Spark's own clients write it, with `;use_ssl=true` and `;token=…`.
///
/// Counts of private rows come back over this connection. So without TLS only a server on this machine is spoken to.
public struct SparkAddress: Sendable, Equatable {
    public let host: String
    public let port: Int
    public let isSecured: Bool
    /// As a task lists it.
    public var place: String { "\(host):\(port)" }
    /// Sent with each call; never printed.
    let token: String?

    /// The port of a server that was told none.
    private static let usualPort = 15_002

    /// - Throws: `SparkError.address`.
    public init(_ text: String) throws(SparkError) {
        let shown = text.split(separator: ";").first.map(String.init) ?? text
        func fault(_ why: String) -> SparkError { .address(shown, why: why) }
        guard text.hasPrefix("sc://") else { throw fault("it does not begin with sc://") }
        var parts = text.dropFirst("sc://".count).split(separator: ";", omittingEmptySubsequences: false).map(
            String.init)
        var place = parts.removeFirst()
        if place.hasSuffix("/") { place.removeLast() }
        let colon = place.lastIndex(of: ":")
        host = String(place[..<(colon ?? place.endIndex)])
        let number = colon.map { Int(place[place.index(after: $0)...]) } ?? Self.usualPort
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "/") }) else {
            throw fault("it names no host")
        }
        guard let number, (1...65_535).contains(number) else { throw fault("its port is no number from 1 to 65535") }
        port = number
        var isSecured = false
        var token: String?
        for part in parts where !part.isEmpty {
            switch part.split(separator: "=", maxSplits: 1).map(String.init) {
            case ["use_ssl", "true"]: isSecured = true
            case ["use_ssl", "false"]: isSecured = false
            case let pair where pair.count == 2 && pair[0] == "token": (token, isSecured) = (pair[1], true)
            case let pair: throw fault("the setting \(pair.first ?? "") is not known; use_ssl and token are")
            }
        }
        self.isSecured = isSecured
        self.token = token
        guard isSecured || ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host) else {
            throw fault("another machine is spoken to over TLS alone: put ;use_ssl=true behind it")
        }
    }
}
