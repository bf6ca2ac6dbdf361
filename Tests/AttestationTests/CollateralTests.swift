import Bytes
import Foundation
import Testing

@testable import Attestation

@Suite("What vendors publish", .enabled(if: Vectors.arePresent, Vectors.absence))
struct CollateralTests {
    /// Within the life of the collateral of the quote.
    static let time: Int64 = 1_750_500_000
    static let laterTime: Int64 = 1_772_000_000

    static func collateral(_ files: String...) throws -> Collateral {
        try Collateral(files: files.map { try Vectors.bytes("tdx/" + $0) })
    }

    static func verify(
        _ quote: String, _ collateral: Collateral, at time: Int64
    ) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: .vendors, now: time, collateral: collateral).verify(
            document: Vectors.bytes("tdx/" + quote), format: .tdx)
    }

    @Test("with Intel's collateral a real quote is evaluated, and accepted without being told to")
    func evaluated() throws {
        let verified = try Self.verify(
            "phala_tdx_quote.bin", Self.collateral("phala_tdx_quote_collateral.json"), at: Self.time)
        #expect(verified.platform.tdx?.status == .upToDate)
        #expect(!verified.warnings.contains(.tcbStatusNotEvaluated))
        #expect(!verified.warnings.contains(.revocationNotChecked))
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(verified) == [])
    }

    /// A member of a DCAP library's collateral.
    private static func member(_ name: String) throws -> String {
        let file = try Vectors.bytes("tdx/phala_tdx_quote_collateral.json")
        let members = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        return try #require(members[name] as? String)
    }

    /// What Intel's service answers: the chain percent-encoded in the head, the JSON or the list in the body.
    private static func answer(_ header: String, chain: String, body: [UInt8], end: String) throws -> [UInt8] {
        let escaped = try member(chain).addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-"]))
        let head = ["HTTP/1.1 200 OK", "Content-Type: application/json", "\(header): \(try #require(escaped))"]
        return Array((head.joined(separator: end) + end + end).utf8) + body
    }

    @Test(
        "what Intel's service answers is read as it was kept: chains in heads, percent-encoded, or in a file of their own"
    )
    func answers() throws {
        let plain = try Self.collateral("phala_tdx_quote_collateral.json")
        let information = Array(
            #"{"tcbInfo":\#(try Self.member("tcb_info")),"signature":"\#(try Self.member("tcb_info_signature"))"}"#.utf8
        )
        let identity = Array(
            #"{"enclaveIdentity":\#(try Self.member("qe_identity")),"signature":"\#(try Self.member("qe_identity_signature"))"}"#
                .utf8)
        let list = try #require(Hex.decode(Self.member("pck_crl").utf8))
        for end in ["\r\n", "\n"] {
            let whole = try Collateral(files: [
                Self.answer("TCB-Info-Issuer-Chain", chain: "tcb_info_issuer_chain", body: information, end: end),
                Self.answer(
                    "SGX-Enclave-Identity-Issuer-Chain", chain: "qe_identity_issuer_chain", body: identity, end: end),
                Self.answer(
                    "SGX-PCK-CRL-Issuer-Chain", chain: "pck_crl_issuer_chain", body: list + Array(end.utf8), end: end),
                Array(try Self.member("root_ca_crl").utf8),
            ])
            #expect(whole.certificates == plain.certificates && whole.tcbInformation == plain.tcbInformation)
            #expect(whole.enclaveIdentities == plain.enclaveIdentities)
            #expect(Set(whole.revocationLists.map(\.issuer)) == Set(plain.revocationLists.map(\.issuer)))
            let verified = try Self.verify("phala_tdx_quote.bin", whole, at: Self.time)
            #expect(verified.platform.tdx?.status == .upToDate && !verified.warnings.contains(.revocationNotChecked))
        }
        // The head in a file, the body in another.
        let chain = try #require(
            Self.member("tcb_info_issuer_chain").addingPercentEncoding(
                withAllowedCharacters: .alphanumerics.union(["-"])))
        let apart = try Collateral(files: [Array("TCB-Info-Issuer-Chain: \(chain)\r\n".utf8), information, identity])
        #expect(try Self.verify("phala_tdx_quote.bin", apart, at: Self.time).platform.tdx?.status == .upToDate)
        for cut in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n<html>"] {
            #expect(throws: EvidenceError.self) { try Collateral(files: [Array(cut.utf8)]) }
        }
    }

    @Test("heads of proxies and interim answers stand before an answer, and no file of heads alone is read on and on")
    func heads() throws {
        let information = Array(
            #"{"tcbInfo":\#(try Self.member("tcb_info")),"signature":"\#(try Self.member("tcb_info_signature"))"}"#.utf8
        )
        let answer = try Self.answer(
            "TCB-Info-Issuer-Chain", chain: "tcb_info_issuer_chain", body: information, end: "\r\n")
        let plain = try Collateral(files: [answer])
        #expect(plain.tcbInformation.count == 1 && !plain.certificates.isEmpty)
        for head in [
            "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.1 100 Continue\n\n", " \nHTTP/2 103\n\n\u{FEFF}",
        ] {
            #expect(try Collateral(files: [Array(head.utf8) + answer]) == plain)
            // Each is looked at in all of what follows: a file of them would take hours.
            let many = Array(String(repeating: head, count: 1_000).utf8) + answer
            #expect(throws: EvidenceError.collateralEncoding) { try Collateral(files: [many]) }
        }
        // A chain that is cut is the collateral's fault, and no root's.
        let cut = Array(String(decoding: answer.prefix(700), as: UTF8.self).utf8) + Array("\r\n\r\n".utf8) + information
        #expect(throws: EvidenceError.collateralEncoding) { try Collateral(files: [cut]) }
    }

    @Test("a platform older than anything that Intel still lists is refused as such")
    func outdated() throws {
        let collateral = try Self.collateral("phala_tdx_quote_outdated_collateral.json")
        #expect(throws: EvidenceError.collateralLevel) {
            try Self.verify("phala_tdx_quote_outdated.bin", collateral, at: Self.laterTime)
        }
    }

    @Test("Intel's word on a patch level is refused unless the policy takes it, and the worst part counts")
    func statuses() throws {
        var verified = try Self.verify(
            "phala_tdx_quote.bin", Self.collateral("phala_tdx_quote_collateral.json"), at: Self.time)
        verified.platform.tdx?.status = .outOfDate
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(verified) == [.tcbStatus(.outOfDate)])
        let names = ReleaseManifest.Release.requiredRegisters(.tdx)[0]
        let expected = Dictionary(
            uniqueKeysWithValues: names.map { ($0, verified[measurement: $0].map(Hex.encode) ?? "") })
        var demands = PlatformPolicy.TDX()
        demands.statuses = [.upToDate, .outOfDate]
        let allowed = ReleaseManifest(
            releases: [.init(version: "1", measurements: ["tdx": expected])], platforms: PlatformPolicy(tdx: demands))
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors, allowed: allowed)).evaluate(verified) == [])
        #expect(TCBStatus.upToDate.converged(with: .outOfDate) == .outOfDate)
        #expect(TCBStatus.configurationNeeded.converged(with: .outOfDate) == .outOfDateConfigurationNeeded)
        #expect(TCBStatus.outOfDate.converged(with: .upToDate) == .outOfDate)
        #expect(TCBStatus.softwareHardeningNeeded.converged(with: .revoked) == .revoked)
    }

    @Test("collateral outside its time, of another platform, incomplete or forged is refused by its own reason")
    func refused() throws {
        let good = try Self.collateral("phala_tdx_quote_collateral.json")
        #expect(throws: EvidenceError.self) {
            try Self.verify("phala_tdx_quote.bin", good, at: Self.time - 40 * 86_400)
        }
        #expect(throws: EvidenceError.self) {
            try Self.verify("phala_tdx_quote.bin", good, at: Self.time + 60 * 86_400)
        }
        #expect(throws: EvidenceError.collateralMissing) {
            try Self.verify("phala_tdx_quote.bin", Self.collateral("google_tcbinfo.json"), at: Self.time)
        }
        // SGX's collateral is about other enclaves.
        #expect(throws: EvidenceError.collateralPlatform) {
            try Self.verify(
                "phala_tdx_quote.bin", Self.collateral("phala_sgx_quote_collateral.json"), at: Self.time)
        }
        #expect(throws: EvidenceError.collateralPlatform) {
            try Self.verify(
                "phala_tdx_quote.bin", Self.collateral("phala_tdx_quote_outdated_collateral.json"),
                at: Self.laterTime)
        }
        let text = String(decoding: try Vectors.bytes("tdx/phala_tdx_quote_collateral.json"), as: UTF8.self)
        let forged = text.replacing("OutOfDate", with: "UpToDate")
        #expect(forged != text)
        #expect(throws: EvidenceError.collateralSignature) {
            try Self.verify("phala_tdx_quote.bin", Collateral(files: [Array(forged.utf8)]), at: Self.time)
        }
    }

    @Test("Intel's own files are read to the byte that is signed, and revocation lists in DER and text")
    func files() throws {
        for file in ["google_tcbinfo.json", "google_qeidentity.json", "google_tcbinfo_v5.json"] {
            _ = try Self.collateral(file)
        }
        let der = try Vectors.bytes("tdx/google_pckcrl.bin")
        let list = try RevocationList(der: der)
        #expect(!list.serialNumbers.isEmpty)
        for text in [Array(Hex.encode(der).utf8), Array(Data(der).base64EncodedData())] {
            #expect(try Collateral(files: [text]).revocationLists == [list])
        }
        for text in ["", "{", "{}", "hello", "{\"tcbInfo\": 1, \"signature\": \"00\"}"] {
            #expect(throws: EvidenceError.self) { try Collateral(files: [Array(text.utf8)]) }
        }
        let member = Collateral.member("b", of: Array(#"{"a": {"b": {"x": "}"}}, "b": {"y": "\"{"}, "c": 1}"#.utf8))
        #expect(member == Array(#"{"y": "\"{"}"#.utf8))
    }

    @Test("a certificate that its issuer has revoked is refused, and a list of somebody else says nothing")
    func revocation() throws {
        let key = TPMAuthorityFactory()
        let scene = try key.scene()
        _ = try key.verify(scene, revoking: nil)
        #expect(throws: EvidenceError.certificateRevoked(1)) { try key.verify(scene, revoking: scene.leafNumber) }
        #expect(try key.verify(scene, revoking: [1, 2, 3]).warnings.contains(.revocationNotChecked) == false)
        #expect(throws: EvidenceError.revocationListExpired) {
            try key.verify(scene, revoking: [1], nextAt: TPMAuthority.time - 1)
        }
        #expect(throws: EvidenceError.revocationListSignature) {
            try key.verify(scene, revoking: [1], isForged: true)
        }
    }
}
