import Testing

@testable import Attestation

@Suite("Intel TDX quotes", .enabled(if: Vectors.arePresent, Vectors.absence))
struct TDXVectorTests {
    /// Within the life of every certificate here.
    static let time: Int64 = 1_793_491_200

    static func verify(
        _ quote: [UInt8], at time: Int64 = time, roots: TrustRoots = .vendors
    ) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(document: quote, format: .tdx)
    }

    @Test(
        "a real quote verifies in its time, and policy refuses it because its TCB was not evaluated",
        arguments: [
            ("google_cos113_quote_v4.bin", 4), ("google_quote_v5.bin", 5), ("phala_tdx_quote.bin", 4),
            ("phala_tdx_quote_outdated.bin", 5),
        ] as [(String, UInt16)])
    func authentic(_ file: String, _ version: UInt16) throws {
        let bytes = try Vectors.bytes("tdx/" + file)
        #expect(try TDXQuote(bytes: bytes).version == version)
        let verified = try TDXVectorTests.verify(bytes)
        #expect(verified.warnings == [.tcbStatusNotEvaluated, .revocationNotChecked])
        #expect(!verified.isDebug)
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(verified) == [.tcbNotEvaluated])
        #expect(
            Policy(archived: TrustPolicy(now: 0, roots: .vendors, allowUnevaluatedTCB: true)).evaluate(verified) == [])
        if version == 4 {
            #expect(verified[measurement: "MRTD"] == Array(bytes[48 + 136..<48 + 184]))
            #expect(verified[measurement: "RTMR3"] == Array(bytes[48 + 472..<48 + 520]))
            #expect(verified.reportData == Array(bytes[48 + 520..<48 + 584]))
        }
        for time in [verified.chainValidity.notBefore - 1, verified.chainValidity.notAfter + 1] {
            #expect(throws: EvidenceError.self) { try TDXVectorTests.verify(bytes, at: time) }
        }
    }

    @Test("the nonce of a real quote stands in its report data")
    func nonce() throws {
        let verified = try TDXVectorTests.verify(Vectors.bytes("tdx/google_cos113_quote_v4.bin"))
        #expect(verified.reportData == (try Vectors.bytes("tdx/google_cos113_nonce.bin")))
    }

    @Test("each bad quote gets the answer that its author expects", arguments: NegativeCase.all("tdx"))
    func negative(_ negative: NegativeCase) throws {
        let bytes = try Vectors.bytes("tdx/negative/" + negative.file)
        let result = Result { try TDXVectorTests.verify(bytes) }
        if negative.expect == "accept" {
            #expect(throws: Never.self) { try result.get() }
        } else {
            #expect(throws: EvidenceError.self) { try result.get() }
        }
    }

    @Test("quotes of another kind are refused by the rule they break")
    func otherQuotes() throws {
        #expect(throws: EvidenceError.quoteVersion(3)) {
            try TDXVectorTests.verify(Vectors.bytes("tdx/phala_sgx_quote_v3.bin"))
        }
        #expect(throws: EvidenceError.quoteTrailingBytes) {
            try TDXVectorTests.verify(Vectors.bytes("tdx/google_spr_e4_quote_v4.bin"))
        }
        #expect(throws: EvidenceError.self, "Intel's sample carries no certificates and has a root of its own") {
            try TDXVectorTests.verify(Vectors.bytes("tdx/intel_sample_tdx_quote.bin"))
        }
        let ok = try Vectors.bytes("tdx/negative/ok.bin")
        #expect(throws: EvidenceError.noTrustedRoot(.tdx)) { try TDXVectorTests.verify(ok, roots: TrustRoots()) }
        let other = try TrustRoots(
            only: CertificateFile.certificates(Vectors.bytes("tdx/intel_sample_trustedRootCaCert.pem")), for: .tdx)
        #expect(throws: EvidenceError.rootNotPinned) { try TDXVectorTests.verify(ok, roots: other) }
        let own = try TrustRoots(
            only: CertificateFile.certificates(Vectors.bytes("tdx/intel_sgx_root_ca.pem")), for: .tdx)
        _ = try TDXVectorTests.verify(ok, roots: own)
    }

    @Test("no change of one bit of a quote is accepted, its certificates' PEM text included (1 in 29)")
    func flippedBits() throws {
        let bytes = try Vectors.bytes("tdx/negative/ok_zero_padded.bin")
        _ = try TDXVectorTests.verify(bytes)
        for bit in stride(from: 0, to: bytes.count * 8, by: 29) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") { try TDXVectorTests.verify(changed) }
        }
    }
}
