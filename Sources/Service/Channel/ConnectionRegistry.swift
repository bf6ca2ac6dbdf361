import NIOCore
import Synchronization

/// Every open connection, so that nobody can take all places: an address that has too many which have proved no party
/// loses the oldest idle one of them, and so does a party.
///
/// A new connection is never refused for the sake of silent ones: a person behind the same address as an attacker still
/// gets in, because their connection is new.
final class ConnectionRegistry: Sendable {
    /// How many connections may be open.
    struct Limits: Sendable {
        /// Of one address, without a party's key; an IPv6 address counts as its /64.
        var strangersOfAddress = 64
        /// Of all strangers.
        var strangers = 512
        /// Of one party.
        var ofParty = 256

        /// Behind a parent, where all strangers come from one address.
        static let behindParent = Limits(strangersOfAddress: Limits().strangers)
    }

    private struct Entry {
        let channel: any Channel
        let session: ConnectionSession
        let address: String
        var party: String?
    }

    private struct State {
        /// By order of arrival.
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limits: Limits

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes a new connection in, and closes those that had its place.
    ///
    /// - Returns: its number, for ``prove(_:party:)``.
    func open(_ channel: any Channel, _ session: ConnectionSession) -> UInt64 {
        let address = Self.address(channel.remoteAddress)
        let (number, excess): (UInt64, [any Channel]) = state.withLock { state in
            let number = state.next
            state.next += 1
            state.entries[number] = Entry(channel: channel, session: session, address: address)
            if state.isClosed { return (number, [channel]) }
            let strangers = state.entries.filter { $0.value.party == nil }
            var excess: [any Channel] = []
            excess += Self.excess(strangers.filter { $0.value.address == address }, limits.strangersOfAddress)
            if excess.isEmpty { excess = Self.excess(strangers, limits.strangers) }
            return (number, excess)
        }
        channel.closeFuture.whenComplete { [self] _ in state.withLock { $0.entries[number] = nil } }
        for channel in excess { channel.close(promise: nil) }
        return number
    }

    /// The handshake of a connection has proved a party's key.
    func prove(_ number: UInt64, party: String) {
        let excess: [any Channel] = state.withLock { state in
            state.entries[number]?.party = party
            return Self.excess(state.entries.filter { $0.value.party == party }, limits.ofParty)
        }
        for channel in excess { channel.close(promise: nil) }
    }

    /// Closes everything that is open and everything that comes.
    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return state.entries.values.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// The oldest without a request under way, or the oldest, where there are more than `limit`.
    private static func excess(_ entries: [UInt64: Entry], _ limit: Int) -> [any Channel] {
        guard entries.count > limit else { return [] }
        let oldest = entries.keys.sorted()
        let idle = oldest.dropLast().first { entries[$0]?.session.requestsUnderWay == 0 }
        return [entries[idle ?? oldest[0]]?.channel].compactMap { $0 }
    }

    /// Whom a connection without a key counts for.
    static func address(_ address: SocketAddress?) -> String {
        guard let text = address?.ipAddress else { return "local" }
        guard text.contains(":") else { return text }
        // An IPv4 address inside an IPv6 one counts as itself.
        if text.contains("."), let colon = text.lastIndex(of: ":") { return String(text[text.index(after: colon)...]) }
        var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if let gap = groups.firstIndex(of: ""), groups.count < 8 {
            groups.insert(contentsOf: Array(repeating: "0", count: 8 - groups.count), at: gap)
        }
        return groups.prefix(4).map { $0.isEmpty ? "0" : $0 }.joined(separator: ":")
    }
}
