import Attestation
import Client
import Foundation
import Ledger
import Tasks
import Testing

@testable import Service

@Suite("What the ledger says can be proved later", .serialized, .timeLimit(.minutes(30)), .live)
struct ReceiptTests {
    @Test("what is drawn is told to nobody before the end of the fit: no head, entry, proof or total moves")
    func fitUnderWay() async throws {
        let task = try TestTask.workshop(method: "mst")
        let releases = try await withService(task) { live in
            for (party, text) in [("Alice", Cars.alice()), ("Bob", Cars.bob())] {
                let calls = try await RawCalls(live, as: party)
                _ = try await calls.upload(text)
                _ = try await calls("/confirm_data")
            }
            try await waitForModel(try await RawCalls(live, as: "Olaf"))
            return try live.service.driver.ledger.releases()
        }
        #expect(releases.count > 1)
        try await withService(task) { live in
            let driver = live.service.driver
            try driver.ledger.reserve(plan: driver.fitter.plan, uploads: ["Alice": task.specification.digest.hex])
            let calls = try await RawCalls(live, as: "Olaf")
            func sight() async throws -> [String] {
                var seen = [driver.ledger.head.hash.hexadecimal]
                for path in ["/ledger", "/ledger/total", "/ledger/inclusion?entry=1", "/ledger/consistency?from=1"] {
                    seen.append(try await calls(path).body)
                }
                seen.append("\(try await calls("/ledger/inclusion?entry=5").status)")
                return seen
            }
            let before = try await sight()
            for release in releases { try driver.ledger.record(release) }
            #expect(try await sight() == before)
            try driver.ledger.recordDestruction()
            let after = try await calls("/ledger").body
            #expect(after.components(separatedBy: "\"kind\":\"measurement\"").count == releases.count + 1)
        }
    }

    private func kept(_ live: LiveService, _ party: String) throws -> [Receipt] {
        let folder = live.directory.appending(path: "receipts/\(live.specification.digest.hex.prefix(16))")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
            $0.hasSuffix(".json")
        }.map {
            name in
            try Receipt(json: Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    private func isAuthentic(_ receipt: Receipt, _ live: LiveService) throws -> Bool {
        let report = try receipt.verify(
            trust: TrustPolicy(
                now: 0, roots: TrustRoots().trustingSimulated(root: live.attester.root),
                allowed: ReleaseManifest(releases: [live.attester.release]), allowDebug: true))
        return report.refusals.isEmpty
    }

    @Test("upload, confirmation, release and destruction have receipts that verify without the service")
    func wholeLife() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try live.file("alice.csv", Cars.alice())
            let bob = try live.file("bob.csv", Cars.bob())
            try await live.asParty("Alice") { connection in
                let table = try await connection.upload(file: alice)
                _ = try await connection.confirm(digest: table.sha256)
            }
            try await live.asParty("Bob") { connection in
                _ = try await connection.upload(file: bob)
                _ = try await connection.confirm()
                #expect(try await connection.waitForModel(upTo: 300).isTrained)
                _ = try await connection.samples(.init(rows: 5)) { _ in }
            }
            // Twice taken is entered once.
            try await live.asParty("Bob") { connection in
                _ = try await connection.samples(.init(rows: 5)) { _ in }
                _ = try await connection.ledger()
            }
            let receipts = try kept(live, "Bob")
            let drawn = receipts.drop { $0.entry.kind != .reservation }.prefix { $0.entry.kind != .destroyed }
            #expect(drawn.count > 1 && drawn.dropFirst().allSatisfy { $0.entry.kind == .measurement })
            #expect(Set(drawn.map(\.entry.time)).count == 1, "when each was drawn is told to nobody")
            let told = receipts.filter { [.destroyed, .trained].contains($0.entry.kind) }
            #expect(Set(told.map(\.entry.time)).count == 1)
            #expect(
                receipts.map(\.entry.kind).filter { $0 != .measurement } == [
                    .specification, .signature, .signature, .upload, .confirmation, .upload, .confirmation,
                    .reservation, .destroyed, .trained, .firstDownload,
                ])
            #expect(receipts.map(\.entry.sequence) == Array(1...UInt64(receipts.count)))
            for receipt in receipts { #expect(try isAuthentic(receipt, live)) }
            let bobKey = live.keys["Bob"]?.publicKey.fingerprint
            #expect(receipts.last?.entry.party == bobKey)
        }
    }

    @Test("withdrawal and halt have receipts too")
    func endings() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try live.file("alice.csv", Cars.alice())
            try await live.asParty("Alice") { connection in
                _ = try await connection.upload(file: alice)
                _ = try await connection.withdraw()
                _ = try await connection.upload(file: alice)
                _ = try await connection.halt()
            }
            let receipts = try kept(live, "Alice")
            #expect(
                receipts.dropFirst(3).map(\.entry.kind) == [.upload, .withdrawal, .upload, .halted, .destroyed])
            for receipt in receipts { #expect(try isAuthentic(receipt, live)) }
        }
    }

    @Test("a deadline that passes by itself has a receipt")
    func deadline() async throws {
        let clock = TestClock(Date())
        let by = Date(timeIntervalSinceNow: 3600).formatted(.iso8601)
        let task = try TestTask.workshop(deadlines: "{upload_by: \(by)}")
        try await withService(task, clock: clock) { live in
            let alice = try live.file("alice.csv", Cars.alice())
            try await live.asParty("Alice") { _ = try await $0.upload(file: alice) }
            clock.advance(by: 3700)
            try await live.asParty("Alice") { _ = try await $0.ledger() }
            #expect(try kept(live, "Alice").suffix(2).map(\.entry.kind) == [.expired, .destroyed])
        }
    }

    @Test("checkpoint, key, proofs and receipts are served to parties, and to no stranger")
    func calls() async throws {
        try await withService(try TestTask.workshop()) { live in
            let olaf = try await RawCalls(live, as: "Olaf")
            let note = try await olaf("/ledger/checkpoint")
            let key = try #require(try await olaf("/ledger/key").object["key"] as? String)
            let verifier = try #require(NoteVerifier(encoded: key))
            let signed = try #require(SignedNote(encoded: note.body))
            let checkpoint = try #require(verifier.checkpoint(of: signed))
            #expect(checkpoint.size == 3 && checkpoint.origin == "entrepot/ledger/\(live.specification.digest.hex)")
            let inclusion = try await olaf("/ledger/inclusion?entry=2&size=3").object["proof"] as? [String]
            #expect(inclusion?.count == 2)
            #expect(try await olaf("/ledger/consistency?from=1").object["to"] as? Int == 3)
            #expect(try await olaf("/ledger/receipts?from=3").object["receipts"] as? [Any] != nil)
            for query in [
                "inclusion?entry=0", "inclusion?entry=9", "inclusion?entry=1&size=9", "consistency?from=0",
                "consistency?from=4", "inclusion?entry=-1",
            ] {
                let answer = try await olaf("/ledger/\(query)")
                #expect(answer.status == 404 && answer.code == "no_such_entry", "\(query)")
            }
            #expect(try await olaf("/ledger/inclusion?entry=x").status == 422)
            let stranger = try await RawCalls(live, as: nil)
            for path in ["checkpoint", "key", "inclusion?entry=1", "consistency?from=1", "receipts"] {
                #expect(try await stranger("/ledger/\(path)").status == 401, "\(path)")
            }
        }
    }

    @Test("evidence for the ledger's key does not pass for that of a connection")
    func keyEvidence() async throws {
        try await withService(try TestTask.workshop()) { live in
            let olaf = try await RawCalls(live, as: "Olaf")
            let answer = try await olaf("/ledger/key").object
            let json = try JSONSerialization.data(withJSONObject: try #require(answer["evidence"]))
            let impostor = try await Impostor.start(
                identity: live.service.driver.identity, specification: live.specification.canonicalBytes
            ) { _ in Array(json) }
            var configuration = live.client("Alice")
            configuration.address = ServiceAddress(host: "127.0.0.1", port: impostor.port)
            let error = await #expect(throws: ClientError.self) {
                try await VerifiedConnection.open(configuration) { _ in }
            }
            #expect(error == .refused([.nonceMismatch, .publicKeyMismatch, .channelBindingMismatch]))
            try await impostor.stop()
        }
    }
}
