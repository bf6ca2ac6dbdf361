import Bytes
import Crypto
import Foundation
import Testing

@testable import Attestation

@Suite("Saved documents", .enabled(if: Vectors.arePresent, Vectors.absence))
struct DocumentVerificationTests {
    @Test(
        "a saved Nitro document is detected, verified at its own time, and refused by policy if it is of a debug enclave",
        arguments: NitroCase.all)
    func nitro(_ expected: NitroCase) throws {
        let bytes = try Vectors.bytes("nitro/" + expected.file)
        let report = try DocumentVerification.verify(bytes, trust: TrustPolicy(now: 0, roots: .vendors))
        #expect(report.evidence.warnings.contains(.verifiedAtOwnTime))
        #expect(report.exitCode == (expected.debug ? 3 : 0))
        #expect(report.refusals.contains(.debug) == expected.debug)
        #expect(throws: EvidenceError.certificateExpired(1)) {
            try DocumentVerification.verify(bytes, trust: TrustPolicy(at: 1_793_491_200, now: 0, roots: .vendors))
        }
    }

    @Test("a document is read as bytes, hexadecimal or base64 text, with line ends, and in no second spelling")
    func texts() throws {
        let bytes = try Vectors.bytes("nitro/" + #require(NitroCase.all.last).file)
        let hexadecimal = Hex.encode(bytes)
        let base64 = String(
            decoding: Data(bytes).base64EncodedData(options: [.lineLength64Characters, .endLineWithLineFeed]),
            as: UTF8.self)
        for text in [hexadecimal + "\n", hexadecimal.uppercased(), base64, base64 + "\r\n"] {
            #expect(DocumentVerification.detect(Array(text.utf8)) == .nitro)
            let report = try DocumentVerification.verify(Array(text.utf8), trust: TrustPolicy(now: 0, roots: .vendors))
            #expect(report.evidence.format == .nitro)
        }
        let mixed = hexadecimal.prefix(2_000).uppercased() + hexadecimal.dropFirst(2_000)
        #expect(DocumentVerification.detect(Array(mixed.utf8)) == nil)
    }

    @Test("a root of one's own replaces the vendor's")
    func ownRoot() throws {
        let root = try CertificateFile.certificates(Vectors.bytes("nitro/negative/test_root.der"))
        let roots = try TrustRoots(only: root, for: .nitro)
        let bytes = try Vectors.bytes("nitro/negative/test_ok.cbor")
        #expect(
            try DocumentVerification.verify(bytes, trust: TrustPolicy(at: 1_793_491_200, now: 0, roots: roots)).exitCode
                == 0)
        #expect(throws: EvidenceError.rootNotPinned) {
            try DocumentVerification.verify(bytes, trust: TrustPolicy(at: 1_793_491_200, now: 0, roots: .vendors))
        }
    }

    @Test("the JSON of a simulated service is verified with its root, and refused without")
    func simulatedEnvelope() async throws {
        let scene = try SimulatedScene()
        let json = try await scene.evidence().json()
        #expect(DocumentVerification.detect(json) == .simulated)
        let report = try DocumentVerification.verify(json, trust: TrustPolicy(now: 0, roots: scene.roots))
        #expect(report.exitCode == 0)
        #expect(report.evidence.statement?.ledgerSequence == 1)
        #expect(EvidenceCard(report.evidence).description.contains("SIMULATED, gives no confidentiality"))
        #expect(throws: EvidenceError.noTrustedRoot(.simulated)) {
            try DocumentVerification.verify(json, trust: TrustPolicy(now: 0, roots: .vendors))
        }
        let wrong = ReleaseManifest(releases: [
            .init(version: "1", measurements: ["simulated": ["PCR0": "", "PCR1": "", "PCR2": ""]])
        ])
        let refused = try DocumentVerification.verify(
            json, trust: TrustPolicy(now: 0, roots: scene.roots, allowed: wrong))
        #expect(refused.refusals == [.measurementsUnknown] && refused.exitCode == 3)
    }

    @Test("no changed bit of a saved JSON is accepted")
    func flippedEnvelope() async throws {
        let scene = try SimulatedScene()
        let json = try await scene.evidence().json()
        #expect(try DocumentVerification.verify(json, trust: TrustPolicy(now: 0, roots: scene.roots)).exitCode == 0)
        for bit in stride(from: 0, to: json.count * 8, by: 41) {
            var changed = json
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") {
                try DocumentVerification.verify(changed, trust: TrustPolicy(now: 0, roots: scene.roots))
            }
        }
    }

    @Test("a saved SEV-SNP or TDX envelope shows no statement, because nobody can check it without the challenge")
    func unboundStatement() throws {
        let statement = try Statement(
            flags: [], taskDigest: [UInt8](repeating: 1, count: 32), bootID: [UInt8](repeating: 2, count: 32),
            ledgerHead: [UInt8](repeating: 3, count: 32), ledgerSequence: 4, bootTime: 5,
            channelBinding: [UInt8](repeating: 6, count: 32), buildManifestDigest: [UInt8](repeating: 7, count: 32))
        let quote = try Vectors.bytes("tdx/negative/ok.bin")
        let json = Evidence(format: .tdx, evidence: quote, statement: statement.bytes).json()
        let report = try DocumentVerification.verify(
            json, trust: TrustPolicy(at: SNPVectorTests.time, now: 0, roots: .vendors, allowUnevaluatedTCB: true))
        #expect(report.evidence.statement == nil && report.evidence.warnings.contains(.statementNotBound))
        #expect(!EvidenceCard(report.evidence).description.contains("ledger  "))
    }

    @Test("nonsense has no format")
    func nonsense() {
        let cases: [(String, EvidenceError)] = [
            ("", .fileEmpty), ("{", .envelope(.json)), ("hello", .unknownFormat),
            ("{\"format\":\"nitro\"}", .unknownFormat),
        ]
        for (text, error) in cases {
            #expect(DocumentVerification.detect(Array(text.utf8)) == nil)
            #expect(throws: error) {
                try DocumentVerification.verify(Array(text.utf8), trust: TrustPolicy(now: 0, roots: .vendors))
            }
        }
    }
}
