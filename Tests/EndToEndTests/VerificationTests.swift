import Attestation
import Client
import Foundation
import Tasks
import Testing

@testable import Service

@Suite("Nothing is sent to a service that is not the one", .serialized, .timeLimit(.minutes(30)), .live)
struct VerificationTests {
    @Test("evidence under another root, of an unknown release, or simulated unasked is refused, each with its own code")
    func evidence() async throws {
        try await withService(try TestTask.workshop()) { live in
            var configuration = live.client("Alice")
            #expect(await refusal(configuration) == nil)
            configuration.trust.roots = TrustRoots(nitro: [], amdFingerprints: [], intelFingerprints: [])
            #expect(await refusal(configuration)?.exitCode == 2)
            configuration = live.client("Alice")
            configuration.trust.allowed = ReleaseManifest(releases: [])
            #expect(await refusal(configuration) == .refused([.noReleaseAllowed]))
            configuration = live.client("Alice")
            configuration.trust.allowSimulated = false
            #expect(await refusal(configuration)?.exitCode == 3)
            configuration = live.client("Alice")
            configuration.task = TaskDigest(hashing: [])
            #expect(await refusal(configuration)?.exitCode == 3)
        }
    }

    @Test("a key that the task does not list is told so before anything is sent")
    func unlistedKey() async throws {
        try await withService(try TestTask.workshop()) { live in
            var configuration = live.client("Alice")
            let key = try PartyPrivateKey.generate(.p256)
            configuration.key = key
            #expect(await refusal(configuration) == .notListed(fingerprint: key.publicKey.fingerprint))
        }
    }

    @Test("a relay that holds the service's own private key is found out by the channel binding")
    func relay() async throws {
        try await withService(try TestTask.workshop()) { live in
            let relay = try await Relay.start(withKeyOf: live.service.driver.identity, before: live.port)
            // A client that only pins the key would believe it: the relay shows the very certificate of the service.
            let pinned = try await RawCalls(live, as: nil, port: relay.port)
            #expect(try await pinned("/healthz").status == 200)
            var configuration = live.client("Alice")
            configuration.address = ServiceAddress(host: "127.0.0.1", port: relay.port)
            var wasUsed = false
            let error = await refusal(configuration) { _ in wasUsed = true }
            #expect(error == .refused([.channelBindingMismatch]))
            #expect(error?.exitCode == 4 && !wasUsed)
            try await relay.stop()
        }
    }

    @Test("a second boot does not get a table that went to the first, unless the user means it")
    func secondInstance() async throws {
        let task = try TestTask.workshop()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for round in 0..<2 {
            try await withService(task, directory: folder) { live in
                let file = try live.file("alice.csv", Cars.alice())
                var configuration = live.client("Alice")
                let error = await refusal(configuration) { _ = try await $0.upload(file: file) }
                guard round == 1 else {
                    #expect(error == nil)
                    return
                }
                #expect(error?.exitCode == 6)
                configuration.acceptNewInstance = true
                #expect(await refusal(configuration) { _ = try await $0.upload(file: file) } == nil)
            }
        }
    }

    @Test("a ledger that is shorter than the one remembered is refused")
    func rollback() async throws {
        let task = try TestTask.workshop()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { live in
            let file = try live.file("alice.csv", Cars.alice())
            #expect(await refusal(live.client("Alice")) { _ = try await $0.upload(file: file) } == nil)
        }
        try FileManager.default.removeItem(at: folder.appending(path: "state"))
        try await withService(task, directory: folder) { live in
            #expect(await refusal(live.client("Alice"))?.exitCode == 6)
            #expect(await refusal(live.client("Bob")) == nil)
        }
    }
}
