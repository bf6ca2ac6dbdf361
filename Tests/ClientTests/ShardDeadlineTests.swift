import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Tasks
import Testing

@testable import Client

@Suite("A connection to a shard", .timeLimit(.minutes(2)))
struct ShardDeadlineTests {
    /// Both ends of a connection on this machine.
    private func ends() async throws -> (near: ShardStream, far: ShardStream, server: any Channel) {
        let (near, far) = (ShardStream(), ShardStream())
        let certificate = try ClientCertificate(PartyPrivateKey.generate(.p256))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { far.prepare($0, isServer: true, certificate: certificate) { _ in true } }
            .bind(host: "127.0.0.1", port: 0).get()
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { near.prepare($0, isServer: false, certificate: certificate) { _ in true } }
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
        try await waiting {
            try near.waitUntilReady()
            try far.waitUntilReady()
        }
        return (near, far, server)
    }

    private func waiting(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    @Test("a message that comes byte by byte has one deadline, and does not hold the caller for as long as bytes come")
    func slow() async throws {
        let (near, far, server) = try await ends()
        Thread.detachNewThread {
            for _ in 0..<60 {
                do { try far.write([[1]], patience: 1) } catch { return }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        let start = ContinuousClock.now
        await #expect(throws: ClientError.self) { try await waiting { _ = try near.read(100, patience: 1) } }
        #expect(ContinuousClock.now - start < .seconds(4))
        try await server.close().get()
    }

    @Test("what the other end does not take is given up")
    func untaken() async throws {
        let (near, far, server) = try await ends()
        // It reads nothing: what its buffers hold is less than this.
        await #expect(throws: ClientError.self) {
            try await waiting { try near.write([[UInt8](repeating: 0, count: 64 << 20)], patience: 2) }
        }
        far.close()
        try await server.close().get()
    }

    @Test("a name that nobody has, a port where nobody is and an address of another machine are told in plain words")
    func words() {
        #expect(NetworkWords.of(IOError(errnoCode: ECONNREFUSED, reason: "connect")) == "Connection refused")
        #expect(NetworkWords.of(ChannelError.connectTimeout(.seconds(1))) == "nobody answered in time")
        let refused = ClientError.cannotListen(address: "h:1", reason: "Cannot assign requested address")
        #expect("\(refused)".contains("--listen") && refused.exitCode == 1)
    }
}
