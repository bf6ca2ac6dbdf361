/// Verification of a saved document: what `entrepot verify DOCUMENT` does.
public enum DocumentVerification {
    /// A verified document, and what the default policy has against it.
    public struct Report: Sendable, Equatable {
        public let evidence: VerifiedEvidence
        /// Empty if a relying party with default settings could accept it.
        public let refusals: [Refusal]
        /// 0 authentic, 3 authentic but refused by policy.
        public var exitCode: Int32 { refusals.isEmpty ? 0 : 3 }
    }

    /// The format that the bytes look like, or nil. It says nothing about authenticity.
    public static func detect(_ bytes: [UInt8]) -> EvidenceFormat? { nil }

    /// - Parameters:
    ///   - bytes: a COSE document, report, quote, or the JSON envelope of `GET /attestation`.
    ///   - format: nil to detect it.
    ///   - time: unix seconds at which the certificates must be valid; nil for the document's own time.
    ///   - now: used instead where a format carries no time of its own.
    ///   - roots: the roots to trust.
    ///   - certificates: DER or PEM of certificates beside the document (AMD's VCEK, ASK and ARK).
    public static func verify(
        _ bytes: [UInt8], format: EvidenceFormat? = nil, at time: Int64?, now: Int64, roots: TrustRoots,
        certificates: [[UInt8]] = []
    ) throws(EvidenceError) -> Report {
        throw .unknownFormat
    }
}
