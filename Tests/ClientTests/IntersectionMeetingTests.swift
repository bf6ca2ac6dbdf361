import Bytes
import Foundation
import Ledger
import Linkage
import NIOCore
import NIOPosix
import NIOSSL
import Tasks
import Testing

@testable import Client

@Suite(.serialized) struct IntersectionMeetingTests {
    @Test("the number is common names with the noise of both; ε and the answer stand in both ledgers, and once")
    func count() async throws {
        let scene = try IntersectionScene()
        let (one, two) = try await scene.meet(0..<30, 20..<40, noise: (2, -1))
        #expect(one.estimate == 10 + 2 - 1 && two.estimate == one.estimate && one.members == nil)
        for ledger in scene.ledgers {
            #expect(try ledger.entries().map(\.kind) == [.reservation, .measurement, .closed])
            #expect(try ledger.entries()[0].epsilon == 1)
        }
        await #expect(throws: IntersectionError.alreadyAnswered) {
            _ = try await scene.meeting(1).join(
                ServiceAddress(host: "127.0.0.1", port: 9), scene.preparation(1, 0..<1)
            ) { _ in }
        }
    }

    @Test("members come out for either party where both signed for it, and the ledger says that no ε covers it")
    func members() async throws {
        let scene = try IntersectionScene(join: "{kind: inner, reveal: own}")
        let (one, two) = try await scene.meet(0..<30, 20..<40)
        #expect(one.members == Array(20..<30) && two.members == Array(0..<10))
        #expect(try scene.ledgers[0].entries()[0].details["plan"]?.contains("not differentially private") == true)
    }

    @Test("the draw of a meeting that broke before the answer is kept for the next one")
    func broken() async throws {
        let scene = try IntersectionScene()
        // Nobody listens there: the first attempt ends after ε was set aside and the noise drawn.
        await #expect(throws: ClientError.self) {
            _ = try await scene.meeting(1).join(
                ServiceAddress(host: "127.0.0.1", port: 1), scene.preparation(1, 20..<40, noise: 3)
            ) { _ in }
        }
        let (one, _) = try await scene.meet(0..<30, 20..<40, noise: (0, -4))
        #expect(one.estimate == 10 + 3)
        #expect(try scene.ledgers[1].entries().count { $0.kind == .reservation } == 1)
    }

    @Test(
        "without the other's signature, with a key that the task does not list, or with fewer than two providers there is no meeting"
    )
    func refusals() throws {
        let scene = try IntersectionScene(signs: 1)
        #expect(throws: ClientError.self) { _ = try scene.meeting(0) }
        let whole = try IntersectionScene()
        #expect(throws: ClientError.self) { _ = try whole.meeting(0, key: try .generate(.p256)) }
    }

    @Test("whoever shows another key than the task lists is turned away, and the listener waits on")
    func stranger() async throws {
        let scene = try IntersectionScene()
        let stranger = try IntersectionScene()
        let (here, there) = try await scene.listening(0..<30) { address in
            await #expect(throws: (any Error).self) {
                _ = try await stranger.meeting(1).join(address, stranger.preparation(1, 0..<3), patience: 5) { _ in }
            }
            #expect(try stranger.ledgers[1].entries().allSatisfy { $0.kind == .reservation })
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 20) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test("forty who connect and say nothing keep nobody waiting")
    func silence() async throws {
        let scene = try IntersectionScene()
        let (here, there) = try await scene.listening(0..<30) { address in
            let silent = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connect(host: address.host, port: address.port).get()
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            defer { for channel in silent { channel.close(promise: nil) } }
            // One handshake alone may take 20 s, which is this party's whole patience.
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 15) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test(
        "a hundred who show the other party's public key and cannot sign with it neither end the wait nor hold a place")
    func borrowedKey() async throws {
        let scene = try IntersectionScene()
        let context = try BorrowedKey.context(showing: scene.keys[1].publicKey)
        let (here, there) = try await scene.listening(0..<30) { address in
            for _ in 0..<100 {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(
                                    context: context, serverHostname: nil,
                                    customVerificationCallback: { $1.succeed(.certificateVerified) }))
                        }
                    }
                    .connect(host: address.host, port: address.port).get()
                try await channel.closeFuture.get()
            }
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 15) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test(
        "however many connections one machine opens, one of another machine keeps its place until it has proved its key"
    )
    func otherAddress() async throws {
        let scene = try IntersectionScene()
        let (here, there) = try await scene.listening(0..<30) { address in
            func connect(from host: String) async throws -> any Channel {
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(to: try SocketAddress(ipAddress: host, port: 0))
                    .connect(host: address.host, port: address.port).get()
            }
            let began = ContinuousClock.now
            let elsewhere = try await connect(from: "127.0.0.2")
            var many: [any Channel] = []
            for _ in 0..<150 { many.append(try await connect(from: "127.0.0.1")) }
            for _ in 0..<1_000 where many.count(where: \.isActive) > 70 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(many.count(where: \.isActive) <= 70)
            // Who proves no key for 20 seconds has to go, on a busy machine before all others have come.
            #expect(elsewhere.isActive || ContinuousClock.now - began > .seconds(18))
            for channel in many + [elsewhere] { channel.close(promise: nil) }
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 15) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test("a task that also asks for a model is a service's, and no two parties answer a part of it")
    func modelToo() throws {
        let scene = try IntersectionScene(method: "auto")
        #expect(throws: ClientError.self) { _ = try scene.meeting(0) }
    }

    @Test("where another reservation is remembered nothing is drawn and nobody is called")
    func remembered() async throws {
        let scene = try IntersectionScene()
        let file = scene.folder.appendingPathComponent("memory.json").path
        try OfficeMemory.claim("aa", folder: "elsewhere", file: file, measureAgain: false)
        let noise = scene.folder.appendingPathComponent("1.noise").path
        let preparation = IntersectionMeeting.Preparation(
            keys: ByteStrings(), commitment: LedgerHash(of: [1]), ledger: scene.ledgers[1],
            claim: { try OfficeMemory.claim($0.hex, folder: "here", file: file, measureAgain: false) },
            noiseFile: noise, noise: { 0 })
        await #expect {
            _ = try await scene.meeting(1).join(ServiceAddress(host: "127.0.0.1", port: 1), preparation) { _ in }
        } throws: { error in
            guard case .remembered(.reservedElsewhere(remembered: _, found: _)) = error as? ClientError else {
                return false
            }
            return true
        }
        #expect(!FileManager.default.fileExists(atPath: noise))
    }
}

/// A key of which only the public half is known, as every task tells it: what it signs is not signed with it.
private struct BorrowedKey: NIOSSLCustomPrivateKey, Hashable {
    let signatureAlgorithms = [SignatureAlgorithm.ecdsaSecp256R1Sha256]

    func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeSucceededFuture(ByteBuffer(repeating: 0x30, count: 71))
    }

    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeSucceededFuture(data)
    }

    /// A certificate of a key of our own, with the other key in its place: nobody asks who signed it.
    static func context(showing key: PartyKey) throws -> NIOSSLContext {
        let own = try PartyPrivateKey.generate(.p256)
        var bytes = try ClientCertificate(own).certificate.toDERBytes()
        let found = try #require(bytes.firstRange(of: own.publicKey.subjectPublicKeyInfo))
        bytes.replaceSubrange(found, with: key.subjectPublicKeyInfo)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateVerification = .noHostnameVerification
        tls.certificateChain = [.certificate(try NIOSSLCertificate(bytes: bytes, format: .der))]
        tls.privateKey = .privateKey(NIOSSLPrivateKey(customPrivateKey: BorrowedKey()))
        return try NIOSSLContext(configuration: tls)
    }
}
