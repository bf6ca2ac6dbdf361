/// Checks that evidence is authentic: encoding, certificate chain, signatures. It decides nothing about trust.
///
/// Roots and time are arguments: nothing here reads a clock, a file or the network.
public struct EvidenceVerifier: Sendable {
    let roots: TrustRoots
    let now: Int64
    let unknownFields: UnknownFields

    /// What to do with payload fields that this version does not know. All bytes are signed either way.
    public enum UnknownFields: Sendable {
        case refuse, warn
    }

    /// - Parameters:
    ///   - roots: the roots to trust, which say also whether simulated evidence is looked at.
    ///   - now: unix seconds at which certificates must be valid.
    ///   - unknownFields: refused unless said otherwise.
    public init(roots: TrustRoots, now: Int64, unknownFields: UnknownFields = .refuse) {
        self.roots = roots
        self.now = now
        self.unknownFields = unknownFields
    }

    /// Verifies the evidence of a live service: the document, and that it signs the statement beside it.
    public func verify(_ evidence: Evidence) throws(EvidenceError) -> VerifiedEvidence {
        throw .unknownFormat
    }
}
