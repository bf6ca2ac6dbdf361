import Foundation
import NIOCore
import NIOPosix

/// Why there is no connection, for a person: in the system's words where the system refused it.
enum NetworkWords {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { of($0.error) } ?? (error.dnsAError ?? error.dnsAAAAError).map { of($0) }
                ?? "\(error)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as SocketAddressError.UnknownHost: "no address is known of the name \(error.host)"
        case ChannelError.connectTimeout: "nobody answered in time"
        default: "\(error)"
        }
    }
}
