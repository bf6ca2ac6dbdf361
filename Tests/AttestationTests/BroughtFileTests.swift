import Bytes
import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import Attestation

@Suite("Files as people bring them")
struct BroughtFileTests {
    private func lines(_ der: [UInt8], of length: Int, before: String = "", end: String = "\n") -> String {
        let letters = Array(Data(der).base64EncodedString())
        return stride(from: 0, to: letters.count, by: length).map { start in
            before + String(letters[start..<min(start + length, letters.count)]) + end
        }.joined()
    }

    @Test("a certificate is read in lines of any length, with text around it, as base64 and after another one")
    func certificates() throws {
        let (one, two) = (try TPMAuthority("one").root, try TPMAuthority("two").root)
        func block(_ body: String, _ label: String = "CERTIFICATE") -> String {
            "-----BEGIN \(label)-----\n\(body)-----END \(label)-----\n"
        }
        let texts = [
            block(lines(one, of: 76)), block(lines(one, of: 5_000)), block(lines(one, of: 64, before: "  ")),
            block(lines(one, of: 64, end: " \r\n")), block(lines(one, of: 64), "X509 CERTIFICATE"),
            "subject=/CN=one\n" + block(lines(one, of: 64)), "\u{FEFF}" + block(lines(one, of: 64)),
            block("AAAA", "PRIVATE KEY") + block(lines(one, of: 64)), lines(one, of: 76), lines(one, of: 9_000),
        ]
        for text in texts { #expect(try CertificateFile.certificates(Array(text.utf8)) == [one], "\(text.prefix(60))") }
        #expect(try CertificateFile.certificates(one + two) == [one, two])
        let chain = block(lines(one, of: 70)) + block(lines(two, of: 64))
        #expect(try CertificateFile.certificates(Array(chain.utf8)) == [one, two])
        // One of several that cannot be read is not left out.
        for damaged in [
            block("AAAA"), block(lines(two, of: 64)).replacing("MII", with: "M*I"), "-----BEGIN CERTIFICATE-----\n",
        ] {
            #expect(throws: EvidenceError.certificateEncoding(0), "\(damaged.prefix(60))") {
                try CertificateFile.certificates(Array((block(lines(one, of: 64)) + damaged).utf8))
            }
        }
        // What a host's service puts around them is help for a chain, and no list of roots.
        let answer = try JSONSerialization.data(withJSONObject: ["vcekCert": block(lines(one, of: 64)), "tcbm": "DB18"])
        #expect(CertificateFile.wrapped(Array(answer)) == [one])
        #expect(throws: EvidenceError.self) { try CertificateFile.certificates(Array(answer)) }
        #expect(CertificateFile.wrapped(Array("HCLA".utf8) + one) == nil && CertificateFile.wrapped(one) == nil)
    }

    @Test("certificates are read as a header of HTTP carries them, and with line ends behind their bytes")
    func carried() throws {
        let (one, two) = (try TPMAuthority("one").root, try TPMAuthority("two").root)
        let pem = String(decoding: CertificateFile.pem([one, two]), as: UTF8.self)
        // As Intel's service, JavaScript and Java spell it.
        let letters = CharacterSet(charactersIn: "-").union(.alphanumerics)
        let escaped = try #require(pem.addingPercentEncoding(withAllowedCharacters: letters))
        let kept = try #require(
            pem.addingPercentEncoding(withAllowedCharacters: letters.union(CharacterSet(charactersIn: "+/="))))
        for text in [
            escaped, kept, escaped + "\n", escaped.replacing("%20", with: "+"), escaped.lowercasedEscapes,
            "TCB-Info-Issuer-Chain: \(escaped)\r\nContent-Type: 50%\r\n", "\u{FEFF}" + escaped,
        ] {
            #expect(try CertificateFile.certificates(Array(text.utf8)) == [one, two], "\(text.prefix(60))")
            let list = Array(#"{"report":"","SGX-TCB-Info-Issuer-Chain":"\#(text.trimmed)"}"#.utf8)
            #expect(try CertificateFile.certificates(list) == [one, two])
        }
        for damaged in [
            escaped.replacing("%20", with: "%2"), String(escaped.dropLast(40)), escaped.replacing("%0A", with: "%0"),
        ] {
            #expect(throws: EvidenceError.self) { try CertificateFile.certificates(Array(damaged.utf8)) }
        }
        for end in ["\n", "\r\n", " \n\n"] {
            #expect(try CertificateFile.certificates(one + Array(end.utf8)) == [one])
            #expect(try CertificateFile.certificates(one + two + Array(end.utf8)) == [one, two])
        }
        #expect(throws: EvidenceError.self) { try CertificateFile.certificates(one + [0]) }
        #expect(throws: EvidenceError.self) { try CertificateFile.certificates(one + [0x0A, 0x30]) }
    }

    @Test("of several certificates of one authority or key, one that holds goes before those that do not")
    func renewed() throws {
        let scene = try TPMScene()
        let authority = scene.authority
        let middle = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("in the middle") }
        func authorized(_ time: Int64) throws -> [UInt8] {
            try TPMAuthority.certificate(
                name, middle.publicKey, isAuthority: true, purpose: nil, issuer: authority.name,
                issuerKey: authority.key, time: time)
        }
        func leaf(_ purpose: ASN1ObjectIdentifier?) throws -> [UInt8] {
            try TPMAuthority.certificate(
                DistinguishedName { CommonName("a key") }, scene.tpm.key.publicKey, isAuthority: false,
                purpose: purpose, issuer: name, issuerKey: middle)
        }
        let old = try authorized(TPMAuthority.time - 10_000_000)
        let (valid, good) = (try authorized(TPMAuthority.time), try leaf([2, 23, 133, 8, 3]))
        let document = try scene.document()
        for certificates in [[good, old, valid], [good, valid, old], [try leaf(nil), good, old, valid]] {
            #expect(try scene.verify(document, certificates).format == .tpm)
        }
        #expect(throws: EvidenceError.certificateExpired(1)) { try scene.verify(document, [good, old]) }
        #expect(throws: EvidenceError.certificatePurpose) { try scene.verify(document, [leaf(nil), valid]) }
    }

    @Test("a list of releases with a misspelt member is refused, and nothing hides a name from the check")
    func releases() throws {
        func refused(_ bytes: [UInt8]) -> String {
            do {
                _ = try ReleaseManifest(json: bytes)
                return ""
            } catch { return "\(error)" }
        }
        let list = #"{"releases":[{"version":"1","measurements":{}}],"refused":{"1":"bad"}}"#
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(try ReleaseManifest(json: mark + Array(list.utf8)) == ReleaseManifest(json: Array(list.utf8)))
        for (old, new) in [
            ("refused", "refuse"), ("\"releases", "\"Platforms\":{},\"releases"), ("version", "Version"),
        ] {
            #expect(refused(Array(list.replacing(old, with: new).utf8)) != "", "\(new)")
        }
        #expect(
            refused(Array(list.replacing("\"version", with: "\"platforms\":{},\"version").utf8)).contains("platforms"))
        let twice = list.replacing("\"refused", with: "\"releases\":[],\"refused")
        #expect(refused(Array(twice.utf8)).contains("one name twice"))
        #expect(refused(mark + Array(twice.utf8)).contains("one name twice"))
        let wide = twice.utf8.flatMap { [$0, 0] as [UInt8] }
        for bytes in [wide, [0xFF, 0xFE] + wide] {
            #expect(refused(bytes).contains("not JSON in UTF-8"))
        }
    }

    @Test("collateral may have a byte order mark, and hides no name in another encoding")
    func collateral() throws {
        let text =
            #"{"tcb_info":"a","tcb_info_signature":"\#(String(repeating: "0", count: 128))","#
            + #""qe_identity":"b","qe_identity_signature":"\#(String(repeating: "0", count: 128))"}"#
        for before in ["", "\n", "\u{FEFF}"] {
            #expect(try Collateral(files: [Array((before + text).utf8)]).tcbInformation.count == 1)
        }
        let twice = text.replacing("{", with: #"{"tcb_info":"c","#)
        #expect(throws: EvidenceError.jsonNameTwice) { try Collateral(files: [Array(("\u{FEFF}" + twice).utf8)]) }
        let wide = twice.utf8.flatMap { [$0, 0] as [UInt8] }
        #expect(throws: EvidenceError.collateralEncoding) { try Collateral(files: [wide]) }
    }

    // Marks that are compared one with another would take minutes.
    @Test(
        "a document of another format than was named is called by its own, and CBOR of endless marks ends",
        .timeLimit(.minutes(1)))
    func formats() throws {
        let document = try TPMScene().document().encoded
        for format in [EvidenceFormat.tdx, .sevSNP, .azure, .nitro] {
            #expect(throws: EvidenceError.otherFormat(.tpm), "\(format)") {
                try DocumentVerification.verify(document, format: format, trust: TrustPolicy(now: 0, roots: .vendors))
            }
        }
        let name = String(repeating: "\u{300}\u{316}", count: 60_000)
        let map = CBOR.map([.init(.text("a" + name), .unsigned(1)), .init(.text("b"), .unsigned(2))]).encoded
        #expect(throws: CBORError.invalidText) { try CBOR(decoding: map, lengths: .definite) }
        #expect(throws: EvidenceError.self) {
            try DocumentVerification.verify(map, trust: TrustPolicy(now: 0, roots: .vendors))
        }
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines).replacing("\r\n", with: "") }

    /// `%0a` for `%0A`.
    fileprivate var lowercasedEscapes: String {
        replacing("%0A", with: "%0a").replacing("%2B", with: "%2b").replacing("%2F", with: "%2f").replacing(
            "%3D", with: "%3d")
    }
}
