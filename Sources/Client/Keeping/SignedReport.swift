public import Attestation
import Bytes
import Crypto
import Foundation
import SwiftASN1
import X509

/// A report that a service signed, as a file: `report.json`, or `report.pdf` with the evidence inside. It verifies without
/// the service, years later.
public struct SignedReport: Sendable {
    /// Evidence that the key that signed belongs to a boot of the attested service.
    public let evidence: Evidence
    /// The JSON of the report, as it was signed.
    public let report: [UInt8]
    private let key: ReportKey
    private let signature: [UInt8]
    private let document: SignedPDF?

    private static let opening = Array(#"{"entrepot-report":1,"#.utf8)
    private static let bodyLabel = Array(#","report":"#.utf8)
    private static let members = ["entrepot-report", "key", "signature", "evidence", "report"]

    /// Whether bytes look like a report, be it one that lacks a part. It says nothing about authenticity.
    public static func isReport(_ bytes: [UInt8]) -> Bool {
        DocumentText.afterMark(bytes).starts(with: opening) || bytes.starts(with: Array("%PDF-".utf8))
            || SignedFile.resembles(bytes, members: Set(members), atLeast: 3)
    }

    /// Reads `report.json`, or the evidence and figures inside `report.pdf`. Nothing is verified by this.
    public init(bytes: [UInt8]) throws(ReportError) {
        guard bytes.starts(with: Array("%PDF-".utf8)) else {
            document = nil
            (evidence, report, key, signature) = try Self.parts(of: bytes)
            return
        }
        let pdf = try SignedPDF(bytes)
        document = pdf
        (evidence, report, key, signature) = try Self.parts(of: pdf.attachment("report.json"))
        let attached = try pdf.attachment("evidence.json")
        guard evidence.json() == attached else { throw .contradiction }
    }

    /// The text as the service wrote it, where an editor has put a byte order mark before it or changed its last line end.
    private static func plain(_ file: [UInt8]) -> [UInt8] {
        let text = DocumentText.afterMark(file)
        let end = text.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return end.map { text[...$0] + [0x0A] } ?? []
    }

    private static func parts(
        of file: [UInt8]
    ) throws(ReportError) -> (Evidence, [UInt8], ReportKey, [UInt8]) {
        let bytes = plain(file)
        let names = JSONValue.names(in: bytes)
        guard !names.isEmpty else { throw .unreadable }
        if let missing = members.first(where: { !names.contains($0) }) { throw .memberMissing(missing) }
        guard bytes.starts(with: opening) else { throw .rewritten }
        guard let start = bytes.place(of: bodyLabel) else { throw .unreadable }
        let body = Array(bytes[(start + bodyLabel.count)..<(bytes.count - 2)])
        let head = Array(bytes[..<start]) + Array("}".utf8)
        // The members that another program has put behind the body are missing before it.
        let before = JSONValue.names(in: head)
        guard members.dropLast().allSatisfy({ before.contains($0) }) else { throw .rewritten }
        struct Head: Decodable {
            let key: String
            let signature: String
        }
        guard let parts = try? JSONDecoder().decode(Head.self, from: Data(head)),
            let key = Data(base64Encoded: parts.key), let signature = Data(base64Encoded: parts.signature),
            let evidenceStart = head.place(of: Array(#""evidence":"#.utf8))
        else { throw .unreadable }
        let evidence: Evidence
        do {
            evidence = try Evidence(json: head[(evidenceStart + 11)..<(head.count - 1)])
        } catch {
            throw .evidence(error)
        }
        // Writing it again must give the same bytes, so that nothing in it is outside the signatures.
        let again =
            Self.opening
            + Array(#""key":"\#(key.base64EncodedString())","signature":"\#(signature.base64EncodedString())","#.utf8)
            + Array(#""evidence":"#.utf8) + evidence.json() + Self.bodyLabel + body + Array("}\n".utf8)
        guard again == bytes else { throw .rewritten }
        return (evidence, body, ReportKey(publicKeyInfo: Array(key)), Array(signature))
    }

    /// Whether verified evidence vouches for the key of this report.
    public func isVouchedFor(by evidence: VerifiedEvidence) -> Bool { key.isVouchedFor(by: evidence) }

    /// Verifies the whole report offline: evidence, key, signature of the figures, signature of the document.
    ///
    /// - Parameter check: verifies the evidence, as one would a saved document.
    /// - Returns: the evidence for the key, and what policy has against it.
    public func verify(
        evidence check: ([UInt8]) throws(EvidenceError) -> DocumentVerification.Appraisal
    ) throws(ReportError) -> DocumentVerification.Appraisal {
        let checked: DocumentVerification.Appraisal
        do {
            checked = try check(evidence.json())
        } catch {
            throw .evidence(error)
        }
        guard key.isVouchedFor(by: checked.evidence) else { throw .keyNotAttested }
        guard key.verifies(signature, of: report) else { throw .signature }
        struct Named: Decodable { let taskDigest: String }
        guard JSONForm.isPlain(report), let named = try? JSONDecoder().decode(Named.self, from: Data(report)),
            let statement = checked.evidence.statement,
            named.taskDigest == Hex.encode(statement.taskDigest)
        else { throw .contradiction }
        if let document { try document.verify(signedBy: key, at: checked.evidence.time) }
        return checked
    }
}

/// Why a report proves nothing.
public enum ReportError: Error, Sendable, Equatable {
    case unreadable
    case memberMissing(String)
    /// The same content in other bytes than the service's.
    case rewritten
    /// The evidence for the key is not authentic.
    case evidence(EvidenceError)
    /// The evidence vouches for another key.
    case keyNotAttested
    case signature
    /// Its parts belong to different tasks or evidence.
    case contradiction
    /// The signature does not cover the whole document.
    case notWhole
    /// The signature of the document is not valid.
    case documentSignature
}

extension ReportError: CustomStringConvertible {
    /// One sentence: why the report proves nothing.
    public var description: String {
        switch self {
        case .unreadable: "It cannot be read as a report."
        case .memberMissing(let name): "Its member \(name) is missing."
        case .rewritten: "Another program has written it anew, and the service signed the bytes that it wrote itself."
        case .evidence(let error): "The evidence for its key does not hold: \(error.reason)."
        case .keyNotAttested: "The evidence vouches for another key than the one that signed it."
        case .signature: "The signature of its figures is not valid."
        case .contradiction: "Its parts belong to different reports."
        case .notWhole: "Its signature does not cover the whole document."
        case .documentSignature: "The signature of the document is not valid."
        }
    }
}

extension ReportError {
    /// What the person who sees the error can do.
    public var hint: String {
        switch self {
        case .evidence(let error): error.hint
        case .unreadable, .memberMissing, .rewritten, .notWhole:
            "Ask whoever gave it to you for the file as the service wrote it; entrepot signed-report fetches it again."
        case .keyNotAttested, .signature, .contradiction, .documentSignature:
            "Do not rely on it: ask whoever gave it to you."
        }
    }
}

extension [UInt8] {
    /// The first position of a pattern.
    fileprivate func place(of pattern: [UInt8], from start: Int = 0) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        var place = start
        while let next = self[place...].firstIndex(of: first), next + pattern.count <= count {
            if self[next..<(next + pattern.count)].elementsEqual(pattern) { return next }
            place = next + 1
        }
        return nil
    }
}

/// A document as the service writes it: one signature over all bytes but its own, files in plain streams.
private struct SignedPDF: Sendable {
    private let bytes: [UInt8]
    private let gap: Range<Int>

    init(_ bytes: [UInt8]) throws(ReportError) {
        self.bytes = bytes
        let label = Array("/ByteRange [".utf8)
        guard let place = bytes.place(of: label), bytes.place(of: label, from: place + 1) == nil,
            let end = bytes[place...].firstIndex(of: UInt8(ascii: "]"))
        else { throw .unreadable }
        let numbers = bytes[(place + label.count)..<end].split(separator: UInt8(ascii: " ")).compactMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        // Bounded before anything is added: a file can name any number.
        guard numbers.count == 4, numbers.allSatisfy({ (0...bytes.count).contains($0) }), numbers[0] == 0,
            numbers[1] > 0, numbers[2] > numbers[1] + 2, numbers[2] < bytes.count,
            numbers[2] + numbers[3] == bytes.count, bytes[numbers[1]] == UInt8(ascii: "<"),
            bytes[numbers[2] - 1] == UInt8(ascii: ">")
        else { throw .notWhole }
        gap = numbers[1]..<numbers[2]
    }

    /// An embedded file, found by its name: the specification is followed by the stream.
    func attachment(_ name: String) throws(ReportError) -> [UInt8] {
        guard let named = bytes.place(of: Array("/Type /Filespec /F (\(name))".utf8)),
            let size = bytes.place(of: Array("/Params << /Size ".utf8), from: named),
            let length = Int(
                String(decoding: bytes[(size + 17)...].prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)),
            let start = bytes.place(of: Array(">>\nstream\n".utf8), from: size), length >= 0,
            length <= bytes.count - start - 10
        else { throw .unreadable }
        return Array(bytes[(start + 10)..<(start + 10 + length)])
    }

    func verify(signedBy key: ReportKey, at time: Int64) throws(ReportError) {
        let digits = bytes[(gap.lowerBound + 1)..<(gap.upperBound - 1)]
        guard let signature = Hex.decode(digits, letters: .lowercase) else { throw .documentSignature }
        // After the DER the room must be zeros: it is not signed, so anything else there is a change.
        guard let length = Self.derLength(signature), signature[length...].allSatisfy({ $0 == 0 }) else {
            throw .documentSignature
        }
        let covered = Array(bytes[..<gap.lowerBound]) + Array(bytes[gap.upperBound...])
        // The one certificate is self-signed by the report's key, so that nothing in it is unsigned.
        guard let parts = try? DocumentSignature.parts(of: Array(signature[..<length])) else {
            throw .documentSignature
        }
        let certificate = parts.certificate
        guard let ownKey = P256.Signing.PublicKey(certificate.publicKey),
            Array(ownKey.derRepresentation) == key.publicKeyInfo
        else { throw .keyNotAttested }
        let moment = Date(timeIntervalSince1970: Double(time))
        guard certificate.publicKey.isValidSignature(certificate.signature, for: certificate),
            Self.endsInWholeBytes(certificate),
            certificate.notValidBefore <= moment, moment <= certificate.notValidAfter,
            let wanted = try? DocumentSignature(digest: Array(SHA256.hash(data: covered)), certificate: certificate),
            key.verifies(parts.signature, of: wanted.signedBytes)
        else { throw .documentSignature }
        // Written again it must be the same bytes: no version, name or algorithm beside the signed attributes can differ.
        guard (try? wanted.encoded(signature: parts.signature)) == Array(signature[..<length]) else {
            throw .documentSignature
        }
    }

    /// Whether a certificate's signature is encoded in whole bytes: a final zero bit could also be left out.
    private static func endsInWholeBytes(_ certificate: Certificate) -> Bool {
        var serializer = DER.Serializer()
        do {
            try serializer.serialize(certificate)
            return try DER.sequence(DER.parse(serializer.serializedBytes), identifier: .sequence) { nodes in
                _ = (nodes.next(), nodes.next())
                return try ASN1BitString(derEncoded: &nodes).paddingBits == 0
            }
        } catch {
            return false
        }
    }

    /// The length of the first DER element with its header.
    private static func derLength(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 4, bytes[0] == 0x30 else { return nil }
        if bytes[1] < 0x80 { return 2 + Int(bytes[1]) <= bytes.count ? 2 + Int(bytes[1]) : nil }
        let count = Int(bytes[1] & 0x7F)
        guard (1...3).contains(count), bytes.count > 2 + count else { return nil }
        let length = bytes[2..<(2 + count)].reduce(0) { $0 << 8 | Int($1) }
        return 2 + count + length <= bytes.count ? 2 + count + length : nil
    }
}
