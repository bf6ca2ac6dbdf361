import Bytes
import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import Attestation

/// Chains that loop and collateral of another time or platform; what is wrong with TPM quotes and event logs stands in
/// `TPMTests`, with Azure's pieces in `AzureTests`.
@Suite("Bad input, each with its own reason", .enabled(if: Vectors.arePresent, Vectors.absence))
struct BadInputTests {
    @Test("a chain of AMD's that leads in a circle is refused as such")
    func snpCircle() throws {
        let expected = try #require(NewCase.all.first { $0.file.hasPrefix("snp/eternisai_v5_13211b50") })
        let leaf = try #require(try expected.certificates().first)
        let above = try DistinguishedName(derEncoded: DER.parse(ChainCertificate(der: leaf).issuer))
        let other = try DistinguishedName { CommonName("another authority") }
        let keys = [P256.Signing.PrivateKey(), P256.Signing.PrivateKey()]
        let circle = [
            try TPMAuthority.certificate(
                above, keys[0].publicKey, isAuthority: true, purpose: nil, issuer: other, issuerKey: keys[1]),
            try TPMAuthority.certificate(
                other, keys[1].publicKey, isAuthority: true, purpose: nil, issuer: above, issuerKey: keys[0]),
        ]
        let report = try Vectors.bytes("new/" + expected.file)
        let verifier = EvidenceVerifier(roots: .vendors, now: expected.time)
        #expect(throws: EvidenceError.certificateLoop) {
            try verifier.verify(document: report, format: .sevSNP, certificates: [leaf] + circle)
        }
        #expect(throws: EvidenceError.certificateMissing) {
            try verifier.verify(document: report, format: .sevSNP, certificates: [leaf, circle[0]])
        }
    }

    @Test("an ordered chain in which a certificate comes twice is refused as a circle")
    func orderedCircle() throws {
        let expected = try #require(NewCase.all.first { $0.format == .nitro && $0.expect == "0" })
        let document = try NitroDocument(bytes: Vectors.bytes("new/" + expected.file))
        let chain = try CertificatePath.parse(document.bundle + [document.certificate])
        _ = try CertificatePath(certificates: chain, profile: .nitro, now: expected.time)
        for position in chain.indices {
            var circle = chain
            circle.insert(contentsOf: chain[...position], at: position + 1)
            #expect(throws: EvidenceError.certificateLoop) {
                try CertificatePath(certificates: circle, profile: .nitro, now: expected.time)
            }
        }
    }

    /// Intel's collateral for the quote, without its revocation lists, which have times of their own.
    private func collateral(
        changing change: (inout [String: Any]) -> Void = {
            $0["root_ca_crl"] = nil
            $0["pck_crl"] = nil
        }
    ) throws -> Collateral {
        let file = try Vectors.bytes("tdx/phala_tdx_quote_collateral.json")
        var members = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        change(&members)
        return try Collateral(files: [Array(try JSONSerialization.data(withJSONObject: members))])
    }

    private func dates(_ name: String) throws -> (issued: Int64, next: Int64) {
        let file = try Vectors.bytes("tdx/phala_tdx_quote_collateral.json")
        let members = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        let text = try #require(members[name] as? String)
        let inner = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let times = try ["issueDate", "nextUpdate"].map { member in
            let date = try #require(inner[member] as? String)
            return try #require(UnixTime.seconds(iso8601: date))
        }
        return (times[0], times[1])
    }

    @Test("Intel's collateral is taken from its first second to its last, and refused as too new or expired outside")
    func collateralTimes() throws {
        let plain = try collateral()
        let all = try [dates("tcb_info"), dates("qe_identity")]
        let (first, last) = (try #require(all.map(\.issued).max()), try #require(all.map(\.next).min()))
        for time in [first, last] {
            #expect(
                try CollateralTests.verify("phala_tdx_quote.bin", plain, at: time).platform.tdx?.status == .upToDate)
        }
        #expect(throws: EvidenceError.collateralNotYetValid) {
            try CollateralTests.verify("phala_tdx_quote.bin", plain, at: first - 1)
        }
        #expect(throws: EvidenceError.collateralExpired) {
            try CollateralTests.verify("phala_tdx_quote.bin", plain, at: last + 1)
        }
    }

    @Test("revocation lists beside Intel's collateral have times of their own")
    func listTimes() throws {
        let whole = try CollateralTests.collateral("phala_tdx_quote_collateral.json")
        let lists = whole.revocationLists
        let (first, last) = (
            try #require(lists.map(\.issuedAt).max()), try #require(lists.compactMap(\.nextAt).min())
        )
        #expect(throws: EvidenceError.revocationListNotYetValid) {
            try CollateralTests.verify("phala_tdx_quote.bin", whole, at: first - 1)
        }
        #expect(throws: EvidenceError.revocationListExpired) {
            try CollateralTests.verify("phala_tdx_quote.bin", whole, at: last + 1)
        }
    }

    @Test("a TCB information of a whole other platform is refused although Intel signed it, and half of one is missing")
    func otherPlatform() throws {
        let file = try Vectors.bytes("tdx/phala_tdx_quote_outdated_collateral.json")
        let other = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        // Its information is of another family; its identity of the quoting enclave is the same for all.
        let mixed = try collateral { members in
            for name in ["tcb_info", "tcb_info_signature"] { members[name] = other[name] }
            for name in ["root_ca_crl", "pck_crl"] { members[name] = nil }
        }
        #expect(throws: EvidenceError.collateralPlatform) {
            try CollateralTests.verify("phala_tdx_quote.bin", mixed, at: CollateralTests.time)
        }
        let swapped = try collateral { members in
            (members["tcb_info_signature"], members["qe_identity_signature"]) = (
                members["qe_identity_signature"], members["tcb_info_signature"]
            )
        }
        #expect(throws: EvidenceError.collateralSignature) {
            try CollateralTests.verify("phala_tdx_quote.bin", swapped, at: CollateralTests.time)
        }
    }
}
