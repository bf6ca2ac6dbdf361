import Crypto
import Foundation
import Testing

@testable import Attestation

/// A genuine document of one format, and who verifies it.
private struct FlippedDocument {
    let format: EvidenceFormat
    let bytes: [UInt8]
    let roots: TrustRoots
    let time: Int64
    var certificates: [[UInt8]] = []

    func verify(_ changed: [UInt8]) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(
            document: changed, format: format, certificates: certificates)
    }

    static func found(_ format: EvidenceFormat) throws -> FlippedDocument {
        let one = try #require(
            NewCase.all.first {
                let isOfTPM = $0.class?.hasPrefix("NitroTPM") == true
                return format == .nitroTPM ? isOfTPM : $0.format == format && $0.exitCodes.allowing == 0
            })
        let bytes = try Vectors.bytes("new/" + one.file)
        let own = try? NitroDocument(bytes: bytes).timestamp
        return FlippedDocument(
            format: format, bytes: bytes, roots: .vendors, time: own.map { Int64($0 / 1_000) } ?? one.time,
            certificates: try one.certificates())
    }

    static func all() async throws -> [FlippedDocument] {
        let tpm = try TPMScene()
        let simulated = try SimulatedScene()
        return try [.nitro, .nitroTPM, .sevSNP, .tdx].map(found) + [
            FlippedDocument(
                format: .tpm, bytes: tpm.document(log: TPMScene.boot).encoded, roots: tpm.roots,
                time: TPMAuthority.time,
                certificates: [tpm.authority.leaf(tpm.tpm.key.publicKey)]),
            AzureTests.document(),
            FlippedDocument(
                format: .simulated, bytes: try await simulated.evidence().evidence, roots: simulated.roots,
                time: SimulatedScene.time),
        ]
    }
}

extension AzureTests {
    fileprivate static func document() throws -> FlippedDocument {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Azure")
        let wrapping = DocumentWrapping(Array(try Data(contentsOf: folder.appendingPathComponent("sev-snp.json"))))
        return FlippedDocument(
            format: .azure, bytes: try #require(wrapping.documents.first), roots: .vendors, time: 1_764_000_000,
            certificates: wrapping.certificates)
    }
}

@Suite("Changed bits of every format", .enabled(if: Vectors.arePresent, Vectors.absence))
struct FlippedBitTests {
    @Test("of 7,000 changed bits, 1,000 of each format and spread over all of the document, none is accepted")
    func everyFormat() async throws {
        let documents = try await FlippedDocument.all()
        #expect(Set(documents.map(\.format)) == Set(EvidenceFormat.allCases))
        var count = 0
        for document in documents {
            _ = try document.verify(document.bytes)
            // One bit of each stretch of equal length, another place in each.
            let bits = document.bytes.count * 8
            let picked = (0..<1_000).map { $0 * bits / 1_000 + ($0 * 7) % max(1, bits / 1_000) }
            #expect(Set(picked).count == 1_000 && picked.allSatisfy { $0 < bits })
            for bit in picked {
                var changed = document.bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                count += 1
                #expect(throws: EvidenceError.self, "\(document.format.rawValue), bit \(bit)") {
                    try document.verify(changed)
                }
            }
        }
        #expect(count == 7_000)
    }
}
