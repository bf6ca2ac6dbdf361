import Foundation
import NIOCore

/// Who holds the other end of a loopback connection, by the kernel's own table of sockets (`/proc/net/tcp`): a plain HTTP
/// proxy on a port can be reached by every user of a machine, and it speaks with one user's key.
enum PeerOwner {
    /// Whether the peer of a connection is a process of the user who runs this one.
    static func isOurs(_ channel: any Channel) -> Bool {
        guard let peer = channel.remoteAddress, let own = channel.localAddress else { return false }
        // The table is read in pieces while sockets come and go, and so may lack one: it is asked again.
        for _ in 0..<20 {
            if let user = user(of: peer, to: own, in: tables()) { return user == geteuid() }
        }
        return false
    }

    /// The user whose socket is bound to `peer` and connected to `own`; nil if the tables have no such socket.
    static func user(of peer: SocketAddress, to own: SocketAddress, in tables: [String]) -> uid_t? {
        let (local, remote) = (words(of: peer), words(of: own))
        for table in tables {
            for line in table.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count > 9, local.contains(String(fields[1])), remote.contains(String(fields[2])),
                    // A socket without an inode has lost its process.
                    fields[9] != "0", let user = uid_t(fields[7])
                else { continue }
                return user
            }
        }
        return nil
    }

    private static func tables() -> [String] { ["/proc/net/tcp", "/proc/net/tcp6"].map(text) }

    /// The whole of a file of the kernel, which says that it has no bytes: readers that trust its size stop early.
    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    /// An address as the tables write it: words of 32 bits in the machine's order, as hexadecimal digits, and the port. An IPv4
    /// address can stand inside an IPv6 one.
    private static func words(of address: SocketAddress) -> Set<String> {
        guard let text = address.ipAddress, let port = address.port else { return [] }
        let place = String(format: ":%04X", port)
        if text == "::1" { return ["00000000000000000000000001000000" + place] }
        let parts = (text.split(separator: ":").last ?? "").split(separator: ".").compactMap { UInt32($0) }
        guard parts.count == 4, parts.allSatisfy({ $0 < 256 }) else { return [] }
        let word = String(format: "%08X", parts.reversed().reduce(0) { $0 << 8 | $1 })
        return [word + place, "0000000000000000FFFF0000" + word + place]
    }
}
