import Testing

@testable import Attestation

@Suite("Saved documents", .enabled(if: Vectors.arePresent, Vectors.absence))
struct DocumentVerificationTests {
    @Test(
        "a saved Nitro document is detected, verified at its own time, and refused by policy if it is of a debug enclave",
        arguments: NitroCase.all)
    func nitro(_ expected: NitroCase) throws {
        let bytes = try Vectors.bytes("nitro/" + expected.file)
        let report = try DocumentVerification.verify(bytes, at: nil, now: 0, roots: .vendors)
        #expect(report.evidence.warnings.contains(.verifiedAtOwnTime))
        #expect(report.exitCode == (expected.debug ? 3 : 0))
        #expect(report.refusals.contains(.debug) == expected.debug)
        #expect(throws: EvidenceError.certificateExpired(1)) {
            try DocumentVerification.verify(bytes, at: 1_793_491_200, now: 0, roots: .vendors)
        }
    }

    @Test("a document is read as bytes or as hexadecimal text")
    func hexadecimal() throws {
        let expected = try #require(NitroCase.all.last)
        let text = Hex.encode(try Vectors.bytes("nitro/" + expected.file)) + "\n"
        #expect(DocumentVerification.detect(Array(text.utf8)) == .nitro)
        let report = try DocumentVerification.verify(Array(text.utf8), at: nil, now: 0, roots: .vendors)
        #expect(report.evidence.format == .nitro)
    }

    @Test("a root of one's own replaces the vendor's")
    func ownRoot() throws {
        let root = try CertificateFile.certificates(Vectors.bytes("nitro/negative/test_root.der"))
        let roots = try TrustRoots(only: root, for: .nitro)
        let bytes = try Vectors.bytes("nitro/negative/test_ok.cbor")
        #expect(try DocumentVerification.verify(bytes, at: 1_793_491_200, now: 0, roots: roots).exitCode == 0)
        #expect(throws: EvidenceError.rootNotPinned) {
            try DocumentVerification.verify(bytes, at: 1_793_491_200, now: 0, roots: .vendors)
        }
    }

    @Test("the JSON of a simulated service is verified with its root, and refused without")
    func simulatedEnvelope() async throws {
        let scene = try SimulatedScene()
        let json = try await scene.evidence().json()
        #expect(DocumentVerification.detect(json) == .simulated)
        let report = try DocumentVerification.verify(json, at: nil, now: 0, roots: scene.roots)
        #expect(report.exitCode == 0)
        #expect(report.evidence.statement?.ledgerSequence == 1)
        #expect(EvidenceCard(report.evidence).description.contains("SIMULATED, gives no confidentiality"))
        #expect(throws: EvidenceError.noTrustedRoot(.simulated)) {
            try DocumentVerification.verify(json, at: nil, now: 0, roots: .vendors)
        }
        let wrong = ReleaseManifest(releases: [
            .init(version: "1", measurements: ["simulated": ["PCR0": "", "PCR1": "", "PCR2": ""]])
        ])
        let refused = try DocumentVerification.verify(json, at: nil, now: 0, roots: scene.roots, allowed: wrong)
        #expect(refused.refusals == [.measurementsUnknown] && refused.exitCode == 3)
    }

    @Test("nonsense has no format")
    func nonsense() {
        for text in ["", "{", "hello", "{\"format\":\"nitro\"}"] {
            #expect(DocumentVerification.detect(Array(text.utf8)) == nil)
            #expect(throws: EvidenceError.unknownFormat) {
                try DocumentVerification.verify(Array(text.utf8), at: nil, now: 0, roots: .vendors)
            }
        }
    }
}
