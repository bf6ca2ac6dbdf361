import NIOCore

/// Connections that have proved no key yet, the oldest first: well below the number of files that a process may have open.
///
/// Of more the oldest goes, of the address that has most of them: however many one machine opens, whoever comes from another one
/// keeps its place for as long as a handshake takes.
struct Strangers: Sendable {
    private static let most = 64

    private var waiting: [(channel: any Channel, address: String)] = []

    /// - Parameter channel: is removed when it ends; one that has just come may not be active yet.
    /// - Returns: the connection that has to go, where there is no room for all.
    mutating func add(_ channel: any Channel) -> (any Channel)? {
        waiting.append((channel, channel.remoteAddress?.ipAddress ?? ""))
        guard waiting.count > Self.most else { return nil }
        let counts = Dictionary(waiting.map { ($0.address, 1) }, uniquingKeysWith: +)
        let largest = counts.values.max()
        guard let place = waiting.firstIndex(where: { counts[$0.address] == largest }) else { return nil }
        return waiting.remove(at: place).channel
    }

    /// A connection that proved its key, or ended.
    mutating func remove(_ channel: any Channel) { waiting.removeAll { $0.channel === channel } }

    /// Those that are left.
    mutating func takeAll() -> [any Channel] {
        defer { waiting = [] }
        return waiting.map(\.channel)
    }
}
