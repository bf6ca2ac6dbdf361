import Foundation
import NIOCore
import NIOPosix
import SecretSharing
import Synchronization

/// How an office reaches the others, and the form of what it sends.
extension OfficeMesh {
    /// Calls an office again and again.
    func call(_ peer: Int, at address: ServiceAddress, _ certificate: ClientCertificate) async {
        while !state.withLock({ $0.isOver }) {
            do {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(.seconds(10))
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelInitializer { channel in
                        OfficeChannel.prepare(
                            channel, isServer: false, certificate: certificate, mesh: self, expected: peer)
                    }
                    .connect(host: address.host, port: address.port).get()
                try? await channel.closeFuture.get()
            } catch {
                state.withLock { state in
                    guard !state.strangers.contains(peer) else { return }
                    state.trouble[peer] = "\(address): \(NetworkWords.of(error))"
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    func failed(_ peer: Int?, _ error: any Error) {
        guard let peer else { return }
        state.withLock { state in
            guard !state.strangers.contains(peer) else { return }
            state.trouble[peer] = NetworkWords.of(error)
        }
    }

    /// - Parameter place: whose key answered; nil for one that the task does not list.
    func strangerCame(expected peer: Int?, found place: Int?) {
        guard let peer else { return }
        let address = configuration.addresses[peer].map { "\($0)" } ?? "its address"
        let who = place.map { configuration.names[$0] } ?? "somebody who does not hold its key of the task"
        state.withLock { state in
            state.strangers.insert(peer)
            state.trouble[peer] = "at \(address) answers \(who): see --peers"
        }
    }

    /// Ports of 127.0.0.1 that were free a moment ago: for demonstrations.
    public static func freePorts(_ count: Int) async throws -> [Int] {
        var servers: [any Channel] = []
        for _ in 0..<count {
            servers.append(
                try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(host: "127.0.0.1", port: 0).get())
        }
        let ports = servers.compactMap { $0.localAddress?.port }
        for server in servers { try await server.close().get() }
        return ports
    }

    /// A message with its length in front.
    static func frame(_ message: SumMessage) -> ByteBuffer {
        let bytes = message.bytes
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(bytes.count))
        buffer.writeBytes(bytes)
        return buffer
    }
}
