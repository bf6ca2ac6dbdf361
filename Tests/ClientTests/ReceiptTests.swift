import Attestation
import Foundation
import Ledger
import Testing
import VectorMath

@testable import Client

@Suite("Receipts")
struct ReceiptTests {
    /// A ledger with an upload in it, a key that signs it, and evidence for the key.
    struct Scene {
        let receipt: Receipt
        let roots: TrustRoots
        let release: ReleaseManifest.Release
        let ledger: Ledger
        let signer: NoteSigner

        init() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let specification = Array("{}".utf8)
            let task = LedgerHash(of: specification)
            ledger = try Ledger.inMemory()
            try ledger.append(.specification, task: task, time: 1_793_491_200)
            try ledger.append(
                .upload, task: task, party: "SHA256:x", details: ["commitment": LedgerHash(of: [1]).hex],
                time: 1_793_491_201)
            try ledger.append(.confirmation, task: task, party: "SHA256:x", time: 1_793_491_202)
            signer = try #require(
                NoteSigner(name: "entrepot/ledger/\(task.hex)", seed: (0..<32).map { _ in .random(in: 0...255) }))
            let attester = try SimulatedAttester(
                stateDirectory: folder.path, taskSpecification: specification, buildManifest: [1])
            release = attester.release
            roots = TrustRoots().trustingSimulated(root: attester.root)
            let key = LedgerKey(publicKey: signer.verifier.publicKey)
            let boot = [UInt8](repeating: 7, count: 32)
            let statement = try Statement(
                flags: .simulated, taskDigest: task.bytes, bootID: boot, ledgerHead: task.bytes, ledgerSequence: 1,
                bootTime: 1, channelBinding: key.binding, buildManifestDigest: boot)
            let evidence = try await attester.evidence(spki: key.publicKeyInfo, nonce: boot, statement: statement)
            let checkpoint = try ledger.checkpoint(origin: signer.verifier.name)
            receipt = try Receipt(
                entry: String(decoding: ledger.entry(2).canonicalBytes, as: UTF8.self),
                proof: ledger.inclusionProof(of: 2, size: 3).map(\.base64),
                checkpoint: signer.sign(checkpoint).encoded, key: signer.verifier.encoded, evidence: evidence.json())
        }

        func verify(_ receipt: Receipt, roots: TrustRoots? = nil) throws(ReceiptError) -> [Refusal] {
            try receipt.verify(
                trust: TrustPolicy(
                    now: 1_793_491_300, roots: roots ?? self.roots, allowed: ReleaseManifest(releases: [release]))
            ).refusals
        }
    }

    @Test("a receipt reads back from its file and is verified without the service")
    func roundTrip() async throws {
        let scene = try await Scene()
        let file = try scene.receipt.json()
        #expect(Receipt.isReceipt(file))
        let receipt = try Receipt(json: file)
        #expect(receipt == scene.receipt)
        #expect(try scene.verify(receipt) == [])
        #expect(receipt.fileName.hasPrefix("0002-upload-"))
        #expect(ReceiptCard(receipt).description.contains("a table was accepted"))
    }

    @Test("a receipt whose root nobody trusts, or whose release nobody accepts, is refused")
    func trust() async throws {
        let scene = try await Scene()
        let error = #expect(throws: ReceiptError.self) { try scene.verify(scene.receipt, roots: .vendors) }
        guard case .evidence? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let report = try scene.receipt.verify(
            trust: TrustPolicy(
                now: 1_793_491_300, roots: scene.roots, allowed: ReleaseManifest(releases: [])))
        #expect(report.refusals == [.noReleaseAllowed] && report.exitCode == 3)
    }

    @Test("a changed entry, another ledger's checkpoint, another key and another connection's evidence prove nothing")
    func forged() async throws {
        let scene = try await Scene()
        let other = try await Scene()
        let good = scene.receipt
        func forged(
            entry: LedgerEntry? = nil, proof: [LedgerHash]? = nil, checkpoint: String? = nil, key: NoteVerifier? = nil,
            evidence: Evidence? = nil
        ) throws -> Receipt {
            try Receipt(
                entry: String(decoding: (entry ?? good.entry).canonicalBytes, as: UTF8.self),
                proof: (proof ?? good.proof).map(\.base64), checkpoint: checkpoint ?? good.checkpoint,
                key: (key ?? good.key).encoded, evidence: (evidence ?? good.evidence).json())
        }
        #expect(try scene.verify(forged()) == [])
        #expect(throws: ReceiptError.notIncluded) { try scene.verify(forged(entry: scene.ledger.entry(3))) }
        #expect(throws: ReceiptError.notIncluded) { try scene.verify(forged(proof: good.proof.reversed())) }
        #expect(throws: ReceiptError.checkpointSignature) {
            try scene.verify(forged(checkpoint: other.receipt.checkpoint))
        }
        #expect(throws: ReceiptError.keyNotAttested) {
            try scene.verify(forged(checkpoint: other.receipt.checkpoint, key: other.receipt.key))
        }
        #expect(throws: ReceiptError.self) { try scene.verify(forged(evidence: other.receipt.evidence)) }
    }

    @Test("no flipped bit of a receipt's file is accepted")
    func flips() async throws {
        let scene = try await Scene()
        let file = try scene.receipt.json()
        var tried = 0
        for place in stride(from: 0, to: file.count, by: 7) {
            var bytes = file
            bytes[place] ^= 1 << UInt8(place % 8)
            guard let receipt = try? Receipt(json: bytes) else { continue }
            tried += 1
            // White space between members and the last bits of base64 may change without changing what is said.
            if receipt == scene.receipt { continue }
            #expect(throws: ReceiptError.self, "byte \(place)") { try scene.verify(receipt) }
        }
        #expect(tried > 100)
    }
}

/// Seeded random changes of what `entrepot verify` reads. `ENTREPOT_FUZZ` sets how many are tried.
@Suite("Random receipts")
struct ReceiptFuzzTests {
    private static let count = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 5_000

    @Test("a changed receipt or provenance is refused or verified, and nothing traps")
    func changes() async throws {
        let scene = try await ReceiptTests.Scene()
        let file = try scene.receipt.json()
        var random = SplitMix64(state: 31)
        let numbers = ["9223372036854775807", "-1", "1e999", "18446744073709551616", "null", "[]", "{}", "\"\""]
        for _ in 0..<Self.count {
            var bytes = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
                case 2: bytes.insert(contentsOf: Array((numbers.randomElement(using: &random) ?? "").utf8), at: place)
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
                }
                if bytes.isEmpty { break }
            }
            if let receipt = try? Receipt(json: bytes) {
                _ = try? scene.verify(receipt)
                _ = ReceiptCard(receipt).description
                _ = receipt.fileName
            }
            _ = try? SampleProvenance(json: bytes)
        }
    }
}
