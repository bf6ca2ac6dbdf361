import Bytes
import Foundation
import Testing

@testable import Attestation

/// A genuine document as JSON members, with all that it needs.
private struct Genuine: Sendable, CustomTestStringConvertible {
    let format: EvidenceFormat
    let prefix: String
    var testDescription: String { format.rawValue }

    static let all = [
        Genuine(format: .nitro, prefix: "nitro/eternisai_2026"),
        Genuine(format: .sevSNP, prefix: "snp/confidential-c_v3_05b7438a"),
        Genuine(format: .tdx, prefix: "tdx/near_tdx4_0845"),
    ]

    func expected() throws -> NewCase { try #require(NewCase.all.first { $0.file.hasPrefix(prefix) }) }
    func bytes() throws -> [UInt8] { try Vectors.bytes("new/" + expected().file) }

    func file(with others: [String: Any]) throws -> [UInt8] {
        let pem = String(decoding: CertificateFile.pem(try expected().certificates()), as: UTF8.self)
        var members: [String: Any] = ["document": Data(try bytes()).base64EncodedString(), "chain": pem]
        members.merge(others) { $1 }
        return Array(try JSONSerialization.data(withJSONObject: members))
    }

    func verify(_ file: [UInt8], format: EvidenceFormat? = nil) throws -> DocumentVerification.Appraisal {
        let time = try expected().time
        let trust = TrustPolicy(at: time, now: time, roots: .vendors, allowUnevaluatedTCB: true)
        return try DocumentVerification.verify(file, format: format, trust: trust)
    }
}

@Suite("What lies beside a genuine document", .enabled(if: Vectors.arePresent, Vectors.absence))
struct BesideTests {
    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
    private static func envelope(_ format: String) -> [String: Any] {
        ["format": format, "evidence": base64([1, 2, 3]), "statement": base64([UInt8](repeating: 0, count: 192))]
    }
    private static func nested(_ depth: Int, _ inner: Any) -> Any {
        depth == 0 ? inner : ["in": nested(depth - 1, inner)] as [String: Any]
    }

    /// Everything that could be taken for evidence, and cannot be verified.
    private static func intruders() throws -> [(String, Any)] {
        var all: [(String, Any)] = [
            ("an envelope", envelope("nitro")), ("an envelope of no format", envelope("sgx")),
            ("an envelope in a list", [[envelope("tdx")]]),
            (
                "an envelope as text",
                String(decoding: try JSONSerialization.data(withJSONObject: envelope("sev-snp")), as: UTF8.self)
            ),
            (
                "JSON with a name twice",
                #"{"report": "x", "report": "y", "more": "to be a text of a length that counts"}"#
            ),
            ("JSON that ends early", #"{"report": ""# + String(repeating: "QUJD", count: 80)),
            (
                "a map with a name twice",
                base64(
                    [0xA2, 0x63, 0x61, 0x62, 0x63, 0x01, 0x63, 0x61, 0x62, 0x63, 0x02]
                        + [UInt8](repeating: 0, count: 60))
            ),
            ("nonsense", base64((0..<600).map { UInt8(truncatingIfNeeded: $0 * $0 + 200) })),
            ("a token", "eyJhbGciOiJSUzI1NiJ9." + String(repeating: "QUJD", count: 90) + ".AAAA"),
            ("a PEM block that is open", "-----BEGIN CERTIFICATE-----\n" + String(repeating: "QUJD", count: 90)),
        ]
        for genuine in Genuine.all {
            let bytes = try genuine.bytes()
            let cut = Array(bytes.prefix(bytes.count * 3 / 4))
            let letters = base64(bytes)
            all += [
                ("a cut \(genuine.format)", base64(cut)), ("its digits", Hex.encode(cut)),
                ("its numbers", cut.map { Int($0) }),
                ("an odd digit of it", Hex.encode(cut) + "0"),
                ("a cut text of \(genuine.format)", String(letters.prefix(letters.count / 8 * 4 + 1))),
                ("one too deep", nested(14, letters)), ("one too deep in text", try text(letters, depth: 8)),
                ("one as a name", [letters: 1]),
                ("one behind a byte", base64([0] + bytes)),
                ("signed numbers", cut.map { Int(Int8(bitPattern: $0)) }), ("numbers as text", cut.map { "\($0)" }),
                ("halves of numbers", cut.map { Double($0) + 0.5 }),
                ("numbered members", Dictionary(uniqueKeysWithValues: cut.enumerated().map { ("\($0)", Int($1)) })),
                ("a PEM block of another end", "-----BEGIN A-----\n\(letters)\n-----END B-----\n"),
                ("the name of a PEM block", "-----BEGIN \(letters)-----\n\(base64([1]))\n-----END \(letters)-----\n"),
                (
                    "names of PEM blocks",
                    try pieces(of: letters, 40).map { "-----BEGIN \($0)-----\nAAAA\n-----END \($0)-----\n" }.joined()
                ),
            ]
            for length in [3, 40, 200] {
                let pieces = try pieces(of: base64(cut), length)
                all += [
                    ("\(length) letters a name", Dictionary(pieces.map { ($0, 1) }) { $1 }),
                    ("\(length) letters a member", Dictionary(pieces.enumerated().map { ("\($0)", $1) }) { $1 }),
                    ("names of objects", pieces.map { [$0: true] }), ("one in another", nested(pieces)),
                ]
            }
            let digits = cut.map { String(100 + Int($0)) }
            all += [
                ("one number", "[\(digits.joined())]"), ("a fraction", "[0.\(digits.joined())]"),
                ("numbers of six digits", "[[\(try pieces(of: digits.joined(), 6).joined(separator: "],["))]]"),
            ]
        }
        return all
    }

    /// The text in pieces behind its first letters, by which a document would be known.
    private static func pieces(of text: String, _ length: Int) throws -> [String] {
        let letters = Array(text.dropFirst(60))
        return stride(from: 0, to: letters.count, by: length).map { start in
            String(letters[start..<min(start + length, letters.count)])
        }
    }

    /// Ten pieces deep, in lists of three: no list is long.
    private static func nested(_ pieces: [String]) -> Any {
        guard pieces.count > 3 else { return pieces }
        let third = (pieces.count + 2) / 3
        return stride(from: 0, to: pieces.count, by: third).map { start in
            nested(Array(pieces[start..<min(start + third, pieces.count)]))
        }
    }

    /// Base64 in JSON in base64 in JSON: two wrappings each.
    private static func text(_ inner: String, depth: Int) throws -> String {
        depth == 0 ? inner : base64(Array("{\"a\":\"\(try text(inner, depth: depth - 1))\"}".utf8))
    }

    @Test("no genuine document covers for what was not verified: it is refused or named", arguments: Genuine.all)
    fileprivate func covered(_ genuine: Genuine) throws {
        let alone = try genuine.verify(genuine.file(with: [:]))
        #expect(alone.exitCode == 0)
        #expect(!alone.evidence.warnings.contains { if case .notVerified = $0 { true } else { false } })
        for (what, intruder) in try Self.intruders() {
            for format in [nil, genuine.format] {
                let file = try genuine.file(with: ["beside": intruder])
                guard let appraisal = try? genuine.verify(file, format: format) else { continue }
                let warning = appraisal.evidence.warnings.first { if case .notVerified = $0 { true } else { false } }
                #expect(warning != nil, "\(what), \(format?.rawValue ?? "found out")")
                #expect(EvidenceCard(appraisal.evidence).description.contains("nothing of it was verified"))
            }
        }
    }

    @Test("each has its own reason", arguments: Genuine.all)
    fileprivate func reasons(_ genuine: Genuine) throws {
        let letters = Self.base64(try genuine.bytes())
        let others = Genuine.all.filter { $0.format != genuine.format }
        let other = try #require(others.first)
        func refuse(_ error: EvidenceError, _ intruder: Any, format: EvidenceFormat? = nil) throws {
            let file = try genuine.file(with: ["beside": intruder])
            #expect(throws: error) { try genuine.verify(file, format: format) }
        }
        try refuse(.severalDocuments(2), Self.envelope(other.format.rawValue))
        try refuse(.severalDocuments(2), Self.envelope(genuine.format.rawValue), format: genuine.format)
        try refuse(.severalDocuments(2), Self.envelope("sgx"), format: genuine.format)
        try refuse(.severalDocuments(2), Self.base64(Array(try other.bytes().prefix(900))))
        try refuse(.wrappingDepth, Self.nested(14, letters), format: genuine.format)
        try refuse(.jsonNameTwice, #"{"a":1,"a":2}"#, format: genuine.format)
        try refuse(.documentCount, (0..<20).map { "HCLA\($0)" }, format: genuine.format)
        // What is named: of another format, or of none.
        let named = try genuine.verify(
            genuine.file(with: [
                "beside": [Self.envelope(other.format.rawValue), Self.base64([UInt8](repeating: 7, count: 300))]
            ]),
            format: genuine.format)
        #expect(named.evidence.warnings.contains(.notVerified(documents: [other.format.rawValue], pieces: 1)))
        // Keys, digests, lists of certificates and texts for people are no documents: nothing vouches for them.
        let harmless = try genuine.verify(
            genuine.file(with: [
                "nonce": Self.base64([UInt8](repeating: 1, count: 64)), "version": 3, "list": [1, 2, 3],
                "note": "made by hand",
                "root": Self.base64(try Vectors.bytes("nitro/aws_nitro_root_g1.der")),
                "crl": Self.base64(try Vectors.bytes("tdx/google_rootcrl.der")),
            ]))
        #expect(harmless.evidence.warnings.contains(.otherValues(4)))
        #expect(try harmless.evidence.warnings.filter { $0 != .otherValues(4) } == alone(genuine))
        #expect(EvidenceCard(harmless.evidence).description.contains("4 values that are no evidence"))
    }

    private func alone(_ genuine: Genuine) throws -> [VerifiedEvidence.Warning] {
        try genuine.verify(genuine.file(with: [:])).evidence.warnings
    }

    @Test("a file that is no document is refused by what is wrong with it, and told what to do")
    func sentences() async throws {
        let nitro = try Genuine.all[0].bytes()
        let quote = try Genuine.all[2].bytes()
        let report = try Genuine.all[1].bytes()
        let own = try await SimulatedScene().evidence().json()
        let text = String(decoding: own, as: UTF8.self)
        let letters = Array(Self.base64(nitro).utf8)
        let cases: [([UInt8], EvidenceError)] = [
            ([], .fileEmpty), (Array(" \r\n\t".utf8), .fileEmpty), ([0xEF, 0xBB, 0xBF], .fileEmpty),
            ([0xEF, 0xBB, 0xBF] + Array("{\"a\":1".utf8), .envelope(.json)),
            ([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF] + own, .unknownFormat),
            (text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }, .textEncoding),
            ([0xFF, 0xFE] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }, .textEncoding),
            ([UInt8](repeating: 0x41, count: DocumentVerification.byteLimit + 1), .fileLength),
            (Array("HCLA".utf8), .azureLength(4)), (Array("HCLA\n".utf8), .azureLength(5)),
            (quote + [1], .quoteTrailingBytes), (quote + quote, .quoteTrailingBytes),
            (nitro + [0], .cbor(.trailingBytes)),
            (Array(nitro.dropLast()), .cbor(.truncated)), (report + [0], .reportLength(report.count + 1)),
            (Array(report.dropLast(10)), .reportLength(report.count - 10)),
            (Array("{\"a\":1".utf8), .envelope(.json)), (Array(#"{"a":1,"a":2}"#.utf8), .jsonNameTwice),
            (Array(letters.prefix(4_001)), .textDamaged), (Array(letters.prefix(4_000)), .cbor(.truncated)),
            (Array(text.replacing("\"statement\"", with: "\"statemint\"").utf8), .envelopeUnknownMember),
            (Array(text.replacing("\"format\":\"simulated\",", with: "").utf8), .envelopeLacks(.format)),
            (
                Array(text.replacing("}", with: ",\"note\":\"\(String(repeating: "a", count: 140_000))\"}").utf8),
                .envelopeLength
            ),
            (Array(text.replacing("\"auxiliary\":[", with: "\"auxiliary\":[\"*\"").utf8), .envelope(.auxiliary)),
        ]
        for (bytes, error) in cases {
            #expect(throws: error, "\(bytes.count) bytes, \(error)") {
                try DocumentVerification.verify(bytes, trust: TrustPolicy(now: 0, roots: .vendors))
            }
            #expect(error.hint != EvidenceError.documentSignature.hint || error == .envelope(.auxiliary), "\(error)")
        }
        #expect(Set(cases.map(\.1.reason)).count == Set(cases.map(\.1)).count)
    }

    @Test("a number that no Double holds is a value like others, and a word that is no JSON is refused")
    func numbers() throws {
        for genuine in Genuine.all {
            let text = String(decoding: try genuine.file(with: [:]), as: UTF8.self)
            for number in ["1e999", "-1E+400", "1" + String(repeating: "0", count: 60), "0.1e-999"] {
                let file = Array(text.replacing("{", with: "{\"n\":\(number),", maxReplacements: 1).utf8)
                #expect(try genuine.verify(file).evidence.format == genuine.format, "\(number)")
                #expect(try genuine.verify(file).evidence.warnings == alone(genuine), "\(number)")
            }
            for word in ["01", "1.", ".5", "+1", "1e", "1e+", "-", "nul", "NaN", "Infinity", "0x10", "1_0"] {
                let file = Array(text.replacing("{", with: "{\"n\":\(word),", maxReplacements: 1).utf8)
                #expect(throws: EvidenceError.envelope(.json), "\(word)") { try genuine.verify(file) }
            }
        }
    }

    @Test("PEM with more marks on one letter than any language has is not compared, which would take minutes")
    func marks() {
        for (count, isRead) in [(1, true), (30, true), (31, false), (200_000, false)] {
            let name = "a" + String(repeating: "\u{301}", count: count)
            let pem = "-----BEGIN \(name)-----\nAAAA\n-----END \(name)-----\n"
            #expect((PEMText(Array(pem.utf8)) != nil) == isRead, "\(count)")
        }
    }

    @Test("white space before an envelope is no part of it, nor is a byte order mark as Windows has it")
    func leadingSpace() async throws {
        let scene = try SimulatedScene()
        let json = try await scene.evidence().json()
        for space in ["\n", "\r\n  ", "\t", "\u{FEFF}", "\u{FEFF}\r\n"] {
            let file = Array(space.utf8) + json + [0x0A]
            #expect(DocumentVerification.detect(file) == .simulated)
            #expect(try DocumentVerification.verify(file, trust: TrustPolicy(now: 0, roots: scene.roots)).exitCode == 0)
        }
        for genuine in Genuine.all {
            let bytes = try genuine.bytes()
            let pem = "-----BEGIN A-----\n\(Self.base64(bytes))\n-----END A-----"
            for text in [Self.base64(bytes), Hex.encode(bytes), "\"\(Self.base64(bytes))\"", pem] {
                #expect(DocumentVerification.detect(Array("\u{FEFF}\(text)\r\n".utf8)) == genuine.format)
            }
            let file = [0xEF, 0xBB, 0xBF] + (try genuine.file(with: [:]))
            #expect(try genuine.verify(file).exitCode == 0)
            #expect(try genuine.verify(file).evidence.warnings == alone(genuine))
        }
    }
}
