import Crypto
import Foundation
import Synchronization
import Testing

@testable import Attestation

/// A service with the simulated attester, and a caller on one connection to it.
struct SimulatedScene {
    let directory: String
    let task = Array(#"{"task":"trade-mirror-2022"}"#.utf8)
    let attester: SimulatedAttester
    let spki: [UInt8]
    let nonce = [UInt8](repeating: 7, count: 32)
    let exporter = [UInt8](repeating: 9, count: 32)
    static let time: Int64 = 1_795_248_000

    init(_ name: String = #function) throws {
        directory = NSTemporaryDirectory() + "entrepot-attestation-\(UUID().uuidString)"
        // A small file stands in for the executable: hashing the test runner takes longer than all tests.
        let program = directory + "/program"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("a program".utf8).write(to: URL(fileURLWithPath: program))
        attester = try SimulatedAttester(
            stateDirectory: directory, taskSpecification: task, buildManifest: Array("manifest".utf8),
            sources: .init(executable: program), milliseconds: { UInt64(SimulatedScene.time) * 1_000 })
        spki = Array(P256.Signing.PrivateKey().publicKey.derRepresentation)
    }

    func statement(
        flags: Statement.Flags = .simulated, exporter: [UInt8]? = nil, nonce: [UInt8]? = nil, task: [UInt8]? = nil
    ) throws -> Statement {
        try Statement(
            flags: flags, taskDigest: Array(SHA256.hash(data: task ?? self.task)),
            bootID: [UInt8](repeating: 1, count: 32), ledgerHead: [UInt8](repeating: 2, count: 32), ledgerSequence: 1,
            bootTime: UInt64(SimulatedScene.time) * 1_000,
            channelBinding: ChannelBinding.binding(
                exporter: exporter ?? self.exporter, nonce: nonce ?? self.nonce, spki: spki),
            buildManifestDigest: Array(SHA256.hash(data: Array("manifest".utf8))))
    }

    func evidence() async throws -> Evidence {
        try await attester.evidence(spki: spki, nonce: nonce, statement: statement())
    }

    var roots: TrustRoots { .vendors.trustingSimulated(root: attester.root) }

    func verify(_ evidence: Evidence, at time: Int64 = SimulatedScene.time) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(evidence)
    }

    func policy(
        allowed: ReleaseManifest? = nil, allowSimulated: Bool = true, nonce: [UInt8]? = nil, spki: [UInt8]? = nil,
        exporter: [UInt8]? = nil, task: [UInt8]? = nil
    ) -> Policy {
        Policy(
            TrustPolicy(
                now: 0, roots: roots, allowed: allowed ?? ReleaseManifest(releases: [attester.release]),
                allowSimulated: allowSimulated),
            expected: .init(
                nonce: nonce ?? self.nonce, spki: spki ?? self.spki, exporter: exporter ?? self.exporter,
                taskSpecification: task ?? self.task))
    }
}

@Suite("Simulated evidence")
struct SimulatedTests {
    @Test("evidence of a live service is verified and accepted, through its JSON form")
    func roundTrip() async throws {
        let scene = try SimulatedScene()
        let evidence = try await Evidence(json: scene.evidence().json())
        let verified = try scene.verify(evidence)
        #expect(verified.format == .simulated)
        #expect(verified.statement == (try scene.statement()))
        #expect(verified.nonce == scene.nonce)
        #expect(verified.publicKey == scene.spki)
        #expect(verified.measurements.count == 17)
        #expect(verified[measurement: "PCR0"] == Register.measuring(Array("a program".utf8)))
        #expect(verified[measurement: "PCR16"] == Register.task(scene.task))
        #expect(verified[measurement: "PCR8"] == Register.zero)
        #expect(verified.chainValidity.notAfter - verified.chainValidity.notBefore == 10_800)
        #expect(verified.moduleID.wholeMatch(of: /sim-[0-9a-f]{17}-enc[0-9a-f]{16}/) != nil)
        #expect(verified.warnings == [.simulated])
        #expect(scene.policy().evaluate(verified) == [])
    }

    @Test("each thing that is wrong with a connection is a reason of its own")
    func reasons() async throws {
        let scene = try SimulatedScene()
        let verified = try scene.verify(try await scene.evidence())
        let other = [UInt8](repeating: 5, count: 32)
        let otherKey = Array(P256.Signing.PrivateKey().publicKey.derRepresentation)

        let nonce = scene.policy(nonce: other).evaluate(verified)
        #expect(nonce == [.nonceMismatch, .channelBindingMismatch])
        #expect(nonce.exitCode == 2, "a replayed document")

        let key = scene.policy(spki: otherKey).evaluate(verified)
        #expect(key == [.publicKeyMismatch, .channelBindingMismatch])
        #expect(key.exitCode == 4)

        let channel = scene.policy(exporter: other).evaluate(verified)
        #expect(channel == [.channelBindingMismatch], "evidence relayed from another connection, with the same key")
        #expect(channel.exitCode == 4)

        let task = scene.policy(task: Array("another".utf8)).evaluate(verified)
        #expect(task == [.taskMismatch, .taskRegisterMismatch])
        #expect(task.exitCode == 3)

        #expect(scene.policy(allowSimulated: false).evaluate(verified) == [.simulated])
        #expect(scene.policy(allowed: ReleaseManifest(releases: [])).evaluate(verified) == [.noReleaseAllowed])
        // Without any list a saved document can be read, and no service is trusted.
        let unlisted = TrustPolicy(now: 0, roots: scene.roots)
        let expected = Policy.Expectation(
            nonce: scene.nonce, spki: scene.spki, exporter: scene.exporter, taskSpecification: scene.task)
        #expect(Policy(unlisted, expected: expected).evaluate(verified) == [.noReleaseAllowed])
        #expect(Policy(archived: unlisted).evaluate(verified) == [])
    }

    @Test("only a listed release is accepted, and a known-bad one is not")
    func releases() async throws {
        let scene = try SimulatedScene()
        let verified = try scene.verify(try await scene.evidence())
        let release = scene.attester.release
        var other = release
        other.measurements["simulated"]?["PCR2"] = String(repeating: "00", count: 48)
        #expect(scene.policy(allowed: .init(releases: [other])).evaluate(verified) == [.measurementsUnknown])
        #expect(scene.policy(allowed: .init(releases: [other, release])).evaluate(verified) == [])
        var partial = release
        partial.measurements["simulated"]?["PCR1"] = nil
        #expect(
            scene.policy(allowed: .init(releases: [partial])).evaluate(verified) == [.noReleaseForFormat(.simulated)],
            "PCR0 alone says too little")
        let refused = ReleaseManifest(releases: [release], refused: ["simulated": "for this test"])
        #expect(scene.policy(allowed: refused).evaluate(verified) == [.releaseRefused(version: "simulated")])
        var renamed = release
        renamed.version = "2.0"
        for order in [[renamed, release], [release, renamed]] {
            #expect(
                scene.policy(allowed: ReleaseManifest(releases: order, refused: ["simulated": "bad"])).evaluate(
                    verified)
                    == [.releaseRefused(version: "simulated")], "a refused program stays refused under another version")
        }
        let read = try ReleaseManifest(json: Data(contentsOf: URL(fileURLWithPath: scene.attester.measurementsFile)))
        #expect(read.releases == [release])
    }

    @Test("simulated evidence is verified against a simulated root only, and never by default")
    func roots() async throws {
        let scene = try SimulatedScene()
        let evidence = try await scene.evidence()
        let aws = EvidenceVerifier(roots: .vendors, now: SimulatedScene.time)
        #expect(throws: EvidenceError.noTrustedRoot(.simulated)) { try aws.verify(evidence) }
        #expect(throws: EvidenceError.simulatedEvidenceAsNitro) {
            try aws.verify(document: evidence.evidence, format: .nitro)
        }
        // Somebody made the simulated root a Nitro root: the module's name still tells.
        let confused = EvidenceVerifier(
            roots: TrustRoots(nitro: [scene.attester.root]), now: SimulatedScene.time)
        #expect(throws: EvidenceError.simulatedEvidenceAsNitro) {
            try confused.verify(document: evidence.evidence, format: .nitro)
        }
        let stranger = try SimulatedScene()
        #expect(throws: EvidenceError.rootNotPinned) { try stranger.verify(evidence) }
    }

    @Test("a real Nitro document is not accepted as simulated", .enabled(if: Vectors.arePresent, Vectors.absence))
    func nitroAsSimulated() throws {
        let scene = try SimulatedScene()
        let real = try #require(NitroCase.all.first)
        let verifier = EvidenceVerifier(roots: scene.roots, now: real.timestampMs / 1_000)
        #expect(throws: EvidenceError.nitroEvidenceAsSimulated) {
            try verifier.verify(document: Vectors.bytes("nitro/" + real.file), format: .simulated)
        }
    }

    @Test("the statement beside the document must be the one that is signed")
    func statement() async throws {
        let scene = try SimulatedScene()
        let evidence = try await scene.evidence()
        let other = try scene.statement(task: Array("another".utf8))
        let swapped = Evidence(format: .simulated, evidence: evidence.evidence, statement: other.bytes)
        #expect(throws: EvidenceError.statementMismatch) { try scene.verify(swapped) }
        let unflagged = try scene.statement(flags: [])
        #expect(throws: EvidenceError.statementContradictsFormat) {
            try scene.verify(
                Evidence(format: .simulated, evidence: evidence.evidence, statement: unflagged.bytes))
        }
        #expect(throws: EvidenceError.statementContradictsFormat) {
            try scene.verify(
                Evidence(format: .nitro, evidence: evidence.evidence, statement: evidence.statement))
        }
        await #expect(throws: AttesterError.statementContradictsFormat) {
            try await scene.attester.evidence(spki: scene.spki, nonce: scene.nonce, statement: unflagged)
        }
    }

    @Test("evidence is stale after five minutes and expired after three hours")
    func time() async throws {
        let scene = try SimulatedScene()
        let evidence = try await scene.evidence()
        let late = try scene.verify(evidence, at: SimulatedScene.time + 301)
        #expect(scene.policy().evaluate(late) == [.stale(seconds: 301)])
        #expect(throws: EvidenceError.certificateExpired(2)) {
            try scene.verify(evidence, at: SimulatedScene.time + 10_800)
        }
        #expect(throws: EvidenceError.certificateNotYetValid(0)) {
            try scene.verify(evidence, at: SimulatedScene.time - 3_600)
        }
    }

    @Test("a second start uses the same root; the root's key is its owner's alone")
    func persistence() throws {
        let scene = try SimulatedScene()
        let again = try SimulatedAttester(
            stateDirectory: scene.directory, taskSpecification: scene.task, buildManifest: [],
            sources: .init(executable: scene.directory + "/program"))
        #expect(again.root == scene.attester.root)
        #expect(
            try CertificateFile.certificates(Array(Data(contentsOf: URL(fileURLWithPath: again.rootFile)))) == [
                again.root
            ])
        let key = scene.directory + "/simulated-root/root.key"
        let files = FileManager.default
        #expect((try files.attributesOfItem(atPath: key)[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        #expect(throws: AttesterError.rootPermissions) {
            try SimulatedAttester(stateDirectory: scene.directory, taskSpecification: scene.task, buildManifest: [])
        }
    }

    @Test("no change of one bit of simulated evidence is accepted")
    func flippedBits() async throws {
        let scene = try SimulatedScene()
        let evidence = try await scene.evidence()
        let bytes = evidence.evidence
        for bit in stride(from: 0, to: bytes.count * 8, by: 7) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") {
                try scene.verify(
                    Evidence(format: .simulated, evidence: changed, statement: evidence.statement))
            }
        }
    }

    @Test("programs that begin in one folder at once have one root")
    func begunAtOnce() throws {
        for _ in 0..<10 {
            let directory = NSTemporaryDirectory() + "entrepot-roots-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let roots = Mutex<[[UInt8]?]>([])
            let all = DispatchGroup()
            for _ in 0..<8 {
                all.enter()
                Thread.detachNewThread {
                    let root = try? SimulatedRoot(directory: directory, now: SimulatedScene.time).der
                    roots.withLock { $0.append(root) }
                    all.leave()
                }
            }
            all.wait()
            let found = roots.withLock { $0 }
            #expect(found.count == 8 && Set(found).count == 1 && !found.contains(nil))
        }
    }
}
