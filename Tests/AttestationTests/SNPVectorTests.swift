import Bytes
import Testing

@testable import Attestation

@Suite("AMD SEV-SNP reports", .enabled(if: Vectors.arePresent, Vectors.absence))
struct SNPVectorTests {
    /// Within the life of every certificate here.
    static let time: Int64 = 1_793_491_200

    struct Sample: Sendable, CustomTestStringConvertible {
        let report: String
        let leaf: String
        let chain: [String]
        var isDebug = false
        var version: UInt32 = 2
        var testDescription: String { report }
    }

    static let samples = [
        Sample(
            report: "milan_google_attestation.bin", leaf: "milan_google_vcek.der", chain: ["ask_ark_milan.pem"],
            isDebug: true),
        Sample(report: "milan_virtee_report.hex", leaf: "milan_virtee_vcek.der", chain: ["ask_ark_milan.pem"]),
        Sample(
            report: "milan_microsoft_report.bin", leaf: "milan_microsoft_vcek.pem", chain: ["ask_ark_milan.pem"],
            version: 3),
        Sample(
            report: "genoa_microsoft_report.bin", leaf: "genoa_microsoft_vcek.pem", chain: ["ask_ark_genoa.pem"],
            version: 3),
        Sample(
            report: "turin_microsoft_report.bin", leaf: "turin_microsoft_vcek.pem", chain: ["ask_ark_turin.pem"],
            version: 5),
        Sample(
            report: "veraison_tsm_report.bin", leaf: "veraison_tsm_vcek.der",
            chain: ["veraison_tsm_ask.der", "veraison_tsm_ark.der"], version: 3),
    ]

    static func certificates(_ files: [String]) throws -> [[UInt8]] {
        try files.flatMap { try CertificateFile.certificates(Vectors.bytes("snp/" + $0)) }
    }

    static func report(_ file: String) throws -> [UInt8] {
        let bytes = try Vectors.bytes("snp/" + file)
        return file.hasSuffix("hex") ? try #require(Hex.decode(bytes)) : bytes
    }

    static func verify(
        _ report: [UInt8], _ files: [String], at time: Int64 = time, roots: TrustRoots = .vendors
    ) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(
            document: report, format: .sevSNP, certificates: certificates(files))
    }

    @Test("a real report verifies under its chip's certificate, whatever the order of the others", arguments: samples)
    func authentic(_ sample: Sample) throws {
        let report = try SNPVectorTests.report(sample.report)
        let verified = try SNPVectorTests.verify(report, [sample.leaf] + sample.chain)
        #expect(try SNPReport(bytes: report).version == sample.version)
        #expect(verified[measurement: "MEASUREMENT"] == Array(report[0x90..<0xC0]))
        #expect(verified.reportData == Array(report[0x50..<0x90]))
        #expect(verified.isDebug == sample.isDebug)
        #expect(try SNPVectorTests.verify(report, sample.chain.reversed() + [sample.leaf]) == verified)
        #expect(
            Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(verified)
                == (sample.isDebug ? [.debug] : []))
        let isOld = ["milan_google", "milan_virtee"].contains { sample.report.hasPrefix($0) }
        #expect(verified.warnings == [.revocationNotChecked] + (isOld ? [.oldFirmware(product: "Milan")] : []))
        // AMD's own certificates fill in where the chip's alone is there.
        #expect(try SNPVectorTests.verify(report, [sample.leaf]) == verified)
        // Outside the chain's life.
        for time in [verified.chainValidity.notBefore - 1, verified.chainValidity.notAfter + 1] {
            #expect(throws: EvidenceError.self) {
                try SNPVectorTests.verify(report, [sample.leaf] + sample.chain, at: time)
            }
        }
    }

    @Test("each bad report gets the answer that its author expects", arguments: NegativeCase.all("snp"))
    func negative(_ negative: NegativeCase) throws {
        let report = try Vectors.bytes("snp/negative/" + negative.file)
        let files = [try #require(negative.leaf), try #require(negative.chain)]
        let result = Result { try SNPVectorTests.verify(report, files) }
        if negative.expect == "policy-reject" {
            #expect(!Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(try result.get()).isEmpty)
        } else {
            #expect(throws: EvidenceError.self) { try result.get() }
        }
    }

    @Test("a chain that is incomplete or ends in another root is refused")
    func chains() throws {
        let report = try SNPVectorTests.report("milan_virtee_report.hex")
        let leaf = "milan_virtee_vcek.der"
        #expect(throws: EvidenceError.certificateMissing) { try SNPVectorTests.verify(report, []) }
        #expect(throws: EvidenceError.certificateMissing) { try SNPVectorTests.verify(report, ["ask_ark_milan.pem"]) }
        #expect(throws: EvidenceError.certificateMissing) {
            try SNPVectorTests.verify(report, [leaf, "ask_ark_genoa.pem"])
        }
        #expect(throws: EvidenceError.certificateKey(2), "two different leaves") {
            try SNPVectorTests.verify(report, [leaf, "milan_google_vcek.der", "ask_ark_milan.pem"])
        }
        #expect(throws: EvidenceError.noTrustedRoot(.sevSNP)) {
            try SNPVectorTests.verify(report, [leaf, "ask_ark_milan.pem"], roots: TrustRoots())
        }
        let genoa = try TrustRoots(only: SNPVectorTests.certificates(["ask_ark_genoa.pem"]), for: .sevSNP)
        #expect(throws: EvidenceError.rootNotPinned) {
            try SNPVectorTests.verify(report, [leaf, "ask_ark_milan.pem"], roots: genoa)
        }
        let milan = try TrustRoots(only: SNPVectorTests.certificates(["ask_ark_milan.pem"]), for: .sevSNP)
        _ = try SNPVectorTests.verify(report, [leaf, "ask_ark_milan.pem"], roots: milan)
    }

    @Test("no change of one bit of a report is accepted")
    func flippedBits() throws {
        let report = try SNPVectorTests.report("turin_microsoft_report.bin")
        let certificates = try SNPVectorTests.certificates(["turin_microsoft_vcek.pem", "ask_ark_turin.pem"])
        let verifier = EvidenceVerifier(roots: .vendors, now: SNPVectorTests.time)
        _ = try verifier.verify(document: report, format: .sevSNP, certificates: certificates)
        for bit in stride(from: 0, to: report.count * 8, by: 5) {
            var changed = report
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") {
                try verifier.verify(document: changed, format: .sevSNP, certificates: certificates)
            }
        }
    }

    @Test("no change of one bit of a certificate's contents is accepted (1 in 31)")
    func flippedCertificateBits() throws {
        let report = try SNPVectorTests.report("milan_virtee_report.hex")
        let certificates = try SNPVectorTests.certificates(["ask_ark_milan.pem", "milan_virtee_vcek.der"])
        let verifier = EvidenceVerifier(roots: .vendors, now: SNPVectorTests.time)
        _ = try verifier.verify(document: report, format: .sevSNP, certificates: certificates)
        for index in certificates.indices {
            for bit in stride(from: 0, to: certificates[index].count * 8, by: 31) {
                var changed = certificates
                changed[index][bit / 8] ^= 1 << (bit % 8)
                #expect(throws: EvidenceError.self, "certificate \(index), bit \(bit)") {
                    try verifier.verify(document: report, format: .sevSNP, certificates: changed)
                }
            }
        }
    }
}
