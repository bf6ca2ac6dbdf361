import Bytes
import Foundation

/// Verification of a saved document: what `entrepot verify DOCUMENT` does.
public enum DocumentVerification {
    /// Most bytes of a file that are looked at.
    public static let byteLimit = DocumentWrapping.byteLimit

    /// What came of it: a verified document, and what policy has against it.
    public struct Appraisal: Sendable, Equatable {
        /// What the document says, its signatures and certificates checked.
        public let evidence: VerifiedEvidence
        /// Empty if a relying party could accept it.
        public let refusals: [Refusal]

        /// 0 authentic, 3 authentic but refused by policy.
        public var exitCode: Int32 { refusals.isEmpty ? 0 : 3 }
    }

    /// The format that the bytes look like, or nil. It says nothing about authenticity.
    public static func detect(_ bytes: [UInt8]) -> EvidenceFormat? {
        (try? Opened(bytes, format: nil))?.format
    }

    static func detect(binary bytes: [UInt8]) -> EvidenceFormat? { whole(bytes) ?? format(byHead: bytes) }

    /// The format of a document that takes all the bytes and has nothing wrong with its form.
    private static func whole(_ bytes: [UInt8]) -> EvidenceFormat? {
        if let document = try? NitroDocument(bytes: bytes) {
            if document.isOfTPM { return .nitroTPM }
            return document.moduleID.hasPrefix(SimulatedAttester.modulePrefix) ? .simulated : .nitro
        }
        if bytes.count == SNPReport.byteCount, (try? SNPReport(bytes: bytes)) != nil { return .sevSNP }
        if (try? TDXQuote(bytes: bytes)) != nil { return .tdx }
        if let document = try? TPMEvidence(bytes: bytes) { return document.hcl == nil ? .tpm : .azure }
        return nil
    }

    /// The format of what begins as a document, whatever is wrong behind it: verification says what that is.
    private static func format(byHead bytes: [UInt8]) -> EvidenceFormat? {
        if AzureReport.isReport(bytes) { return .azure }
        // COSE_Sign1 with a protected header that names the algorithm.
        if bytes.drop(while: { $0 == 0xD2 }).starts(with: [0x84, 0x44, 0xA1, 0x01]) { return .nitro }
        let fields = LittleEndian(bytes)
        if bytes.count >= 28, (3...5).contains(fields.uint16(0)), Array(bytes[12..<28]) == TDXQuote.intelVendor {
            return .tdx
        }
        // A report has no magic: its version, the privilege level and the algorithm of its signature.
        if bytes.count >= 0x90, (1...9).contains(fields.uint32(0)), fields.uint32(0x30) <= 3, fields.uint32(0x34) == 1 {
            return .sevSNP
        }
        return TPMEvidence.format(byHead: bytes)
    }

    /// Verifies a document that was saved earlier.
    /// - Parameters:
    ///   - bytes: a COSE document, report or quote, the JSON of `GET /attestation`, or what `DocumentWrapping` reads.
    ///   - format: nil to detect it.
    ///   - trust: the roots, the releases, and the moment.
    ///   - certificates: DER of certificates beside the document (AMD's VCEK, ASK and ARK).
    ///   - vouches: whether an envelope vouches for the key that the caller knows. SEV-SNP and TDX evidence binds its
    ///     statement by a hash over key and challenge: where nobody knows them the statement proves nothing, and is left
    ///     out with a warning.
    public static func verify(
        _ bytes: [UInt8], format: EvidenceFormat? = nil, trust: TrustPolicy, certificates: [[UInt8]] = [],
        vouches: ((VerifiedEvidence) -> Bool)? = nil
    ) throws(EvidenceError) -> Appraisal {
        let opened = try Opened(bytes, format: format)
        guard let format = format ?? opened.format else { throw .unknownFormat }
        let envelope = opened.envelope
        if let found = opened.format, !found.isTaken(for: format, inEnvelope: envelope != nil) {
            throw .otherFormat(found)
        }
        let document = opened.document
        let own = trust.at == nil ? try ownTime(of: document, format: format) : nil
        let verifier = EvidenceVerifier(trust, now: trust.at ?? own ?? trust.now)
        var evidence: VerifiedEvidence
        if let envelope {
            evidence = try verifier.verify(
                Evidence(
                    format: format, evidence: envelope.evidence, auxiliary: envelope.auxiliary + certificates,
                    statement: envelope.statement))
            let isBound = vouches?(evidence) ?? format.carriesFields
            if !isBound {
                evidence.statement = nil
                evidence.warnings.append(.statementNotBound)
            }
        } else {
            evidence = try verifier.verify(
                document: document, format: format, certificates: certificates, help: opened.certificates)
        }
        evidence.warnings += opened.others
        if own != nil { evidence.warnings.append(.verifiedAtOwnTime) }
        return Appraisal(evidence: evidence, refusals: Policy(archived: trust).evaluate(evidence))
    }

    /// The time that a document gives for itself; nil for formats that carry none.
    private static func ownTime(of document: [UInt8], format: EvidenceFormat) throws(EvidenceError) -> Int64? {
        guard format.carriesTime else { return nil }
        return Int64(try NitroDocument(bytes: document).timestamp / 1_000)
    }

    /// A file, opened as far as there are wrappings around its document.
    private struct Opened {
        let document: [UInt8]
        /// The service's own envelope, where the file is one.
        var envelope: Evidence?
        /// What lay around the document.
        var wrapping: DocumentWrapping?
        /// DER that lay around the document.
        var certificates: [[UInt8]] { wrapping?.certificates ?? [] }
        /// The format that the document looks like.
        var format: EvidenceFormat? { envelope?.format ?? DocumentVerification.detect(binary: document) }

        /// - Parameter format: which of several documents is meant.
        init(_ bytes: [UInt8], format: EvidenceFormat?) throws(EvidenceError) {
            let plain = try Opened.plain(bytes)
            if plain.first == UInt8(ascii: "{"), let envelope = try Opened.envelope(plain) {
                document = envelope.evidence
                self.envelope = envelope
                return
            }
            let wrapping = DocumentWrapping(plain)
            if let fault = wrapping.fault { throw fault }
            let meant = wrapping.documents.filter { format == nil || DocumentVerification.detect(binary: $0) == format }
            let candidates = meant.isEmpty ? wrapping.documents : meant
            // What is not opened could be what is meant.
            let unopened = wrapping.unopened.filter { format == nil || $0 == nil || $0 == format }
            let count = candidates.count + unopened.count
            guard count <= 1 || candidates.isEmpty else { throw .severalDocuments(count) }
            if candidates.isEmpty, !wrapping.isWrapping, !unopened.isEmpty { throw .textDamaged }
            if candidates.isEmpty, wrapping.isWrapping, format != nil { throw .documentMissing }
            // What no format knows is for verification to say what is wrong with.
            document = candidates.first ?? plain
            self.wrapping = wrapping
        }

        /// What is behind text, without white space before it.
        private static func plain(_ file: [UInt8]) throws(EvidenceError) -> [UInt8] {
            guard file.count <= DocumentWrapping.byteLimit else { throw .fileLength }
            let bytes = DocumentText.afterMark(file)
            let text = bytes.drop(while: DocumentText.isSpace)
            guard let first = text.first else { throw .fileEmpty }
            for mark: [UInt8] in [[0xFE, 0xFF], [0xFF, 0xFE]] where text.starts(with: mark) { throw .textEncoding }
            if (0x21...0x7E).contains(first), text.dropFirst().first == 0,
                DocumentVerification.detect(binary: bytes) == nil,
                text.enumerated().allSatisfy({ $0 & 1 == 0 || $1 == 0 })
            {
                throw .textEncoding
            }
            if let decoded = DocumentText.decode(bytes) { return decoded }
            return DocumentText.beginsJSON(first) ? Array(text) : withoutLineEnd(bytes)
        }

        /// A document in bytes without the line end that a shell left behind it, which no document is whole with.
        private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
            guard bytes.last == 0x0A, DocumentVerification.whole(bytes) == nil else { return bytes }
            let ends = bytes.suffix(2) == [0x0D, 0x0A] ? [1, 2] : [1]
            let documents = ends.map { Array(bytes.dropLast($0)) }
            return documents.first { DocumentVerification.whole($0) != nil } ?? bytes
        }

        /// The service's own envelope; nil for another object.
        private static func envelope(_ json: [UInt8]) throws(EvidenceError) -> Evidence? {
            if let fault = EvidenceError.ofJSON(json) { throw fault }
            guard case .object(let members)? = JSONValue(json) else { throw .envelope(.json) }
            return DocumentWrapping.isOwnEnvelope(Set(members.keys)) ? try Evidence(json: json) : nil
        }

        /// What is in the file beside the document, and was not verified.
        var others: [VerifiedEvidence.Warning] {
            guard let wrapping else { return [] }
            let values: [VerifiedEvidence.Warning] =
                wrapping.otherValues > 0 ? [.otherValues(wrapping.otherValues)] : []
            let documents = wrapping.documents.filter { $0 != document }.map { DocumentVerification.detect(binary: $0) }
            let names = (documents + wrapping.unopened).map { $0?.rawValue ?? "unknown" }
            guard !names.isEmpty || wrapping.unknownPieces > 0 else { return values }
            return [.notVerified(documents: names.sorted(), pieces: wrapping.unknownPieces)] + values
        }
    }
}

extension EvidenceFormat {
    /// Whether verification as another format says best what is wrong: AWS's documents and simulated ones share an envelope.
    fileprivate func isTaken(for other: EvidenceFormat, inEnvelope: Bool) -> Bool {
        let alike: Set<EvidenceFormat> = [.nitro, .nitroTPM, .simulated]
        return self == other || !inEnvelope && alike.contains(self) && alike.contains(other)
    }
}
