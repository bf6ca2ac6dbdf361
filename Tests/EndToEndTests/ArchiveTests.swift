import Bytes
import Crypto
import Foundation
import Ledger
import Service
import Tasks
import Testing
import VectorMath

@testable import Attestation
@testable import Client

/// A service on a machine with a TPM (in memory), whose evidence carries no time, and whoever certified its key.
private struct TimelessService: Sendable {
    let task: TestTask
    let folder: URL
    let authority: TPMAuthority
    let leaf: [UInt8]
    let started = Int64(Date().timeIntervalSince1970)
    let registers = [4, 9, 11].map { ($0, [UInt8](repeating: UInt8($0), count: 32)) }

    init() throws {
        task = try TestTask.workshop()
        folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authority = try TPMAuthority(time: started)
        tpm = FakeTPM(registers: Dictionary(uniqueKeysWithValues: registers))
        leaf = try authority.leaf(tpm.key.publicKey, time: started)
    }

    let tpm: FakeTPM

    var trust: TrustPolicy {
        let expected = registers.map { ("PCR\($0)", Hex.encode($1)) }
        let release = ReleaseManifest.Release(
            version: "1", measurements: ["tpm": Dictionary(uniqueKeysWithValues: expected)])
        return TrustPolicy(
            now: 0, roots: TrustRoots().trustingTPM(root: authority.root),
            allowed: ReleaseManifest(releases: [release]), allowDebug: true)
    }

    /// Of the key's authority, with an entry that is of another key; for an hour.
    func revocationList() throws -> [UInt8] {
        try RevocationListMaker.list(
            issuer: ChainCertificate(der: authority.root).subject, number: [1, 2, 3], madeAt: started - 30,
            nextAt: started + 3_600, key: authority.key)
    }

    /// Uploads as Alice, and gives the path of the receipt.
    func uploadedReceipt(archive: ReceiptArchive) async throws -> String {
        let attester = try await TPMAttester(
            device: tpm, taskSpecification: task.specification.canonicalBytes, certificates: [leaf])
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let service = try EntrepotService(
            ServiceConfiguration(
                specification: task.specification, signatures: task.signatures, attester: attester,
                buildManifest: [1], port: 0, stateDirectory: nil, logger: .quiet,
                onListening: { continuation.yield($0) }))
        let running = Task { try await service.run(signals: []) }
        defer { running.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        var configuration = ClientConfiguration(
            address: ServiceAddress(host: "127.0.0.1", port: port), key: task.keys["Alice"], trust: trust,
            task: task.specification.digest, stateFile: folder.appending(path: "seen.json").path)
        configuration.trust.collateral = try Collateral(files: [revocationList()])
        configuration.archive = archive
        let table = folder.appending(path: "alice.csv")
        try Data(Cars.alice().utf8).write(to: table)
        return try await VerifiedConnection.open(configuration) { connection in
            _ = try await connection.upload(file: table.path)
            try await connection.keepReceipts()
            let names = try FileManager.default.contentsOfDirectory(atPath: connection.receiptsDirectory)
            return
                "\(connection.receiptsDirectory)/\(try #require(names.first { $0.contains("-upload-") && $0.hasSuffix(".json") }))"
        }
    }
}

@Suite(
    "Receipts of machines whose evidence carries no time", .serialized, .timeLimit(.minutes(10)), .live,
    .enabled(if: StampScene.isPossible, "openssl is not installed"))
struct ArchiveTests {
    @Test(
        "ten years later a receipt is verified by what was kept beside it and a timestamp, and refused without either")
    func tenYears() async throws {
        let service = try TimelessService()
        defer { try? FileManager.default.removeItem(at: service.folder) }
        let list = try service.revocationList()
        let path = try await service.uploadedReceipt(
            archive: ReceiptArchive(files: [
                .init(kind: .collateral, name: "makers.crl", bytes: list),
                .init(kind: .certificates, name: "key.der", bytes: service.leaf),
            ]))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let receipt = try Receipt(json: bytes)
        let stamps = try StampScene(document: bytes)

        // Beside the receipt lies what the client was given, byte by byte.
        let kept = ReceiptArchive.paths(.collateral, besideReceipt: path)
        #expect(try kept.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) } == [list])
        #expect(ReceiptArchive.paths(.certificates, besideReceipt: path).count == 1)

        let later = service.started + 10 * 365 * 86_400
        var trust = service.trust.at(nil, now: later)
        trust.collateral = try Collateral(files: kept.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) })
        #expect(throws: ReceiptError.evidence(.certificateExpired(0))) { try receipt.verify(trust: trust) }
        let moment = try Timestamp(der: stamps.bytes("ecdsa.tsr")).verify(of: bytes, roots: stamps.roots())
        #expect(abs(moment - service.started) < 600)
        let appraisal = try receipt.verify(trust: trust.at(moment, now: later))
        #expect(appraisal.refusals == [] && appraisal.evidence.verifiedAt == moment)
        #expect(!appraisal.evidence.warnings.contains(.revocationNotChecked))
        // Without the list the result says that none was looked at.
        let bare = try receipt.verify(trust: service.trust.at(moment, now: later))
        #expect(bare.evidence.warnings.contains(.revocationNotChecked))
        // A later moment than the stamp's has another list, which this one is too old for.
        #expect(throws: ReceiptError.evidence(.revocationListExpired)) {
            try receipt.verify(trust: trust.at(service.started + 3_601, now: later))
        }
        // Another receipt's stamp says nothing of this one.
        #expect(throws: EvidenceError.timestampMismatch) {
            try Timestamp(der: stamps.bytes("ecdsa.tsr")).verify(of: bytes + [0x0A], roots: stamps.roots())
        }
    }

    @Test(
        "the program takes timestamp, lists and certificates that lie beside a receipt",
        .enabled(if: Program.isBuilt, Program.absence))
    func program() async throws {
        let service = try TimelessService()
        defer { try? FileManager.default.removeItem(at: service.folder) }
        let path = try await service.uploadedReceipt(
            archive: ReceiptArchive(files: [
                .init(kind: .collateral, name: "makers.crl", bytes: try service.revocationList())
            ]))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let stamps = try StampScene(document: bytes)
        try Data(try stamps.bytes("rsa.tsr")).write(to: URL(fileURLWithPath: path + ".tsr"))
        let (root, release) = (
            service.folder.appending(path: "root.der"), service.folder.appending(path: "release.json")
        )
        try Data(service.authority.root).write(to: root)
        try JSONEncoder().encode(try #require(service.trust.allowed)).write(to: release)
        let options = [
            "verify", path, "--tpm-root", root.path, "--measurements", release.path, "--allow-debug", "--json",
        ]
        let stamped = try await Program.run(options + ["--timestamp-root", "\(stamps.folder)/root.pem"])
        #expect(stamped.code == 0, "\(stamped.talk)")
        #expect(!stamped.output.contains("revocation lists were not looked at"))
        let moment = try Timestamp(der: stamps.bytes("rsa.tsr")).time
        #expect(stamped.output.contains("\"verified_at\" : \(moment)"))
        // What lies beside it is looked at: a list that is cut is not passed over.
        let list = try #require(ReceiptArchive.paths(.collateral, besideReceipt: path).first)
        try Data([0x30, 0x03]).write(to: URL(fileURLWithPath: list))
        #expect(try await Program.run(options).code == 65)
        try FileManager.default.removeItem(atPath: list)
        let without = try await Program.run(options)
        #expect(without.code == 0 && without.output.contains("revocation lists were not looked at"), "\(without.talk)")
    }
}
