import Foundation
import Tasks

@testable import Attestation

/// Evidence as it comes in one JSON object: what was read is written as the same bytes of each part.
func feedEvidence(_ bytes: [UInt8]) {
    guard let evidence = try? Evidence(json: bytes) else { return }
    promise((try? Evidence(json: evidence.json())) == evidence, "evidence changes when it is written and read")
}

/// Documents of a TPM, of Azure's firmware and logs of events.
func feedTPM(_ bytes: [UInt8]) {
    if let document = try? TPMEvidence(bytes: bytes) {
        promise(document.encoded == bytes, "a document has two encodings")
        _ = try? TPMQuote(attest: document.attest, signature: document.signature)
        if let report = document.hcl { _ = try? AzureReport(bytes: report) }
    }
    if let log = try? EventLog(bytes: bytes) {
        promise(log.events.count <= bytes.count / 8, "a log has more events than bytes")
    }
    // A quote is two parts: the first byte says where the second begins.
    if let first = bytes.first {
        let rest = bytes.dropFirst()
        _ = try? TPMQuote(attest: Array(rest.prefix(Int(first))), signature: Array(rest.dropFirst(Int(first))))
    }
    for start in [[UInt8](), Array("HCLA".utf8)] { _ = try? AzureReport(bytes: start + bytes) }
    _ = try? TDReport(bytes: bytes)
}

/// Everything that is DER, or PEM around it: certificates, lists of revoked ones, timestamps, signatures, keys of parties.
func feedDER(_ bytes: [UInt8]) {
    if let certificates = try? CertificateFile.certificates(bytes) {
        promise(!certificates.isEmpty, "a file of certificates has none")
        for certificate in certificates { _ = try? CertificateFile.validity(of: certificate) }
    }
    _ = try? RevocationList(der: bytes)
    _ = try? Timestamp(der: bytes)
    _ = try? DocumentSignature.parts(of: bytes)
    _ = try? Collateral(files: [bytes])
    if let key = try? PartyKey(derRepresentation: bytes) {
        promise(
            (try? PartyKey(derRepresentation: key.derRepresentation)) == key, "a key changes when it is written and read")
    }
    if let text = String(validating: bytes, as: UTF8.self) { _ = try? PartyKey(text: text) }
}

/// Images of enclaves and of virtual machines.
func feedImage(_ bytes: [UInt8]) {
    if let image = try? EnclaveImage(bytes: bytes) {
        promise(image.pcr0.count == 48 && image.pcr1.count == 48, "a measurement of an image has another length")
    }
    _ = try? UnifiedImage(bytes: bytes)
    if let program = try? PortableExecutable(bytes: bytes) {
        _ = try? program.authenticodeDigest()
        for section in program.sections { _ = program.content(section.name) }
    }
    _ = try? ReleaseManifest(json: bytes)
}

func evidenceSeeds() -> [[UInt8]] {
    let made = [(EvidenceFormat.nitro, [UInt8](0..<90)), (.sevSNP, [1]), (.tdx, [])].map { format, bytes in
        Evidence(format: format, evidence: bytes, auxiliary: [[9, 8], []], statement: [1, 2, 3]).json()
    }
    return made
        + Seeds.data("attestation/nitro", ["cbor"]).prefix(4).map {
            Evidence(format: .nitro, evidence: $0, auxiliary: [], statement: []).json()
        } + Seeds.demo(["attestation.json", "report.json"])
}

func tpmSeeds() -> [[UInt8]] {
    // A log with its head and one event of each kind of digest that is known.
    func little(_ value: UInt32, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
    let head =
        Array("Spec ID Event03\0".utf8) + little(0) + [0, 2, 0, 2] + little(2) + [4, 0, 20, 0, 11, 0, 32, 0] + [0]
    var log = little(0) + little(3) + [UInt8](repeating: 0, count: 20) + little(UInt32(head.count)) + head
    log += little(4) + little(0x8000_0003) + little(2)
    log += [4, 0] + [UInt8](repeating: 1, count: 20) + [11, 0] + [UInt8](repeating: 2, count: 32) + little(3) + [7, 7, 7]
    let attest: [UInt8] =
        Array([0xFF, 0x54, 0x43, 0x47, 0x80, 0x18, 0, 2, 1, 2, 0, 2, 3, 4]) + [UInt8](repeating: 5, count: 25) + [
            0, 0, 0, 1, 0, 11, 3, 0, 2, 0, 0, 2, 9, 9,
        ]
    let signature: [UInt8] = [0, 0x14, 0, 11, 0, 4, 1, 2, 3, 4]
    let document = TPMEvidence(
        attest: attest, signature: signature, registers: [4: [UInt8](repeating: 3, count: 32)],
        log: [4: [[UInt8](repeating: 2, count: 32)]])
    return [log, document.encoded, [UInt8(attest.count)] + attest + signature]
        + Seeds.data("attestation/tdx", ["bin"], most: 3) + Seeds.data("attestation/new/snp", ["bin"], most: 3)
}

func derSeeds() -> [[UInt8]] {
    Seeds.data("attestation/snp", ["der", "pem"]) + Seeds.data("attestation/new/snp", ["der"], most: 6)
        + Seeds.data("attestation/nitro", ["pem"]) + Seeds.data("attestation/tdx", ["pem", "der", "json"])
        + [Array("SHA256:x ssh-ed25519 AAAA".utf8), [0x30, 0x03, 0x02, 0x01, 0x05]]
}

func imageSeeds() -> [[UInt8]] {
    /// Sections of an enclave's image: type, content.
    func image(_ sections: [(UInt16, [UInt8])]) -> [UInt8] {
        func big(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var offsets: [Int] = []
        var body: [UInt8] = []
        for (type, content) in sections {
            offsets.append(548 + body.count)
            body += big(Int(type), 2) + [0, 0] + big(content.count, 8) + content
        }
        func table(_ values: [Int]) -> [UInt8] {
            (0..<32).flatMap { big($0 < values.count ? values[$0] : 0, 8) }
        }
        return Array(".eif".utf8) + big(4, 2) + [0, 0] + big(1 << 30, 8) + big(2, 8) + [0, 0] + big(sections.count, 2)
            + table(offsets) + table(sections.map(\.1.count)) + [0, 0, 0, 0] + [0, 0, 0, 0] + body
    }
    var program = [UInt8](repeating: 0, count: 1_024)
    program.replaceSubrange(0..<2, with: [0x4D, 0x5A])
    program[0x3C] = 64
    program.replaceSubrange(64..<68, with: [0x50, 0x45, 0, 0])
    program.replaceSubrange(70..<72, with: [1, 0])
    program.replaceSubrange(84..<86, with: [240, 0])
    program.replaceSubrange(88..<90, with: [0x0B, 0x02])
    program[88 + 61] = 2
    let section = 88 + 240
    program.replaceSubrange(section..<(section + 6), with: Array(".linux".utf8))
    program.replaceSubrange((section + 16)..<(section + 24), with: [0, 1, 0, 0, 0, 2, 0, 0])
    let manifest = #"{"releases":[{"version":"1","measurements":{"nitro":{"PCR0":"00"}}}],"refused":{"0":"x"}}"#
    return [
        image([(1, [1, 2, 3]), (2, Array("console=ttyS0".utf8)), (3, [4, 5]), (3, [6])]),
        image([(1, [1]), (2, [2]), (3, [3]), (5, Array("{}".utf8))]), program, Array(manifest.utf8),
    ]
}
