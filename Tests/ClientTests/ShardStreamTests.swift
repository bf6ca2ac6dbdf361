import Attestation
import Foundation
import NIOCore
import NIOPosix
import Shards
import Tasks
import Testing

@testable import Client

/// Ends of a connection that keep to TLS and to nothing else.
@Suite("hostile ends of a shard's connection")
struct ShardStreamTests {
    /// What `open` says of a program that shows some key and does this with the connection.
    private static func opening(
        _ serve: @escaping @Sendable (ShardStream) throws -> Void
    ) async throws -> any Error {
        let certificate = try ClientCertificate(PartyPrivateKey.generate(.p256))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let stream = ShardStream()
                return stream.prepare(channel, isServer: true, certificate: certificate) { _ in
                    Thread.detachNewThread {
                        try? stream.waitUntilReady()
                        try? serve(stream)
                    }
                    return true
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { server.close(promise: nil) }
        let address = ServiceAddress(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
        let key = try PartyPrivateKey.generate(.p256)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let trust = TrustPolicy(now: 0, roots: .vendors)
                    try ShardConnection.open(address, key: key, trust: trust).close()
                    continuation.resume(returning: ClientError.timedOut)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
    }

    @Test("an answer that announces more bytes than evidence has is not read, however many would come")
    func announced() async throws {
        for length in [Evidence.byteLimit + 1, 0xFFFF_FFFF] {
            let error = try await Self.opening { stream in
                _ = try stream.read(37, patience: 5)
                try stream.write([.length(length)], patience: 5)
                // Whoever waited for the rest would wait for ever.
                _ = try? stream.read(1, patience: 30)
            }
            #expect("\(error)".contains("announces \(length) bytes"), "\(error)")
            #expect((error as? ShardDistrust)?.shard.hasPrefix("127.0.0.1:") == true)
        }
    }

    @Test("a shard that ends before its evidence is not verified, and one whose evidence is none is not trusted")
    func ended() async throws {
        let ended = try await Self.opening { stream in stream.close() }
        let isUnverified = if case .unverified? = ended as? ShardError { true } else { false }
        #expect(isUnverified, "\(ended)")
        let untrusted = try await Self.opening { stream in
            _ = try stream.read(37, patience: 5)
            try stream.write([.length(2), Array("{}".utf8)], patience: 5)
            _ = try? stream.read(1, patience: 5)
        }
        #expect((untrusted as? ShardDistrust)?.exitCode == 2, "\(untrusted)")
    }
}
