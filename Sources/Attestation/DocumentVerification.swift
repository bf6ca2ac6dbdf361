import Bytes
import Foundation

/// Verification of a saved document: what `entrepot verify DOCUMENT` does.
public enum DocumentVerification {
    /// A verified document, and what policy has against it.
    public struct Report: Sendable, Equatable {
        public let evidence: VerifiedEvidence
        /// Empty if a relying party could accept it.
        public let refusals: [Refusal]

        /// 0 authentic, 3 authentic but refused by policy.
        public var exitCode: Int32 { refusals.isEmpty ? 0 : 3 }
    }

    /// The format that the bytes look like, or nil. It says nothing about authenticity.
    public static func detect(_ bytes: [UInt8]) -> EvidenceFormat? {
        let bytes = plain(bytes)
        if let envelope = envelope(bytes) { return envelope.format }
        if let document = try? NitroDocument(bytes: bytes) {
            return document.moduleID.hasPrefix(SimulatedAttester.modulePrefix) ? .simulated : .nitro
        }
        if bytes.count == SNPReport.byteCount, (try? SNPReport(bytes: bytes)) != nil { return .sevSNP }
        if (try? TDXQuote(bytes: bytes)) != nil { return .tdx }
        return nil
    }

    /// Verifies a document that was saved earlier.
    /// - Parameters:
    ///   - bytes: a COSE document, report or quote, its hexadecimal or base64 text, or the JSON of `GET /attestation`.
    ///   - format: nil to detect it.
    ///   - time: unix seconds at which the certificates must be valid; nil for the document's own time.
    ///   - now: used instead where a format carries no time of its own.
    ///   - roots: the roots to trust; simulated documents need one of theirs in it.
    ///   - certificates: DER of certificates beside the document (AMD's VCEK, ASK and ARK).
    ///   - allowed: the releases to compare with; nil compares no measurement.
    ///   - vouches: whether an envelope vouches for the key that the caller knows. SEV-SNP and TDX evidence binds its
    ///     statement by a hash over key and challenge: where nobody knows them the statement proves nothing, and is left
    ///     out with a warning.
    ///   - allowDebug: accept a debug build or platform.
    ///   - allowUnevaluatedTCB: accept TDX although Intel's collateral is not evaluated.
    public static func verify(
        _ bytes: [UInt8], format: EvidenceFormat? = nil, at time: Int64?, now: Int64, roots: TrustRoots,
        certificates: [[UInt8]] = [], allowed: ReleaseManifest? = nil, vouches: ((VerifiedEvidence) -> Bool)? = nil,
        allowDebug: Bool = false, allowUnevaluatedTCB: Bool = false
    ) throws(EvidenceError) -> Report {
        let bytes = plain(bytes)
        guard let format = format ?? detect(bytes) else { throw .unknownFormat }
        let envelope = envelope(bytes)
        if let envelope, envelope.format != format { throw .unknownFormat }
        let document = envelope?.evidence ?? bytes
        let own = time == nil ? try ownTime(of: document, format: format) : nil
        let verifier = EvidenceVerifier(roots: roots, now: time ?? own ?? now)
        var evidence: VerifiedEvidence
        if let envelope {
            evidence = try verifier.verify(
                Evidence(
                    format: format, evidence: envelope.evidence, auxiliary: envelope.auxiliary + certificates,
                    statement: envelope.statement))
            let isBound = vouches?(evidence) ?? (format == .nitro || format == .simulated)
            if !isBound {
                evidence.statement = nil
                evidence.warnings.append(.statementNotBound)
            }
        } else {
            evidence = try verifier.verify(document: document, format: format, certificates: certificates)
        }
        if own != nil { evidence.warnings.append(.verifiedAtOwnTime) }
        // Whoever names a simulated root has asked for a simulation.
        let policy = Policy(
            archived: allowed, allowSimulated: !roots.simulated.isEmpty, allowDebug: allowDebug,
            allowUnevaluatedTCB: allowUnevaluatedTCB)
        return Report(evidence: evidence, refusals: policy.evaluate(evidence))
    }

    private static func envelope(_ bytes: [UInt8]) -> Evidence? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        return try? Evidence(json: bytes)
    }

    /// The time that a document gives for itself; nil for formats that carry none.
    private static func ownTime(of document: [UInt8], format: EvidenceFormat) throws(EvidenceError) -> Int64? {
        switch format {
        case .nitro, .simulated: Int64(try NitroDocument(bytes: document).timestamp / 1_000)
        case .sevSNP, .tdx: nil
        }
    }

    /// The bytes behind hexadecimal or base64 text, or the bytes themselves. No binary format is all letters and digits.
    private static func plain(_ bytes: [UInt8]) -> [UInt8] {
        let text = bytes.filter { !isSpace($0) }
        guard text.count >= 64, text.count <= Evidence.byteLimit else { return bytes }
        if let decoded = Hex.decode(text) {
            // Digits in both cases at once would let a changed bit go unnoticed.
            let digits = Hex.encode(decoded)
            return digits.utf8.elementsEqual(text) || digits.uppercased().utf8.elementsEqual(text) ? decoded : bytes
        }
        guard let decoded = Data(base64Encoded: Data(text)), decoded.base64EncodedData().elementsEqual(text) else {
            return bytes
        }
        return Array(decoded)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D }
}
