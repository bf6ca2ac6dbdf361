import Bytes
import Foundation
import Synchronization
import Testing

@testable import Attestation

/// configfs-tsm in memory: entries that number their writes, and somebody who may write in between.
final class FakeTSM: TSMFileSystem {
    struct Entry {
        var generation: UInt64 = 0
        var inblob: [UInt8] = []
    }

    struct State {
        var entries: [String: Entry] = [:]
        var madeCount = 0
        /// How many reports are still disturbed by another writer.
        var races = 0
        var provider = "sev_guest\n"
        var hasAuxiliary = true
    }

    let state = Mutex(State())
    let report: @Sendable ([UInt8]) -> [UInt8]
    let auxiliary: [UInt8]

    init(auxiliary: [UInt8] = [], report: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.report = report
        self.auxiliary = auxiliary
    }

    func makeDirectory(_ name: String) throws(AttesterError) {
        let isNew = state.withLock { state in
            state.madeCount += 1
            return state.entries.updateValue(Entry(), forKey: name) == nil
        }
        guard isNew else { throw .tsmFileSystem(errno: 17) }
    }

    func removeDirectory(_ name: String) throws(AttesterError) {
        guard state.withLock({ $0.entries.removeValue(forKey: name) }) != nil else { throw .tsmMissing }
    }

    func read(_ name: String, _ attribute: String) throws(AttesterError) -> [UInt8] {
        let bytes = state.withLock { state -> [UInt8]? in
            guard let entry = state.entries[name] else { return nil }
            switch attribute {
            case "provider": return Array(state.provider.utf8)
            case "generation": return Array("\(entry.generation)\n".utf8)
            case "auxblob": return state.hasAuxiliary ? auxiliary : nil
            case "outblob":
                if state.races > 0 {
                    state.races -= 1
                    state.entries[name]?.generation += 1
                    return report([UInt8](repeating: 0xEE, count: 64))
                }
                return report(entry.inblob)
            default: return nil
            }
        }
        guard let bytes else { throw .tsmMissing }
        return bytes
    }

    func write(_ bytes: [UInt8], _ name: String, _ attribute: String) throws(AttesterError) {
        guard attribute == "inblob", bytes.count <= 64 else { throw .tsmFileSystem(errno: 22) }
        let isThere = state.withLock { state in
            state.entries[name]?.inblob = bytes
            state.entries[name]?.generation += 1
            return state.entries[name] != nil
        }
        guard isThere else { throw .tsmMissing }
    }
}

@Suite("configfs-tsm")
struct TSMTests {
    let scene: SimulatedScene

    init() throws { scene = try SimulatedScene() }

    /// The report is its input, so that a test sees what was asked.
    func echo() -> FakeTSM { FakeTSM { $0 } }

    @Test("the report binds key, nonce and statement, and the entry is removed")
    func reportData() async throws {
        let fake = echo()
        let attester = try TSMAttester(fileSystem: fake)
        #expect(attester.format == .sevSNP)
        let statement = try scene.statement(flags: [])
        let evidence = try await attester.evidence(spki: scene.spki, nonce: scene.nonce, statement: statement)
        #expect(evidence.format == .sevSNP)
        #expect(
            evidence.evidence
                == ReportData.bytes(format: .sevSNP, spki: scene.spki, nonce: scene.nonce, statement: statement))
        #expect(fake.state.withLock { $0.entries.isEmpty && $0.madeCount == 2 })
    }

    @Test("another writer's report is never taken for ours")
    func race() async throws {
        let fake = echo()
        let attester = try TSMAttester(fileSystem: fake)
        fake.state.withLock { $0.races = 3 }
        let data = [UInt8](repeating: 1, count: 64)
        #expect(try attester.report(data).bytes == data)
        fake.state.withLock { $0.races = TSMAttester.attempts }
        #expect(throws: AttesterError.tsmRace) { try attester.report(data) }
        #expect(fake.state.withLock { $0.entries.isEmpty })
    }

    @Test("platforms are told apart, and strangers refused")
    func providers() throws {
        let fake = echo()
        fake.state.withLock { $0.provider = "tdx_guest\n" }
        #expect(try TSMAttester(fileSystem: fake).format == .tdx)
        fake.state.withLock { $0.provider = "arm_cca_guest\n" }
        #expect(throws: AttesterError.tsmProvider) { try TSMAttester(fileSystem: fake) }
        #expect(throws: AttesterError.tsmMissing) {
            try TSMAttester(fileSystem: LinuxTSMFileSystem(root: "/nonexistent"))
        }
    }

    @Test("an empty report without an error is a failure")
    func emptyReport() async throws {
        let attester = try TSMAttester(fileSystem: FakeTSM { _ in [] })
        await #expect(throws: AttesterError.tsmEmptyReport) {
            try await attester.evidence(spki: [1], nonce: scene.nonce, statement: scene.statement(flags: []))
        }
    }

    @Test("a kernel without auxblob hands out the certificates that it was started with")
    func configuredCertificates() async throws {
        let fake = echo()
        fake.state.withLock { $0.hasAuxiliary = false }
        let attester = try TSMAttester(fileSystem: fake, certificates: [[1, 2]])
        let evidence = try await attester.evidence(spki: [1], nonce: scene.nonce, statement: scene.statement(flags: []))
        #expect(evidence.auxiliary == [[1, 2]])
    }

    @Test("a real report with the host's certificate table verifies", .enabled(if: Vectors.arePresent, Vectors.absence))
    func realTable() async throws {
        let blob = try Vectors.bytes("snp/veraison_tsm_report.cbor")
        // {"auxblob": h'…', "outblob": h'…', "provider": …}
        let sample = try CBOR(decoding: blob, lengths: .definite)
        guard case .bytes(let table)? = sample["auxblob"], case .bytes(let report)? = sample["outblob"] else {
            Issue.record("not the sample that was expected")
            return
        }
        let attester = try TSMAttester(fileSystem: FakeTSM(auxiliary: table) { _ in report })
        let evidence = try await attester.evidence(
            spki: scene.spki, nonce: scene.nonce, statement: scene.statement(flags: []))
        #expect(evidence.auxiliary.count == 3)
        let verified = try EvidenceVerifier(roots: .vendors, now: SNPVectorTests.time).verify(evidence)
        let policy = Policy(
            TrustPolicy(
                now: 0, roots: .vendors,
                allowed: ReleaseManifest(releases: [
                    .init(
                        version: "1",
                        measurements: [
                            "sev-snp": ["MEASUREMENT": Hex.encode(try #require(verified[measurement: "MEASUREMENT"]))]
                        ])
                ])),
            expected: .init(
                nonce: scene.nonce, spki: scene.spki, exporter: scene.exporter, taskSpecification: scene.task))
        #expect(policy.evaluate(verified) == [.reportDataMismatch], "authentic, but of another service")
        var ours = verified
        ours.reportData = ReportData.bytes(
            format: .sevSNP, spki: scene.spki, nonce: scene.nonce, statement: try scene.statement(flags: []))
        #expect(policy.evaluate(ours) == [])
        ours.reportData = ReportData.bytes(
            format: .tdx, spki: scene.spki, nonce: scene.nonce, statement: try scene.statement(flags: []))
        #expect(policy.evaluate(ours) == [.reportDataMismatch])
    }

    @Test("a certificate table that is cut or lies about its offsets gives what can be read")
    func brokenTable() {
        var table = Hex.decode("63da758de6644564adc5f4b93be8accd".utf8) ?? []
        #expect(SNPCertificateTable.certificates(table) == [])
        table += [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(SNPCertificateTable.certificates(table) == [])
        #expect(SNPCertificateTable.certificates([UInt8](repeating: 0, count: 24)) == [])
        #expect(SNPCertificateTable.certificates([UInt8](repeating: 1, count: 4_000)) == [])
    }

    @Test("the kernel's files are read whole and written at once")
    func linuxFiles() throws {
        let root = NSTemporaryDirectory() + "entrepot-tsm-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let files = LinuxTSMFileSystem(root: root)
        try files.makeDirectory("entry")
        #expect(throws: AttesterError.tsmFileSystem(errno: 17)) { try files.makeDirectory("entry") }
        #expect(throws: AttesterError.tsmMissing) { try files.read("entry", "outblob") }
        #expect(throws: AttesterError.tsmMissing) { try files.write([1], "entry", "inblob") }
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let path = root + "/entry/outblob"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        try files.write(bytes, "entry", "outblob")
        #expect(try files.read("entry", "outblob") == bytes)
        try FileManager.default.removeItem(atPath: path)
        try files.removeDirectory("entry")
        #expect(!FileManager.default.fileExists(atPath: root + "/entry"))
    }
}
