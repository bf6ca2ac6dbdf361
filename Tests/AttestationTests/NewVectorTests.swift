import Bytes
import Foundation
import Testing

@testable import Attestation

/// A line of `new/manifest.json`: documents found in public repositories in November 2026.
struct NewCase: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let valid: Bool?
    let expect: String
    let `class`: String?
    let leaf: String?
    let chain: String?
    let timestampMs: Int64?
    let verifyAt: Int64?
    let notBefore: Int64?
    let notAfter: Int64?

    var testDescription: String { file }

    var format: EvidenceFormat {
        file.hasPrefix("nitro") ? .nitro : file.hasPrefix("snp") ? .sevSNP : .tdx
    }

    var time: Int64 { verifyAt ?? timestampMs.map { $0 / 1_000 } ?? 1_767_225_600 }

    /// Exit codes without and with TDX accepted unevaluated.
    var exitCodes: (plain: Int32, allowing: Int32) {
        switch expect {
        case "0": (0, 0)
        case "2", "unpaired: 2 without certificates": (2, 2)
        case "3": (3, 3)
        case let text where text.hasPrefix("should be 3"): (3, 3)
        default: (3, expect.hasSuffix("with it 0") ? 0 : 3)
        }
    }

    static let all: [NewCase] = {
        let lists: [String: [NewCase]]? = try? Vectors.json("new/manifest.json")
        return (lists?.values.flatMap(\.self) ?? []).sorted { $0.file < $1.file }
    }()

    func certificates() throws -> [[UInt8]] {
        var files: [String] = []
        if let leaf { files.append("new/" + leaf) }
        if let chain { files.append("snp/" + chain) }
        return try files.flatMap { try CertificateFile.certificates(Vectors.bytes($0)) }
    }

    func exitCode(of bytes: [UInt8], at time: Int64, allowing: Bool = false) throws -> Int32 {
        let trust = TrustPolicy(at: time, now: time, roots: .vendors, allowUnevaluatedTCB: allowing)
        do {
            return try DocumentVerification.verify(
                bytes, format: format, trust: trust, certificates: certificates()
            ).exitCode
        } catch let error as EvidenceError {
            return error.exitCode
        }
    }
}

@Suite("Documents found in November 2026", .enabled(if: Vectors.arePresent, Vectors.absence))
struct NewVectorTests {
    @Test("all of them are there")
    func count() {
        #expect(NewCase.all.count == 173)
        // No authentic document passes for want of a time outside of which it must be refused.
        let authentic = NewCase.all.filter { $0.exitCodes.allowing != 2 }
        #expect(authentic.allSatisfy { $0.notBefore != nil && $0.notAfter != nil } && authentic.count == 121)
    }

    @Test("each gets the answer that its author expects, and none is accepted outside its time", arguments: NewCase.all)
    func answers(_ expected: NewCase) throws {
        let bytes = try Vectors.bytes("new/" + expected.file)
        #expect(try expected.exitCode(of: bytes, at: expected.time) == expected.exitCodes.plain)
        #expect(try expected.exitCode(of: bytes, at: expected.time, allowing: true) == expected.exitCodes.allowing)
        guard let notBefore = expected.notBefore, let notAfter = expected.notAfter else { return }
        for time in [0, notBefore - 1, notAfter + 1, .max] {
            #expect(try expected.exitCode(of: bytes, at: time, allowing: true) == 2)
        }
    }

    @Test("an SEV-SNP report needs its chip's certificate alone: AMD's are shipped")
    func shippedCertificates() throws {
        for expected in NewCase.all where expected.format == .sevSNP && expected.leaf != nil {
            let leaf = try CertificateFile.certificates(Vectors.bytes("new/" + #require(expected.leaf)))
            let verifier = EvidenceVerifier(roots: .vendors, now: expected.time)
            let report = try Vectors.bytes("new/" + expected.file)
            let verified = try verifier.verify(document: report, format: .sevSNP, certificates: leaf)
            #expect(["Milan", "Genoa", "Turin"].contains(verified.platform.snp?.product))
        }
    }

    @Test("documents of an instance's TPM are read in their own format, and in no other")
    func instanceTPM() throws {
        let documents = NewCase.all.filter { $0.class?.hasPrefix("NitroTPM") == true }
        #expect(documents.count == 3)
        for expected in documents {
            let bytes = try Vectors.bytes("new/" + expected.file)
            #expect(DocumentVerification.detect(bytes) == .nitroTPM)
            let appraisal = try DocumentVerification.verify(bytes, trust: TrustPolicy(now: 0, roots: .vendors))
            #expect(appraisal.exitCode == 0)
            #expect(appraisal.evidence.measurements.count == 24)
            #expect(!appraisal.evidence.isDebug && appraisal.evidence.warnings.contains(.tpmAlone))
            #expect(throws: EvidenceError.missingField(.pcrs)) {
                try EvidenceVerifier(roots: .vendors, now: appraisal.evidence.time).verify(
                    document: bytes, format: .nitro)
            }
        }
        let enclave = try #require(NewCase.all.first { $0.format == .nitro && $0.expect == "0" })
        #expect(throws: EvidenceError.missingField(.tpmRegisters)) {
            try EvidenceVerifier(roots: .vendors, now: enclave.time).verify(
                document: Vectors.bytes("new/" + enclave.file), format: .nitroTPM)
        }
    }

    @Test("of 5,500 changed bits over all authentic documents none is accepted")
    func flippedBits() throws {
        let authentic = NewCase.all.filter { $0.exitCodes.allowing == 0 || $0.exitCodes.allowing == 3 }
        #expect(authentic.count > 90)
        var count = 0
        for (number, expected) in authentic.enumerated() {
            let bytes = try Vectors.bytes("new/" + expected.file)
            let certificates = try expected.certificates()
            let verifier = EvidenceVerifier(roots: .vendors, now: expected.time)
            for round in 0..<60 {
                let bit = (number * 7_919 + round * 104_729) % (bytes.count * 8)
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                count += 1
                #expect(throws: EvidenceError.self, "\(expected.file) bit \(bit)") {
                    try verifier.verify(document: changed, format: expected.format, certificates: certificates)
                }
            }
        }
        #expect(count >= 5_500)
    }

    @Test("the card says nothing about when it was made where the format does not")
    func madeIsEmpty() throws {
        let expected = try #require(NewCase.all.first { $0.file.hasPrefix("tdx/near_tdx4_0845") })
        let trust = TrustPolicy(at: expected.time, now: expected.time, roots: .vendors)
        let appraisal = try DocumentVerification.verify(Vectors.bytes("new/" + expected.file), trust: trust)
        let lines = EvidenceCard(appraisal.evidence).lines
        #expect(lines.contains("made"))
        #expect(lines.contains { $0.hasPrefix("verified at") })
        #expect(lines.contains { $0.hasPrefix("attributes") } && lines.contains { $0.hasPrefix("tcb_status") })
    }
}
