import Foundation

/// Where a service listens: `https://host:port`.
public struct ServiceAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name, or an address without brackets.
    public let host: String
    /// From 1 to 65535.
    public let port: Int

    /// An address from its parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `https://host[:port]`, `host:port` or `host`; the port is 8443 where none is given.
    ///
    /// - Throws: `ClientError.badInput` for anything else, `http://` included.
    public init(_ text: String) throws(ClientError) {
        let withScheme = text.contains("://") ? text : "https://\(text)"
        guard let url = URLComponents(string: withScheme), url.scheme == "https", let host = url.host, !host.isEmpty,
            url.path.isEmpty || url.path == "/", url.query == nil, url.user == nil
        else {
            throw ClientError.badInput("\"\(text)\" is not the address of a service: write https://HOST:PORT")
        }
        self.init(
            host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: url.port ?? 8443)
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The name for the TLS handshake; nil for addresses, which are not allowed there.
    var serverName: String? {
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
        return isAddress ? nil : host
    }
}
