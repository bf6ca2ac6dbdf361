import Bytes
import Foundation
import Testing

@testable import Attestation

/// A report and what a service hands out around it: the chip's certificate and AMD's.
private struct WrappedReport {
    let expected: NewCase
    let report: [UInt8]
    let leaf: [UInt8]
    let chain: [[UInt8]]

    init() throws {
        expected = try #require(NewCase.all.first { $0.file.hasPrefix("snp/confidential-c_v3_05b7438a") })
        report = try Vectors.bytes("new/" + expected.file)
        let all = try expected.certificates()
        leaf = try #require(all.first)
        chain = Array(all.dropFirst())
    }

    /// With no certificate from anywhere but the wrapping.
    func verify(_ text: String, format: EvidenceFormat? = nil) throws -> DocumentVerification.Appraisal {
        try verify(Array(text.utf8), format: format)
    }

    func verify(
        _ bytes: [UInt8], format: EvidenceFormat? = nil, roots: TrustRoots = .vendors
    ) throws -> DocumentVerification.Appraisal {
        let trust = TrustPolicy(at: expected.time, now: expected.time, roots: roots)
        return try DocumentVerification.verify(bytes, format: format, trust: trust)
    }

    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
    static func url(_ bytes: [UInt8]) -> String {
        base64(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    static func pem(_ certificates: [[UInt8]]) -> String {
        String(decoding: CertificateFile.pem(certificates), as: UTF8.self)
    }
    static func json(_ object: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object, options: .fragmentsAllowed), as: UTF8.self)
    }
}

@Suite("Evidence as services wrap it", .enabled(if: Vectors.arePresent, Vectors.absence))
struct WrappingTests {
    @Test("evidence is read as text of any usual spelling, and out of a JSON, whatever its members are called")
    func spellings() throws {
        for prefix in ["nitro/eternisai_2026", "snp/confidential-c_v3_05b7", "tdx/near_tdx4_0845"] {
            let expected = try #require(NewCase.all.first { $0.file.hasPrefix(prefix) })
            let bytes = try Vectors.bytes("new/" + expected.file)
            let base64 = Data(bytes).base64EncodedString()
            let url = base64.replacing("+", with: "-").replacing("/", with: "_")
            let stripped = String(url.prefix { $0 != "=" })
            let texts = [
                base64 + "\n", url, stripped, stripped + "\r\n", Hex.encode(bytes) + "\n", "0x" + Hex.encode(bytes),
                "{\"attestation_document\": \"\(base64)\"}\n", "{\"quote\":\"\(Hex.encode(bytes))\"}",
                "{\"id\": 7, \"data\": {\"report\": \"\(stripped)\"}}", "\"\(base64)\"",
                "{\"evidence\": \(bytes.map { Int($0) })}", "{\"secret\": \"\(base64)\"}", "[[[\"\(base64)\\n\"]], 3]",
                "{\"format\": \"x\", \"body\": [{\"kind\": \"y\", \"blob\": \"\(base64)\"}]}",
                "-----BEGIN REPORT-----\n\(base64)\n-----END REPORT-----\n",
                Data("{\"token\": \"\(Data(base64.utf8).base64EncodedString())\"}".utf8).base64EncodedString(),
            ]
            for text in texts {
                let wrapped = Array(text.utf8)
                #expect(DocumentVerification.detect(wrapped) == expected.format, "\(text.prefix(40))")
                #expect(try expected.exitCode(of: wrapped, at: expected.time, allowing: true) == 0)
            }
        }
    }

    @Test("the chip's certificate is taken out of the wrapping, in any encoding and nesting")
    func certificatesInside() throws {
        let wrapped = try WrappedReport()
        let report = WrappedReport.base64(wrapped.report)
        let host = try WrappedReport.json([
            "vcekCert": WrappedReport.pem([wrapped.leaf]), "certificateChain": WrappedReport.pem(wrapped.chain),
            "tcbm": "DE1C000000000004", "cacheControl": "86400",
        ])
        let texts = try [
            WrappedReport.json(["report": report, "vcek": WrappedReport.pem([wrapped.leaf])]),
            WrappedReport.json(["report": report, "vcek": WrappedReport.base64(wrapped.leaf) + "\n"]),
            WrappedReport.json(["report": report, "vcek": WrappedReport.url(wrapped.leaf)]),
            WrappedReport.json(["report": report, "vcek": Hex.encode(wrapped.leaf)]),
            WrappedReport.json([
                "report": report, "vcek": WrappedReport.base64(Array(WrappedReport.pem([wrapped.leaf]).utf8)),
            ]),
            WrappedReport.json([
                "snp": ["report": Hex.encode(wrapped.report)],
                "cert_chain": [["cert_type": "VCEK", "data": wrapped.leaf.map { Int($0) }]],
            ]),
            WrappedReport.json([
                "report": report, "chain": WrappedReport.base64(([wrapped.leaf] + wrapped.chain).flatMap(\.self)),
            ]),
            WrappedReport.json(["evidence": ["report": report], "host": WrappedReport.base64(Array(host.utf8))]),
            WrappedReport.json(["a": ["b": ["c": [["d": ["report": report, "endorsements": host]]]]]]),
            WrappedReport.pem([wrapped.leaf]) + "-----BEGIN SNP REPORT-----\n\(report)\n-----END SNP REPORT-----\n",
        ]
        for text in texts {
            #expect(throws: EvidenceError.certificateMissing, "the report alone does not do") {
                try wrapped.verify(wrapped.report)
            }
            let appraisal = try wrapped.verify(text)
            #expect(appraisal.evidence.format == .sevSNP && appraisal.exitCode == 0, "\(text.prefix(60))")
            #expect(appraisal.evidence.platform.snp?.product == "Milan")
        }
    }

    @Test("a report with the host's table of certificates behind it is read, in bytes and in text")
    func certificateTable() throws {
        let wrapped = try WrappedReport()
        // GUID of VCEK, offset and length, then an empty entry, then the certificate and zeros.
        let guid = try #require(Hex.decode("63da758de6644564adc5f4b93be8accd".utf8))
        let numbers = EventLogTests.little(UInt32(48)) + EventLogTests.little(UInt32(wrapped.leaf.count))
        let table = guid + numbers + [UInt8](repeating: 0, count: 24) + wrapped.leaf + [UInt8](repeating: 0, count: 99)
        let both = wrapped.report + table
        #expect(try wrapped.verify(both).exitCode == 0)
        #expect(try wrapped.verify(WrappedReport.base64(both)).exitCode == 0)
        #expect(try wrapped.verify("{\"blob\": \"\(WrappedReport.base64(both))\"}").exitCode == 0)
        let apart = try WrappedReport.json([
            "outblob": WrappedReport.base64(wrapped.report), "auxblob": WrappedReport.base64(table),
        ])
        #expect(try wrapped.verify(apart).exitCode == 0)
        let kernel = CBOR.map([
            .init(.text("auxblob"), .bytes(table)), .init(.text("outblob"), .bytes(wrapped.report)),
            .init(.text("provider"), .text("sev_guest\n")),
        ])
        #expect(try wrapped.verify(kernel.encoded).exitCode == 0)
        // What is behind a report and no such table is no wrapping.
        #expect(throws: EvidenceError.reportLength(wrapped.report.count + 100)) {
            try wrapped.verify(wrapped.report + [UInt8](repeating: 0, count: 100), format: .sevSNP)
        }
    }

    @Test("what comes along is help and never a root, and of much the right is taken")
    func help() throws {
        let wrapped = try WrappedReport()
        let report = WrappedReport.base64(wrapped.report)
        let others = try NewCase.all.filter { $0.format == .sevSNP && $0.leaf != nil }.compactMap {
            try $0.certificates().first
        }
        let foreign = try TPMAuthority().root
        let heap = try WrappedReport.json(["report": report, "noise": WrappedReport.pem(others + [foreign])])
        #expect(try wrapped.verify(heap).exitCode == 0, "the chip's own among \(others.count)")
        // Of other chips, with a key of the same kind, and in their time.
        let stranger = try others.filter { der in
            let certificate = try ChainCertificate(der: der)
            let isInTime = (certificate.notBefore...certificate.notAfter).contains(wrapped.expected.time)
            return der != wrapped.leaf && certificate.commonName == "SEV-VCEK" && isInTime
        }
        #expect(throws: EvidenceError.reportSignature) {
            try wrapped.verify(WrappedReport.json(["report": report, "vcek": WrappedReport.pem(stranger)]))
        }
        // The whole chain came along, and its root is not one that the caller trusts.
        let whole = try WrappedReport.json([
            "report": report, "chain": WrappedReport.pem([wrapped.leaf] + wrapped.chain),
        ])
        let genoa = try TrustRoots(
            only: CertificateFile.certificates(Vectors.bytes("snp/ask_ark_genoa.pem")), for: .sevSNP)
        #expect(throws: EvidenceError.rootNotPinned) { try wrapped.verify(Array(whole.utf8), roots: genoa) }
        // The caller's own certificate is meant, whatever lies in the wrapping.
        let trust = TrustPolicy(at: wrapped.expected.time, now: 0, roots: .vendors)
        #expect(throws: EvidenceError.reportSignature) {
            try DocumentVerification.verify(Array(whole.utf8), trust: trust, certificates: [stranger[0]])
        }
    }

    @Test("of several documents the format says which one is meant, and nothing is guessed")
    func several() throws {
        let files = NewCase.all.filter { $0.expect == "0" && $0.format == .nitro }.prefix(2).map(\.file)
        let documents = try files.map { Data(try Vectors.bytes("new/" + $0)).base64EncodedString() }
        let wrapped = try WrappedReport()
        let both = try WrappedReport.json([
            "reports": [documents[0], WrappedReport.base64(wrapped.report)], "vcek": WrappedReport.pem([wrapped.leaf]),
        ])
        #expect(DocumentVerification.detect(Array(both.utf8)) == nil)
        #expect(throws: EvidenceError.severalDocuments(2)) { try wrapped.verify(both) }
        #expect(try wrapped.verify(both, format: .sevSNP).evidence.format == .sevSNP)
        let twins = "{\"quote\": \"\(documents[0])\", \"report\": \"\(documents[1])\"}"
        #expect(throws: EvidenceError.severalDocuments(2)) { try wrapped.verify(twins, format: .nitro) }
        let same = "[\"\(documents[0])\", \"\(documents[0])\"]"
        #expect(DocumentVerification.detect(Array(same.utf8)) == .nitro, "the same twice is one")
        #expect(throws: EvidenceError.documentMissing) { try wrapped.verify("{\"a\": [1]}", format: .nitro) }
        #expect(throws: EvidenceError.unknownFormat) { try wrapped.verify("{\"a\": [1]}") }
        // The service's own envelope counts as a whole or not at all.
        for text in [
            "{\"evidence\": \"\(documents[0])\", \"statement\": \"\"}",
            "{\"in\": {\"auxiliary\": [], \"evidence\": \"\(documents[0])\"}}",
        ] {
            #expect(DocumentVerification.detect(Array(text.utf8)) == nil)
        }
    }

    @Test("nothing that is changed inside of a wrapping is accepted (1 bit in 7 of report and certificate)")
    func flippedBits() throws {
        let wrapped = try WrappedReport()
        func text(_ report: [UInt8], _ leaf: [UInt8]) throws -> String {
            try WrappedReport.json(["report": Hex.encode(report), "vcek": WrappedReport.base64(leaf)])
        }
        #expect(try wrapped.verify(text(wrapped.report, wrapped.leaf)).exitCode == 0)
        for bit in stride(from: 0, to: wrapped.report.count * 8, by: 7) {
            var changed = wrapped.report
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "report, bit \(bit)") {
                try wrapped.verify(text(changed, wrapped.leaf))
            }
        }
        for bit in stride(from: 0, to: wrapped.leaf.count * 8, by: 7) {
            var changed = wrapped.leaf
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "certificate, bit \(bit)") {
                try wrapped.verify(text(wrapped.report, changed))
            }
        }
    }

    @Test("deep, long and twisted wrappings end")
    func ends() throws {
        let wrapped = try WrappedReport()
        let deep = String(repeating: "[", count: 400) + "\"\(WrappedReport.base64(wrapped.report))\""
        #expect(DocumentVerification.detect(Array((deep + String(repeating: "]", count: 400)).utf8)) == nil)
        var text = WrappedReport.base64(wrapped.report)
        for _ in 0..<14 { text = WrappedReport.base64(Array(text.utf8)) }
        #expect(DocumentVerification.detect(Array(text.utf8)) == nil)
        let many = "[" + String(repeating: "\"\(String(repeating: "ab", count: 40))\",", count: 4_000) + "1]"
        #expect(DocumentVerification.detect(Array(many.utf8)) == nil)
    }

    @Test("of many texts that begin like a document, a few are kept to be told apart")
    func beginnings() {
        let texts = (0..<1_000).map { "\"HCLA\(1_000 + $0)\"" }.joined(separator: ",")
        #expect(DocumentWrapping(Array("[\(texts)]".utf8)).documents.count == 16)
    }
}
