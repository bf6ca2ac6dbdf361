import Attestation
import Client
import Crypto
import Foundation
import Synchronization
import Tasks
import Testing

@testable import Service

/// Each way of being deceived, with the exit code that a script sees and the sentence that a person reads.
@Suite("Every deception has its own exit code and says what to do", .serialized, .timeLimit(.minutes(30)), .live)
struct RefusalTests {
    private func through(_ port: Int, _ live: LiveService) -> ClientConfiguration {
        var configuration = live.client("Alice")
        configuration.address = ServiceAddress(host: "127.0.0.1", port: port)
        return configuration
    }

    @Test("a replayed document: 2, even under the service's own key")
    func replayed() async throws {
        try await withService(try TestTask.workshop()) { live in
            let stranger = try await RawCalls(live, as: nil)
            let nonce = String(repeating: "ab", count: 32)
            let document = Array(try await stranger("/attestation?nonce=\(nonce)").body.utf8)
            let impostor = try await Impostor.start(
                identity: live.service.driver.identity, specification: live.specification.canonicalBytes
            ) { _ in document }
            let error = await refusal(through(impostor.port, live))
            #expect(error == .refused([.nonceMismatch, .channelBindingMismatch]))
            #expect(error?.exitCode == 2)
            #expect("\(error as Any)".contains("replayed"))
            try await impostor.stop()
        }
    }

    @Test("another connection's evidence for our nonce, relayed under another key: 4")
    func otherConnection() async throws {
        try await withService(try TestTask.workshop()) { live in
            let identity = try ServerIdentity(name: "entrepot", now: Date())
            let relay = try await Relay.start(withKeyOf: identity, before: live.port)
            let error = await refusal(through(relay.port, live))
            #expect(error == .refused([.publicKeyMismatch, .channelBindingMismatch]))
            #expect(error?.exitCode == 4)
            #expect("\(error as Any)".contains("another connection") && "\(error as Any)".contains("Nothing was sent"))
            try await relay.stop()
        }
    }

    @Test("the same relay with the service's stolen private key: 4")
    func stolenKey() async throws {
        try await withService(try TestTask.workshop()) { live in
            let relay = try await Relay.start(withKeyOf: live.service.driver.identity, before: live.port)
            let error = await refusal(through(relay.port, live))
            #expect(error == .refused([.channelBindingMismatch]) && error?.exitCode == 4)
            try await relay.stop()
        }
    }

    @Test("evidence that is not authentic: 2")
    func forged() async throws {
        try await withService(try TestTask.workshop()) { live in
            let impostor = try await Impostor.start(
                identity: live.service.driver.identity, specification: live.specification.canonicalBytes
            ) { _ in Array("{}".utf8) }
            let error = await refusal(through(impostor.port, live))
            #expect(error?.exitCode == 2)
            try await impostor.stop()
        }
    }

    @Test("a key that the task does not list: 5, and the service refuses it as well")
    func unlisted() async throws {
        try await withService(try TestTask.workshop()) { live in
            var configuration = live.client("Alice")
            configuration.key = try PartyPrivateKey.generate(.p256)
            let error = await refusal(configuration)
            #expect(error?.exitCode == 5)
            #expect("\(error as Any)".contains("not listed in the task. Use the key"))
            let evil = try await RawCalls(live, certificateOf: try PartyPrivateKey.generate(.p256), name: "evil")
            #expect(try await evil("/details").code == "not_a_party")
        }
    }

    @Test("one key for two parties: no task at all, in every form of the key; a service that has one: 5")
    func sharedKey() async throws {
        let key = try PartyPrivateKey.generate(.rsa2048)
        var shared = try TestTask.workshop().specification
        shared.parties[0].publicKey = key.publicKey
        shared.parties[1].publicKey = try PartyKey(derRepresentation: key.publicKey.subjectPublicKeyInfo)
        #expect(throws: TaskProblems.self) { try TaskSpecification(canonicalBytes: shared.canonicalBytes) }
        let bytes = shared.canonicalBytes
        try await withService(try TestTask.workshop()) { live in
            let error = await refused(spec: bytes, live)
            #expect(error?.exitCode == 5, "\(String(describing: error))")
            #expect("\(error as Any)".contains("one key is one"))
        }
    }

    /// What a client says to a simulated service whose genuine evidence names these bytes as its task.
    private func refused(spec bytes: [UInt8], _ live: LiveService) async -> ClientError? {
        do {
            let folder = live.directory.appending(path: "other")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let identity = try ServerIdentity(name: "entrepot", now: Date())
            let attester = try SimulatedAttester(
                stateDirectory: folder.path, taskSpecification: bytes, buildManifest: [])
            let host = try await GenuineEvidence.start(identity: identity, attester: attester, specification: bytes)
            var configuration = through(host.port, live)
            configuration.trust.roots = TrustRoots().trustingSimulated(root: attester.root)
            configuration.trust.allowed = ReleaseManifest(releases: [attester.release])
            configuration.task = nil
            let error = await refusal(configuration)
            try await host.stop()
            return error
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test("a header that claims a name: it names nobody, and the call is refused by the key's own role: 5")
    func claimedName() async throws {
        try await withService(try TestTask.workshop()) { live in
            let olaf = try await RawCalls(live, as: "Olaf")
            for header in ["X-OBLV-User-Name", "X-User", "X-Forwarded-User", "Authorization", "X-Client-Cert", "From"] {
                let answer = try await olaf("/samples", ["-H", "\(header): Alice"])
                #expect(answer.status == 403 && answer.code == "role", "\(header)")
            }
            // What our own client makes of such an answer.
            let error = await refusal(live.client("Olaf")) { _ = try await $0.confirm() }
            #expect(error?.exitCode == 5)
            let stranger = try await RawCalls(live, as: nil)
            let answer = try await stranger("/details", ["-H", "X-OBLV-User-Name: Alice"])
            #expect(answer.status == 401)
            #expect(answer.object["hint"] as? String ?? "" != "" && answer.body.contains("no header can name a party"))
        }
    }

    @Test("a second instance after an upload: 6")
    func secondInstance() async throws {
        let task = try TestTask.workshop()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { live in
            let file = try live.file("alice.csv", Cars.alice())
            #expect(await refusal(live.client("Alice")) { _ = try await $0.upload(file: file) } == nil)
        }
        try await withService(task, directory: folder) { live in
            let file = try live.file("alice.csv", Cars.alice())
            let error = await refusal(live.client("Alice")) { _ = try await $0.upload(file: file) }
            #expect(error?.exitCode == 6)
            #expect("\(error as Any)".contains("say --accept-new-instance"))
        }
    }

    @Test("a ledger that is longer than the one remembered but not its continuation: 6")
    func fork() async throws {
        let task = try TestTask.workshop()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { live in
            let file = try live.file("alice.csv", Cars.alice())
            #expect(await refusal(live.client("Alice")) { _ = try await $0.upload(file: file) } == nil)
        }
        try FileManager.default.removeItem(at: folder.appending(path: "state"))
        try await withService(task, directory: folder) { live in
            let file = try live.file("other.csv", Cars.alice(2..<40))
            for _ in 0..<3 {
                // The same key from a machine that remembers nothing: the fork grows past what Alice saw.
                let forgetful = live.client("Alice", memory: "forgetful.json")
                #expect(await refusal(forgetful) { _ = try await $0.upload(file: file) } == nil)
            }
            let error = await refusal(live.client("Alice"))
            #expect(error == .remembered(.forked(sequence: 4)))
            #expect(error?.exitCode == 6)
            #expect("\(error as Any)".contains("Compare heads with the other parties"))
            var configuration = live.client("Alice")
            configuration.acceptNewInstance = true
            #expect(await refusal(configuration) == .remembered(.forked(sequence: 4)))
            configuration.measureAgain = true
            #expect(await refusal(configuration) == nil)
            #expect(await refusal(live.client("Alice")) == nil)
        }
    }
}
