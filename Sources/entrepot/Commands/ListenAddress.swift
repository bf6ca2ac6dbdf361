import ArgumentParser
import EngineCommands
import Foundation
import Service

/// Where an option `--listen` says to listen: `HOST:PORT`, and for a service `vsock:PORT` or `unix:PATH`.
enum ListenAddress {
    /// The socket of `vsock:PORT` or `unix:PATH`; nil for another form.
    /// - Throws: ``CommandFailure`` with exit code 64.
    static func parent(_ text: String) throws(CommandFailure) -> ParentSocket? {
        if text.hasPrefix("vsock:") {
            guard let port = Int(text.dropFirst(6)), (1...0x7FFF_FFFF).contains(port) else {
                throw CommandFailure("--listen must be vsock:PORT (got \(text))", code: ExitCode(64))
            }
            return .vsock(port: port)
        }
        guard text.hasPrefix("unix:") else { return nil }
        let path = String(text.dropFirst(5))
        guard !path.isEmpty, path.utf8.count <= longestPath else {
            throw CommandFailure(
                "--listen must be unix:PATH with a path of at most \(longestPath) bytes (got \(text))",
                code: ExitCode(64))
        }
        return .unix(path: path)
    }

    /// Of a socket in the file system: the kernel's limit.
    private static let longestPath = 107

    /// - Throws: ``CommandFailure`` with exit code 64.
    static func parse(_ text: String) throws(CommandFailure) -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else { throw CommandFailure("--listen must be HOST:PORT (got \(text))", code: ExitCode(64)) }
        let host = text[..<colon]
        return (host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host), port)
    }
}
