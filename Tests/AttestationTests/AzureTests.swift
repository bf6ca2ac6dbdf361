import Bytes
import Foundation
import Synchronization
import Testing

@testable import Attestation

/// Evidence of two machines of Azure's (`Azure/README.md`).
private enum AzureSample {
    /// Within the life of all certificates.
    static let time: Int64 = 1_764_000_000

    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Azure")
        return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func members(_ name: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes(name))) as? [String: Any])
    }

    /// The one document that the pieces make.
    static func document(_ name: String) throws -> TPMEvidence {
        try TPMEvidence(bytes: try #require(DocumentWrapping(bytes(name)).documents.first))
    }

    static func verify(
        _ bytes: [UInt8], format: EvidenceFormat? = nil, at time: Int64 = time
    ) throws -> DocumentVerification.Appraisal {
        let trust = TrustPolicy(at: time, now: 0, roots: .vendors, allowUnevaluatedTCB: true)
        return try DocumentVerification.verify(bytes, format: format, trust: trust)
    }
}

/// What is done to the pieces of `sev-snp.json`, and what comes of it.
private struct ChangedPiece {
    /// The file, the quote in it, and the pieces of another machine.
    struct Pieces {
        var file: [String: Any]
        var quote: [String: Any]
        let other: [String: Any]

        func text(_ name: String) -> String { quote[name] as? String ?? "" }
    }

    let what: String
    /// nil where any refusal will do.
    let error: EvidenceError?
    let change: (inout Pieces) -> Void

    init(_ what: String, _ error: EvidenceError?, _ change: @escaping (inout Pieces) -> Void) {
        (self.what, self.error, self.change) = (what, error, change)
    }

    func file() throws -> [UInt8] {
        let (own, other) = (try AzureSample.members("sev-snp.json"), try AzureSample.members("tdx.json"))
        let quotes = try [own, other].map { try #require($0["tpm_quote"] as? [String: Any]) }
        var pieces = Pieces(file: own, quote: quotes[0], other: other.merging(quotes[1]) { $1 })
        change(&pieces)
        pieces.file["tpm_quote"] = pieces.quote
        return Array(try JSONSerialization.data(withJSONObject: pieces.file))
    }

    static var all: [ChangedPiece] { foreign + missing + damaged + several }

    private static var foreign: [ChangedPiece] {
        [
            .init("the quote of another machine", .azureKey) {
                for name in ["message", "signature", "pcrs"] { $0.quote[name] = $0.other[name] }
            },
            .init("its attestation", nil) { $0.quote["message"] = $0.other["message"] },
            .init("its signature", .azureKey) { $0.quote["signature"] = $0.other["signature"] },
            .init("its registers", .tpmDigest) { $0.quote["pcrs"] = $0.other["pcrs"] },
            .init("its report", nil) { $0.file["hcl_report"] = $0.other["hcl_report"] },
        ]
    }

    private static var missing: [ChangedPiece] {
        ["message", "signature", "pcrs"].flatMap { name -> [ChangedPiece] in
            [
                .init("no \(name)", .azurePartMissing) { $0.quote[name] = nil },
                .init("\(name) that is null", .azurePartMissing) { $0.quote[name] = NSNull() },
                .init("\(name) that is a word", .azurePartMissing) { $0.quote[name] = "quote" },
                .init("nothing but \(name)", .azurePartMissing) { $0.quote = [name: $0.quote[name] ?? ""] },
            ]
        }
    }

    private static var damaged: [ChangedPiece] {
        [
            .init("an attestation that is cut", nil) { $0.quote["message"] = String($0.text("message").dropLast(40)) },
            .init("an attestation that is not a TPM's", .azurePartMissing) {
                $0.quote["message"] = "00" + $0.text("message").dropFirst(2)
            },
            .init("an attestation of another kind", .tpmType) {
                $0.quote["message"] = $0.text("message").replacing("ff5443478018", with: "ff5443478017")
            },
            .init("a signature that is cut", .azurePartMissing) {
                $0.quote["signature"] = String($0.text("signature").dropLast(2))
            },
            .init("registers of another bank", .azurePartMissing) {
                $0.quote["pcrs"] = [String](repeating: String(repeating: "0", count: 96), count: 24)
            },
            .init("23 registers", .azurePartMissing) {
                $0.quote["pcrs"] = Array(($0.quote["pcrs"] as? [String] ?? []).dropLast())
            },
            .init("no register in the list", .azurePartMissing) { $0.quote["pcrs"] = [String]() },
        ]
    }

    private static var several: [ChangedPiece] {
        ["message", "signature", "pcrs", "hcl_report"].map { name in
            .init("another \(name) as well", .azurePartTwice) { $0.file["more"] = $0.other[name] }
        } + [.init("Intel's quote beside", .azureHardware) { $0.file["more"] = $0.other["td_quote"] }]
    }
}

@Suite("Azure's wrapping")
struct AzureTests {
    @Test(
        "the evidence of a real machine is one document: hardware, runtime data, key, quote and registers",
        arguments: ["sev-snp.json", "tdx.json"])
    func real(_ name: String) throws {
        let appraisal = try AzureSample.verify(AzureSample.bytes(name))
        #expect(appraisal.exitCode == 0 && appraisal.evidence.format == .azure)
        #expect(appraisal.evidence[measurement: "PCR4"]?.count == 32 && appraisal.evidence[measurement: "PCR0"] != nil)
        #expect(appraisal.evidence[measurement: name == "tdx.json" ? "MRTD" : "MEASUREMENT"]?.count == 48)
        #expect(appraisal.evidence.platform.tpm != nil && appraisal.evidence.reportData != nil)
        for time in [appraisal.evidence.chainValidity.notBefore - 1, appraisal.evidence.chainValidity.notAfter + 1] {
            #expect(throws: EvidenceError.self) { try AzureSample.verify(AzureSample.bytes(name), at: time) }
        }
        #expect(DocumentVerification.detect(try AzureSample.document(name).encoded) == .azure)
    }

    @Test("each piece that is of another machine, or changed, is refused by its own reason")
    func pieces() throws {
        let (snp, tdx) = (try AzureSample.document("sev-snp.json"), try AzureSample.document("tdx.json"))
        let vcek = DocumentWrapping(try AzureSample.bytes("sev-snp.json")).certificates
        func refuse(_ error: EvidenceError, _ document: TPMEvidence) {
            #expect(throws: error) {
                try EvidenceVerifier(roots: .vendors, now: AzureSample.time).verify(
                    document: document.encoded, format: .azure, certificates: vcek)
            }
        }
        func with(
            _ base: TPMEvidence, quoted: TPMEvidence? = nil, registers: [Int: [UInt8]]? = nil, hcl: [UInt8]? = nil,
            quote: [UInt8]? = nil
        ) -> TPMEvidence {
            TPMEvidence(
                attest: (quoted ?? base).attest, signature: (quoted ?? base).signature,
                registers: registers ?? (quoted ?? base).registers, hcl: hcl ?? base.hcl, quote: quote ?? base.quote)
        }
        refuse(.azureKey, with(snp, quoted: tdx))
        refuse(.azureKey, with(tdx, quoted: snp))
        refuse(.tpmDigest, with(snp, registers: tdx.registers))
        refuse(.tpmSelection, with(snp, registers: snp.registers.filter { $0.key < 20 }))
        // A quote beside SEV-SNP, none beside TDX.
        refuse(.azureHardware, with(snp, quote: tdx.quote))
        refuse(
            .azurePartMissing,
            TPMEvidence(
                attest: tdx.attest, signature: tdx.signature, registers: tdx.registers, hcl: tdx.hcl))
        // Runtime data of another machine behind this one's hardware.
        let (own, other) = (try #require(snp.hcl), try #require(tdx.hcl))
        var mixed = Array(own[0..<1216]) + other[1216...]
        mixed.replaceSubrange(8..<12, with: other[8..<12])
        mixed.replaceSubrange(1224..<1228, with: own[1224..<1228])
        refuse(.azureReportData, with(snp, hcl: mixed))
        refuse(.azureEncoding, with(snp, hcl: Array(own.prefix(1_300))))
        // A head that says another length, and a kind of hardware that is not there.
        for place in [8, 1_224, 1_228, 1_232] {
            var changed = own
            changed[place] ^= 0x40
            #expect(throws: EvidenceError.self, "byte \(place)") {
                try EvidenceVerifier(roots: .vendors, now: AzureSample.time).verify(
                    document: with(snp, hcl: changed).encoded, format: .azure, certificates: vcek)
            }
        }
        // The right one, to show that the others fail for their reasons.
        _ = try EvidenceVerifier(roots: .vendors, now: AzureSample.time).verify(
            document: with(snp).encoded, format: .azure, certificates: vcek)
    }

    @Test("no change of one bit of the documents is accepted (1 in 53)", arguments: ["sev-snp.json", "tdx.json"])
    func flippedBits(_ name: String) throws {
        let bytes = try AzureSample.document(name).encoded
        let certificates = DocumentWrapping(try AzureSample.bytes(name)).certificates
        let verifier = EvidenceVerifier(roots: .vendors, now: AzureSample.time)
        let accepted = try verifier.verify(document: bytes, format: .azure, certificates: certificates)
        for bit in stride(from: 0, to: bytes.count * 8, by: 53) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            // Four fields of TDX's local report say nothing that a reader outside can check (`TDReport`).
            let verified = try? verifier.verify(document: changed, format: .azure, certificates: certificates)
            if let verified { #expect(verified == accepted && name == "tdx.json", "bit \(bit)") }
        }
    }

    @Test("pieces that are missing or doubled are not put together, and the format says which one is meant")
    func incomplete() throws {
        var members = try AzureSample.members("tdx.json")
        members["tpm_quote"] = nil
        let rest = Array(try JSONSerialization.data(withJSONObject: members))
        #expect(throws: EvidenceError.severalDocuments(2)) { try AzureSample.verify(rest) }
        #expect(try AzureSample.verify(rest, format: .tdx).exitCode == 0)
        #expect(throws: EvidenceError.azurePartMissing, "a local report proves nothing without a quote") {
            try AzureSample.verify(rest, format: .azure)
        }
        members = try AzureSample.members("sev-snp.json")
        let other = try AzureSample.members("tdx.json")
        members["again"] = other["tpm_quote"]
        let doubled = Array(try JSONSerialization.data(withJSONObject: members))
        #expect(throws: EvidenceError.azurePartTwice, "which quote is meant is open") {
            try AzureSample.verify(doubled)
        }
    }

    @Test("a piece of a TPM that does not fit the report beside it is refused, and never left out")
    func fit() throws {
        for piece in ChangedPiece.all {
            let file = try piece.file()
            let found = #expect(throws: EvidenceError.self, "\(piece.what)") { try AzureSample.verify(file) }
            if let error = piece.error { #expect(found == error, "\(piece.what)") }
        }
    }

    @Test(
        "a release names the hardware's measurement of either kind, and the registers of the image",
        arguments: ["sev-snp.json", "tdx.json"])
    func release(_ name: String) throws {
        let shown = try AzureSample.verify(AzureSample.bytes(name)).evidence
        let hardware = name == "tdx.json" ? "MRTD" : "MEASUREMENT"
        func refusals(_ names: [String], _ change: (inout [String: String]) -> Void = { _ in }) throws -> [Refusal] {
            var listed: [String: String] = [:]
            for name in names { listed[name] = Hex.encode(shown[measurement: name] ?? []) }
            change(&listed)
            let releases = ReleaseManifest(releases: [.init(version: "1", measurements: ["azure": listed])])
            let trust = TrustPolicy(
                at: AzureSample.time, now: 0, roots: .vendors, allowed: releases, allowUnevaluatedTCB: true)
            return try DocumentVerification.verify(AzureSample.bytes(name), trust: trust).refusals
        }
        let image = ["PCR4", "PCR9", "PCR11", "PCR12", "PCR13"]
        #expect(try refusals(image + [hardware]) == [])
        #expect(
            try refusals(image + [hardware]) { $0[hardware] = String(repeating: "0", count: 96) } == [
                .measurementsUnknown
            ])
        #expect(
            try refusals(image + [hardware]) { $0["PCR4"] = String(repeating: "0", count: 64) } == [
                .measurementsUnknown
            ])
        // Neither the hardware alone says what runs, nor the registers alone on what; the other hardware is another.
        for names in [[hardware], image, image.filter { $0 != "PCR9" } + [hardware]] {
            #expect(try refusals(names) == [.noReleaseForFormat(.azure)], "\(names)")
        }
        let other = hardware == "MRTD" ? "MEASUREMENT" : "MRTD"
        #expect(try refusals(image) { $0[other] = String(repeating: "0", count: 96) } == [.measurementsUnknown])
    }

    @Test("the same piece twice is one, and a report without any is read with a warning")
    func alone() throws {
        var members = try AzureSample.members("sev-snp.json")
        members["again"] = members["tpm_quote"]
        let twice = try AzureSample.verify(Array(try JSONSerialization.data(withJSONObject: members)))
        #expect(twice.evidence.platform.tpm != nil && !twice.evidence.warnings.contains(.azureAlone))
        members["again"] = nil
        members["tpm_quote"] = nil
        let alone = try AzureSample.verify(Array(try JSONSerialization.data(withJSONObject: members)))
        #expect(alone.evidence.warnings.contains(.azureAlone) && alone.evidence.platform.tpm == nil)
        #expect(EvidenceCard(alone.evidence).lines.contains { $0.contains("No quote of the machine's TPM") })
    }
}

@Suite("What Azure's host hands to a guest: a stand-in on the loopback address")
struct AzureServiceTests {
    private func service(_ standIn: StandIn) -> AzureMetadataService {
        AzureMetadataService(host: "127.0.0.1", port: standIn.port)
    }

    private func machine(_ name: String) throws -> (tpm: FakeTPM, report: [UInt8], document: TPMEvidence) {
        let document = try AzureSample.document(name)
        let report = try #require(document.hcl)
        let tpm = FakeTPM()
        tpm.state.withLock { $0.memory[0x0140_0001] = report }
        return (tpm, report, document)
    }

    @Test("on TDX the local report is sent, and the quote goes into the evidence")
    func quote() async throws {
        let (tpm, report, document) = try machine("tdx.json")
        let text = Data(try #require(document.quote)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let standIn = try StandIn([StandIn.answer("{\"quote\":\"\(text)\"}")])
        let scene = try SimulatedScene()
        let attester = try await TPMAttester(
            device: tpm, key: .azure(service(standIn)), taskSpecification: scene.task)
        let evidence = try await attester.evidence(
            spki: scene.spki, nonce: scene.nonce, statement: scene.statement(flags: []))
        #expect(evidence.format == .azure)
        let made = try TPMEvidence(bytes: evidence.evidence)
        #expect(made.hcl == report && made.quote == document.quote)
        let asked = try #require(standIn.asked.first)
        #expect(asked.hasPrefix("POST /acc/tdquote HTTP/1.1\r\n") && standIn.asked.count == 1)
        let sent = try #require(asked.firstMatch(of: /\{"report":"([A-Za-z0-9_-]+)"\}$/))
        #expect(Base64URL.decode(Array(sent.1.utf8)) == Array(report[32..<32 + 1_024]))
        // Everything is genuine but the TPM: a key in memory is not the one that the hardware vouches for.
        #expect(throws: EvidenceError.azureKey) {
            try EvidenceVerifier(roots: .vendors, now: AzureSample.time).verify(evidence)
        }
    }

    @Test("on SEV-SNP the chip's certificates are fetched, unless they were given")
    func certificates() async throws {
        let (tpm, _, _) = try machine("sev-snp.json")
        let vcek = DocumentWrapping(try AzureSample.bytes("sev-snp.json")).certificates
        let body = try JSONSerialization.data(withJSONObject: [
            "vcekCert": String(decoding: CertificateFile.pem(vcek), as: UTF8.self), "certificateChain": "",
            "tcbm": "DB18000000000004",
        ])
        let standIn = try StandIn([StandIn.answer(String(decoding: body, as: UTF8.self))])
        let scene = try SimulatedScene()
        let attester = try await TPMAttester(
            device: tpm, key: .azure(service(standIn)), taskSpecification: scene.task)
        let statement = try scene.statement(flags: [])
        let evidence = try await attester.evidence(spki: scene.spki, nonce: scene.nonce, statement: statement)
        #expect(evidence.auxiliary == vcek)
        let asked = try #require(standIn.asked.first)
        #expect(
            asked.hasPrefix("GET /metadata/THIM/amd/certification HTTP/1.1\r\n") && asked.contains("Metadata: true"))
        let given = try await TPMAttester(
            device: tpm, key: .azure(AzureMetadataService(host: "127.0.0.1", port: 1)), taskSpecification: scene.task,
            certificates: [[1]])
        #expect(try await given.evidence(spki: scene.spki, nonce: scene.nonce, statement: statement).auxiliary == [[1]])
    }

    @Test(
        "a host that refuses, stays silent, talks nonsense or quotes another guest stops the start with its own reason")
    func refusals() async throws {
        let (tpm, _, _) = try machine("tdx.json")
        let scene = try SimulatedScene()
        let task = scene.task
        func start(_ service: AzureMetadataService) async throws {
            _ = try await TPMAttester(device: tpm, key: .azure(service), taskSpecification: task)
        }
        let cases: [(String, AttesterError)] = [
            (StandIn.answer("{}", status: "429 Too Many"), .azureServiceRefused(status: 429)),
            (StandIn.answer("{\"quote\":\"?\"}"), .azureServiceAnswer),
            (StandIn.answer("nothing"), .azureServiceAnswer),
            ("", .azureServiceAnswer), ("SSH-2.0\r\n\r\n", .azureServiceAnswer),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", .azureServiceAnswer),
            (StandIn.answer("{\"quote\":\"AAAA\"}"), .azureQuote),
        ]
        for (answer, error) in cases {
            let standIn = try StandIn([answer])
            await #expect(throws: error, "\(answer.prefix(40))") { try await start(service(standIn)) }
        }
        await #expect(throws: AttesterError.azureServiceUnreachable(errno: 111)) {
            try await start(AzureMetadataService(host: "127.0.0.1", port: 1))
        }
        tpm.state.withLock { $0.memory[0x0140_0001] = [1, 2, 3] }
        await #expect(throws: AttesterError.azureReport) {
            try await start(AzureMetadataService(host: "127.0.0.1", port: 1))
        }
        tpm.state.withLock { $0.memory = [:] }
        await #expect(throws: AttesterError.self) { try await start(AzureMetadataService(host: "127.0.0.1", port: 1)) }
    }

    @Test("a genuine quote of another guest is not taken", .enabled(if: Vectors.arePresent, Vectors.absence))
    func otherGuest() async throws {
        let (tpm, _, _) = try machine("tdx.json")
        let quote = Data(try Vectors.bytes("tdx/google_cos113_quote_v4.bin")).base64EncodedString()
        let standIn = try StandIn([StandIn.answer("{\"quote\":\"\(quote)\"}")])
        let scene = try SimulatedScene()
        await #expect(throws: AttesterError.azureQuote) {
            try await TPMAttester(device: tpm, key: .azure(service(standIn)), taskSpecification: scene.task)
        }
    }

    @Test("answers in chunks, without a length and cut anywhere are read or refused")
    func answers() throws {
        let chunks = Array(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2;x=y\r\nef\r\n0\r\n\r\n".utf8)
        #expect(try PlainHTTP.read(chunks, isWhole: true) == .init(status: 200, body: Array("abcdef".utf8)))
        for count in 0..<chunks.count - 4 {
            #expect(throws: PlainHTTP.Failure.malformed) { try PlainHTTP.read(Array(chunks[..<count]), isWhole: true) }
        }
        let open = Array("HTTP/1.0 404 No\r\nA: b\r\n\r\nrest".utf8)
        #expect(try PlainHTTP.read(open, isWhole: true) == .init(status: 404, body: Array("rest".utf8)))
        #expect(throws: PlainHTTP.Failure.malformed) { try PlainHTTP.read(open, isWhole: false) }
        for text in ["HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/2 200\r\n\r\n"] {
            #expect(throws: PlainHTTP.Failure.malformed) { try PlainHTTP.read(Array(text.utf8), isWhole: true) }
        }
    }
}
