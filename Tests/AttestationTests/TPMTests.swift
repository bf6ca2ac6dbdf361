import Bytes
import Crypto
import Foundation
import SwiftASN1
import Synchronization
import Testing
import X509

@testable import Attestation

/// A service on a machine with a TPM, and a caller on one connection to it.
struct TPMScene {
    let scene: SimulatedScene
    let tpm: FakeTPM
    let authority: TPMAuthority
    /// Registers 4, 9 and 11 of a boot.
    static let boot = [
        4: [[UInt8](repeating: 4, count: 32)], 9: [[UInt8](repeating: 9, count: 32)],
        11: [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)],
    ]

    init() throws {
        scene = try SimulatedScene()
        tpm = FakeTPM(registers: TPMScene.boot.mapValues(TPMRegister.replaying))
        authority = try TPMAuthority()
    }

    func attester(certificates: [[UInt8]]? = nil, log: [UInt8]? = nil) async throws -> TPMAttester {
        try await TPMAttester(
            device: tpm, taskSpecification: scene.task,
            certificates: certificates ?? [authority.leaf(tpm.key.publicKey)], log: log)
    }

    func evidence(certificates: [[UInt8]]? = nil) async throws -> Evidence {
        try await attester(certificates: certificates).evidence(
            spki: scene.spki, nonce: scene.nonce, statement: scene.statement(flags: []))
    }

    var roots: TrustRoots { .vendors.trustingTPM(root: authority.root) }

    func verify(_ evidence: Evidence, at time: Int64 = TPMAuthority.time) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(evidence)
    }

    var release: ReleaseManifest {
        ReleaseManifest(releases: [
            .init(
                version: "1",
                measurements: [
                    "tpm": Dictionary(
                        uniqueKeysWithValues: TPMScene.boot.map { ("PCR\($0)", Hex.encode(TPMRegister.replaying($1))) })
                ])
        ])
    }

    func refusals(
        _ verified: VerifiedEvidence, allowed: ReleaseManifest? = nil, nonce: [UInt8]? = nil, spki: [UInt8]? = nil,
        exporter: [UInt8]? = nil, task: [UInt8]? = nil
    ) -> [Refusal] {
        Policy(
            TrustPolicy(now: 0, roots: roots, allowed: allowed ?? release),
            expected: .init(
                nonce: nonce ?? scene.nonce, spki: spki ?? scene.spki, exporter: exporter ?? scene.exporter,
                taskSpecification: task ?? scene.task)
        ).evaluate(verified)
    }

    /// A document like an attester's, with one thing different.
    func document(
        indices: [Int] = TPMAttester.selection, log: [Int: [[UInt8]]] = [:],
        change: (inout FakeTPM.State) -> Void = { _ in }
    ) throws -> TPMEvidence {
        tpm.state.withLock { change(&$0) }
        let quote = try tpm.quote(data: [UInt8](repeating: 5, count: 32), indices: indices)
        let values = tpm.state.withLock { state in indices.map { ($0, state.registers[$0] ?? TPMRegister.zero) } }
        return TPMEvidence(
            attest: quote.attest, signature: quote.signature, registers: Dictionary(uniqueKeysWithValues: values),
            log: log)
    }

    func verify(_ document: TPMEvidence, _ certificates: [[UInt8]]? = nil) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: TPMAuthority.time).verify(
            document: document.encoded, format: .tpm,
            certificates: certificates ?? [authority.leaf(tpm.key.publicKey)])
    }
}

@Suite("TPM quotes")
struct TPMTests {
    @Test("a document that is cut is known by its head, and verification says what is wrong with it")
    func cut() throws {
        let whole = try TPMScene().document().encoded
        #expect(DocumentVerification.detect(whole) == .tpm)
        for count in 8..<whole.count {
            let bytes = Array(whole.prefix(count))
            #expect(DocumentVerification.detect(bytes) == .tpm, "\(count) bytes")
            #expect(throws: EvidenceError.tpmEncoding, "\(count) bytes") {
                try DocumentVerification.verify(bytes, trust: TrustPolicy(now: 0, roots: TrustRoots()))
            }
        }
        let azure = Array("HCLA".utf8) + [UInt8](repeating: 0, count: 60)
        #expect(DocumentVerification.detect(azure) == .azure)
        #expect(throws: EvidenceError.azureLength(64)) {
            try DocumentVerification.verify(azure, trust: TrustPolicy(now: 0, roots: TrustRoots()))
        }
    }

    @Test("evidence of a measured boot is verified and accepted, through its JSON form")
    func roundTrip() async throws {
        let scene = try TPMScene()
        let evidence = try await Evidence(json: scene.evidence().json())
        #expect(DocumentVerification.detect(evidence.evidence) == .tpm)
        let verified = try scene.verify(evidence)
        #expect(verified.measurements.map(\.name).contains("PCR16"))
        #expect(verified[measurement: "PCR16"] == TPMRegister.task(scene.scene.task))
        #expect(verified.warnings.first == .tpmAlone)
        #expect(verified.platform.tpm?.resetCount == 2)
        #expect(scene.refusals(verified) == [])
    }

    @Test("another key, nonce, connection, task, program or register is refused by its own reason")
    func refusals() async throws {
        let scene = try TPMScene()
        let verified = try scene.verify(try await scene.evidence())
        let other = [UInt8](repeating: 3, count: 32)
        #expect(scene.refusals(verified, spki: other) == [.reportDataMismatch, .channelBindingMismatch])
        #expect(scene.refusals(verified, nonce: other) == [.reportDataMismatch, .channelBindingMismatch])
        #expect(scene.refusals(verified, exporter: other) == [.channelBindingMismatch])
        #expect(scene.refusals(verified, task: other) == [.taskMismatch, .taskRegisterMismatch])
        var release = scene.release
        release.releases[0].measurements["tpm"]?["PCR4"] = Hex.encode(other)
        #expect(scene.refusals(verified, allowed: release) == [.measurementsUnknown])
        release.releases[0].measurements["tpm"]?["PCR4"] = nil
        #expect(scene.refusals(verified, allowed: release) == [.noReleaseForFormat(.tpm)])
        scene.tpm.state.withLock { $0.registers[12] = other }
        let added = try scene.verify(try await scene.evidence())
        #expect(scene.refusals(added) == [.addedAtStart(register: "PCR12")])
    }

    @Test("a quote that was not made in a TPM, of another kind, bank or selection, is refused by its own reason")
    func wrongQuotes() throws {
        let scene = try TPMScene()
        _ = try scene.verify(try scene.document())
        let cases: [(EvidenceError, (inout FakeTPM.State) -> Void)] = [
            (.tpmMagic, { $0.magic = 1 }), (.tpmType, { $0.type = 0x8017 }), (.tpmBank, { $0.bank = 0x000C }),
            (.tpmSelection, { $0.alsoSelected = [23] }),
        ]
        for (error, change) in cases {
            let scene = try TPMScene()
            #expect(throws: error) { try scene.verify(try scene.document(change: change)) }
        }
        var document = try scene.document()
        var registers = document.registers
        registers[4] = TPMRegister.zero
        document = TPMEvidence(attest: document.attest, signature: document.signature, registers: registers)
        #expect(throws: EvidenceError.tpmDigest) { try scene.verify(document) }
        registers[4] = nil
        document = TPMEvidence(attest: document.attest, signature: document.signature, registers: registers)
        #expect(throws: EvidenceError.tpmSelection) { try scene.verify(document) }
    }

    @Test("an event log must lead to the register that was quoted")
    func eventLog() throws {
        let scene = try TPMScene()
        _ = try scene.verify(try scene.document(log: TPMScene.boot))
        let shorter = TPMScene.boot.merging([11: [[UInt8](repeating: 1, count: 32)]]) { $1 }
        #expect(throws: EvidenceError.tpmEventLog) { try scene.verify(try scene.document(log: shorter)) }
        #expect(throws: EvidenceError.tpmEventLogTruncated) { try scene.verify(try scene.document(log: [11: []])) }
        #expect(throws: EvidenceError.tpmEventLog) {
            try scene.verify(try scene.document(log: [23: [[UInt8](repeating: 1, count: 32)]]))
        }
    }

    @Test("a key of another TPM, without a certificate, for another purpose, or under another root is refused")
    func keys() throws {
        let scene = try TPMScene()
        let document = try scene.document()
        let other = P256.Signing.PrivateKey()
        #expect(throws: EvidenceError.certificateMissing) { try scene.verify(document, []) }
        #expect(throws: EvidenceError.tpmSignature) {
            try scene.verify(document, [scene.authority.leaf(other.publicKey)])
        }
        #expect(throws: EvidenceError.certificatePurpose) {
            try scene.verify(document, [scene.authority.leaf(scene.tpm.key.publicKey, purpose: nil)])
        }
        #expect(throws: EvidenceError.certificatePurpose) {
            try scene.verify(
                document, [scene.authority.leaf(scene.tpm.key.publicKey, purpose: [1, 3, 6, 1, 5, 5, 7, 3, 1])])
        }
        #expect(throws: EvidenceError.certificateExpired(1)) {
            try scene.verify(
                document, [scene.authority.leaf(scene.tpm.key.publicKey, time: TPMAuthority.time - 90_000)])
        }
        // A root that came along, and one of the same name.
        let foreign = try TPMAuthority("somebody")
        let leaf = try foreign.leaf(scene.tpm.key.publicKey)
        #expect(throws: EvidenceError.certificateMissing) { try scene.verify(document, [leaf]) }
        #expect(throws: EvidenceError.rootNotPinned) { try scene.verify(document, [leaf, foreign.root]) }
        let namesake = try TPMAuthority()
        #expect(throws: EvidenceError.rootNotPinned) {
            try scene.verify(document, [namesake.leaf(scene.tpm.key.publicKey), namesake.root])
        }
        #expect(throws: EvidenceError.noTrustedRoot(.tpm)) {
            try EvidenceVerifier(roots: .vendors, now: TPMAuthority.time).verify(
                document: document.encoded, format: .tpm, certificates: [leaf])
        }
    }

    @Test(
        "of many certificates around a document the right ones are found, wherever they stand, and too many are refused"
    )
    func heap() throws {
        let scene = try TPMScene()
        let document = Data(try scene.document().encoded).base64EncodedString()
        func verify(_ certificates: [[UInt8]]) throws -> VerifiedEvidence {
            let pem = String(decoding: CertificateFile.pem(certificates), as: UTF8.self)
            let file = try JSONSerialization.data(withJSONObject: ["quote": document, "certificates": pem])
            let trust = TrustPolicy(at: TPMAuthority.time, now: 0, roots: scene.roots)
            return try DocumentVerification.verify(Array(file), trust: trust).evidence
        }
        let right = try scene.authority.leaf(scene.tpm.key.publicKey)
        let foreign = try TPMAuthority("somebody")
        // Of other keys, of the same key by another authority and at another time, and that authority itself.
        var others = try (0..<40).map { _ in try foreign.leaf(P256.Signing.PrivateKey().publicKey) }
        others += try [
            foreign.leaf(scene.tpm.key.publicKey), foreign.root,
            scene.authority.leaf(scene.tpm.key.publicKey, time: TPMAuthority.time - 90_000),
        ]
        for place in [0, 8, 9, 20, others.count] {
            let heap = Array(others[..<place]) + [right] + others[place...]
            #expect(try verify(heap).chainValidity.notAfter == TPMAuthority.time + 86_400, "behind \(place)")
        }
        #expect(throws: EvidenceError.certificateExpired(1)) { try verify(Array(others.suffix(1))) }
        #expect(throws: EvidenceError.tpmSignature) { try verify(Array(others.prefix(40))) }
        let many = try (0..<70).map { _ in try foreign.leaf(P256.Signing.PrivateKey().publicKey) }
        #expect(throws: EvidenceError.certificateCount) { try verify(many + [right]) }
        #expect(throws: EvidenceError.certificateCount) {
            try scene.verify(scene.document(), Array(many.prefix(17)))
        }
    }

    @Test("certificates that lead in a circle are refused")
    func circle() throws {
        let scene = try TPMScene()
        let keys = [P256.Signing.PrivateKey(), P256.Signing.PrivateKey()]
        let names = try ["one", "two"].map { name in try DistinguishedName { CommonName(name) } }
        let authorities = try [0, 1].map { index in
            try TPMAuthority.certificate(
                names[index], keys[index].publicKey, isAuthority: true, purpose: nil, issuer: names[1 - index],
                issuerKey: keys[1 - index])
        }
        let leaf = try TPMAuthority.certificate(
            try DistinguishedName { CommonName("a key") }, scene.tpm.key.publicKey, isAuthority: false,
            purpose: [2, 23, 133, 8, 3], issuer: names[0], issuerKey: keys[0])
        #expect(throws: EvidenceError.certificateLoop) {
            try scene.verify(try scene.document(), [leaf] + authorities)
        }
    }

    @Test("of 2,000 changed bits of a document none is accepted")
    func flippedBits() throws {
        let scene = try TPMScene()
        let bytes = try scene.document(log: TPMScene.boot).encoded
        let leaf = try scene.authority.leaf(scene.tpm.key.publicKey)
        let verifier = EvidenceVerifier(roots: scene.roots, now: TPMAuthority.time)
        _ = try verifier.verify(document: bytes, format: .tpm, certificates: [leaf])
        for round in 0..<2_000 {
            let bit = round * 7_919 % (bytes.count * 8)
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") {
                try verifier.verify(document: changed, format: .tpm, certificates: [leaf])
            }
        }
    }

    @Test("the task is extended once, a second start for the same task is harmless, and for another refused")
    func taskRegister() async throws {
        let scene = try TPMScene()
        _ = try await scene.attester()
        _ = try await scene.attester()
        #expect(scene.tpm.state.withLock { $0.commands.filter { $0 == 0x182 }.count } == 1)
        await #expect(throws: AttesterError.taskRegisterLocked) {
            try await TPMAttester(device: scene.tpm, taskSpecification: [1])
        }
        await #expect(throws: AttesterError.emptyTask) {
            try await TPMAttester(device: scene.tpm, taskSpecification: [])
        }
    }

    @Test("a register that changes while it is quoted is read again, and at last given up")
    func race() async throws {
        let scene = try TPMScene()
        let attester = try await scene.attester()
        scene.tpm.state.withLock { $0.races = 2 }
        let statement = try scene.scene.statement(flags: [])
        _ = try await attester.evidence(spki: scene.scene.spki, nonce: scene.scene.nonce, statement: statement)
        scene.tpm.state.withLock { $0.races = 100 }
        await #expect(throws: AttesterError.tpmRace) {
            try await attester.evidence(spki: scene.scene.spki, nonce: scene.scene.nonce, statement: statement)
        }
    }

    @Test("a machine without a TPM says so")
    func missing() {
        #expect(throws: AttesterError.tpmMissing) { try LinuxTPMDevice(path: "/nonexistent") }
    }
}

@Suite("The firmware's event log")
struct EventLogTests {
    static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    }

    /// A log of the boot of `TPMScene`, with two banks.
    static func log(_ events: [Int: [[UInt8]]] = TPMScene.boot) -> [UInt8] {
        let head =
            Array("Spec ID Event03\0".utf8) + [0, 0, 0, 0, 0, 2, 0, 2] + little(UInt32(2))
            + little(UInt16(0x0004)) + little(UInt16(20)) + little(UInt16(0x000B)) + little(UInt16(32)) + [0]
        var bytes = little(UInt32(0)) + little(UInt32(3)) + [UInt8](repeating: 0, count: 20)
        bytes += little(UInt32(head.count)) + head
        for (register, digests) in events.sorted(by: { $0.key < $1.key }) {
            for digest in digests {
                bytes += little(UInt32(register)) + little(UInt32(0xD)) + little(UInt32(2))
                bytes += little(UInt16(0x0004)) + [UInt8](repeating: 7, count: 20)
                bytes += little(UInt16(0x000B)) + digest + little(UInt32(3)) + [1, 2, 3]
            }
        }
        return bytes
    }

    @Test("its digests lead to the registers, and go into the evidence")
    func replay() async throws {
        let log = try EventLog(bytes: EventLogTests.log())
        #expect(log.events.count == 4)
        for (register, digests) in TPMScene.boot { #expect(log.digests(of: register) == digests) }
        let scene = try TPMScene()
        let attester = try await scene.attester(log: EventLogTests.log())
        let evidence = try await attester.evidence(
            spki: scene.scene.spki, nonce: scene.scene.nonce, statement: scene.scene.statement(flags: []))
        #expect(try TPMEvidence(bytes: evidence.evidence).log == TPMScene.boot)
        #expect(scene.refusals(try scene.verify(evidence)) == [])
    }

    @Test("a log that is cut anywhere inside an event is refused as cut")
    func truncated() throws {
        let bytes = EventLogTests.log()
        let eventCount = 4 + 4 + 4 + 2 + 20 + 2 + 32 + 4 + 3
        for count in 1..<bytes.count where (bytes.count - count) % eventCount != 0 {
            #expect(throws: EvidenceError.tpmEventLogTruncated) { try EventLog(bytes: Array(bytes[0..<count])) }
        }
    }

    @Test("an attester with a log of another boot does not start")
    func contradiction() async throws {
        let scene = try TPMScene()
        let other = TPMScene.boot.merging([9: [[UInt8](repeating: 1, count: 32)]]) { $1 }
        await #expect(throws: EvidenceError.tpmEventLog) { try await scene.attester(log: EventLogTests.log(other)) }
    }
}
