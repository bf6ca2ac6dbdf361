/// What a relying party wants beyond authenticity. `evaluate` gives every reason at once.
public struct Policy: Sendable {
    /// What only the caller knows about this connection and task.
    public struct Expectation: Sendable {
        /// The 32 bytes that the caller sent.
        public var nonce: [UInt8]
        /// DER of the SubjectPublicKeyInfo of the certificate that this connection showed.
        public var spki: [UInt8]
        /// `ChannelBinding.exporter` of this connection.
        public var exporter: [UInt8]
        /// The bytes that `GET /spec` returned, or that the caller approved before.
        public var taskSpecification: [UInt8]

        public init(nonce: [UInt8], spki: [UInt8], exporter: [UInt8], taskSpecification: [UInt8]) {
            self.nonce = nonce
            self.spki = spki
            self.exporter = exporter
            self.taskSpecification = taskSpecification
        }
    }

    /// The releases that are accepted; nil looks at no measurement, for reading a document without trusting it.
    public var allowed: ReleaseManifest?
    public var allowSimulated: Bool
    public var allowDebug: Bool
    /// Accept Intel TDX although TCB level and revocation were not evaluated.
    public var allowUnevaluatedTCB: Bool
    /// Seconds between the evidence's own time and the time of verification; nil for archived evidence.
    public var maximumSkew: Int64?
    /// nil for archived evidence.
    public var expected: Expectation?

    /// The policy of a live connection.
    public init(
        allowed: ReleaseManifest, allowSimulated: Bool = false, allowDebug: Bool = false,
        allowUnevaluatedTCB: Bool = false, maximumSkew: Int64? = 300, expected: Expectation
    ) {
        self.allowed = allowed
        self.allowSimulated = allowSimulated
        self.allowDebug = allowDebug
        self.allowUnevaluatedTCB = allowUnevaluatedTCB
        self.maximumSkew = maximumSkew
        self.expected = expected
    }

    /// Every reason to refuse; empty means accepted.
    public func evaluate(_ evidence: VerifiedEvidence) -> [Refusal] {
        [.noReleaseAllowed]
    }
}

/// One reason why authentic evidence is not accepted. Safe to log.
public enum Refusal: Error, Sendable, Equatable, Hashable {
    case noReleaseAllowed

    /// 2 stale or replayed, 3 refused by policy, 4 not this channel (DESIGN 4.1).
    public var exitCode: Int32 { 3 }
}
