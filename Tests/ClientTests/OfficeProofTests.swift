import Attestation
import Bytes
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Tasks
import Testing

@testable import Client
@testable import SecretSharing

/// Offices whose task names the program that one of them must prove to run.
@Suite("Offices that prove what they run", .serialized)
struct OfficeProofTests {
    /// What the second office does, or has before it, and how its evidence is taken.
    enum Deed: String, CaseIterable {
        case right, long
        case none, anotherProgram, anotherTask, anotherKindAsked, unknownRoot, forged
        /// Evidence that was made for another connection, and for this one's key.
        case replayed, anotherConnection, anotherKey

        /// The exit code of the first office; nil where it goes on.
        var code: Int32? {
            switch self {
            case .right, .long: nil
            case .none, .unknownRoot, .forged, .replayed: 2
            case .anotherProgram, .anotherTask, .anotherKindAsked: 3
            case .anotherConnection, .anotherKey: 4
            }
        }

        var words: String {
            switch self {
            case .right, .long: ""
            case .none: "something else in place of evidence"
            case .anotherProgram: "runs code that is in no accepted release"
            case .anotherTask: "runs another task"
            case .anotherKindAsked: "simulated"
            case .unknownRoot: "--simulated-root"
            case .forged: "signature"
            case .replayed: "answers another challenge"
            case .anotherConnection: "for another connection"
            case .anotherKey: "another key"
            }
        }
    }

    /// Answers as the attester behind it, or does what no honest one does.
    private struct Deceiver: Attester {
        let honest: SimulatedAttester
        let deed: Deed
        var format: EvidenceFormat { .simulated }

        init(_ honest: SimulatedAttester, _ deed: Deed) { (self.honest, self.deed) = (honest, deed) }

        func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
            func made(_ key: [UInt8], _ nonce: [UInt8], binding: [UInt8]) async throws -> Evidence {
                try await honest.evidence(
                    spki: key, nonce: nonce,
                    statement: Statement(
                        flags: statement.flags, taskDigest: statement.taskDigest, bootID: statement.bootID,
                        ledgerHead: statement.ledgerHead, ledgerSequence: statement.ledgerSequence,
                        bootTime: statement.bootTime, channelBinding: binding,
                        buildManifestDigest: statement.buildManifestDigest))
            }
            let other = [UInt8](repeating: 9, count: 32)
            let right = try await made(spki, nonce, binding: statement.channelBinding)
            switch deed {
            case .replayed: return try await made(spki, other, binding: statement.channelBinding)
            case .anotherConnection:
                let binding = ChannelBinding.binding(exporter: other, nonce: nonce, spki: spki)
                return try await made(spki, nonce, binding: binding)
            case .anotherKey: return try await made(Array(spki.reversed()), nonce, binding: statement.channelBinding)
            case .forged:
                var changed = right.evidence
                changed[changed.count - 1] ^= 1
                return Evidence(format: .simulated, evidence: changed, statement: right.statement)
            case .long:
                return Evidence(
                    format: .simulated, evidence: right.evidence,
                    auxiliary: [[UInt8](repeating: 1, count: 60_000)], statement: right.statement)
            default: return right
            }
        }
    }

    private static func task(
        _ keys: [PartyPrivateKey], _ proofs: [String: TaskSpecification.Proof], name: String = "proved"
    ) -> TaskSpecification {
        TaskSpecification(
            name: name, purpose: "a test",
            parties: zip(["Norland", "Sudland"], keys).map {
                TaskSpecification.Party(name: $0, role: .provider, publicKey: $1.publicKey)
            }, join: TaskSpecification.Join(kind: .union), privacy: TaskSpecification.Privacy(epsilon: 1),
            engine: .secureSum(colluding: 1), proofs: proofs)
    }

    private static func attester(_ folder: String, for task: TaskSpecification) throws -> SimulatedAttester {
        try SimulatedAttester(
            stateDirectory: folder, taskSpecification: task.canonicalBytes, buildManifest: [1, 2, 3])
    }

    /// What both ask: the first nothing of itself, the second the program of this process.
    private static func proofs(
        _ deed: Deed, _ folder: String, mutual: Bool = false
    ) -> (Int, [PartyPrivateKey]) async throws -> OfficeProofs? {
        { place, keys in
            // The measurements do not depend on the task, which names them.
            let measured = try attester(folder, for: task(keys, [:])).release.measurements["simulated"] ?? [:]
            var asked = measured
            if deed == .anotherProgram { asked["PCR0"] = String(repeating: "ab", count: 48) }
            let proof = TaskSpecification.Proof(
                format: deed == .anotherKindAsked ? .nitro : .simulated, measurements: asked)
            let agreed = task(keys, mutual ? ["Norland": proof, "Sudland": proof] : ["Sudland": proof])
            let own = place == 1 && deed == .anotherTask ? task(keys, ["Sudland": proof], name: "other") : agreed
            let honest = try attester(folder, for: own)
            var roots = TrustRoots.vendors
            if deed != .unknownRoot { roots = roots.trustingSimulated(root: honest.root) }
            let answers = (place == 1 || mutual) && deed != .none
            return OfficeProofs(
                task: own, attester: answers ? Deceiver(honest, deed) : nil, manifest: [UInt8](repeating: 3, count: 32),
                trust: TrustPolicy(now: 0, roots: roots))
        }
    }

    private static func folder() -> String {
        FileManager.default.temporaryDirectory.appending(path: "proofs-\(UUID().uuidString)").path
    }

    @Test(
        "an office is heard when its evidence is what the task asks, and refused by name and code when not",
        arguments: Deed.allCases)
    func evidence(deed: Deed) async throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let offices = try await TwoOffices(proofs: Self.proofs(deed, folder))
        let (first, second) = (offices.first, offices.second)
        guard let code = deed.code else {
            for mesh in [first, second] { _ = try await TwoOffices.onThread { try mesh.greeted() } }
            #expect(first.attested.map(\.name) == ["Sudland"] && first.attested.first?.format == .simulated)
            #expect(second.attested.isEmpty)
            async let other = TwoOffices.onThread { try second.open([1, 2], question: "one") }
            #expect(try await TwoOffices.onThread { try first.open([3, 4], question: "one") } == [4, 6])
            #expect(try await other == [4, 6])
            return await offices.end()
        }
        let refusal = try #require(try await offices.refusal())
        #expect(refusal.exitCode == code && refusal.isTemporary, "\(deed): \(refusal)")
        #expect("\(refusal)".hasPrefix("Sudland has not proved") && "\(refusal)".contains(deed.words), "\(refusal)")
        #expect(first.attested.isEmpty && first.state.withLock { $0.ready.isEmpty && !$0.rounds.notGreeted.isEmpty })
        // One that was never told to prove anything is asked for what it cannot read. Any other hears why, and has no greeting of the
        // office that refuses.
        guard deed != .none else { return await offices.end() }
        for _ in 0..<500 where second.refusal == nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(second.state.withLock { !$0.rounds.notGreeted.isEmpty })
        #expect("\(try #require(second.refusal))".contains(deed.words), "\(second.refusal!)")
        await offices.end()
    }

    @Test("both offices prove what they run, each to the other, before either greets")
    func mutual() async throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let offices = try await TwoOffices(proofs: Self.proofs(.right, folder, mutual: true))
        for mesh in [offices.first, offices.second] { _ = try await TwoOffices.onThread { try mesh.greeted() } }
        #expect(offices.first.attested.map(\.name) == ["Sudland"] && offices.second.attested.map(\.name) == ["Norland"])
        await offices.end()
    }

    @Test("evidence that somebody passes on who has both keys, and both connections, is of another connection")
    func relayed() async throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let relay = Mutex<(any Channel)?>(nil)
        let offices = try await TwoOffices(proofs: Self.proofs(.right, folder)) { port, keys in
            let server = try await Self.relay(before: port, keys)
            relay.withLock { $0 = server }
            return server.localAddress?.port ?? 0
        }
        let refusal = try #require(try await offices.refusal())
        #expect(refusal.exitCode == 4 && "\(refusal)".contains("for another connection"), "\(refusal)")
        #expect(offices.first.attested.isEmpty)
        await offices.end()
        try await relay.withLock { $0 }?.close()
    }

    @Test("a challenge where the task asks nothing, and evidence that nobody asked for, are no messages of the task")
    func unasked() async throws {
        let nonce = [UInt8](repeating: 4, count: 32)
        for message in [SumMessage.challenge(nonce), .evidence([1, 2, 3])] {
            let offices = try await TwoOffices()
            try await offices.send(message)
            #expect(try await offices.refusal() == .unreadable(from: "Sudland"))
            await offices.end()
        }
    }

    @Test("a halt is heard of an office that has proved nothing: its signature is what counts")
    func halted() async throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let task = String(repeating: "07", count: 32)
        let offices = try await TwoOffices(
            proofs: { place, keys in place == 0 ? try await Self.proofs(.right, folder)(place, keys) : nil },
            halting: { keys in
                var halt = SumHalt(from: "Sudland", task: task, reason: "withdrawn")
                halt.signature = Data(try keys[1].signature(ofStatement: halt.statement))
                return halt
            })
        guard case .halted(let halt)? = try await offices.refusal() else {
            Issue.record("\(String(describing: offices.first.refusal))")
            return await offices.end()
        }
        #expect(halt.reason == "withdrawn" && halt.from == "Sudland")
        await offices.end()
    }

    @Test("a long message over a connection that counts no more is passed over, and ends nothing")
    func replaced() async throws {
        let offices = try await TwoOffices()
        let other = try #require(offices.second.state.withLock { $0.channels[0] })
        let own = try #require(offices.first.state.withLock { $0.channels[1] })
        for head in [FrameHead.evidence, .share(round: 0, count: 1), .other] {
            #expect(offices.first.room(for: head, bytes: 100_000, from: 1, over: other) {} == .passedOver)
        }
        #expect(offices.first.refusal == nil)
        #expect(offices.first.room(for: .share(round: 0, count: 1), bytes: 100_000, from: 1, over: own) {} == nil)
        #expect(offices.first.refusal != nil)
        await offices.end()
    }

    @Test("what is left to prove over one connection: each end once, in either order")
    func proving() {
        #expect(OfficeProving(nonce: nil, owes: false).isOver)
        var asking = OfficeProving(nonce: [1], owes: false)
        #expect(!asking.isOver && asking.awaits && !asking.challenge())
        asking.accept()
        #expect(asking.isOver && !asking.awaits)
        var both = OfficeProving(nonce: [1], owes: true)
        #expect(both.challenge() && !both.challenge())
        both.answer()
        #expect(!both.isOver && !both.challenge())
        both.accept()
        #expect(both.isOver)
    }

    @Test("messages of proofs are read as they were written, and nothing longer")
    func messages() {
        let nonce = [UInt8](0..<32)
        #expect(SumMessage(bytes: SumMessage.challenge(nonce).bytes) == .challenge(nonce))
        #expect(SumMessage(bytes: SumMessage.challenge(nonce).bytes.dropLast()) == nil)
        #expect(SumMessage(bytes: SumMessage.evidence([7]).bytes) == .evidence([7]))
        #expect(SumMessage(bytes: SumMessage.evidence([]).bytes) == nil)
        #expect(SumMessage.mostEvidence == Evidence.byteLimit)
        let most = [UInt8](repeating: 1, count: SumMessage.mostEvidence)
        #expect(SumMessage(bytes: SumMessage.evidence(most).bytes) == .evidence(most))
        #expect(SumMessage(bytes: SumMessage.evidence(most + [1]).bytes) == nil)
    }

    // MARK: - Somebody in the middle

    /// Ends TLS under the second office's key, opens TLS under the first one's, and passes on what comes from either side.
    private static func relay(before port: Int, _ keys: [PartyPrivateKey]) async throws -> any Channel {
        func context(_ key: PartyPrivateKey, isServer: Bool) throws -> NIOSSLContext {
            let certificate = try ClientCertificate(key)
            let chain = [NIOSSLCertificateSource.certificate(certificate.certificate)]
            var tls =
                isServer
                ? TLSConfiguration.makeServerConfiguration(
                    certificateChain: chain, privateKey: .privateKey(certificate.privateKey))
                : TLSConfiguration.makeClientConfiguration()
            tls.minimumTLSVersion = .tlsv13
            tls.certificateChain = chain
            tls.privateKey = .privateKey(certificate.privateKey)
            tls.certificateVerification = .none
            return try NIOSSLContext(configuration: tls)
        }
        let (inside, outside) = (try context(keys[0], isServer: false), try context(keys[1], isServer: true))
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { inner in
                inner.eventLoop.makeCompletedFuture {
                    try inner.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: outside))
                }.flatMap {
                    ClientBootstrap(group: inner.eventLoop)
                        .channelInitializer { outer in
                            outer.eventLoop.makeCompletedFuture {
                                try outer.pipeline.syncOperations.addHandlers(
                                    NIOSSLClientHandler(context: inside, serverHostname: nil), PassOn(to: inner))
                            }
                        }
                        .connect(host: "127.0.0.1", port: port)
                        .flatMap { outer in
                            inner.eventLoop.makeCompletedFuture {
                                try inner.pipeline.syncOperations.addHandler(PassOn(to: outer))
                            }
                        }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Passes every byte on to another channel.
    private final class PassOn: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let destination: any Channel

        init(to destination: any Channel) { self.destination = destination }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            destination.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            destination.close(promise: nil)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            destination.close(promise: nil)
            context.close(promise: nil)
        }
    }
}
