import Client
import Crypto
import Foundation
import Ledger
import Synchronization
import Tasks
import Testing

@testable import Service

/// The ledger, and all else that leaves, commits to private files and tells nothing of them.
@Suite("Commitments to private files, live", .serialized, .timeLimit(.minutes(30)), .live)
struct CommitmentTests {
    /// Values of 32 bytes in a text, hexadecimal or base64.
    private static func values(in text: String) -> Set<[UInt8]> {
        var values: Set<[UInt8]> = []
        func isIn(_ byte: UInt8, _ others: String) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || others.utf8.contains(byte)
        }
        for run in text.utf8.split(whereSeparator: { !isIn($0, "") }) where run.count >= 64 {
            let digits = Array(run)
            for start in 0...(digits.count - 64) {
                let part = String(decoding: digits[start..<start + 64], as: UTF8.self)
                if let hash = LedgerHash(hex: part) { values.insert(hash.bytes) }
            }
        }
        for run in text.utf8.split(whereSeparator: { !isIn($0, "+/=") }) where run.count == 44 {
            if let hash = LedgerHash(base64: String(decoding: run, as: UTF8.self)) { values.insert(hash.bytes) }
        }
        return values
    }

    /// Whoever knows a file but for its last three rows tries all that they can be.
    ///
    /// - Returns: the three rows that were found.
    private static func recover(_ known: String, ids: [Int], from seen: Set<[UInt8]>) -> String? {
        let (low, doors) = (["low", "med", "high", "vhigh"], ["2", "3", "4", "5more"])
        let lines = ids.map { id in
            low.flatMap { buying in
                low.flatMap { maint in doors.map { "\(id),\(buying),\(maint),\($0)\n" } }
            }
        }
        let last = lines[2].map { (text: $0, bytes: Data($0.utf8)) }
        var start = SHA256()
        start.update(data: Data(known.utf8))
        for first in lines[0] {
            for second in lines[1] {
                var middle = start
                middle.update(data: Data((first + second).utf8))
                for third in last {
                    var hash = middle
                    hash.update(data: third.bytes)
                    if seen.contains(Array(hash.finalize())) { return first + second + third.text }
                }
            }
        }
        return nil
    }

    private static let paths = [
        "/ledger", "/ledger/receipts", "/ledger/checkpoint", "/ledger/key", "/ledger/inclusion?entry=4",
        "/ledger/consistency?from=4", "/ledger/total", "/details", "/spec", "/columns?party=Alice", "/formats",
        "/model_status?verbose=1", "/metrics", "/healthz", "/queries", "/report", "/report.json", "/report.pdf",
        "/samples?num_samples=40&seed=1", "/samples/provenance?num_samples=40&seed=1", "/upload_data/standing",
        "/attestation?nonce=" + String(repeating: "5a", count: 32), "/openapi.yaml", "/nowhere",
    ]

    /// Forty rows of Alice's; everything of one role that it can fetch; the rows that follow from it.
    private func attack(_ mutation: PlantedServiceBug?) async throws -> (recovered: [String: String], seen: Int) {
        let task = try TestTask.workshop()
        let digest = task.specification.digest.hex
        if mutation == .digestsEntered { _ = PlantedServiceBug.telling.withLock { $0.insert(digest) } }
        defer { _ = PlantedServiceBug.telling.withLock { $0.remove(digest) } }
        let table = Cars.alice(10..<50)
        let rows = table.split(separator: "\n", omittingEmptySubsequences: true)
        let known = rows.dropLast(3).joined(separator: "\n") + "\n"
        return try await withService(task) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await alice.upload(table).status == 200)
            #expect(try await bob.upload(Cars.bob()).status == 200)
            for party in [alice, bob] { #expect(try await party("/confirm_data").status == 200) }
            try await waitForModel(bob)
            var recovered: [String: String] = [:]
            var count = 0
            for role in ["Bob", "Carol", "Olaf", "nobody"] {
                let caller = role == "Bob" ? bob : try await RawCalls(live, as: role == "nobody" ? nil : role)
                var seen: Set<[UInt8]> = []
                for path in Self.paths {
                    seen.formUnion(Self.values(in: try await caller(path, ["-i", "--compressed"]).body))
                }
                count = max(count, seen.count)
                recovered[role] = Self.recover(known, ids: [47, 48, 49], from: seen)
                // No value that is seen opens another one for the true file: the random bytes are nowhere.
                let file = LedgerHash(of: Array(table.utf8))
                let opened = seen.contains { value in
                    guard let blinding = Blinding(bytes: value) else { return false }
                    return seen.contains(UploadOpening(blinding: blinding, file: file).commitment.bytes)
                }
                #expect(!opened, "\(role)")
            }
            return (recovered, count)
        }
    }

    @Test("whoever knows a file but for three rows, and sees all that a role can fetch, learns nothing of the three")
    func knownButForThreeRows() async throws {
        let (recovered, seen) = try await attack(nil)
        #expect(recovered.isEmpty, "\(recovered)")
        #expect(seen > 20)
    }

    @Test("with plain digests in the ledger every party recovers the three rows, and this test sees it")
    func plantedDigests() async throws {
        let (recovered, _) = try await attack(.digestsEntered)
        let rows = Cars.alice(47..<50).split(separator: "\n").dropFirst().map { $0 + "\n" }.joined()
        for role in ["Bob", "Carol", "Olaf"] { #expect(recovered[role] == rows, "\(role)") }
        #expect(recovered["nobody"] == nil)
        try AuditReport.write(
            "6-planted-b-service-digestsEntered",
            "| service | plain digests of private files in the ledger | `digestsEntered` | three rows of forty recovered |"
        )
    }

    // MARK: - The header

    private func commitments(_ calls: RawCalls) async throws -> [String] {
        let entries = try await calls("/ledger").object["entries"] as? [[String: Any]] ?? []
        return entries.compactMap { ($0["details"] as? [String: String])?["commitment"] }
    }

    private func header(_ name: String, in answer: RawCalls.Answer) -> String? {
        answer.body.components(separatedBy: .newlines).first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }

    private func send(_ calls: RawCalls, _ text: String, _ headers: [String] = []) async throws -> RawCalls.Answer {
        try await calls(
            "/upload_data",
            ["-i", "-H", "Content-Type: text/csv", "--data-binary", text] + headers.flatMap { ["-H", $0] })
    }

    @Test("the caller's random bytes make the commitment; without them the service draws some and hands them over")
    func random() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let text = Cars.alice()
            let file = LedgerHash(of: Array(text.utf8))
            let own = UploadOpening(blinding: .random(), file: file)
            let answer = try await send(alice, text, ["Entrepot-Opening: \(own.blinding.hex)"])
            #expect(answer.status == 200 && header("Entrepot-Commitment", in: answer) == own.commitment.hex)
            #expect(try await commitments(alice) == [own.commitment.hex])
            let drawn = try await send(alice, text)
            let hex = try #require(header("Entrepot-Opening", in: drawn))
            let opening = UploadOpening(blinding: try #require(Blinding(hex: hex)), file: file)
            #expect(opening.blinding != own.blinding)
            #expect(try await commitments(alice) == [own.commitment.hex, opening.commitment.hex])
            // Bob may take the same bytes: his file is another, and so is its commitment.
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await send(bob, Cars.bob(), ["Entrepot-Opening: \(own.blinding.hex)"]).status == 200)
            #expect(Set(try await commitments(bob)).count == 3)
        }
    }

    @Test("random bytes that are none, and a commitment to another file, are refused, and nothing is entered")
    func refusals() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let good = Blinding.random().hex
            for bad in [
                "x", "00", String(repeating: "0", count: 64), good + "00", String(good.dropLast()), good + ", " + good,
            ] {
                let answer = try await send(alice, Cars.alice(), ["Entrepot-Opening: \(bad)"])
                #expect(answer.status == 422 && answer.body.contains("32 random bytes"), "\(bad)")
            }
            #expect(try await send(alice, Cars.alice(), ["Entrepot-Commitment: zz"]).status == 422)
            let other = UploadOpening(blinding: .random(), file: LedgerHash(of: [1]))
            let answer = try await send(
                alice, Cars.alice(),
                ["Entrepot-Opening: \(other.blinding.hex)", "Entrepot-Commitment: \(other.commitment.hex)"])
            #expect(answer.status == 409 && answer.body.contains("hash_mismatch"))
            #expect(try await commitments(alice).isEmpty)
            #expect(try await alice("/confirm_data").code == "no_upload")
            let right = UploadOpening(blinding: other.blinding, file: LedgerHash(of: Array(Cars.alice().utf8)))
            let taken = try await send(
                alice, Cars.alice(),
                ["Entrepot-Opening: \(right.blinding.hex)", "Entrepot-Commitment: \(right.commitment.hex)"])
            #expect(taken.status == 200)
        }
    }

    @Test("a confirmation may name the digest, the commitment, or both, and must name the held table")
    func confirmation() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let text = Cars.alice()
            let opening = UploadOpening(blinding: .random(), file: LedgerHash(of: Array(text.utf8)))
            #expect(try await send(alice, text, ["Entrepot-Opening: \(opening.blinding.hex)"]).status == 200)
            func confirm(_ members: [String: String]) async throws -> Int {
                let body = String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
                return try await alice("/confirm_data", ["-H", "Content-Type: application/json", "-d", body]).status
            }
            let (digest, commitment, zero) = (opening.file.hex, opening.commitment.hex, LedgerHash.zero.hex)
            for wrong in [
                ["file_sha256": zero], ["commitment": zero], ["file_sha256": commitment], ["commitment": digest],
                ["file_sha256": digest, "commitment": zero], ["file_sha256": zero, "commitment": commitment],
            ] {
                #expect(try await confirm(wrong) == 409, "\(wrong)")
            }
            #expect(try await confirm(["file_sha256": digest, "commitment": commitment]) == 200)
            for again in [[:], ["file_sha256": digest], ["commitment": commitment]] {
                #expect(try await confirm(again) == 200, "\(again)")
            }
            #expect(try await confirm(["file_sha256": zero]) == 409)
        }
    }

    @Test("an upload that goes on keeps the random bytes of its beginning, unless its sender names others")
    func goesOn() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let text = Cars.alice()
            let (size, half) = (text.utf8.count, 100)
            let parts = (String(text.prefix(half)), String(text.dropFirst(half)))
            for named in [false, true] {
                let (first, second) = (Blinding.random(), Blinding.random())
                let broken = try await send(
                    alice, parts.0,
                    ["Content-Range: bytes 0-\(size - 1)/\(size)", "Entrepot-Opening: \(first.hex)"])
                #expect(broken.status == 400)
                let rest = try await send(
                    alice, parts.1,
                    ["Content-Range: bytes \(half)-\(size - 1)/\(size)"]
                        + (named ? ["Entrepot-Opening: \(second.hex)"] : []))
                #expect(rest.status == 200)
                #expect(header("Entrepot-Opening", in: rest) == (named ? second : first).hex)
            }
        }
    }

    // MARK: - The owner

    @Test("the owner's client keeps what opens its upload, for its owner's eyes, and nothing of the other's")
    func owner() async throws {
        try await withService(try TestTask.workshop()) { live in
            let file = try live.file("alice.csv", Cars.alice())
            let receipt = try await live.asParty("Alice") { try await $0.upload(file: file) }
            let bobs = try live.file("bob.csv", Cars.bob())
            _ = try await live.asParty("Bob") { try await $0.upload(file: bobs) }
            _ = try await live.asParty("Alice") { try await $0.ledger() }
            let folder = live.directory.appending(path: "receipts/\(live.specification.digest.hex.prefix(16))")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let openings = names.filter { $0.hasSuffix(".opening") }
            #expect(openings.count == 2)
            let mine = try #require(names.first { $0.hasPrefix("0004-upload-") && $0.hasSuffix(".json") })
            let kept = try Receipt(json: Array(try Data(contentsOf: folder.appending(path: mine))))
            let path = folder.appending(path: kept.openingFileName).path
            let opened = try OpeningFile(json: Array(try #require(FileManager.default.contents(atPath: path))))
            #expect(opened.name == "alice.csv" && opened.opening.file.hex == receipt.sha256)
            #expect(kept.isOf(opened.opening))
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            let state = live.directory.appending(path: "state")
            for name in try FileManager.default.subpathsOfDirectory(atPath: state.path) {
                let bytes = FileManager.default.contents(atPath: state.appending(path: name).path) ?? Data()
                for secret in [opened.opening.blinding, Blinding(bytes: opened.opening.file.bytes)].compactMap({ $0 }) {
                    #expect(bytes.firstRange(of: Data(secret.hex.utf8)) == nil, "\(name)")
                    #expect(bytes.firstRange(of: Data(secret.bytes)) == nil, "\(name)")
                }
            }
        }
    }
}
