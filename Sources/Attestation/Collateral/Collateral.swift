import Bytes
import Foundation

/// What vendors publish about their platforms, from files: Intel's TCB information and identity of the quoting enclave,
/// revocation lists of any vendor, and the certificates that sign them.
///
/// Nothing in it is trusted before its signature leads to a pinned root. It is meant to be kept beside the evidence: with
/// it, a verification years later sees what this one saw.
public struct Collateral: Sendable, Equatable {
    /// A JSON text and Intel's signature of exactly these bytes.
    struct Signed: Sendable, Equatable {
        let text: [UInt8]
        /// r and s, 32 bytes each, big endian.
        let signature: [UInt8]
    }

    private(set) var tcbInformation: [Signed] = []
    private(set) var enclaveIdentities: [Signed] = []
    private(set) var revocationLists: [RevocationList] = []
    private(set) var certificates: [[UInt8]] = []

    /// Most bytes of one file that are looked at.
    public static let byteLimit = 4 << 20

    /// More heads of HTTP than stand before any body: a proxy's, interim ones, and its own.
    private static let headLimit = 8

    /// Nothing: what was not given is named in every result.
    public init() {}

    /// Reads files in any order, each one of:
    /// - Intel's JSON `{"tcbInfo": …, "signature": …}` or `{"enclaveIdentity": …, "signature": …}`,
    /// - a JSON with members `tcb_info`, `tcb_info_signature`, `qe_identity`, `root_ca_crl`, … as DCAP libraries write it,
    /// - a revocation list in DER, PEM or hexadecimal,
    /// - certificates in DER or PEM, also percent-encoded, as the headers of Intel's service carry them,
    /// - an answer of such a service as it was kept, head and body (`curl -i`).
    public init(files: [[UInt8]]) throws(EvidenceError) {
        for file in files { try add(file) }
    }

    private mutating func add(_ file: [UInt8]) throws(EvidenceError) {
        guard !file.isEmpty, file.count <= Collateral.byteLimit else { throw .collateralEncoding }
        let file = try afterHeads(of: DocumentText.afterSpace(file))
        if file.first == UInt8(ascii: "{") {
            try add(json: file)
        } else if let found = try? CertificateFile.certificates(file) {
            certificates += found
        } else {
            revocationLists.append(try Collateral.revocationList(file))
        }
    }

    /// What is behind the heads of an answer of HTTP: the issuers' chain stands in them.
    private mutating func afterHeads(of file: [UInt8]) throws(EvidenceError) -> [UInt8] {
        var body = file
        var heads = 0
        while body.starts(with: "HTTP/".utf8) {
            let ends = ["\r\n\r\n", "\n\n"].compactMap { body.firstRange(of: Array($0.utf8)) }
            guard heads < Collateral.headLimit, let end = ends.min(by: { $0.lowerBound < $1.lowerBound }) else {
                throw .collateralEncoding
            }
            let head = Array(body[..<end.lowerBound])
            if PEMText(head) != nil {
                guard let chain = try? CertificateFile.certificates(head) else { throw .collateralEncoding }
                certificates += chain
            }
            body = DocumentText.afterSpace(Array(body[end.upperBound...]))
            heads += 1
        }
        return body
    }

    private mutating func add(json file: [UInt8]) throws(EvidenceError) {
        if let fault = EvidenceError.ofJSON(file) { throw fault == .envelope(.json) ? .collateralEncoding : fault }
        guard let members = (try? JSONSerialization.jsonObject(with: Data(file))) as? [String: Any] else {
            throw .collateralEncoding
        }
        if ["tcbInfo", "enclaveIdentity"].contains(where: { members[$0] != nil }) || members.keys.contains("signature")
        {
            return try add(signed: file, members)
        }
        let names = ["tcb_info", "tcb_info_signature", "qe_identity", "qe_identity_signature"]
        guard names.contains(where: { members[$0] != nil }) else { throw .collateralEncoding }
        var texts: [String] = []
        for name in names { texts.append(try Collateral.text(name, of: members)) }
        let (text, signature, identity, identitySignature) = (texts[0], texts[1], texts[2], texts[3])
        tcbInformation.append(Signed(text: Array(text.utf8), signature: try Collateral.signature(signature)))
        enclaveIdentities.append(
            Signed(text: Array(identity.utf8), signature: try Collateral.signature(identitySignature)))
        for name in ["tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain"] {
            guard let chain = members[name] as? String else { continue }
            certificates += try CertificateFile.certificates(Array(chain.utf8))
        }
        for name in ["root_ca_crl", "pck_crl"] {
            guard let list = members[name] as? String else { continue }
            revocationLists.append(try Collateral.revocationList(Array(list.utf8)))
        }
    }

    /// Intel's own form: an object, and the signature of its bytes.
    private mutating func add(signed file: [UInt8], _ members: [String: Any]) throws(EvidenceError) {
        let bytes = try Collateral.signature(Collateral.text("signature", of: members))
        if let text = Collateral.member("tcbInfo", of: file) {
            tcbInformation.append(Signed(text: text, signature: bytes))
        } else if let text = Collateral.member("enclaveIdentity", of: file) {
            enclaveIdentities.append(Signed(text: text, signature: bytes))
        } else {
            throw .collateralLacks("tcbInfo or enclaveIdentity")
        }
    }

    private static func text(_ name: String, of members: [String: Any]) throws(EvidenceError) -> String {
        guard let value = members[name] else { throw .collateralLacks(name) }
        guard let text = value as? String else { throw .collateralEncoding }
        return text
    }

    private static func signature(_ text: String) throws(EvidenceError) -> [UInt8] {
        guard let bytes = Hex.decode(text.utf8), bytes.count == 64 else { throw .collateralEncoding }
        return bytes
    }

    /// DER, or its hexadecimal, base64 or PEM text.
    private static func revocationList(_ file: [UInt8]) throws(EvidenceError) -> RevocationList {
        if file.first == 0x30, let list = try? RevocationList(der: CertificateFile.element(file)) { return list }
        let lines = file.split(separator: UInt8(ascii: "\n")).filter { !$0.starts(with: "-----".utf8) }
        let text = lines.joined().filter { !DocumentText.isSpace($0) }
        let der = Hex.decode(text) ?? Data(base64Encoded: Data(text)).map { Array($0) }
        // What does not even begin as a list is no list that is damaged.
        guard let der, der.first == 0x30 else {
            throw file.first == 0x30 ? .revocationListEncoding : .collateralEncoding
        }
        return try RevocationList(der: der)
    }

    /// The bytes of an object that is a member of the outermost object: what Intel signs, to the last space.
    static func member(_ name: String, of json: [UInt8]) -> [UInt8]? {
        var depth = 0
        var position = 0
        var start: Int?
        let key = Array("\"\(name)\"".utf8)
        while position < json.count {
            switch json[position] {
            case UInt8(ascii: "\""):
                let isKey = depth == 1 && start == nil && json[position...].starts(with: key)
                position += 1
                while position < json.count, json[position] != UInt8(ascii: "\"") {
                    position += json[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                if isKey {
                    var next = position + 1
                    while next < json.count, [0x20, 0x0A, 0x0D, 0x09, 0x3A].contains(json[next]) { next += 1 }
                    guard next < json.count, json[next] == UInt8(ascii: "{") else { return nil }
                    start = next
                    position = next - 1
                }
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 1, let start { return Array(json[start...position]) }
            default: break
            }
            position += 1
        }
        return nil
    }
}
