import Testing

@testable import Attestation

@Suite("What people read")
struct SentenceTests {
    static let sentences: [String] =
        [
            EvidenceError.certificateExpired(2), .noTrustedRoot(.simulated), .cbor(.duplicateKey),
            .missingField(.moduleID), .pcrLength(index: 3, count: 5), .quotingEnclaveIdentity, .reportPatchLevel,
            .envelope(.statement), .simulatedEvidenceAsNitro,
        ].flatMap { [$0.description, $0.hint] }
        + [
            Refusal.simulated, .debug, .stale(seconds: 4), .channelBindingMismatch, .tcbNotEvaluated, .taskMismatch,
            .noReleaseAllowed, .releaseRefused(version: "1"),
        ].flatMap { [$0.description, $0.hint] }
        + [AttesterError.tsmEmptyReport, .deviceRefused(.inputTooLarge), .rootPermissions].map(\.description)
        + [EnclaveImage.Problem.magic, .sectionTable(3)].map(\.description)

    @Test("every error is a sentence", arguments: sentences)
    func sentence(_ text: String) {
        #expect(text.count > 20)
        #expect(text.last == ".")
        #expect(text.first?.isUppercase == true || text.hasPrefix("configfs"))
    }

    @Test("a card shows the caveat first, the reasons, and no control characters of the document")
    func card() async throws {
        let scene = try SimulatedScene()
        var verified = try scene.verify(try await scene.evidence())
        verified.moduleID = "sim-\u{1B}[2J"
        let card = EvidenceCard(verified, refusals: [.debug])
        #expect(card.lines[0].contains("SIMULATED, gives no confidentiality against the host"))
        #expect(card.lines[1].hasPrefix("refused"))
        #expect(!card.description.contains("\u{1B}"))
        #expect(card.description.contains("PCR16"))
        #expect(card.lines.contains("made          2026-11-21 08:00:00 UTC"))
    }
}
