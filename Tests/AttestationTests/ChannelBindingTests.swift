import Bytes
import Crypto
import Testing

@testable import Attestation

@Suite("Channel binding")
struct ChannelBindingTests {
    /// Made with OpenSSL 3.0.22 on both sides of one connection a suite:
    /// `openssl s_client -tls1_3 -ciphersuites SUITE -keylogfile LOG -keymatexport EXPORTER-Channel-Binding
    /// -keymatexportlen 32`; the line is of LOG, the exporter is "Keying material".
    static let openSSL: [(line: String, exporter: String, hash: ChannelBinding.SuiteHash)] = [
        (
            "EXPORTER_SECRET 984c1306b0af25395893f83fa89331b6d8409fe12cb13e5ec47a268e9c80d7f2 "
                + "5c32dbbdc145f9ec7f3cb6ce3ede48da4a1eed6933c69f5d56f782bad6685602\n",
            "568BCD7CB91B84F78620A1A221832501B8E0C5F3BC30F121909EDE5729568147", .sha256
        ),
        (
            "EXPORTER_SECRET 1d9d78509da632826a0f56d07bd35e949f514469aa3e5894e008fd45d7cc203a "
                + "bde99b1436fb2bd8012ca22b6f459b282b0001301df43e289f1a58b615e08b4ef51d030fadc8d550e0557e57edf96769",
            "CFC69A5D52BB2F8CD5CF74200C8779F396FF7580F999F18E986B13CFAD7FFA9F", .sha384
        ),
    ]

    @Test("the exporter equals OpenSSL's, for both hashes of TLS 1.3", arguments: openSSL.indices)
    func exporter(_ index: Int) throws {
        let expected = ChannelBindingTests.openSSL[index]
        let secret = try #require(ChannelBinding.exporterSecret(fromKeyLogLine: expected.line.utf8))
        #expect(secret.hash == expected.hash)
        #expect(Hex.encode(ChannelBinding.exporter(secret)) == expected.exporter.lowercased())
        #expect(ChannelBinding.exporter(secret, label: "EXPORTER-Other") != ChannelBinding.exporter(secret))
        #expect(ChannelBinding.exporter(secret, context: [0]) != ChannelBinding.exporter(secret))
        #expect(ChannelBinding.exporter(secret, length: 64).count == 64)
        #expect("\(secret)" == "exporter secret")
        #expect(!String(reflecting: secret).contains("5c32"))
    }

    @Test(
        "every other line of a key log is passed over",
        arguments: [
            "", "EXPORTER_SECRET", "EXPORTER_SECRET  ", "# comment",
            "CLIENT_TRAFFIC_SECRET_0 " + String(repeating: "0", count: 64) + " " + String(repeating: "1", count: 64),
            "EXPORTER_SECRET 00 " + String(repeating: "1", count: 64),
            "EXPORTER_SECRET " + String(repeating: "0", count: 64) + " " + String(repeating: "1", count: 62),
            "EXPORTER_SECRET " + String(repeating: "0", count: 64) + " " + String(repeating: "g", count: 64),
            "EXPORTER_SECRET " + String(repeating: "0", count: 64) + " " + String(repeating: "1", count: 64) + " 2",
        ])
    func otherLines(_ line: String) {
        #expect(ChannelBinding.exporterSecret(fromKeyLogLine: line.utf8)?.hash == nil)
    }

    @Test("the binding is the hash of prefix, exporter, nonce and key")
    func binding() {
        // python3 -c "import hashlib as h; print(h.sha256(b'ENTREPOT-CB1' + b'\1'*32 + b'\2'*32 + b'\3'*3).hexdigest())"
        let binding = ChannelBinding.binding(
            exporter: [UInt8](repeating: 1, count: 32), nonce: [UInt8](repeating: 2, count: 32), spki: [3, 3, 3])
        #expect(Hex.encode(binding) == "a1cb364a0bfd106bb40e81de44ed3d1a11dcce897294b44bcd9e3fd26d012ffe")
    }
}

@Suite("Statement")
struct StatementTests {
    static func statement() throws -> Statement {
        try Statement(
            flags: [.simulated], taskDigest: [UInt8](repeating: 1, count: 32), bootID: [UInt8](repeating: 2, count: 32),
            ledgerHead: [UInt8](repeating: 3, count: 32), ledgerSequence: 0x0102_0304_0506_0708,
            bootTime: 1_795_248_000_123, channelBinding: [UInt8](repeating: 4, count: 32),
            buildManifestDigest: [UInt8](repeating: 5, count: 32))
    }

    @Test("the layout is the 192 bytes of the specification")
    func layout() throws {
        let bytes = try StatementTests.statement().bytes
        #expect(bytes.count == 192)
        #expect(Array(bytes[0..<8]) == Array("ENTREP01".utf8))
        #expect(Array(bytes[8..<16]) == [0, 0, 0, 1, 0, 0, 0, 0])
        #expect(bytes[16..<48].allSatisfy { $0 == 1 } && bytes[48..<80].allSatisfy { $0 == 2 })
        #expect(bytes[80..<112].allSatisfy { $0 == 3 })
        #expect(Array(bytes[112..<120]) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(Array(bytes[120..<128]) == [0, 0, 0x01, 0xA1, 0xFD, 0x1E, 0x8C, 0x7B])
        #expect(bytes[128..<160].allSatisfy { $0 == 4 } && bytes[160..<192].allSatisfy { $0 == 5 })
        #expect(try Statement(bytes: bytes) == StatementTests.statement())
    }

    @Test("what is not a statement is refused by name")
    func refusals() throws {
        let bytes = try StatementTests.statement().bytes
        #expect(throws: EvidenceError.statementLength(191)) { try Statement(bytes: Array(bytes.dropLast())) }
        #expect(throws: EvidenceError.statementLength(193)) { try Statement(bytes: bytes + [0]) }
        for (index, error) in [
            (0, EvidenceError.statementMagic), (7, .statementMagic), (8, .statementFlags), (12, .statementFlags),
        ] {
            var changed = bytes
            changed[index] ^= 0x40
            #expect(throws: error) { try Statement(bytes: changed) }
        }
    }
}

@Suite("Evidence as JSON")
struct EvidenceJSONTests {
    @Test("the four keys of the specification, there and back")
    func roundTrip() throws {
        let evidence = Evidence(
            format: .sevSNP, evidence: [1, 2, 3], auxiliary: [[4], [5, 6]], statement: [7, 0xFF])
        #expect(
            String(decoding: evidence.json(), as: UTF8.self)
                == #"{"auxiliary":["BA==","BQY="],"evidence":"AQID","format":"sev-snp","statement":"B/8="}"#)
        #expect(try Evidence(json: evidence.json()) == evidence)
        let bare = #"{"format":"nitro","evidence":"AQ==","statement":""}"#
        #expect(try Evidence(json: bare.utf8) == Evidence(format: .nitro, evidence: [1], statement: []))
    }

    @Test("malformed envelopes are refused by the part that is malformed")
    func refusals() {
        let cases: [(String, EvidenceError)] = [
            ("", .envelope(.json)), ("[]", .envelope(.json)), ("{}", .envelopeLacks(.format)),
            (#"{"format":"sgx","evidence":"AQ==","statement":""}"#, .unknownFormat),
            (#"{"format":"nitro","evidence":"*","statement":""}"#, .envelope(.evidence)),
            (#"{"format":"nitro","evidence":"","statement":"*"}"#, .envelope(.statement)),
            (#"{"format":"nitro","evidence":"","statement":"","auxiliary":["*"]}"#, .envelope(.auxiliary)),
            (#"{"format":"nitro","evidence":"AR==","statement":""}"#, .envelope(.evidence)),
            (#"{"format":"nitro","evidence":"AQ==","statement":"","auxiliarz":[]}"#, .envelopeUnknownMember),
            (#"{"format":"nitro","evidence":"AQ==","statement":"","auxiliary":"AQ=="}"#, .envelope(.auxiliary)),
            (String(repeating: " ", count: Evidence.byteLimit + 1), .envelopeLength),
            (#"{"format":"nitro","evidence":"AQ==","evidence":"AQ==","statement":""}"#, .jsonNameTwice),
            (#"{"format":"tdx","format":"nitro","evidence":"AQ==","statement":""}"#, .jsonNameTwice),
            (#"{"format":"nitro","evidence":"AQ==","statement":"","st\u0061tement":""}"#, .jsonNameTwice),
        ]
        for (text, error) in cases {
            #expect(throws: error) { try Evidence(json: text.utf8) }
        }
    }
}
