/// Verification of a saved document: what `entrepot verify DOCUMENT` does.
public enum DocumentVerification {
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

    static func detect(binary bytes: [UInt8]) -> EvidenceFormat? {
        if let document = try? NitroDocument(bytes: bytes) {
            if document.isOfTPM { return .nitroTPM }
            return document.moduleID.hasPrefix(SimulatedAttester.modulePrefix) ? .simulated : .nitro
        }
        if bytes.count == SNPReport.byteCount, (try? SNPReport(bytes: bytes)) != nil { return .sevSNP }
        if (try? TDXQuote(bytes: bytes)) != nil { return .tdx }
        // By their heads, whatever is wrong behind them: verification says what that is.
        if AzureReport.isReport(bytes) { return .azure }
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
        if let envelope, envelope.format != format { throw .unknownFormat }
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
        /// DER that lay around the document.
        var certificates: [[UInt8]] = []
        /// The format that the document looks like.
        var format: EvidenceFormat? { envelope?.format ?? DocumentVerification.detect(binary: document) }

        /// - Parameter format: which of several documents is meant.
        init(_ bytes: [UInt8], format: EvidenceFormat?) throws(EvidenceError) {
            let plain = DocumentText.decode(bytes) ?? bytes
            if plain.first == UInt8(ascii: "{"), let envelope = try? Evidence(json: plain) {
                document = envelope.evidence
                self.envelope = envelope
                return
            }
            let wrapping = DocumentWrapping(plain)
            let meant = wrapping.documents.filter { format == nil || DocumentVerification.detect(binary: $0) == format }
            let candidates = meant.isEmpty ? wrapping.documents : meant
            guard candidates.count <= 1 else { throw .severalDocuments(candidates.count) }
            if candidates.isEmpty, wrapping.isWrapping, format != nil { throw .documentMissing }
            // What no format knows is for verification to say what is wrong with.
            document = candidates.first ?? plain
            certificates = wrapping.certificates
        }
    }
}
