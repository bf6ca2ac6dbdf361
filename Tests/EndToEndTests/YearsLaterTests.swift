import Bytes
import Foundation
import Ledger
import Testing

@testable import Attestation
@testable import Client

/// A receipt of a machine, as it lay in a folder since the day it was made: its archive and a signed timestamp beside it.
private struct OldReceipt {
    /// The day of the receipt: five years ago.
    static let day = Int64(Date().timeIntervalSince1970) - 5 * 365 * 86_400
    let machine: MadeMachine
    let stamps = MadeStamps()
    let folder = NSTemporaryDirectory() + "old-\(UUID().uuidString)"
    let receipt: Receipt
    let bytes: [UInt8]
    private let signer: NoteSigner
    var path: String { "\(folder)/0002-upload.json" }

    init(_ machine: MadeMachine) throws {
        self.machine = machine
        let task = LedgerHash(of: Array("{}".utf8))
        let ledger = try Ledger.inMemory()
        try ledger.append(.specification, task: task, time: Self.day)
        try ledger.append(
            .upload, task: task, party: "SHA256:x", details: ["commitment": LedgerHash(of: [1]).hex], time: Self.day)
        signer = try #require(
            NoteSigner(name: "entrepot/ledger/\(task.hex)", seed: (0..<32).map { _ in .random(in: 0...255) }))
        let key = LedgerKey(publicKey: signer.verifier.publicKey)
        let boot = [UInt8](repeating: 7, count: 32)
        let statement = try Statement(
            flags: [], taskDigest: task.bytes, bootID: boot, ledgerHead: task.bytes, ledgerSequence: 1,
            bootTime: UInt64(Self.day) * 1_000, channelBinding: key.binding, buildManifestDigest: boot)
        let data = ReportData.bytes(
            format: machine.format, spki: key.publicKeyInfo, nonce: boot, statement: statement)
        let evidence = Evidence(
            format: machine.format, evidence: try machine.evidence(data), auxiliary: [], statement: statement.bytes)
        receipt = try Receipt(
            entry: String(decoding: ledger.entry(2).canonicalBytes, as: UTF8.self),
            proof: ledger.inclusionProof(of: 2, size: 2).map(\.base64),
            checkpoint: signer.sign(try ledger.checkpoint(origin: signer.verifier.name)).encoded,
            key: signer.verifier.encoded, evidence: evidence.json())
        bytes = try receipt.json()
        let lists = [machine.revocationList].compactMap(\.self).map {
            ReceiptArchive.File(kind: .collateral, name: "root.crl", bytes: $0)
        }
        let certificates = machine.certificates.enumerated().map {
            ReceiptArchive.File(kind: .certificates, name: "\($0).der", bytes: $1)
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try ReceiptArchive(files: lists + certificates).write(into: folder)
        try write("0002-upload.json", bytes)
        try write("root.der", machine.root)
        try write("stamps.der", stamps.rootCertificate(at: Self.day))
        let release = ReleaseManifest.Release(
            version: "1", measurements: [machine.format.rawValue: machine.measurements])
        try write("release.json", ReleaseManifest(releases: [release]).json())
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Samples, and what the service said of them.
    func writeSamples(_ samples: [UInt8]) throws {
        let zero = LedgerHash(of: [0])
        let statement = SampleStatement(
            task: receipt.entry.task, model: zero, ledgerSequence: 1, ledgerHead: zero, epsilon: 1, delta: 0,
            query: "rows=1", sha256: LedgerHash(of: samples), bytes: UInt64(samples.count))
        let provenance: [String: Any] = [
            "samples": 1, "note": try signer.sign(statement.text).encoded, "key": receipt.key.encoded,
            "evidence": Data(receipt.evidence.json()).base64EncodedString(),
        ]
        try write("samples.csv", samples)
        try write(
            "samples.csv.provenance", Array(try JSONSerialization.data(withJSONObject: provenance)))
    }

    /// What is kept in the archive, read as the program does it.
    func trust(at time: Int64?) throws -> TrustPolicy {
        let files = { (kind: ReceiptArchive.Kind) in
            try ReceiptArchive.paths(kind, besideReceipt: path).map {
                [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0)))
            }
        }
        return TrustPolicy(
            at: time, now: Int64(Date().timeIntervalSince1970), roots: machine.roots,
            allowed: try ReleaseManifest(json: Data(contentsOf: URL(fileURLWithPath: "\(folder)/release.json"))),
            allowUnevaluatedTCB: true, collateral: try Collateral(files: files(.collateral)),
            certificates: try files(.certificates))
    }

    func verify(_ more: [String], file: String? = nil) async throws -> Program.Outcome {
        try await Program.run(
            [
                "verify", file ?? path, "--root", "\(folder)/root.der", "--format", machine.format.rawValue,
                "--measurements",
                "\(folder)/release.json", "--allow-unevaluated-tcb",
            ] + more)
    }
}

@Suite("Receipts of SEV-SNP and TDX machines, years later", .serialized, .timeLimit(.minutes(10)), .live)
struct YearsLaterTests {
    static let formats: [EvidenceFormat] = [.tdx, .sevSNP]

    private func old(_ format: EvidenceFormat) throws -> OldReceipt {
        try OldReceipt(format == .tdx ? .tdx(at: OldReceipt.day) : .sevSNP(at: OldReceipt.day))
    }

    @Test(
        "with its archive and at its time a receipt is authentic and accepted; now, before and after it is refused",
        arguments: formats)
    func archive(_ format: EvidenceFormat) throws {
        let old = try old(format)
        defer { try? FileManager.default.removeItem(atPath: old.folder) }
        let stamp = try old.stamps.token(of: old.bytes, at: OldReceipt.day + 5)
        let root = try old.stamps.rootCertificate(at: OldReceipt.day)
        let moment = try Timestamp(der: stamp).verify(of: old.bytes, roots: [root])
        #expect(moment == OldReceipt.day + 5)
        let appraisal = try old.receipt.verify(trust: old.trust(at: moment))
        #expect(appraisal.refusals == [] && appraisal.evidence.verifiedAt == moment)
        #expect(appraisal.evidence.statement != nil && appraisal.evidence.format == format)
        for time in [nil, OldReceipt.day - 61, OldReceipt.day + 86_401] {
            #expect(throws: ReceiptError.self, "\(time ?? 0)") { try old.receipt.verify(trust: old.trust(at: time)) }
        }
        // A genuine machine whose evidence is over something else vouches for no key.
        let other = Evidence(
            format: format, evidence: try old.machine.evidence([UInt8](repeating: 1, count: 64)), auxiliary: [],
            statement: old.receipt.evidence.statement)
        let foreign = try Receipt(
            entry: String(decoding: old.receipt.entry.canonicalBytes, as: UTF8.self),
            proof: old.receipt.proof.map(\.base64), checkpoint: old.receipt.checkpoint, key: old.receipt.key.encoded,
            evidence: other.json())
        #expect(throws: ReceiptError.keyNotAttested) { try foreign.verify(trust: old.trust(at: moment)) }
        // A list of its day says nothing of a later one: it is refused there by its own reason.
        guard format == .tdx else { return }
        #expect(throws: ReceiptError.evidence(.revocationListExpired)) {
            try old.receipt.verify(trust: old.trust(at: OldReceipt.day + 3_601))
        }
    }

    @Test(
        "the program finds archive and timestamp beside the receipt, and refuses it without, or with another's",
        .enabled(if: Program.isBuilt, Program.absence), arguments: formats)
    func program(_ format: EvidenceFormat) async throws {
        let old = try old(format)
        defer { try? FileManager.default.removeItem(atPath: old.folder) }
        let stamped = ["--timestamp-root", "\(old.folder)/stamps.der"]
        let unstamped = try await old.verify([])
        #expect(unstamped.code == 2 && unstamped.talk.contains("expired"), "\(unstamped.talk)")
        try old.write("0002-upload.json.tsr", old.stamps.token(of: old.bytes, at: OldReceipt.day + 5))
        let right = try await old.verify(stamped + ["--json"])
        #expect(right.code == 0 && right.output.contains("\"verified_at\" : \(OldReceipt.day + 5)"), "\(right.talk)")
        // A stamp of another file, of another day, and of somebody whom nobody named.
        try old.write("0002-upload.json.tsr", old.stamps.token(of: [1], at: OldReceipt.day + 5))
        #expect(try await old.verify(stamped).code == 2)
        try old.write("0002-upload.json.tsr", MadeStamps().token(of: old.bytes, at: OldReceipt.day + 5))
        #expect(try await old.verify(stamped).code == 2)
        try old.write("0002-upload.json.tsr", old.stamps.token(of: old.bytes, at: OldReceipt.day + 90_000))
        let later = try await old.verify(stamped)
        #expect(later.code == 2, "\(later.talk)")
        // Without what was kept beside it: SEV-SNP lacks its certificates, and of TDX nobody looked at the lists.
        try old.write("0002-upload.json.tsr", old.stamps.token(of: old.bytes, at: OldReceipt.day + 5))
        for kind in ReceiptArchive.Kind.allCases {
            try? FileManager.default.removeItem(atPath: "\(old.folder)/\(kind.rawValue)")
        }
        let bare = try await old.verify(stamped)
        #expect(bare.code == (format == .tdx ? 0 : 2), "\(bare.talk)")
        if format == .tdx { #expect(bare.output.contains("revocation lists were not looked at"), "\(bare.output)") }
    }

    @Test(
        "samples of any length are verified at the moment of their stamp, and not with another's",
        .enabled(if: Program.isBuilt, Program.absence))
    func samples() async throws {
        let old = try old(.tdx)
        defer { try? FileManager.default.removeItem(atPath: old.folder) }
        // Longer than any evidence.
        let samples = [UInt8](repeating: 0x61, count: 3 << 20)
        try old.writeSamples(samples)
        let (file, stamped) = ("\(old.folder)/samples.csv", ["--timestamp-root", "\(old.folder)/stamps.der"])
        let unstamped = try await old.verify([], file: file)
        #expect(unstamped.code == 2 && unstamped.talk.contains("expired"), "\(unstamped.talk)")
        try old.write("samples.csv.tsr", old.stamps.token(of: samples, at: OldReceipt.day + 5))
        let right = try await old.verify(stamped + ["--json"], file: file)
        #expect(right.output.contains("\"verified_at\" : \(OldReceipt.day + 5)"), "\(right.talk)")
        #expect(right.code == 0, "\(right.talk)")
        try old.write("samples.csv.tsr", old.stamps.token(of: [1], at: OldReceipt.day + 5))
        let other = try await old.verify(stamped, file: file)
        #expect(other.code == 2 && other.talk.contains("of other bytes"), "\(other.talk)")
        let asked = try await old.verify(["--file", file], file: file)
        #expect(asked.code == 64, "\(asked.talk)")
    }
}
